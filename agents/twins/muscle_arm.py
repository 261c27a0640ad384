"""The torch twin of the MuJoCo arm: the same numbers as native MuJoCo, with gradients.

Everything is read from the compiled model: muscle parameters, tendons, masses, the Runge-Kutta step. Joint limits are
MuJoCo's soft constraints solved in closed form, exact while one joint is at its limit and close when both are.
"""

from typing import Any

import mujoco
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.signals import Channel

from ...controllers import ControllerSpec
from ...envs.bodies.arm import FOREARM_M, TIMESTEP_S, UPPER_ARM_M, arms
from ...envs.tasks._shared.arm import CONTROL_STEP_S
from . import curves
from .plant import BodyState
from .two_link import TwoLink

RK4 = ((0.5, 1 / 6), (0.5, 1 / 3), (1.0, 1 / 3), (0.0, 1 / 6))
"""Classical Runge-Kutta: how far each slope is followed to the next, and its weight in the end."""


def loaded(loads: tuple[float, float]) -> Any:
    """MuJoCo's model of the arms with a right one so many times heavier, upper arm and forearm."""
    model: Any = arms().compile()
    for part, load in zip(("upper_arm", "forearm"), loads, strict=True):
        body = model.body(f"{part}_right").id
        model.body_mass[body] *= load
        model.body_inertia[body] *= load
    if loads != (1.0, 1.0):
        mujoco.mj_setConst(model, mujoco.MjData(model))
    return model


