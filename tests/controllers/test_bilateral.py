"""Hemispheres, callosa and lesions: what is cut is cut, and what is asked wrongly is refused."""

from typing import Any

import pytest
import torch

from innervate.controllers.circuits.bilateral import Bilateral, BilateralConfig, matched_unilateral
from innervate.controllers.circuits.ensemble import Ensemble, EnsembleConfig
from innervate.controllers.spec import ControllerSpec
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

SPEC = ControllerSpec(
    observations=(Channel("muscle_length", 14), Channel("target", 2)), action_size=6, control_step_s=0.01
)
BATCH = 3


def make(**options: Any) -> Bilateral:
    return BilateralConfig(**options).build(SPEC, torch.Generator().manual_seed(4))


def run(controller: Any, steps: int = 6, seed: int = 0) -> torch.Tensor:
    """Actions (step, batch, action) on a fixed sequence of observations."""
    generator = torch.Generator().manual_seed(seed)
    state = controller.initial_state(BATCH)
    actions: list[torch.Tensor] = []
    for _ in range(steps):
        obs = SPEC.split(torch.randn(BATCH, SPEC.observation_size, generator=generator))
        action, state = controller(obs, state)
        actions.append(action)
    return torch.stack(actions).detach()


def test_released_nets_have_the_released_numbers_of_parameters() -> None:
    """346 and 268 of the released example: ten units, two layers, 16 observations, 6 muscles."""
    assert make(left=(10, 10), right=(), core="dense", callosum="none").parameter_count() == 346
    for callosum in ("none", "released"):
        assert make(left=(5, 5), right=(5, 5), core="dense", callosum=callosum).parameter_count() == 268


def test_the_released_net_is_the_formula_of_the_paper_s_code() -> None:
    net = make(left=(5, 5), right=(5, 5), core="dense", callosum="released")
    x = torch.randn(BATCH, 16, generator=torch.Generator().manual_seed(1))
    p = dict(net.named_parameters())

    def dense(side: str, layer: int, value: torch.Tensor) -> torch.Tensor:
        return torch.tanh(value @ p[f"{side}.{layer}.synapse.weight"].T + p[f"{side}.{layer}.synapse.bias"])

    def pooled(value: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.zeros(BATCH, 3), torch.nn.functional.max_pool1d(value[:, None], 2)[:, 0]], dim=1)

    left, right = dense("left", 0, x), dense("right", 0, x)
    left, right = dense("left", 1, left + pooled(right)), dense("right", 1, right + pooled(left))
    output = (0.5 * left + 0.5 * right) @ p["readouts.0.weight"].T + p["readouts.0.bias"]
    action, _ = net(SPEC.split(x), net.initial_state(BATCH))
    torch.testing.assert_close((action + 1) / 2, torch.sigmoid(output))


@pytest.mark.parametrize("core", ["dense", "gru", "leaky"])
@pytest.mark.parametrize("callosum", ["released", "linear", "gated"])
def test_without_its_callosum_a_side_is_alone(core: Any, callosum: Any) -> None:
    """With the callosum cut and the right's output silenced, what the right senses no longer matters."""
    net = make(left=(6, 6), right=(6, 6), core=core, callosum=callosum)
    heard = run(net.lesion("right"))
    assert not torch.equal(run(net.lesion("right").lesion("right_input")), heard)  # it still came through the callosum
    alone = run(net.lesion("right").lesion("callosum_to_left"))
    assert torch.equal(run(net.lesion("right").lesion("callosum_to_left").lesion("right_input")), alone)
    cut = run(net.lesion("callosum"))
    assert torch.equal(run(net.lesion("callosum_to_left").lesion("callosum_to_right")), cut)


def test_lesions_are_graded_and_leave_the_circuit_whole() -> None:
    net = make()
    intact = run(net)
    distances = [float((run(net.lesion("left", severity=s)) - intact).norm()) for s in (0.0, 0.25, 0.5, 1.0)]
    assert distances[0] == 0.0
    assert distances == sorted(distances)
    assert distances[1] > 0
    assert torch.equal(run(net), intact)


