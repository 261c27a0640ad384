"""Every registered controller keeps the contract: pure, batched, resettable, its state an argument."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from innervate.controllers import CONTROLLERS, ControllerConfig, ControllerSpec
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.ncap import NCAPConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.core import CORES, CoreConfig
from innervate.controllers.normaliser import Normaliser
from innervate.controllers.population import Population
from innervate.controllers.registry import WORM, example_body
from innervate.controllers.statevector import StateVector
from innervate.errors import UnknownNameError

CONFIGS: dict[str, ControllerConfig] = {name: kind() for name, kind in CONTROLLERS.items()}
CONFIGS["bilateral-delayed"] = BilateralConfig(core="leaky", callosum="gated", callosum_delay_s=0.06, fibres=3)
CONFIGS["bilateral-released"] = BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum="released")
CONFIGS["brain-paced"] = BrainConfig(
    parts={
        "slow": Part(controller=MLPConfig(hidden=(4,)), gives=2, period_s=0.09, delay_s=0.06),
        "clock": Part(controller=NCAPConfig(), gives=5, period_s=0.06),
        "last": Part(controller=MLPConfig(hidden=(4,)), senses=("slow", "slow_age", "clock", "turn"), delay_s=0.03),
    }
)
CONFIGS["ncap-all"] = NCAPConfig(shared=False, speed=True, turn=True, initial="uniform")
CONFIGS.update({f"recurrent-{kind}": RecurrentConfig(core=CoreConfig(kind=kind, units=6)) for kind in CORES})
STEPS, BATCH = 7, 6


def perturb(controller: torch.nn.Module) -> None:
    """Parameters off their initial values, where zeros and symmetries hide mistakes."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in controller.parameters():
            p.add_(0.05 * torch.randn(p.shape, generator=generator))


def body(name: str, swimmer_spec: Any) -> ControllerSpec:
    """One that the controller can drive: its own example, where it is for others than swimmers."""
    own = example_body(name) if name in CONTROLLERS else WORM
    return swimmer_spec() if own is WORM else own


@pytest.fixture(params=CONFIGS)
def controller(request: pytest.FixtureRequest, build: Any, swimmer_spec: Any) -> Any:
    made = build(CONFIGS[request.param], body(request.param, swimmer_spec))
    perturb(made)
    return made


def test_a_batch_is_as_many_single_runs(controller: Any, random_obs: Callable[..., Any]) -> None:
    if type(controller).__name__ == "Random":
        pytest.skip("each member of a batch has its own stream of noise, by design")
    together = controller.initial_state(BATCH)
    alone = [controller.initial_state(1) for _ in range(BATCH)]
    for _ in range(STEPS):
        obs = random_obs(controller.spec, BATCH)
        action, together = controller(obs, together)
        for i in range(BATCH):
            single, alone[i] = controller({k: v[i : i + 1] for k, v in obs.items()}, alone[i])
            torch.testing.assert_close(single[0], action[i], rtol=1e-5, atol=5e-6)


def test_a_forward_is_pure(controller: Any, random_obs: Callable[..., Any]) -> None:
    obs = random_obs(controller.spec, BATCH)
    state = controller.initial_state(BATCH)
    _, state = controller(obs, state)
    obs_before, state_before = ({k: v.clone() for k, v in d.items()} for d in (obs, state))
    buffers_before = {k: v.clone() for k, v in controller.state_dict().items()}
    first, after_first = controller(obs, state)
    second, after_second = controller(obs, state)
    assert torch.equal(first, second)
    assert all(torch.equal(after_first[k], after_second[k]) for k in after_first)
    assert all(torch.equal(obs[k], obs_before[k]) for k in obs)
    assert all(torch.equal(state[k], state_before[k]) for k in state)
    assert all(torch.equal(v, buffers_before[k]) for k, v in controller.state_dict().items())


def test_advance_is_the_state_of_forward(controller: Any, random_obs: Callable[..., Any]) -> None:
    state = controller.initial_state(BATCH)
    for _ in range(STEPS):
        obs = random_obs(controller.spec, BATCH)
        advanced = controller.advance(obs, state)
        _, state = controller(obs, state)
        assert advanced.keys() == state.keys()
        assert all(torch.equal(advanced[k], state[k]) for k in state)


