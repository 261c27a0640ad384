"""MotorNet beside our torch plants: agreement, speed, integration, and velocities of its muscles."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from innervate.agents.hemispheric.fused import FusedUnroll
from innervate.agents.hemispheric.trials import draw
from innervate.agents.twins.arm26 import Arm26
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.errors import MissingExtraError

BATCH, STEPS, UNITS = 64, 100, 50


def installed() -> bool:
    """Whether the peer is there."""
    return importlib.util.find_spec("motornet") is not None


def motornet() -> Any:
    """The package. Raises `MissingExtraError` where it is not installed."""
    if not installed():
        raise MissingExtraError("motornet", "bench")
    return importlib.import_module("motornet")


def our_training_step() -> Callable[[], None]:
    """One batch of 64 reaches of 1 s with Arm26 at 10 ms and a GRU of 50 units: forward, backward, Adam."""
    plant = Arm26("euler", substeps=1)
    config = BilateralConfig(left=(UNITS,), right=(), core="gru", callosum="none")
    controller = config.build(plant.spec, torch.Generator().manual_seed(0))
    parameters = torch.nn.utils.parameters_to_vector(controller.parameters()).detach()[None].requires_grad_()
    optimizer = torch.optim.Adam([parameters], lr=1e-3)
    move, rng = FusedUnroll(controller, plant), np.random.default_rng(0)

    def run() -> None:
        trials = draw("reach", rng, BATCH, plant)
        movement = move(parameters, trials, STEPS)
        loss = (movement.hand - trials.target).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return run


def their_training_step() -> Callable[[], None]:
    """The same with MotorNet, written as in its tutorials."""
    mn = motornet()
    effector = mn.effector.RigidTendonArm26(muscle=mn.muscle.RigidTendonHillMuscle())
    env = mn.environment.RandomTargetReach(effector=effector, max_ep_duration=STEPS * 0.01)
    size = env.observation_space.shape[0]
    policy = mn.policy.PolicyGRU(size, UNITS, env.n_muscles, device=torch.device("cpu"))
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)

    def run() -> None:
        h = policy.init_hidden(batch_size=BATCH)
        obs, info = env.reset(options={"batch_size": BATCH})
        places: list[Tensor] = []
        terminated = False
        while not terminated:
            action, h = policy(obs, h)
            obs, _, terminated, _, info = env.step(action=action)
            places.append(info["states"]["fingertip"])
        loss = (torch.stack(places) - info["goal"]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return run


def their_path(angle: Tensor, excitation: Tensor, step_s: float, slack: float = 1.4) -> Tensor:
    """Joint angles (time, trial, 2) of MotorNet's Arm26 under excitations (time, trial, 6) of 10 ms each."""
    mn = motornet()
    effector = mn.effector.RigidTendonArm26(
        muscle=mn.muscle.RigidTendonHillMuscle(),
        timestep=step_s,
        muscle_kwargs={"normalized_slack_muscle_length": slack},
    )
    effector.reset(options={"batch_size": len(angle), "joint_state": torch.cat([angle, torch.zeros_like(angle)], 1)})
    angles: list[Tensor] = []
    for u in excitation:
        for _ in range(round(0.01 / step_s)):
            effector.step(u)
        angles.append(effector.states["joint"][:, :2])
    return torch.stack(angles)


def our_path(plant: Arm26, angle: Tensor, excitation: Tensor) -> Tensor:
    """The same with one of ours."""
    state, none = plant.initial(angle), torch.zeros_like(angle)
    angles: list[Tensor] = []
    for u in excitation:
        state = plant.step(state, u, none)
        angles.append(state.angle)
    return torch.stack(angles)


def their_velocity_error() -> float:
    """Largest error (m/s) of a musculotendon velocity of a muscle from upper arm to forearm, against the difference
    quotient of its length, for MotorNet's own two-joint arm."""
    mn = motornet()
    effector = mn.effector.Effector(mn.skeleton.TwoDofArm(), mn.muscle.RigidTendonHillMuscle(), timestep=0.01)
    kwargs = {"max_isometric_force": 100.0, "tendon_length": 0.1, "optimal_muscle_length": 0.1}
    effector.add_muscle(path_fixation_body=[1, 2], path_coordinates=[[0.2, 0.03], [0.05, 0.03]], name="elbow", **kwargs)
    effector.add_muscle(
        path_fixation_body=[0, 2], path_coordinates=[[-0.05, 0.03], [0.05, 0.03]], name="both", **kwargs
    )
    rng, h, worst = np.random.default_rng(0), 1e-3, 0.0
    for _ in range(20):
        q, v = (
            torch.tensor(rng.uniform(low, high, (1, 2)), dtype=torch.float32) for low, high in ((0.4, 1.8), (-1, 1))
        )
        geometry = [effector.get_geometry(torch.cat([q + s * h * v, v], dim=1)) for s in (-1, 0, 1)]
        slope = (geometry[2][:, 0] - geometry[0][:, 0]) / (2 * h)
        worst = max(worst, float((geometry[1][:, 1] - slope).abs().max()))
    return worst
