"""The arm of the literature in torch: Nijhof & Kouwenhoven's six muscles as MotorNet's `RigidTendonArm26` has them.

Lumped Hill muscles on rigid tendons (Kistemaker, Wong & Gribble 2010) whose lengths are quadratic in the elbow angle.
There is no MuJoCo model of it: fixed tendons have constant moment arms.
"""

import math
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

from ...controllers import ControllerSpec
from .hill import A_REL, B_REL, CRITICAL, CURVATURE, FALL_S, LEAST, RISE_S, SLOWING, WIDTH_2
from .plant import BodyState
from .two_link import TwoLink

Scheme = Literal["euler", "midpoint"]
_PEAK_N = (838.0, 1207.0, 1422.0, 1549.0, 414.0, 603.0)
_TENDON_M = (0.039, 0.066, 0.172, 0.187, 0.204, 0.217)
_OPTIMAL_M = (0.134, 0.140, 0.092, 0.093, 0.137, 0.127)
_LENGTH_0 = (0.151, 0.2322, 0.2859, 0.2355, 0.3329, 0.2989)
_LENGTH_1 = ((-0.03, 0.03, 0, 0, -0.03, 0.03), (0, 0, -0.014, 0.025, -0.016, 0.03))
_LENGTH_2_ELBOW = (0, 0, -4e-3, -2.2e-3, -5.7e-3, -3.2e-3)
_UPPER_RAD = (math.radians(135), math.radians(155))
_STIFF = 1.66


