"""Circuits as objects: what they refuse, what they compile to, what a lesion and a stimulus do."""

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import networkx
import pytest
import torch

from innervate.controllers.circuits.ncap import NCAPConfig
from innervate.controllers.circuits.wiring import (
    Circuit,
    Motor,
    Neuron,
    Sense,
    Stimulus,
    Synapse,
    WiringConfig,
    from_json,
    from_networkx,
    to_json,
    to_networkx,
)
from innervate.controllers.circuits.wiring.null import random_sparse, rewired
from innervate.errors import ConfigError, UnknownNameError


def relay(**changes: Any) -> Circuit:
    """One sense, one neuron, one motor a joint."""
    cells = tuple(replace(Neuron(name=f"N{i}", activation="identity"), **changes) for i in range(5))
    return Circuit(
        neurons=cells,
        senses=tuple(Sense(neuron=f"N{i}", port="joint_angle", index=i) for i in range(5)),
        motors=tuple(Motor(neuron=f"N{i}", actuator=i) for i in range(5)),
    )


def wire(circuit: Circuit, spec: Any, build: Any, **options: Any) -> Any:
    return build(WiringConfig(circuit=to_json(circuit), **options), spec)


@pytest.mark.parametrize("joints", [2, 5, 14])
def test_ncap_as_a_wiring_is_ncap(joints: int, build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(joints)
    by_hand, wired = build(NCAPConfig(), spec), build(WiringConfig(circuit="ncap"), spec)
    generator = torch.Generator().manual_seed(0)
    seen = 0.0
    for _ in range(30):
        with torch.no_grad():
            for i, name in enumerate(wired.strengths.names):
                value = torch.randn((), generator=generator)
                getattr(by_hand, name).copy_(value)
                wired.strengths.theta[i] = value
        ours, theirs = wired.initial_state(8), by_hand.initial_state(8)
        for _ in range(3):
            obs = random_obs(spec, 8)
            a, ours = wired(obs, ours)
            b, theirs = by_hand(obs, theirs)
            torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
            seen = max(seen, float(a.detach().abs().max()))
    assert seen > 0.5
    assert wired.parameter_count() == by_hand.parameter_count() == 4


@pytest.mark.parametrize("circuit", ["entrained", "ncap"])
def test_every_gain_that_matters_has_a_gradient(circuit: str, build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    """In at least 99 % of random draws, over four control steps in random postures."""
    spec, draws = swimmer_spec(), 200
    generator = torch.Generator().manual_seed(1)
    wired = build(WiringConfig(circuit=circuit), spec)
    gains = wired.parameter_count()
    alive = torch.zeros(gains)
    for _ in range(draws):
        with torch.no_grad():
            wired.strengths.theta.copy_(torch.randn(gains, generator=generator))
        state, total = wired.initial_state(16), torch.zeros(())
        for _ in range(4):
            obs = {k: 0.3 * v for k, v in random_obs(spec, 16).items()}
            action, state = wired(obs, state)
            total = total + (action * torch.randn(action.shape, generator=generator)).sum()
        (gradient,) = torch.autograd.grad(total, [wired.strengths.theta])
        alive += gradient != 0
    share = dict(zip(wired.strengths.names, (alive / draws).tolist(), strict=True))
    # NCAP's contralateral muscle synapse never matters: its two sides are never driven together.
    assert all(v >= 0.99 for k, v in share.items() if k != "muscle_contra"), share


@pytest.mark.parametrize("name", ["ncap", "entrained", "worm"])
def test_round_trips(name: str, build: Any, swimmer_spec: Any) -> None:
    circuit = WiringConfig(circuit=name).wiring(swimmer_spec())
    assert from_json(to_json(circuit)) == circuit
    graph = to_networkx(circuit)
    assert isinstance(graph, networkx.MultiDiGraph)
    assert graph.number_of_nodes() == len(circuit.neurons)
    back = from_networkx(graph)
    assert back.neurons == circuit.neurons
    assert set(back.synapses) == set(circuit.synapses)
    assert back.senses == circuit.senses and back.motors == circuit.motors


def test_gains_move_to_smaller_and_larger_bodies(build: Any, swimmer_spec: Any) -> None:
    six, small, large = (build(WiringConfig(), swimmer_spec(joints)) for joints in (5, 2, 13))
    assert six.strengths.names == small.strengths.names == large.strengths.names
    with torch.no_grad():
        six.strengths.theta.copy_(torch.arange(7.0))
    small.load_state_dict(six.state_dict())
    front = [i for i, s in enumerate(small.circuit.synapses) if s.group == "front"]
    expected = torch.exp(six.strengths.theta[six.strengths.names.index("front")])
    torch.testing.assert_close(small.strengths()[front].abs(), expected.expand(len(front)))


def test_a_leaky_neuron_follows_its_equation(build: Any, swimmer_spec: Any) -> None:
    spec, tau = swimmer_spec(), 0.2
    wired = wire(relay(dynamics="leaky", tau_s=tau, bias=0.5), spec, build)
    obs = {p.name: torch.zeros(1, p.size) for p in spec.observations}
    state = wired.initial_state(1)
    for step in range(40):
        action, state = wired(obs, state)
        expected = 0.5 * (1 - math.exp(-step * spec.control_step_s / tau))  # solution of tau v' = 0.5 - v
        assert action[0, 0].item() == pytest.approx(expected, abs=1e-5)


def test_gap_junctions_draw_membranes_together_and_stay_stable(build: Any, swimmer_spec: Any) -> None:
    """Steady state of two coupled leaky cells: v_a - v_b = (I_a - I_b) / (1 + 2 g), their mean untouched."""
    spec = swimmer_spec()
    for g in (0.1, 3.0, 1e4):
        cells = relay(dynamics="leaky", tau_s=0.05)
        coupled = replace(
            cells,
            neurons=(replace(cells.neurons[0], bias=0.8), *cells.neurons[1:]),
            synapses=(Synapse(pre="N0", post="N1", kind="gap", weight=g),),
        )
        wired = wire(coupled, spec, build)
        obs = {p.name: torch.zeros(1, p.size) for p in spec.observations}
        state = wired.initial_state(1)
        for _ in range(200 if g < 100 else 2000):
            _, state = wired(obs, state)
        action, _ = wired(obs, state)
        a, b = action[0, 0].item(), action[0, 1].item()
        assert abs(a) <= 0.8
        if g < 100:
            assert a - b == pytest.approx(0.8 / (1 + 2 * g), abs=1e-4)
            assert (a + b) / 2 == pytest.approx(0.4, abs=1e-4)


def test_a_plateau_outlasts_its_cause(build: Any, swimmer_spec: Any) -> None:
    spec = swimmer_spec()
    wired = wire(relay(dynamics="plateau"), spec, build)
    state = wired.initial_state(1)
    inputs = [0.0, 1.5, 0.0, -0.9, 0.9, -1.1, 0.0]
    on = []
    for x in [*inputs, 0.0]:
        obs = {p.name: torch.full((1, p.size), x) for p in spec.observations}
        action, state = wired(obs, state)
        on.append(action[0, 0].item())
    assert on == [0, 0, 1, 1, 1, 1, 0, 0]


def test_a_spiking_neuron_fires_at_the_rate_of_its_equation(build: Any, swimmer_spec: Any) -> None:
    spec, tau, drive = swimmer_spec(), 0.5, 2.0
    wired = wire(relay(dynamics="spiking", tau_s=tau, bias=drive), spec, build)
    obs = {p.name: torch.zeros(1, p.size) for p in spec.observations}
    state, spikes, steps = wired.initial_state(1), 0, 2000
    for _ in range(steps):
        before = state["spiking.trace"]
        _, state = wired(obs, state)
        spikes += int((state["spiking.trace"] > before).any())
    period = tau * math.log(drive / (drive - 1))  # time from reset to threshold
    rate = spikes / (steps * spec.control_step_s)
    assert 1 / (period + spec.control_step_s) <= rate <= 1 / period


def test_lesions_silence_by_name_and_by_class(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec()
    obs = random_obs(spec, 4)
    whole, cut = (build(WiringConfig(circuit="ncap", lesion=lesion), spec) for lesion in ((), ("BD2", "MV")))
    assert cut.load_state_dict(whole.state_dict()).missing_keys == []
    activity, _ = cut.step(obs, cut.initial_state(4))
    silent = [i for i, name in enumerate(cut.names) if name == "BD2" or name.startswith("MV")]
    assert len(silent) == 1 + 5
    assert (activity[:, silent] == 0).all()
    before, _ = whole.step(obs, whole.initial_state(4))
    assert (before[:, silent] != 0).any()
    taken_out = whole.circuit.without(["BD2", "MV"])
    assert len(taken_out.neurons) == len(whole.circuit.neurons) - 6
    with pytest.raises(UnknownNameError, match="BD2"):
        build(WiringConfig(circuit="ncap", lesion=("BD22",)), spec)


def test_a_stimulus_has_its_time(build: Any, swimmer_spec: Any) -> None:
    spec = swimmer_spec()
    wired = build(WiringConfig(circuit="ncap", stimulate=("BD4 0.7 from 0.3 s to 0.6 s",)), spec)
    obs = {p.name: torch.zeros(1, p.size) for p in spec.observations}
    state, place = wired.initial_state(1), wired.names.index("BD4")
    trace = []
    for _ in range(30):
        activity, state = wired.step(obs, state)
        trace.append(activity[0, place].item())
    assert [i for i, x in enumerate(trace) if x > 0] == list(range(10, 20))  # a control step is 0.03 s
    assert max(trace) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("AVB 0.5 from 5 s to 8 s", Stimulus(neuron="AVB", current=0.5, start_s=5.0, stop_s=8.0)),
        ("DB3 -1e-1", Stimulus(neuron="DB3", current=-0.1)),
        ("DB3 1 from 2s", Stimulus(neuron="DB3", current=1.0, start_s=2.0)),
    ],
)
def test_stimuli_are_read_from_words(sentence: str, expected: Stimulus) -> None:
    assert Stimulus.parse(sentence) == expected


@pytest.mark.parametrize("sentence", ["AVB", "AVB much", "AVB nan", "AVB 1 from 8 s to 5 s", "AVB 0.5 during lunch"])
def test_other_words_are_refused(sentence: str) -> None:
    with pytest.raises(ConfigError, match="AVB"):
        Stimulus.parse(sentence)


def test_what_a_circuit_refuses() -> None:
    a, b = Neuron(name="A"), Neuron(name="B")
    gap = Synapse(pre="A", post="B", kind="gap")
    with pytest.raises(ConfigError, match=r"twice.*A"):
        Circuit(neurons=(a, a))
    with pytest.raises(UnknownNameError, match="C"):
        Circuit(neurons=(a, b), synapses=(Synapse(pre="A", post="C"),))
    with pytest.raises(ConfigError, match="one control step"):
        Circuit(neurons=(a, b), synapses=(Synapse(pre="A", post="B"), Synapse(pre="B", post="A")))
    with pytest.raises(ConfigError, match="2 times"):
        Circuit(neurons=(a, b), synapses=(Synapse(pre="A", post="B"), Synapse(pre="A", post="B", weight=2.0)))
    with pytest.raises(ConfigError, match="leaky"):
        Circuit(neurons=(a, b), synapses=(gap,))
    with pytest.raises(ConfigError, match="tau_s"):
        Circuit(neurons=(Neuron(name="A", dynamics="leaky"),))
    with pytest.raises(ConfigError, match="weight 0"):
        Circuit(neurons=(a, b), synapses=(Synapse(pre="A", post="B", weight=0.0),))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('"index": 0', '"index": "0"'),
        ('"port": "joint_angle"', '"prt": "joint_angle"'),
        ('"format": 1', '"format": 9'),
        ("{", "["),
    ],
)
def test_a_file_that_is_not_a_circuit_says_where(change: str, message: str) -> None:
    text = to_json(relay())
    with pytest.raises(ConfigError):
        from_json(text.replace(change, message, 1))