def test_reset_touches_only_what_is_done(controller: Any, random_obs: Callable[..., Any]) -> None:
    state = controller.initial_state(BATCH)
    for _ in range(STEPS):
        _, state = controller(random_obs(controller.spec, BATCH), state)
    done = torch.tensor([True, False, False, True, False, False])
    after = controller.reset_state(state, done)
    fresh = controller.initial_state(BATCH)
    for name in state:
        assert torch.equal(after[name][~done], state[name][~done])
        if type(controller).__name__ != "Random":  # its noise goes on over episodes
            assert torch.equal(after[name][done], fresh[name][done])


def test_actions_are_fractions_of_the_limit(controller: Any, random_obs: Callable[..., Any]) -> None:
    action, state = controller(random_obs(controller.spec, BATCH), controller.initial_state(BATCH))
    assert action.shape == (BATCH, controller.spec.action_size)
    assert action.dtype == torch.float32
    assert all(v.shape[0] == BATCH for v in state.values())
    if type(controller).__name__ != "Linear" and not controller.spec.choices:  # unbounded; the environment clips
        assert action.abs().max() <= 1.0


def test_state_survives_as_a_vector(controller: Any, random_obs: Callable[..., Any]) -> None:
    states = StateVector(controller)
    state = controller.initial_state(BATCH)
    if not state:
        assert states.size == 0
        return
    for _ in range(STEPS):
        _, state = controller(random_obs(controller.spec, BATCH), state)
    back = states.unpack(states.pack(state))
    assert all(torch.equal(back[k], state[k]) and back[k].dtype == state[k].dtype for k in state)


def test_a_population_is_its_members(controller: Any, random_obs: Callable[..., Any]) -> None:
    if controller.parameter_count() == 0:
        pytest.skip("nothing to vary")
    members, share = 3, 2
    generator = torch.Generator().manual_seed(5)
    start = torch.nn.utils.parameters_to_vector(controller.parameters()).detach()
    parameters = start + 0.2 * torch.randn(members, len(start), generator=generator)
    population = Population(controller, parameters)
    together = population.initial_state(members * share)
    alone = [controller.initial_state(share) for _ in range(members)]
    for _ in range(STEPS):
        obs = random_obs(controller.spec, members * share)
        action, together = population(obs, together)
        for m in range(members):
            torch.nn.utils.vector_to_parameters(parameters[m], controller.parameters())
            rows = slice(m * share, (m + 1) * share)
            mine, alone[m] = controller({k: v[rows] for k, v in obs.items()}, alone[m])
            torch.testing.assert_close(action[rows], mine, rtol=1e-5, atol=5e-6)


def test_an_exchanged_population_sees_new_parameters_and_statistics(build: Any, swimmer_spec: Any) -> None:
    controller = build(MLPConfig(hidden=(8,)), swimmer_spec(), 0)
    generator = torch.Generator().manual_seed(1)
    first, second = (torch.randn(4, controller.parameter_count(), generator=generator) for _ in range(2))
    obs = {p.name: torch.randn(8, p.size, generator=generator) for p in controller.spec.observations}
    population = Population(controller, first)
    before, _ = population(obs, {})
    population.load(second)
    after, _ = population(obs, {})
    torch.testing.assert_close(after, population.differentiable(obs, {})[0], rtol=0, atol=0)
    assert not torch.allclose(before, after)
    for module in controller.modules():
        if isinstance(module, Normaliser):
            module.update(torch.randn(20, controller.spec.observation_size, generator=generator) * 3 + 1)
    torch.testing.assert_close(population(obs, {})[0], population.differentiable(obs, {})[0], rtol=0, atol=0)
    assert not torch.allclose(population(obs, {})[0], after)


def test_initial_weights_come_from_the_generator(build: Any, swimmer_spec: Any) -> None:
    random = set[str]()
    for name, config in CONFIGS.items():
        spec = body(name, swimmer_spec)
        one, same, other = (build(config, spec, seed).state_dict() for seed in (1, 1, 2))
        assert all(torch.equal(one[k], same[k]) for k in one), name
        random |= {name for k in one if not torch.equal(one[k], other[k])}
    assert {"mlp", "gru"} <= random
    assert "ncap" not in random  # every weight of the worm's circuit is given


def test_configurations_come_back_from_json() -> None:
    for config in CONFIGS.values():
        assert CONTROLLERS.from_dict(CONTROLLERS.to_dict(config)) == config


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'ncap'"):
        _ = CONTROLLERS["ncpa"]
    with pytest.raises(UnknownNameError, match="Did you mean 'period_steps'"):
        CONTROLLERS.from_dict({"name": "ncap", "period_step": 50})
