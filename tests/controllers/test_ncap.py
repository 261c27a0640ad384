"""NCAP against the published equations, written out neuron by neuron."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.ncap import NCAP, NCAPConfig
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel


def g(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def excite(x: float) -> float:
    return max(x, 0.0)


def inhibit(x: float) -> float:
    return min(x, 0.0)


def published(w: dict[str, np.ndarray], angle: np.ndarray, limit: float, time: int, speed: float, turn: np.ndarray,
              period: int, turn_joints: int) -> list[float]:  # fmt: skip
    """Torques of one control step, joint by joint, weights (2, joints) clamped by sign as published."""
    q = [min(max(a / limit, -1.0), 1.0) for a in angle]
    torques: list[float] = []
    dorsal_on = time % period < period // 2
    for i in range(len(q)):
        b: list[float] = []
        for side, sign in ((0, 1.0), (1, -1.0)):
            drive = inhibit(w["b_speed"][side, i]) * (1.0 - speed)
            if i == 0:
                drive += excite(w["b_oscillator"][side, 0]) * float(dorsal_on == (side == 0))
            else:
                drive += excite(w["b_proprioception"][side, i - 1]) * max(sign * q[i - 1], 0.0)
            if i < turn_joints:
                drive += excite(w["b_turn"][side, i]) * turn[side]
            b.append(g(drive))
        muscle = [
            g(excite(w["muscle_ipsi"][s, i]) * b[s] + inhibit(w["muscle_contra"][s, i]) * b[1 - s]) for s in (0, 1)
        ]
        torques.append(muscle[0] - muscle[1])
    return torques


@pytest.mark.parametrize("joints", [2, 5, 15])
def test_it_computes_the_published_equations(joints: int, build: Any, swimmer_spec: Any) -> None:
    turn_joints, period = min(2, joints), 10
    config = NCAPConfig(weights="published", shared=False, speed=True, turn=True, turn_joints=turn_joints,
                        period_steps=period)  # fmt: skip
    spec = swimmer_spec(joints)
    rng = np.random.default_rng(joints)
    circuit = build(config, spec)
    limit = spec.channel("joint_angle").limit
    for _ in range(20):
        weights = {n: rng.normal(0, 2, tuple(p.shape)).astype(np.float32) for n, p in circuit.named_parameters()}
        circuit.load_state_dict({n: torch.from_numpy(v) for n, v in weights.items()})
        state = circuit.initial_state(1)
        for time in range(2 * period):
            angle = rng.uniform(-1.3 * limit, 1.3 * limit, joints).astype(np.float32)
            speed, turn = float(np.float32(rng.uniform())), rng.uniform(size=2).astype(np.float32)
            obs = {
                "joint_angle": torch.from_numpy(angle)[None],
                "speed": torch.tensor([[speed]]),
                "turn": torch.from_numpy(turn)[None],
            }
            action, state = circuit(obs, state)
            expected = published(weights, angle, limit, time, speed, turn, period, turn_joints)
            np.testing.assert_allclose(action[0].detach().numpy(), expected, atol=2e-6)


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 4), ({"speed": True, "turn": True}, 6), ({"shared": False}, 30),
     ({"shared": False, "speed": True, "turn": True}, 42)],
)  # fmt: skip
def test_parameter_counts_are_the_published_ones(
    options: dict[str, Any], count: int, build: Any, swimmer_spec: Any
) -> None:
    for weights in ("live", "published"):
        assert build(NCAPConfig(weights=weights, **options), swimmer_spec(5)).parameter_count() == count


def test_parametrisations_are_the_same_circuit_at_the_start(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(5)
    obs = random_obs(spec, 32)
    for config in (NCAPConfig(), NCAPConfig(shared=False), NCAPConfig(speed=True, turn=True)):
        live, clamped = (build(replace(config, weights=w), spec) for w in ("live", "published"))
        torch.testing.assert_close(live(obs, live.initial_state(32))[0], clamped(obs, clamped.initial_state(32))[0])


def test_a_clamped_weight_dies_and_a_live_one_does_not(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(5)
    obs = random_obs(spec, 64)
    dead = build(NCAPConfig(weights="published"), spec)
    with torch.no_grad():
        dead.b_proprioception.fill_(-0.01)
    dead(obs, dead.initial_state(64))[0].square().sum().backward()
    assert dead.b_proprioception.grad == 0.0
    live = build(NCAPConfig(), spec)
    with torch.no_grad():
        live.b_proprioception.fill_(-3.0)
    live(obs, live.initial_state(64))[0].square().sum().backward()
    assert live.b_proprioception.grad.abs() > 1e-6


def test_contralateral_inhibition_matters_only_with_both_sides_driven(
    build: Any, swimmer_spec: Any, random_obs: Any
) -> None:
    spec = swimmer_spec(5)
    obs = random_obs(spec, 64)
    for turn, matters in ((False, False), (True, True)):
        circuit = build(NCAPConfig(turn=turn), spec)
        # Halves every weight: at 1 both sides saturate and nothing shows.
        with torch.no_grad():
            for p in circuit.parameters():
                p.fill_(np.log(0.5))
        circuit(obs, circuit.initial_state(64))[0].square().sum().backward()
        assert (circuit.muscle_contra.grad.abs() > 0) == matters


def test_without_its_parts(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(5)
    obs = random_obs(spec, 16)
    headless = build(NCAPConfig(oscillator=False), spec)
    assert headless(obs, headless.initial_state(16))[0][:, 0].abs().max() == 0.0
    numb = build(NCAPConfig(proprioception=False), spec)
    action = numb(obs, numb.initial_state(16))[0]
    assert action[:, 1:].abs().max() == 0.0
    assert torch.equal(action[:, 0], torch.ones(16))  # dorsal onset


def test_bodies_that_do_not_fit_are_refused(build: Any) -> None:
    angle = Channel(name="joint_angle", size=3, limit=1.0)
    spec = ControllerSpec(observations=(Channel(name="observation", size=3),), action_size=3, control_step_s=0.1)
    with pytest.raises(UnknownNameError, match="joint_angle"):
        build(NCAPConfig(), spec)
    with pytest.raises(ConfigError, match="3 joints, but 2 actuators"):
        build(NCAPConfig(), ControllerSpec(observations=(angle,), action_size=2, control_step_s=0.1))
    spec = ControllerSpec(observations=(Channel(name="joint_angle", size=3),), action_size=3, control_step_s=0.1)
    with pytest.raises(ConfigError, match="has none"):
        build(NCAPConfig(), spec)
    good = ControllerSpec(observations=(angle,), action_size=3, control_step_s=0.1)
    with pytest.raises(UnknownNameError, match="speed"):
        build(NCAPConfig(speed=True), good)
    with pytest.raises(ConfigError, match="period"):
        build(NCAPConfig(period_steps=1), good)
    assert isinstance(build(NCAPConfig(), good), NCAP)