class MuscleArm:
    """The right arm of `innervate/Reach-v0` and `innervate/Hold-v0`; a `Plant`.

    Args:
        dtype: float64 equals MuJoCo to rounding; float32 is for training.
        compiled: compile a step of the physics, both ways: a minute at the start, several times faster after.
        loads: how many times heavier upper arm and forearm are, their moments of inertia with them.
    """

    control_step_s = CONTROL_STEP_S

    def __init__(
        self, dtype: torch.dtype = torch.float32, *, compiled: bool = False, loads: tuple[float, float] = (1.0, 1.0)
    ) -> None:
        model: Any = loaded(loads)
        self.dtype = dtype
        self._substep = torch.compile(self._runge_kutta, dynamic=False) if compiled else self._runge_kutta
        self.spec = ControllerSpec(
            observations=(
                Channel(name="muscle_length", size=6, unit="m"),
                Channel(name="muscle_velocity", size=6, unit="m/s"),
                Channel(name="hand", size=2, unit="m"),
                Channel(name="target", size=2, unit="m"),
            ),
            action_size=6,
            control_step_s=CONTROL_STEP_S,
        )
        self._timestep_s = float(model.opt.timestep)
        self._substeps = round(CONTROL_STEP_S / TIMESTEP_S)
        segments = [model.body(f"{part}_right").id for part in ("upper_arm", "forearm")]
        self.links = TwoLink(
            mass_kg=_pair(model.body_mass[segments]),
            length_m=(UPPER_ARM_M, FOREARM_M),
            centre_m=_pair(model.body_ipos[segments, 0]),
            inertia_kgm2=_pair(model.body_inertia[segments, 2]),
        )
        gain = model.actuator_gainprm
        (self._rise_s, self._fall_s), (_, _, self._fmax, _, *shape) = model.actuator_dynprm[0, :2], gain[:, :9].T
        self._lmin, self._lmax, self._vmax, self._fpmax, self._fvmax = (float(s[0]) for s in shape)
        span = model.actuator_lengthrange
        moment = np.zeros((model.nu, 2))  # tendon length per joint angle, m
        for i in range(model.nu):
            start, count = int(model.tendon_adr[i]), int(model.tendon_num[i])
            for w in range(start, start + count):
                moment[i, model.wrap_objid[w]] = model.wrap_prm[w]
        self._moment = self._tensor(moment)
        self._optimal = self._tensor((span[:, 1] - span[:, 0]) / (gain[:, 1] - gain[:, 0]))
        self._shortest, self._at_shortest = self._tensor(span[:, 0]), self._tensor(gain[:, 0])
        self._peak = self._tensor(self._fmax)
        self._damping = self._tensor(model.dof_damping[:2])
        self._low, self._high = self._tensor(model.jnt_range[:2, 0]), self._tensor(model.jnt_range[:2, 1])
        self._slack = self._tensor(model.dof_invweight0[:2])
        self._solref, self._solimp = model.jnt_solref[0].tolist(), model.jnt_solimp[0].tolist()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), dtype=self.dtype)

    def initial(self, angle: Float[Tensor, "*batch 2"]) -> BodyState:
        """At rest in a posture (rad), muscles inactive."""
        still = torch.zeros_like(angle)
        activation = angle.new_zeros(*angle.shape[:-1], 6)
        return BodyState(angle, still, activation, self._force(angle, still, activation), angle, still)

    def hand(self, angle: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Where the hand is, m from the shoulder."""
        return self.links.hand(angle)

    def proprioception(self, state: BodyState) -> tuple[Tensor, Tensor]:
        """Tendon lengths (m, relative to the stretched-out arm) and their velocities (m/s)."""
        return state.angle @ self._moment.T, state.rate @ self._moment.T

    def senses(self, state: BodyState) -> tuple[Tensor, Tensor, Tensor]:
        """Both, and where the hand is, m."""
        return *self.proprioception(state), self.hand(state.angle)

    def step(
        self, state: BodyState, excitation: Float[Tensor, "*batch 6"], force_n: Float[Tensor, "*batch 2"]
    ) -> BodyState:
        """One control step, as `mj_step` takes it."""
        angle, rate, activation, *_ = state
        for _ in range(self._substeps):
            angle, rate, activation = self._substep(angle, rate, activation, excitation, force_n)
        return BodyState(angle, rate, activation, self._force(angle, rate, activation), angle, rate)

    def _runge_kutta(
        self, angle: Tensor, rate: Tensor, activation: Tensor, excitation: Tensor, force_n: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        h = self._timestep_s
        a, v, u = angle, rate, activation
        end_a, end_v, end_u = angle, rate, activation
        for follow, weight in RK4:
            acceleration = self._acceleration(a, v, u, force_n)
            rise = curves.activation_rate(excitation, u, self._rise_s, self._fall_s)
            end_a, end_v, end_u = (
                end_a + h * weight * v, end_v + h * weight * acceleration, end_u + h * weight * rise
            )  # fmt: skip
            a, v, u = angle + h * follow * v, rate + h * follow * acceleration, activation + h * follow * rise
        return end_a, end_v, end_u

    def _force(self, angle: Tensor, rate: Tensor, activation: Tensor) -> Tensor:
        """Pull of the muscles, N."""
        length = self._at_shortest + (angle @ self._moment.T - self._shortest) / self._optimal
        velocity = (rate @ self._moment.T) / (self._optimal * self._vmax)
        active = curves.force_length(length, self._lmin, self._lmax) * curves.force_velocity(velocity, self._fvmax)
        return self._peak * (activation * active + curves.passive_force(length, self._lmax, self._fpmax))

    def _acceleration(self, angle: Tensor, rate: Tensor, activation: Tensor, force_n: Tensor) -> Tensor:
        torque = -self._force(angle, rate, activation) @ self._moment
        torque = torque - self._damping * rate + self.links.hand_torque(angle, force_n)
        torque = torque - self.links.velocity_torque(angle, rate)
        w11, w12, w22 = self.links.inverse_inertia(angle)
        t1, t2 = torque[..., 0], torque[..., 1]
        free = torch.stack([w11 * t1 + w12 * t2, w12 * t1 + w22 * t2], dim=-1)
        return free + self._limits(angle, rate, free, w11, w12, w22)

    def _limits(self, angle: Tensor, rate: Tensor, free: Tensor, w11: Tensor, w12: Tensor, w22: Tensor) -> Tensor:
        """Acceleration that the joint limits add: MuJoCo's soft constraints, one sweep of Gauss and Seidel."""
        (tau, ratio), (dmin, dmax, width, mid, _) = self._solref, self._solimp
        tau = max(tau, 2 * self._timestep_s)
        side = torch.where(angle - self._low < self._high - angle, 1.0, -1.0).to(angle.dtype)
        depth = torch.minimum(angle - self._low, self._high - angle)
        x = (-depth / width).clamp(0, 1)
        rise = torch.where(x <= mid, x**2 / mid, 1 - (1 - x) ** 2 / (1 - mid))
        impedance = dmin + rise * (dmax - dmin)
        stiffness, damping = 1 / (dmax * tau * ratio) ** 2, 2 / (dmax * tau)
        wanted = side * (-damping * side * rate - stiffness * impedance * depth)
        soft = self._slack * (1 - impedance) / impedance
        inside = depth >= 0

        def push(i: int, acceleration: Tensor, own: Tensor) -> Tensor:
            """Torque of joint i's limit, never pulling it outwards."""
            force = side[..., i] * (wanted[..., i] - acceleration) / (own + soft[..., i])
            return side[..., i] * torch.where(inside[..., i], torch.zeros_like(force), force.clamp(min=0))

        first = push(0, free[..., 0], w11)
        second = push(1, free[..., 1] + w12 * first, w22)
        first = push(0, free[..., 0] + w12 * second, w11)
        return torch.stack([w11 * first + w12 * second, w12 * first + w22 * second], dim=-1)


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])
