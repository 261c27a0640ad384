"""Inverse dynamics of the arm: which torques give a wanted acceleration, plain, heavier, and in force fields."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.twins.muscle_arm import loaded
from innervate.agents.twins.two_link import TwoLink
from innervate.envs.bodies.arm import FOREARM_M, RANGE_RAD, UPPER_ARM_M

RATE_RAD_S, ACCELERATION_RAD_S2 = 3.0, 15.0
"""Standard deviations of joint velocities and of wanted accelerations; postures are uniform but for a tenth."""
CURL_N_S_M, LOAD = 13.0, 2.5


@dataclass(frozen=True)
class Dynamics:
    """One arm in one field."""

    name: str
    loads: tuple[float, float] = (1.0, 1.0)
    curl_n_s_m: float = 0.0


TASKS = (
    Dynamics("plain"),
    Dynamics("heavy forearm", (1.0, LOAD)),
    Dynamics("heavy upper arm", (LOAD, 1.0)),
    Dynamics("curl +", curl_n_s_m=CURL_N_S_M),
    Dynamics("curl -", curl_n_s_m=-CURL_N_S_M),
)


@cache
def links_of(loads: tuple[float, float]) -> tuple[TwoLink, tuple[float, float]]:
    """The rigid arm of MuJoCo's compiled model, and the damping of its joints, N m s."""
    model = loaded(loads)
    segments = [model.body(f"{part}_right").id for part in ("upper_arm", "forearm")]

    def pair(values: np.ndarray) -> tuple[float, float]:
        return float(values[0]), float(values[1])

    links = TwoLink(
        mass_kg=pair(model.body_mass[segments]),
        length_m=(UPPER_ARM_M, FOREARM_M),
        centre_m=pair(model.body_ipos[segments, 0]),
        inertia_kgm2=pair(model.body_inertia[segments, 2]),
    )
    return links, pair(model.dof_damping[:2])


def torque(
    task: Dynamics,
    angle: Float[Tensor, "row 2"],
    rate: Float[Tensor, "row 2"],
    acceleration: Float[Tensor, "row 2"],
) -> Float[Tensor, "row 2"]:
    """Joint torques, N m, that the muscles must give."""
    links, damping = links_of(task.loads)
    w11, w12, w22 = links.inverse_inertia(angle)
    a1, a2 = acceleration.unbind(-1)
    inertial = torch.stack([w22 * a1 - w12 * a2, w11 * a2 - w12 * a1], -1) / (w11 * w22 - w12 * w12).unsqueeze(-1)
    velocity = links.hand_velocity(angle, rate)
    field = task.curl_n_s_m * torch.stack([velocity[:, 1], -velocity[:, 0]], -1)
    passive = links.velocity_torque(angle, rate) + torch.tensor(damping, dtype=rate.dtype) * rate
    return inertial + passive - links.hand_torque(angle, field)


def samples(k: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (row, 11), each of about unit size, the last five the task's cue; and torques (row, 2), N m."""
    low, high = torch.tensor(RANGE_RAD).T
    edge = 0.1 * (high - low)
    angle = low + edge + (high - low - 2 * edge) * torch.rand(count, 2, generator=generator)
    rate = RATE_RAD_S * torch.randn(count, 2, generator=generator)
    acceleration = ACCELERATION_RAD_S2 * torch.randn(count, 2, generator=generator)
    told = torque(TASKS[k], angle, rate, acceleration)
    cue = torch.eye(len(TASKS))[k].expand(count, -1)
    place = (angle - (low + high) / 2) / ((high - low) / 4)
    return torch.cat([place, rate / RATE_RAD_S, acceleration / ACCELERATION_RAD_S2, cue], 1), told