def test_a_body_that_does_not_fit_is_refused(build: Any, swimmer_spec: Any) -> None:
    spec = swimmer_spec(7)
    with pytest.raises(ConfigError, match="actuator 5, 6"):
        wire(relay(), spec, build)
    with pytest.raises(UnknownNameError, match="entrained"):
        build(WiringConfig(circuit="entraind"), spec)


def test_a_loop_with_a_memory_is_allowed(build: Any, swimmer_spec: Any) -> None:
    cells = relay(dynamics="leaky", tau_s=0.1)
    loop = replace(cells, synapses=(Synapse(pre="N0", post="N1"), Synapse(pre="N1", post="N0", weight=-1.0)))
    assert wire(loop, swimmer_spec(), build).recurrence == "learned"


def test_the_connectome_is_the_published_one(swimmer_spec: Any) -> None:
    """Cook et al. 2019, SI 5: classes of the ventral cord, and the reciprocal inhibition of White et al. 1986."""
    circuit = WiringConfig(circuit="worm").wiring(swimmer_spec())
    sizes = Counter(n.kind for n in circuit.neurons)
    # White et al. 1986: 7 DB, 11 VB, 9 DA, 12 VA, 6 DD, 13 VD, 11 AS.
    assert {k: sizes[k] for k in ("DB", "VB", "DA", "VA", "DD", "VD", "AS")} == {
        "DB": 7, "VB": 11, "DA": 9, "VA": 12, "DD": 6, "VD": 13, "AS": 11,
    }  # fmt: skip
    onto: dict[str, Counter[str]] = {}
    for s in circuit.synapses:
        pre, post = circuit.neuron(s.pre), s.post[:2]
        if s.kind == "chemical" and post in ("MD", "MV") and pre.kind:
            onto.setdefault(pre.kind, Counter())[post] += 1
            assert (s.weight < 0) == (pre.kind in ("DD", "VD"))
    for kind, muscle, other in (("DB", "MD", "MV"), ("VB", "MV", "MD"), ("DD", "MD", "MV"), ("VD", "MV", "MD")):
        assert onto[kind][muscle] > 2 * onto[kind][other]
    assert all(circuit.neuron(name).kind in ("SD", "SV") for name in circuit.against_dale())
    assert "SI 5 Connectome" in circuit.source


