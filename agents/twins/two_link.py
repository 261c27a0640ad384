"""Rigid-body mechanics of a planar two-link arm."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Vector = Float[Tensor, "*batch 2"]


@dataclass(frozen=True)
class TwoLink:
    """Upper arm and forearm on a horizontal plane."""

    mass_kg: tuple[float, float]
    length_m: tuple[float, float]
    centre_m: tuple[float, float]
    """From a segment's joint to its centre of mass."""
    inertia_kgm2: tuple[float, float]
    """About the centre of mass."""

    def hand(self, angle: Vector) -> Vector:
        """Position of the hand, m, from the shoulder."""
        shoulder, both = angle[..., 0], angle[..., 0] + angle[..., 1]
        upper, fore = self.length_m
        x = upper * torch.cos(shoulder) + fore * torch.cos(both)
        y = upper * torch.sin(shoulder) + fore * torch.sin(both)
        return torch.stack([x, y], dim=-1)

    def hand_torque(self, angle: Vector, force_n: Vector) -> Vector:
        """Joint torques (N m) of a force on the hand: the transposed Jacobian times the force."""
        fx, fy = force_n[..., 0], force_n[..., 1]
        shoulder, both = angle[..., 0], angle[..., 0] + angle[..., 1]
        upper, fore = self.length_m
        elbow_torque = fore * (fy * torch.cos(both) - fx * torch.sin(both))
        return torch.stack(
            [elbow_torque + upper * (fy * torch.cos(shoulder) - fx * torch.sin(shoulder)), elbow_torque], dim=-1
        )

    def hand_velocity(self, angle: Vector, rate: Vector) -> Vector:
        """Velocity of the hand, m/s."""
        shoulder, both = angle[..., 0], angle[..., 0] + angle[..., 1]
        upper, fore = self.length_m[0] * rate[..., 0], self.length_m[1] * (rate[..., 0] + rate[..., 1])
        x = -upper * torch.sin(shoulder) - fore * torch.sin(both)
        y = upper * torch.cos(shoulder) + fore * torch.cos(both)
        return torch.stack([x, y], dim=-1)

    def inverse_inertia(self, angle: Vector) -> tuple[Tensor, Tensor, Tensor]:
        """Elements 11, 12 and 22 of the inverse of the mass matrix, 1/(kg m^2)."""
        (m1, m2), (l1, _), (c1, c2), (i1, i2) = self.mass_kg, self.length_m, self.centre_m, self.inertia_kgm2
        coupled = m2 * l1 * c2 * torch.cos(angle[..., 1])
        alone = i2 + m2 * c2 * c2
        m11 = i1 + alone + m1 * c1 * c1 + m2 * l1 * l1 + 2 * coupled
        m12 = alone + coupled
        scale = 1 / (m11 * alone - m12 * m12)
        return alone * scale, -m12 * scale, m11 * scale

    def velocity_torque(self, angle: Vector, rate: Vector) -> Vector:
        """Coriolis and centrifugal torques (N m), as they load the joints: to be subtracted from the drive."""
        (_, m2), (l1, _), (_, c2) = self.mass_kg, self.length_m, self.centre_m
        h = m2 * l1 * c2 * torch.sin(angle[..., 1])
        w1, w2 = rate[..., 0], rate[..., 1]
        return torch.stack([-h * w2 * (2 * w1 + w2), h * w1 * w1], dim=-1)
