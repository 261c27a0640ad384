"""MuJoCo's muscle model in torch: activation dynamics, force-length, force-velocity and passive curves.

The functions of MuJoCo's `engine_util_misc.c` (`mju_muscleDynamics`, `mju_muscleGain`, `mju_muscleBias`), branch by
branch, so that results agree to rounding.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Muscles = Float[Tensor, "*batch 6"]


def activation_rate(excitation: Muscles, activation: Muscles, rise_s: float, fall_s: float) -> Muscles:
    """Time derivative of the activation, 1/s (Millard et al. 2013)."""
    stretch = 0.5 + 1.5 * activation.clamp(0, 1)
    gap = excitation.clamp(0, 1) - activation
    return torch.where(gap > 0, gap / (rise_s * stretch), gap * stretch / fall_s)


def force_length(length: Muscles, lmin: float, lmax: float) -> Muscles:
    """Active force over the peak force, at a length in optimal lengths."""
    a, b = (lmin + 1) / 2, (1 + lmax) / 2
    rising = torch.where(
        length <= a, 0.5 * ((length - lmin) / (a - lmin)) ** 2, 1 - 0.5 * ((1 - length) / (1 - a)) ** 2
    )
    falling = torch.where(
        length <= b, 1 - 0.5 * ((length - 1) / (b - 1)) ** 2, 0.5 * ((lmax - length) / (lmax - b)) ** 2
    )
    curve = torch.where(length <= 1, rising, falling)
    return torch.where((length >= lmin) & (length <= lmax), curve, torch.zeros_like(curve))


def force_velocity(velocity: Muscles, fvmax: float) -> Muscles:
    """Force over the isometric force, at a velocity in greatest velocities, lengthening positive."""
    y = fvmax - 1
    shortening = (velocity.clamp(min=-1) + 1) ** 2
    lengthening = fvmax - (y - velocity.clamp(max=y)) ** 2 / y
    return torch.where(velocity <= 0, shortening, lengthening)


def passive_force(length: Muscles, lmax: float, fpmax: float) -> Muscles:
    """Passive force over the peak force."""
    b = (1 + lmax) / 2
    x = (length.clamp(min=1) - 1) / (b - 1)
    toe, line = 0.5 * x**2, 0.5 + (length - b) / (b - 1)
    return fpmax * torch.where(length <= b, toe, line)