class Arm26:
    """A `Plant` with the observations of MotorNet: lengths over optimal lengths, velocities over ten of them a second.

    Args:
        scheme: `euler`, MotorNet's: explicit, and a step's muscle lengths, velocities and forces are those of the
            posture before it, for who feels them as for the next step; `midpoint`: second order, with `substeps`.
        substeps: integration steps in a control step.
        slack_length: fibre length, in optimal lengths, from which the muscles resist passively: 1.4 in MotorNet 0.3,
            1.0 in the version (0.1.5) on which arXiv 2401.14057 was made.
        control_step_s: between two actions.
    """

    def __init__(
        self,
        scheme: Scheme = "midpoint",
        substeps: int = 12,
        slack_length: float = 1.4,
        control_step_s: float = 0.01,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if scheme not in ("euler", "midpoint"):
            raise UnknownNameError("scheme", scheme, ("euler", "midpoint"))
        if substeps < 1 or not 0 < slack_length < _STIFF:
            raise ConfigError(
                f"substeps must be at least 1 and slack_length lie in (0, {_STIFF}): {substeps}, {slack_length}."
            )
        self.scheme, self.substeps, self.control_step_s = scheme, substeps, control_step_s
        self._h = control_step_s / substeps
        self._slack, self._passive = slack_length, 1 / (_STIFF - slack_length) ** 2
        ports = (("muscle_length", 6, "1"), ("muscle_velocity", 6, "1"), ("hand", 2, "m"), ("target", 2, "m"))
        self.spec = ControllerSpec(
            observations=tuple(Channel(name=name, size=size, unit=unit) for name, size, unit in ports),
            action_size=6,
            control_step_s=control_step_s,
        )
        self.links = TwoLink((1.82, 1.43), (0.309, 0.333), (0.135, 0.165), (0.051, 0.057))
        make = torch.tensor
        self._peak, self._optimal = make(_PEAK_N, dtype=dtype), make(_OPTIMAL_M, dtype=dtype)
        self._offset = make(_LENGTH_0, dtype=dtype) - make(_TENDON_M, dtype=dtype)
        self._arm = make(_LENGTH_1, dtype=dtype)
        self._bend = make(_LENGTH_2_ELBOW, dtype=dtype)
        self._upper = make(_UPPER_RAD, dtype=dtype)

    def initial(self, angle: Float[Tensor, "*batch 2"]) -> BodyState:
        """At rest in a posture (rad), muscles at their least activation."""
        still = torch.zeros_like(angle)
        activation = torch.full_like(angle[..., :1].expand(*angle.shape[:-1], 6), LEAST)
        force = self._force(activation, *self._geometry(angle, still)[:2])
        return BodyState(angle, still, activation, force, angle, still)

    def hand(self, angle: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Where the hand is, m from the shoulder."""
        return self.links.hand(angle)

    def _geometry(self, angle: Tensor, rate: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Fibre lengths (m), their velocities (m/s), and the elbow's moment arms (m), as derivatives of the length."""
        shoulder, elbow = angle[..., :1] - math.pi / 2, angle[..., 1:]
        length = self._offset + self._arm[0] * shoulder + (self._arm[1] + self._bend * elbow) * elbow
        elbow_arm = self._arm[1] + 2 * self._bend * elbow
        return length, self._arm[0] * rate[..., :1] + elbow_arm * rate[..., 1:], elbow_arm

    def proprioception(self, state: BodyState) -> tuple[Tensor, Tensor]:
        """Fibre lengths in optimal lengths, velocities in ten of them a second."""
        length, velocity, _ = self._geometry(state.muscle_angle, state.muscle_rate)
        return length.clamp(min=0) / self._optimal, velocity / (10 * self._optimal)

    def senses(self, state: BodyState) -> tuple[Tensor, Tensor, Tensor]:
        """Both, and where the hand is, m."""
        return *self.proprioception(state), self.hand(state.angle)

    def constants(self) -> tuple[Float64[np.ndarray, "6 6"], Float64[np.ndarray, "10"]]:
        """Muscles and body as `arm26_kernel` reads them."""
        columns = (self._peak, self._optimal, self._offset, self._arm[0], self._arm[1], self._bend)
        (m1, m2), (l1, l2), (c1, c2), (i1, i2) = (
            self.links.mass_kg, self.links.length_m, self.links.centre_m, self.links.inertia_kgm2
        )  # fmt: skip
        alone = i2 + m2 * c2 * c2
        whole = i1 + alone + m1 * c1 * c1 + m2 * l1 * l1
        body = [self._h, self._slack, self._passive, m2 * l1 * c2, whole, alone, l1, l2, *self._upper.tolist()]
        return torch.stack(columns, dim=1).double().numpy(), np.array(body)

    def muscle_state(self, state: BodyState) -> Float[Tensor, "*batch 7 6"]:
        """MotorNet's seven numbers a muscle: activation, fibre length (m), velocity (m/s), passive, force-length and
        active factors, force (N)."""
        length, velocity, _ = self._geometry(state.muscle_angle, state.muscle_rate)
        passive, reach, active = self._factors(state.activation, length, velocity)
        parts = [
            state.activation,
            length.clamp(min=0),
            velocity,
            passive,
            reach,
            active,
            self._peak * (active + passive),
        ]
        return torch.stack(parts, dim=-2)

    def _force(self, activation: Tensor, length: Tensor, velocity: Tensor) -> Tensor:
        passive, _, active = self._factors(activation, length, velocity)
        return self._peak * (active + passive)

    def _factors(self, activation: Tensor, length: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Passive, force-length and active force, over the peak force."""
        x, v = length.clamp(min=0) / self._optimal, velocity / (10 * self._optimal)
        passive = self._passive * (x - self._slack).clamp(min=0) ** 2
        reach = (1 - (x - 1) ** 2 / WIDTH_2).clamp(min=0.01)
        a_rel = torch.where(x > 1, A_REL * reach, torch.full_like(x, A_REL))
        weak = B_REL * (1 - SLOWING * (activation - CRITICAL)) ** 2
        b_rel = torch.where(activation < CRITICAL, weak, torch.full_like(weak, B_REL))
        isometric = reach * activation
        slope = activation * (reach + a_rel) / b_rel
        shape = CURVATURE - 2 * slope
        p1 = -0.5 * isometric / shape
        eccentric = (
            1.5 * p1 * isometric + p1 * CURVATURE * v + (0.5 * isometric) ** 2 / shape + 1.5 * isometric * v
            + CURVATURE * v**2
        )  # fmt: skip
        shortening = v < 0
        above = torch.where(shortening, v * activation * a_rel + isometric * b_rel, eccentric)
        below = torch.where(shortening, b_rel - v, p1 + v)
        return passive, reach, (above / below).clamp(min=0)

    def step(
        self, state: BodyState, excitation: Float[Tensor, "*batch 6"], force_n: Float[Tensor, "*batch 2"]
    ) -> BodyState:
        """One control step; at a joint limit the joint stops dead, as in MotorNet."""
        excitation = excitation.clamp(LEAST, 1.0)
        for _ in range(self.substeps):
            state = self._euler(state, excitation, force_n) if self.scheme == "euler" else self._midpoint(
                state, excitation, force_n
            )  # fmt: skip
        return state

    def _euler(self, state: BodyState, excitation: Tensor, force_n: Tensor) -> BodyState:
        angle, rate, activation, force, *_ = state
        length, velocity, elbow_arm = self._geometry(angle, rate)
        acceleration = self._acceleration(angle, rate, force, elbow_arm, force_n)
        activation = self._activated(activation, excitation, self._h)
        force = self._force(activation, length, velocity)
        after = self._stopped(angle + self._h * rate, rate + self._h * acceleration)
        return BodyState(*after, activation, force, angle, rate)

    def _midpoint(self, state: BodyState, excitation: Tensor, force_n: Tensor) -> BodyState:
        angle, rate, activation, force, *_ = state
        elbow_arm = self._arm[1] + 2 * self._bend * angle[..., 1:]
        acceleration = self._acceleration(angle, rate, force, elbow_arm, force_n)
        half = self._h / 2
        middle_angle, middle_rate = angle + half * rate, rate + half * acceleration
        middle_activation = self._activated(activation, excitation, half)
        length, velocity, elbow_arm = self._geometry(middle_angle, middle_rate)
        middle_force = self._force(middle_activation, length, velocity)
        acceleration = self._acceleration(middle_angle, middle_rate, middle_force, elbow_arm, force_n)
        slope = (self._activated(middle_activation, excitation, half) - middle_activation) / half
        activation = (activation + self._h * slope).clamp(LEAST, 1.0)
        angle, rate = self._stopped(angle + self._h * middle_rate, rate + self._h * acceleration)
        force = self._force(activation, *self._geometry(angle, rate)[:2])
        return BodyState(angle, rate, activation, force, angle, rate)

    @staticmethod
    def _activated(activation: Tensor, excitation: Tensor, h: float) -> Tensor:
        """After `h` seconds of the activation dynamics (Thelen 2003), explicitly."""
        scale = 0.5 + 1.5 * activation
        gap = excitation - activation
        rate = torch.where(gap > 0, gap / (RISE_S * scale), gap * scale / FALL_S)
        return (activation + h * rate).clamp(LEAST, 1.0)

    def _acceleration(self, angle: Tensor, rate: Tensor, force: Tensor, elbow_arm: Tensor, force_n: Tensor) -> Tensor:
        pull = torch.stack([(force * self._arm[0]).sum(dim=-1), (force * elbow_arm).sum(dim=-1)], dim=-1)
        torque = self.links.hand_torque(angle, force_n) - pull - self.links.velocity_torque(angle, rate)
        w11, w12, w22 = self.links.inverse_inertia(angle)
        t1, t2 = torque[..., 0], torque[..., 1]
        return torch.stack([w11 * t1 + w12 * t2, w12 * t1 + w22 * t2], dim=-1)

    def _stopped(self, angle: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
        outside = ((angle <= 0) & (rate < 0)) | ((angle >= self._upper) & (rate > 0))
        rate = torch.where(outside, torch.zeros_like(rate), rate)
        return angle.clamp(torch.zeros_like(self._upper), self._upper), rate
