"""Every rule of plasticity, our own and what others bring; and what circuits promise that carry one."""

import json
from typing import Any

import pytest
import torch
from torch.func import functional_call, vmap  # pyright: ignore[reportPrivateImportUsage]

from innervate.agents.sb3.carry import Carrier
from innervate.controllers import CONTROLLERS, Controller, ControllerSpec, State
from innervate.controllers.circuits.plastic import ITSELF, PlasticConfig
from innervate.controllers.circuits.plastic_wiring import PlasticWiringConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.core import CORES, CoreConfig
from innervate.controllers.plastic_synapses import MARK, Fast, PlasticSynapses
from innervate.controllers.registry import WORM
from innervate.controllers.rules import RULES, Rule
from innervate.signals import Channel

PRE, POST, BATCH, DT_S = 5, 3, 4, 0.02
SPEC = ControllerSpec(observations=(Channel("felt", 4), Channel("reward", 1)), action_size=2, control_step_s=DT_S)
Told = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Pre, post and modulator of one step."""
EVERY = pytest.mark.parametrize("name", RULES)


def made(name: str, pre: int = PRE, post: int = POST) -> Rule:
    return RULES[name]().build(pre, post, torch.Generator().manual_seed(0), DT_S)


def active(rule: Rule, steps: int, batch: int = BATCH, seed: int = 1) -> list[Told]:
    """Activities of both sides, as the rule takes them, and a modulator that moves."""
    generator = torch.Generator().manual_seed(seed)
    pre, post = (
        torch.randn(steps, batch, rule.pre, generator=generator),
        torch.randn(steps, batch, rule.post, generator=generator),
    )
    if rule.spikes:
        pre, post = (pre > 0.5).float(), (post > 0.5).float()
    modulator = torch.randn(steps, batch, rule.post, generator=generator).clamp(-1, 1)
    return list(zip(pre, post, modulator, strict=True))


def written(
    rule: Rule, told: list[Told], state: State | None = None, weight: torch.Tensor | None = None
) -> tuple[torch.Tensor, State]:
    batch = told[0][0].shape[0]
    state = rule.zero(batch) if state is None else state
    weight = torch.full((batch, rule.pre, rule.post), 0.1) if weight is None else weight
    for pre, post, modulator in told:
        change, state = rule.change(pre, post, weight, modulator, state)
        weight = (weight + change).clamp(-1, 1)
    return weight, state


@EVERY
def test_it_is_pure_writes_something_and_nothing_at_modulator_zero(name: str) -> None:
    rule = made(name)
    told = active(rule, 20)
    before = rule.zero(BATCH)
    kept = {k: v.clone() for k, v in before.items()}
    with torch.no_grad():
        first, state = written(rule, told, before)
        second, _ = written(rule, told, before)
        assert torch.equal(first, second) and all(torch.equal(before[k], kept[k]) for k in kept)
        assert (first != 0.1).any() and torch.isfinite(first).all()
        assert state.keys() == before.keys() and all(state[k].shape == before[k].shape for k in state)
        shut, _ = rule.change(*told[0][:2], first, torch.zeros(BATCH, POST), state)
    assert torch.equal(shut, torch.zeros(BATCH, PRE, POST))


@EVERY
def test_a_batch_is_its_rows(name: str) -> None:
    """A rule with noise has its own for each row, of which only the first is what one alone has."""
    rule = made(name)
    told = active(rule, 30)
    with torch.no_grad():
        together, state = written(rule, told)
        for row in range(BATCH if "lane" not in state else 1):
            alone, own = written(rule, [(x[row : row + 1], y[row : row + 1], m[row : row + 1]) for x, y, m in told])
            torch.testing.assert_close(alone[0], together[row])
            assert all(torch.allclose(own[k][0].double(), state[k][row].double()) for k in own)


class _Change(torch.nn.Module):
    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def forward(self, *told: Any) -> Any:
        return self.rule.change(*told)


@EVERY
def test_mapped_over_members_is_each_member(name: str) -> None:
    rule = _Change(made(name))
    members = {k: torch.stack([p.detach(), 2 * p.detach()]) for k, p in rule.named_parameters()}
    pre, post, modulator = active(rule.rule, 1)[0]
    weight, state = torch.rand(BATCH, PRE, POST), rule.rule.zero(BATCH)

    def one(parameters: dict[str, torch.Tensor], pre: torch.Tensor, state: State) -> Any:
        return functional_call(rule, parameters, (pre, post, weight, modulator, state))

    both = vmap(one)(members, torch.stack([pre, pre]), {k: torch.stack([v, v]) for k, v in state.items()})
    for m in range(2):
        mine = one({k: v[m] for k, v in members.items()}, pre, state)
        torch.testing.assert_close(both[0][m], mine[0])


@EVERY
@pytest.mark.slow
def test_ten_thousand_steps_stay_finite(name: str) -> None:
    rule = made(name)
    synapses, told = PlasticSynapses(rule, Fast()), active(rule, 100, batch=2)
    with torch.inference_mode():
        state = synapses.zero(2)
        for k in range(10_000):
            state = synapses.after(*told[k % 100], state)
    assert all(torch.isfinite(v).all() for v in state.values()) and state["fast"].abs().max() <= 1


@EVERY
def test_configurations_come_back(name: str) -> None:
    for config in (PlasticConfig(rule=RULES[name]()), PlasticWiringConfig(rule=RULES[name]())):
        document = json.loads(json.dumps(CONTROLLERS.to_dict(config)))
        assert CONTROLLERS.from_dict(document) == config


def run(controller: Controller, steps: int, batch: int = BATCH) -> torch.Tensor:
    generator, state, actions = torch.Generator().manual_seed(5), controller.initial_state(batch), list[torch.Tensor]()
    with torch.no_grad():
        for _ in range(steps):
            obs = {c.name: torch.randn(batch, c.size, generator=generator) for c in controller.spec.observations}
            action, state = controller(obs, state)
            actions.append(action)
    return torch.stack(actions)


@EVERY
@pytest.mark.parametrize("synapses", ["readout", "feedback"])
def test_at_gain_zero_a_core_is_the_plain_one_bit_for_bit(name: str, synapses: Any) -> None:
    seed = torch.Generator().manual_seed
    core = CoreConfig(kind="gru", units=6)
    plain = RecurrentConfig(core=core).build(SPEC, seed(3))
    reaches = synapses == "readout" or not made(name).whole  # feedback has no slow weights that could be scaled
    for gain, same in ((0.0, True), (1.0, not reaches)):
        config = PlasticConfig(core=core, rule=RULES[name](), synapses=synapses, fast=Fast(gain=gain))
        assert torch.equal(run(plain, 60), run(config.build(SPEC, seed(3)), 60)) == same, gain


@pytest.mark.parametrize("kind", CORES)
def test_every_core_takes_it(kind: str) -> None:
    seed = torch.Generator().manual_seed
    core = CoreConfig(kind=kind, units=6)
    plain = RecurrentConfig(core=core).build(SPEC, seed(3))
    for modulator in ("", "reward", ITSELF):
        config = PlasticConfig(core=core, modulator=modulator, fast=Fast(gain=0.0))
        assert torch.equal(run(plain, 20), run(config.build(SPEC, seed(3)), 20))


@EVERY
@pytest.mark.parametrize("circuit", ["entrained", "ncap"])
def test_at_gain_zero_a_wiring_is_the_plain_one_bit_for_bit(name: str, circuit: str) -> None:
    seed = torch.Generator().manual_seed
    wiring = WiringConfig(circuit=circuit)
    plain = wiring.build(WORM, seed(3))
    for gain, same in ((0.0, True), (1.0, False)):
        config = PlasticWiringConfig(wiring=wiring, rule=RULES[name](), fast=Fast(gain=gain))
        assert torch.equal(run(plain, 40), run(config.build(WORM, seed(3)), 40)) == same, gain


@pytest.mark.parametrize("name", ["plastic", "plastic-wiring"])
def test_a_critic_reads_no_fast_weights(name: str) -> None:
    controller = CONTROLLERS[name]().build(WORM, torch.Generator().manual_seed(0))
    carrier, state = Carrier.of(controller), controller.initial_state(2)
    fast = {k: torch.full_like(v, 7) for k, v in state.items() if k.startswith(MARK)}
    assert fast and not any(k.startswith(MARK) for k in controller.summary(state))
    obs, start = torch.randn(2, WORM.observation_size), torch.zeros(2)
    seen = carrier.seen(carrier.join(obs, state, start))
    assert torch.equal(seen, carrier.seen(carrier.join(obs, {**state, **fast}, start)))
    assert seen.shape[1] == carrier.seen_size < carrier.size - 1
