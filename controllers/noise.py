"""Noise from counters: a function of key, step and place, so that a circuit with noise stays a function of its state.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["splitmix64", "standard_normal", "uniform"]


def _wrapped(x: int) -> int:
    """An unsigned 64-bit constant as the int64 of the same bits."""
    return x - (1 << 64) if x >= 1 << 63 else x


def splitmix64(key: Tensor) -> Tensor:
    """Well-mixed int64 bits of each int64 key."""
    z = (key + 1) * _wrapped(0x9E3779B97F4A7C15)
    z = (z ^ (z >> 30 & (1 << 34) - 1)) * _wrapped(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> 27 & (1 << 37) - 1)) * _wrapped(0x94D049BB133111EB)
    return z ^ (z >> 31 & (1 << 33) - 1)


def uniform(key: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """In (0, 1), never 0 or 1; 24 bits of each key's."""
    return ((splitmix64(key) >> 40 & 0xFFFFFF).float() + 0.5) / 2**24


def standard_normal(
    lane: Int[Tensor, "batch"], step: Int[Tensor, "batch"], stream: int, first: int, size: int
) -> Float[Tensor, "batch size"]:
    """Independent standard normal numbers (Box and Muller's transform): `size` places from `first` on of a stream."""
    place = 2 * (first + torch.arange(size, device=lane.device))
    mixed = splitmix64(splitmix64(lane * _wrapped(0xD1342543DE82EF95) + stream) + step)[:, None]
    u, v = uniform(mixed + place), uniform(mixed + place + 1)
    return (-2 * u.log()).sqrt() * torch.cos(2 * math.pi * v)
