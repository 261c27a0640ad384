"""Gaussian noise for many environments at once, each with a stream of its own and no generator object.

Counter-based: a number depends only on its environment's key, the step and the place in the observation, through the
finaliser of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). One
environment thus draws the same alone and among thousands, and a stream goes on from two integers.
"""

import numpy as np
from jaxtyping import Float, UInt64

__all__ = ["standard_normal"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1342543DE82EF95)  # odd, unrelated to _GOLDEN: steps and places do not meet
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def _mixed(z: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


def _uniform(bits: UInt64[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """In (0, 1), never 0 or 1."""
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def standard_normal(
    key: UInt64[np.ndarray, "env"], step: UInt64[np.ndarray, "env"], size: int
) -> Float[np.ndarray, "env size"]:
    """`size` independent standard normal numbers per environment (Box and Muller's transform)."""
    stream = _mixed(key + step * _STEP)[:, None]
    place = np.arange(1, 2 * size + 1, dtype=np.uint64)[None, :] * _GOLDEN
    u = _uniform(_mixed(stream + place))
    return np.sqrt(-2.0 * np.log(u[:, :size])) * np.cos(2.0 * np.pi * u[:, size:])
