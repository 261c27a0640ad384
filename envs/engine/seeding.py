"""One random generator per environment, and its state as numbers that can be stored."""

from collections.abc import Sequence

import numpy as np
from gymnasium.utils import seeding
from jaxtyping import UInt64

from innervate.errors import ConfigError

WORDS = 6
"""PCG64: 128 bits of state and 128 of increment, a flag, and half a word kept back."""
_MASK = (1 << 64) - 1


def generators(seeds: Sequence[int | None]) -> list[np.random.Generator]:
    """A generator for each seed, as Gymnasium's `Env.reset(seed=...)` makes it; fresh entropy for None."""
    return [seeding.np_random(seed)[0] for seed in seeds]


def seeds_of(seed: int | Sequence[int | None] | None, n: int) -> list[int | None]:
    """A seed per environment: `seed`, `seed + 1`, ... for a number, as in Gymnasium's vector environments."""
    if seed is None:
        return [None] * n
    if isinstance(seed, (int, np.integer)):
        return [int(seed) + i for i in range(n)]
    if len(seed) != n:
        raise ConfigError(f"{len(seed)} seeds were given for {n} environments; give one each, or a single number.")
    return list(seed)


def to_words(rngs: Sequence[np.random.Generator]) -> UInt64[np.ndarray, "env 6"]:
    """The exact state of PCG64 generators."""
    rows = np.empty((len(rngs), WORDS), np.uint64)
    for row, rng in zip(rows, rngs, strict=True):
        whole = rng.bit_generator.state
        state, inc = whole["state"]["state"], whole["state"]["inc"]
        row[:] = [state >> 64, state & _MASK, inc >> 64, inc & _MASK, whole["has_uint32"], whole["uinteger"]]
    return rows


def from_words(rows: UInt64[np.ndarray, "env 6"]) -> list[np.random.Generator]:
    """Generators that go on exactly where those of `to_words` stood."""
    rngs: list[np.random.Generator] = []
    for row in rows:
        high, low, inc_high, inc_low, has_uint32, uinteger = (int(word) for word in row)
        bits = np.random.PCG64()
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": high << 64 | low, "inc": inc_high << 64 | inc_low},
            "has_uint32": has_uint32,
            "uinteger": uinteger,
        }
        rngs.append(np.random.Generator(bits))
    return rngs