@pytest.mark.parametrize("name", ["worm", "worm-male"])
def test_a_rewired_null_keeps_all_but_partners(name: str, swimmer_spec: Any) -> None:
    circuit = WiringConfig(circuit=name).wiring(swimmer_spec())
    null = rewired(circuit, seed=3)

    def degrees(c: Circuit, end: str) -> Counter[tuple[str, str]]:
        counted = Counter((getattr(s, end), s.kind) for s in c.synapses if s.kind == "chemical")
        gaps = Counter((n, "gap") for s in c.synapses if s.kind == "gap" for n in (s.pre, s.post))
        return counted + gaps

    assert degrees(null, "pre") == degrees(circuit, "pre")
    assert degrees(null, "post") == degrees(circuit, "post")
    assert Counter(s.weight for s in null.synapses) == Counter(s.weight for s in circuit.synapses)
    assert {s.group for s in null.synapses} == {s.group for s in circuit.synapses}
    before, after = ({(s.pre, s.post, s.kind) for s in c.synapses} for c in (circuit, null))
    receptors = {s.neuron for s in circuit.senses}
    inner = {e for e in before if e[0] not in receptors}
    assert len(inner & after) < 0.5 * len(inner)
    assert {e for e in before if e[0] in receptors} <= after
    assert rewired(circuit, seed=3) == null != rewired(circuit, seed=4)
    assert null.against_dale() == circuit.against_dale()


def test_a_random_net_has_as_many_synapses(swimmer_spec: Any) -> None:
    circuit = WiringConfig(circuit="worm").wiring(swimmer_spec())
    net = random_sparse(circuit, seed=1)
    assert len(net.synapses) == len(circuit.synapses)
    assert len({(s.pre, s.post, s.kind) for s in net.synapses}) == len(net.synapses)
