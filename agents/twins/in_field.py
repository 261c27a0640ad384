"""A body in a force field that depends on its hand's velocity, as in `innervate/ForceField-v0`, with gradients."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...envs.tasks.force_field import PER_VELOCITY
from .muscle_arm import MuscleArm
from .plant import BodyState


class _Moving(BodyState):
    """A state that also knows how fast the hand was one control step earlier: the field is extrapolated from both."""

    before: Tensor

    @classmethod
    def of(cls, state: BodyState, before: Tensor) -> "_Moving":
        moving = cls(*state)
        moving.before = before
        return moving


class InField:
    """An arm pushed by b B v, v the velocity of its hand; a `Plant`.

    Args:
        arm: the body.
        field: `curl` or `viscous`, as `ForceFieldOptions.field`.
        strength_n_s_m: b.
    """

    def __init__(self, arm: MuscleArm, field: str = "curl", strength_n_s_m: float = 13.0) -> None:
        if field not in PER_VELOCITY:
            raise ConfigError(f"The field is 'curl' or 'viscous'; {field!r} was asked for.")
        if not math.isfinite(strength_n_s_m):
            raise ConfigError(f"The field must be of finite strength; strength_n_s_m is {strength_n_s_m}.")
        self.arm, self.spec, self.control_step_s = arm, arm.spec, arm.control_step_s
        self._per_velocity = strength_n_s_m * torch.tensor(PER_VELOCITY[field], dtype=arm.dtype)

    def initial(self, angle: Float[Tensor, "*batch 2"]) -> BodyState:
        """At rest in a posture (rad), muscles inactive."""
        return _Moving.of(self.arm.initial(angle), torch.zeros_like(angle))

    def step(
        self, state: BodyState, excitation: Float[Tensor, "*batch 6"], force_n: Float[Tensor, "*batch 2"]
    ) -> BodyState:
        """One control step under the field and another force, both held."""
        now = self.arm.links.hand_velocity(state.angle, state.rate)
        before = state.before if isinstance(state, _Moving) else now
        field = (1.5 * now - 0.5 * before) @ self._per_velocity.T
        return _Moving.of(self.arm.step(state, excitation, force_n + field), now)

    def hand(self, angle: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Where the hand is, m from the shoulder."""
        return self.arm.hand(angle)

    def proprioception(self, state: BodyState) -> tuple[Tensor, Tensor]:
        """Tendon lengths (m) and their velocities (m/s)."""
        return self.arm.proprioception(state)

    def senses(self, state: BodyState) -> tuple[Tensor, Tensor, Tensor]:
        """Both, and where the hand is, m."""
        return *self.proprioception(state), self.hand(state.angle)
