"""Clocks and spikes keep their time whatever the control step; what does nothing is refused."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.wiring import Circuit, Motor, Neuron, Sense, Synapse, WiringConfig, to_json
from innervate.errors import ConfigError
from innervate.signals import Channel

STEPS = 2000


def spec(step_s: float, actions: int = 1) -> ControllerSpec:
    return ControllerSpec(observations=(Channel("x", 1),), action_size=actions, control_step_s=step_s)


def net(*neurons: Neuron, step_s: float, **options: Any) -> Any:
    motors = tuple(Motor(neuron=n.name, actuator=i) for i, n in enumerate(neurons))
    config = WiringConfig(circuit=to_json(Circuit(neurons=neurons, motors=motors)), **options)
    return config.build(spec(step_s, len(neurons)), torch.Generator().manual_seed(0))


def run(made: Any, steps: int) -> tuple[np.ndarray, list[dict[str, torch.Tensor]]]:
    state, actions, states = made.initial_state(1), list[torch.Tensor](), list[dict[str, torch.Tensor]]()
    with torch.no_grad():
        for _ in range(steps):
            action, state = made({"x": torch.zeros(1, 1)}, state)
            actions.append(action[0])
            states.append(state)
    return torch.stack(actions).numpy(), states


@pytest.mark.parametrize(("period_s", "step_s"), [(1.8, 0.03), (0.1, 0.03), (0.07, 0.03), (0.5, 0.04), (math.pi, 0.02)])
def test_a_period_is_right_on_average(period_s: float, step_s: float) -> None:
    actions, _ = run(net(Neuron(name="a", dynamics="clock", period_s=period_s), step_s=step_s), STEPS)
    began = np.flatnonzero(np.diff(actions[:, 0]) > 0)
    measured = (began[-1] - began[0]) / (len(began) - 1) * step_s
    assert abs(measured - period_s) <= step_s / (len(began) - 1) + 1e-9
    periods = STEPS * step_s / period_s
    assert abs(actions.mean() - 0.5) <= 0.5 * step_s / period_s + 0.25 / periods  # whole steps, a period cut off


def test_clocks_of_several_periods_live_in_one_circuit() -> None:
    clocks = (Neuron(name="a", dynamics="clock", period_s=0.3), Neuron(name="b", dynamics="clock", period_s=0.7))
    actions, _ = run(net(*clocks, step_s=0.03), 2100)
    begun = (np.diff(actions, axis=0) > 0).sum(0)
    np.testing.assert_allclose(begun, [63 / 0.3, 63 / 0.7], atol=1)


def test_a_period_that_cannot_be_heard_names_those_that_can() -> None:
    with pytest.raises(ConfigError, match=r"period of 0\.05 s.*from 0\.06 s on"):
        net(Neuron(name="a", dynamics="clock", period_s=0.05), step_s=0.03)


@pytest.mark.parametrize("drive", [1.05, 1.5, 5.0, 40.0])
@pytest.mark.parametrize("step_s", [0.001, 0.01, 0.03, 0.1])
def test_a_rate_does_not_depend_on_the_step(drive: float, step_s: float) -> None:
    tau = 0.02
    exact = 1 / (tau * math.log(drive / (drive - 1)))
    cell = Neuron(name="a", dynamics="spiking", tau_s=tau, bias=drive)
    _, states = run(net(cell, step_s=step_s), 1500)
    trace = np.array([float(s["spiking.trace"][0, 0]) for s in states])[len(states) // 4 :]
    assert trace.mean() / tau == pytest.approx(exact, rel=0.05)
    assert all(0 <= float(s["spiking.membrane"][0, 0]) < 1.001 for s in states)


def test_below_threshold_it_is_silent_and_gradients_pass() -> None:
    cell = Neuron(name="a", dynamics="spiking", tau_s=0.02, bias=0.999)
    _, states = run(net(cell, step_s=0.03), 100)
    assert float(states[-1]["spiking.trace"]) == 0
    made = net(Neuron(name="a", dynamics="spiking", tau_s=0.02, bias=3.0), step_s=0.03, train_biases=True)
    state, total = made.initial_state(1), torch.zeros(())
    for _ in range(5):
        _, state = made({"x": torch.zeros(1, 1)}, state)
        total = total + state["spiking.trace"].sum()
    (gradient,) = torch.autograd.grad(total, [made.biases])
    assert torch.isfinite(gradient).all() and gradient > 0


NAN = float("nan")
CLOCK = Neuron(name="a", dynamics="clock", period_s=1.0)
A, B = (Neuron(name=n, dynamics="leaky", tau_s=0.1) for n in "ab")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Circuit(neurons=(A, B), synapses=(Synapse(pre="a", post="b", weight=NAN),)), "a -> b: weight"),
        (lambda: Circuit(neurons=(A, B), synapses=(Synapse(pre="a", post="b", weight=math.inf),)), "a -> b: weight"),
        (lambda: Circuit(neurons=(Neuron(name="a", dynamics="leaky", tau_s=math.inf),)), "a: tau_s"),
        (lambda: Circuit(neurons=(Neuron(name="a", dynamics="leaky", tau_s=0.1, bias=NAN),)), "a: bias"),
        (lambda: Circuit(neurons=(Neuron(name="a", position=(0.0, NAN)),)), "a: position"),
        (lambda: Circuit(neurons=(A,), senses=(Sense(neuron="a", port="x", index=0, gain=NAN),)), "sense of a: gain"),
        (lambda: Circuit(neurons=(A,), motors=(Motor(neuron="a", actuator=0, gain=math.inf),)), "motor of a: gain"),
        (lambda: Circuit(neurons=(CLOCK,), senses=(Sense(neuron="a", port="x", index=0),)), "senses nothing"),
        (lambda: Circuit(neurons=(Neuron(name="a", dynamics="clock", period_s=1.0, bias=0.5),)), "does nothing"),
        (lambda: net(CLOCK, step_s=0.03, stimulate=("a -5",)), "a cannot be stimulated"),
        (lambda: Circuit(neurons=(A,), synapses=(Synapse(pre="a", post="a", kind="gap"),)), "itself"),
    ],
)
def test_what_is_no_number_or_does_nothing_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()
