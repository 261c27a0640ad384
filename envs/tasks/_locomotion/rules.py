"""What distinguishes Gymnasium's locomotion tasks, and what each can be asked for."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Classic:
    """What distinguishes Gymnasium's locomotion tasks (the defaults of their v5 classes)."""

    file: str
    frame_skip: int
    root: Literal["free", "upright", "flat"]
    """How the torso moves: anywhere, in the plane of x and z, or in that of x and y."""
    control_cost: float
    forward: float = 1.0
    alive: float = 0.0
    """What it is paid a step for being healthy; 0 for a body that cannot fall."""
    ends: bool = True
    """Whether an episode ends when it no longer is."""
    healthy_z_m: Range = (-np.inf, np.inf)
    """Range of the torso's height in which it is healthy."""
    healthy_angle_rad: Range = (-np.inf, np.inf)
    """Likewise of the pitch of an upright torso."""
    healthy_state: Range = (-np.inf, np.inf)
    """Likewise of every other coordinate and of every velocity, in their units."""
    reset_noise: float = 0.1
    normal_speed: bool = False
    """Whether initial speeds are drawn from a normal distribution rather than a uniform one."""
    progress_of_mass: bool = False
    """Whether progress is that of the centre of mass rather than of the torso."""
    largest_speed: float = np.inf
    """What the velocities that are observed are clipped to."""
    shows_place: bool = False
    """Whether the observation begins with where the torso is along x (and y)."""


@dataclass(frozen=True, kw_only=True)
class LocomotionOptions:
    """What all of these tasks can be asked for, under the names that Gymnasium has for them."""

    forward_reward_weight: float = 1.0
    """Reward for a speed of 1 m/s along x."""
    ctrl_cost_weight: float
    """Cost of a sum of squared actions of 1."""
    reset_noise_scale: float
    """How far the start is from the model's pose and from rest, in each coordinate and speed."""
    exclude_current_positions_from_observation: bool = True
    """Whether the observation leaves out where the torso is along x (and y)."""

    def rules(self, rules: Classic) -> Classic:
        """The rules of a body with these options put in."""
        return replace(
            rules, forward=self.forward_reward_weight, control_cost=self.ctrl_cost_weight,
            reset_noise=self.reset_noise_scale, shows_place=not self.exclude_current_positions_from_observation,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FallingOptions(LocomotionOptions):
    """Those of a body that can fall."""

    healthy_reward: float
    """Reward for each step in which it is healthy."""
    terminate_when_unhealthy: bool = True
    """Whether an episode ends when it no longer is."""
    healthy_z_range: tuple[float, float]
    """Heights of the torso (m) in which it is healthy."""

    def rules(self, rules: Classic) -> Classic:
        """Likewise."""
        return replace(
            super().rules(rules), alive=self.healthy_reward, ends=self.terminate_when_unhealthy,
            healthy_z_m=self.healthy_z_range,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UprightOptions(FallingOptions):
    """Those of a body that falls in the plane of x and z."""

    healthy_angle_range: tuple[float, float]
    """Pitch of the torso (rad) in which it is healthy."""

    def rules(self, rules: Classic) -> Classic:
        """Likewise."""
        return replace(super().rules(rules), healthy_angle_rad=self.healthy_angle_range)