def test_a_delayed_callosum_speaks_later() -> None:
    steps = 3
    late = make(left=(6, 6), right=(6, 6), core="dense", callosum_delay_s=0.01 * steps)
    silent = late.lesion("callosum")
    same = (run(late, 8) == run(silent, 8)).all(dim=-1).all(dim=-1)
    # what arrives in the first steps is the silence before the start, through fibres without bias
    assert same.tolist() == [True] * steps + [False] * (8 - steps)


def test_bandwidth_is_the_rank_of_what_crosses() -> None:
    net = make(left=(8, 8), right=(8, 8), fibres=2)
    tract = net.to_left[0]
    x = torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert torch.linalg.matrix_rank(tract(x)) == 2


def test_each_hemisphere_drives_the_opposite_arm() -> None:
    net = make(callosum="none", drive="crossed")
    both = run(net)
    changed = (run(net.lesion("right")) != both).any(dim=0).any(dim=0)
    assert changed.tolist() == [True] * 3 + [False] * 3  # the left arm's muscles come first
    weak = make(callosum="none", drive="crossed", ipsilateral=0.2)
    both = run(weak)
    assert (run(weak.lesion("right")) != both).any(dim=0).any(dim=0).all()


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    members = [make(left=(6, 6), right=(), callosum="none"), make(left=(9,), right=(), callosum="none", core="dense")]
    expected = torch.stack([run(member) for member in members]).mean(dim=0)
    torch.testing.assert_close(run(Ensemble(members)), expected)
    built = EnsembleConfig(members=3).build(SPEC, torch.Generator().manual_seed(0))
    parts = [run(member) for member in built.members]
    assert not torch.equal(parts[0], parts[1])


def test_a_matched_unilateral_is_as_large() -> None:
    variants: tuple[dict[str, Any], ...] = (
        {},
        {"core": "dense", "left": (20, 20), "right": (20, 20)},
        {"callosum": "gated", "fibres": 3},
    )
    for options in variants:
        config = BilateralConfig(**options)
        one = matched_unilateral(config, SPEC)
        sizes = [c.build(SPEC, torch.Generator()).parameter_count() for c in (config, one)]
        assert abs(sizes[1] / sizes[0] - 1) < 0.05
        assert not one.right


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"left": (5, 5), "right": (6, 6), "callosum": "released"}, "released callosum needs equal hemispheres"),
        ({"left": (5, 4), "right": (5, 5)}, "last layers, which must be equally wide"),
        ({"left": (5,), "right": (5,)}, "at least two"),
        ({"left": (), "right": ()}, "at least one unit"),
        ({"callosum_delay_s": 0.015}, "multiple of the control step, 0.01 s; it is 0.015 s"),
        ({"callosum": "none", "callosum_delay_s": 0.01}, "there is no callosum"),
        ({"right": (), "callosum": "none", "drive": "crossed"}, "Two hemispheres are needed"),
        ({"fibres": 0}, "at least one fibre; fibres=0"),
        ({"core": "lstm"}, "no core named 'lstm'"),
    ],
)
def test_bad_configurations_get_one_clear_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=said):
        BilateralConfig.build(_unchecked(options), SPEC, torch.Generator())


def _unchecked(options: dict[str, Any]) -> BilateralConfig:
    config = BilateralConfig()
    for name, value in options.items():
        object.__setattr__(config, name, value)
    return config


def test_a_lesion_of_what_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no part of Bilateral named 'right'"):
        make(right=(), callosum="none").lesion("right", severity=0.5)
    with pytest.raises(UnknownNameError, match="Did you mean 'callosum'"):
        make().lesion("calosum", severity=0.5)
    with pytest.raises(ConfigError, match=r"severity of a silent lesion lies in \[0, 1\]; 1.5 came for left"):
        make().lesion("left", severity=1.5)
