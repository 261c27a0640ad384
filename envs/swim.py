"""Swim forwards: the task of "Neural Circuit Architectural Priors for Embodied Control"."""

import math

import numpy as np
from jaxtyping import Float

from .bodies.swimmer import swimmer
from .channel import Channel
from .options import SwimOptions
from .sensors import Sensors
from .task import Task
from .world import World

CONTROL_STEP_S = 0.03
FULL_SPEED_M_S = 0.1
"""Forward speed of the head that earns the whole reward (Bhattasali et al. 2022, their `Swim` task)."""


class Swimmer(Task):
    """What all tasks on the swimmer share: its proprioception and how it lies at the start."""

    control_step_s = CONTROL_STEP_S

    def __init__(self, n_links: int) -> None:
        self.n_links = n_links
        self.joint_limit_rad = 2 * math.pi / n_links
        self.channels: tuple[Channel, ...] = (
            Channel(
                "joint_angle", n_links - 1, "rad", self.joint_limit_rad,
                "angles of the joints, head to tail; positive swings what lies behind the joint to the right",
            ),
            Channel(
                "body_velocity", 3 * n_links, "m/s, m/s, rad/s", None,
                "per link, head to tail: velocity along the link's x (left) and y (backwards), turn rate about z (up)",
            ),
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env ?size"]]:
        """Joint angles, then local velocities of the links."""
        velocity = s["velocity"].reshape(len(s), self.n_links, 3)
        turn_rate = s["turn_rate"].reshape(len(s), self.n_links, 3)
        local = np.concatenate([velocity[..., :2], turn_rate[..., 2:]], axis=-1)
        return {"joint_angle": s["joint_angle"], "body_velocity": local.reshape(len(s), -1)}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env *size"]]:
        """At rest at the origin, heading anywhere, each joint anywhere within its limits."""
        qpos = np.zeros((n, 2 + self.n_links))
        qpos[:, 2] = rng.uniform(-math.pi, math.pi, n)
        qpos[:, 3:] = rng.uniform(-self.joint_limit_rad, self.joint_limit_rad, (n, self.n_links - 1))
        return {"qpos": qpos}


class Swim(Swimmer):
    """DOCSTRING"""

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`forward`: speed of the head along its own heading over the full speed, clipped to [0, 1]."""
        return {"forward": np.clip(-s["velocity"][:, 1] / FULL_SPEED_M_S, 0.0, 1.0)}


def world(options: SwimOptions) -> World:
    """The swimmer in open water."""
    return World(swimmer(options.n_links), Swim(options.n_links))
