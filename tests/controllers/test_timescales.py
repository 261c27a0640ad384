"""Time constants in seconds: how they are spread, what a unit keeps, and that what was there before is unchanged."""

import math

import pytest
import torch

from innervate.controllers import CONTROLLERS, Controller, ControllerConfig, ControllerSpec
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CORES, CoreConfig, make_core
from innervate.controllers.timescales import AUTO_STEPS, Slowest, keep, keep_logit, spread
from innervate.errors import ConfigError
from innervate.signals import Channel

DT_S = 0.02
SPEC = ControllerSpec(observations=(Channel("x", 3),), action_size=2, control_step_s=DT_S)


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_constants_are_even_in_their_logarithm_from_the_step_to_the_slowest() -> None:
    tau_s = spread(7, DT_S, 2.0)
    torch.testing.assert_close(tau_s[1:] / tau_s[:-1], torch.full((6,), 100 ** (1 / 6)))
    assert tau_s[0] == pytest.approx(DT_S) and tau_s[-1] == pytest.approx(2.0)
    assert spread(1, DT_S, 2.0).tolist() == [2.0]
    torch.testing.assert_close(torch.sigmoid(keep_logit(tau_s, DT_S)), keep(tau_s, DT_S))
    slow = torch.tensor([1e4 * DT_S])  # chrono initialisation where the constant is long
    assert float(keep_logit(slow, DT_S)) == pytest.approx(math.log(1e4), abs=1e-3)


@pytest.mark.parametrize("slowest_s", [0.01, -1.0, math.inf, math.nan])
def test_a_slowest_that_cannot_be_is_told(slowest_s: float) -> None:
    with pytest.raises(ConfigError, match="slowest_s"):
        GRUConfig(slowest_s=slowest_s).build(SPEC, seeded())


