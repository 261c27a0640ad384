"""Noise that depends on nothing but a key and a count, so that rows can be drawn together and resumed anywhere."""

import numpy as np
from jaxtyping import Float, Int, UInt64


def keys(rngs: "list[np.random.Generator]") -> UInt64[np.ndarray, "env"]:
    """A key from each generator."""
    return np.array([rng.integers(2**63) for rng in rngs], np.uint64)


def normal(key: UInt64[np.ndarray, "env"], count: Int[np.ndarray, "env"], size: int) -> Float[np.ndarray, "env size"]:
    """Standard normal numbers, a row for each key, by the count of earlier draws (Box and Muller on splitmix64)."""
    place = count.astype(np.uint64)[:, None] * np.uint64(2 * size) + np.arange(2 * size, dtype=np.uint64)
    u = _mixed(key[:, None] + place * np.uint64(0x9E3779B97F4A7C15))
    unit = (u >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.sqrt(-2 * np.log(1 - unit[:, :size])) * np.cos(2 * np.pi * unit[:, size:])


def _mixed(x: UInt64[np.ndarray, "env draw"]) -> UInt64[np.ndarray, "env draw"]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