def test_a_leaky_unit_left_alone_decays_with_its_time_constant() -> None:
    core = make_core("leaky", 3, 5, seeded(), DT_S, 1.0)
    with torch.no_grad():
        for name, p in core.named_parameters():
            if name.startswith("synapse"):
                p.zero_()
    state, tau_s = {"activity": torch.ones(1, 5)}, spread(5, DT_S, 1.0)
    for k in range(1, 51):
        y, state = core.step(torch.zeros(1, 3), state)
        torch.testing.assert_close(y[0], torch.exp(-k * DT_S / tau_s), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("slowest_s", [None, 1.0])
def test_the_update_gates_of_the_circuit_and_of_the_core_begin_alike(slowest_s: float | None) -> None:
    """With weights silenced, a unit of either keeps exp(-dt / tau); the present beginning keeps about a half."""
    expected = torch.full((6,), 0.5) if slowest_s is None else keep(spread(6, DT_S, slowest_s), DT_S)
    core = make_core("gru", 3, 6, seeded(), DT_S, slowest_s)
    net = GRUConfig(units=6, slowest_s=slowest_s).build(SPEC, seeded())
    with torch.no_grad():
        for name, p in (*core.named_parameters(), *net.cell.named_parameters()):
            if "weight" in name:
                p.zero_()
        y, _ = core.step(torch.zeros(1, 3), {"activity": torch.ones(1, 6)})
        torch.testing.assert_close(y[0], expected)
        one, zero = (
            net.advance({"x": torch.zeros(1, 3)}, {"hidden": torch.full((1, 6), h)})["hidden"] for h in (1.0, 0.0)
        )
        kept = (one - zero)[0]  # what the candidate's biases give is in both
        torch.testing.assert_close(kept, expected, rtol=0, atol=0.2 if slowest_s is None else 1e-6)


@pytest.mark.parametrize(
    "config", [GRUConfig(units=5, slowest_s=None), BilateralConfig(left=(4, 4), right=(4, 4), core="leaky")]
)
def test_the_spread_changes_biases_only_and_old_documents_are_read_as_before(config: ControllerConfig) -> None:
    document = CONTROLLERS.to_dict(config)
    document.pop("slowest_s")  # as a run folder of before there was the option has it
    old = CONTROLLERS.from_dict(document)
    assert old == config
    now = old.build(SPEC, seeded()).state_dict()
    wide = CONTROLLERS.from_dict({**document, "slowest_s": 1.0}).build(SPEC, seeded()).state_dict()
    changed = {name.rpartition(".")[2] for name in now if not torch.equal(now[name], wide[name])}
    assert changed and changed <= {"bias_ih", "bias_hh", "keep"}


@pytest.mark.parametrize("kind", ["gru", "recurrent"])
def test_what_was_trained_without_the_spread_acts_alike_in_a_net_that_began_with_it(kind: str) -> None:
    """The spread is a beginning: once weights are loaded, as from a run folder of before, nothing is left of it."""

    def net(slowest_s: Slowest) -> Controller:
        if kind == "gru":
            return GRUConfig(units=5, slowest_s=slowest_s).build(SPEC, seeded())
        return RecurrentConfig(core=CoreConfig(units=5, slowest_s=slowest_s)).build(SPEC, seeded())

    before, new = net(None), net("auto")
    assert any(not torch.equal(a, b) for a, b in zip(before.parameters(), new.parameters(), strict=True))
    new.load_state_dict(before.state_dict())
    old_state, new_state = before.initial_state(2), new.initial_state(2)
    for x in torch.randn(10, 2, 3, generator=torch.Generator().manual_seed(1)):
        (one, old_state), (other, new_state) = before({"x": x}, old_state), new({"x": x}, new_state)
        assert torch.equal(one, other)


def test_a_spread_is_what_gated_units_get_unasked_and_other_cores_begin_as_published() -> None:
    for asked in ("auto", AUTO_STEPS * DT_S):
        told = [
            GRUConfig(units=6, slowest_s=asked).build(SPEC, seeded()),
            RecurrentConfig(core=CoreConfig(units=6, slowest_s=asked)).build(SPEC, seeded()),
        ]
        for net, plain in zip(told, [GRUConfig(units=6), RecurrentConfig(core=CoreConfig(units=6))], strict=True):
            one, other = net.state_dict(), plain.build(SPEC, seeded()).state_dict()
            assert all(torch.equal(one[name], other[name]) for name in one)
    for kind in CORES:
        if kind == "gru":
            continue
        one, other = (CoreConfig(kind=kind, units=6, slowest_s=s).build(3, 2, seeded(), DT_S) for s in ("auto", None))
        assert all(torch.equal(one.state_dict()[name], other.state_dict()[name]) for name in one.state_dict())


def learns_to_recall(slowest_s: Slowest, seed: int) -> float:
    """Share of right answers after a hundred updates at a delay of thirty control steps; chance is 0.5."""
    generator = torch.Generator().manual_seed(seed)
    net = GRUConfig(units=16, slowest_s=slowest_s).build(SPEC, generator)
    optimiser, right = torch.optim.Adam(net.parameters(), lr=1e-2), torch.zeros(())
    for _ in range(100):
        bit = 2.0 * torch.randint(2, (32,), generator=generator) - 1
        xs = torch.zeros(31, 32, 3)
        xs[0, :, 0], xs[-1, :, 2] = bit, 1.0
        xs[:, :, 1] = torch.randn(31, 32, generator=generator)
        state, action = net.initial_state(32), xs.new_zeros(32, 2)
        for x in xs:
            action, state = net({"x": x}, state)
        optimiser.zero_grad()
        torch.nn.functional.softplus(-4 * action[:, 0] * bit).mean().backward()
        optimiser.step()
        right = (action[:, 0] * bit > 0).float().mean()
    return float(right)


def test_the_default_learns_to_remember_what_the_former_one_does_not() -> None:
    assert all(learns_to_recall("auto", seed) > 0.95 for seed in (0, 1))
    assert all(learns_to_recall(None, seed) < 0.85 for seed in (0, 1))


def test_without_a_spread_the_circuit_begins_as_it_always_did() -> None:
    """torch's own beginning of a gated cell, uniform within 1 / sqrt(units), in the order of its parameters."""
    net, generator = GRUConfig(units=4, slowest_s=None).build(SPEC, seeded()), seeded()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        own = getattr(net.cell, name)
        assert torch.equal(own, torch.empty(own.shape).uniform_(-0.5, 0.5, generator=generator))


def test_a_core_without_time_constants_cannot_spread_them() -> None:
    with pytest.raises(ConfigError, match="'dense' has no time constants"):
        make_core("dense", 3, 4, seeded(), DT_S, 1.0)
    for name in CORES:
        assert make_core(name, 3, 4, seeded(), DT_S).units == 4
