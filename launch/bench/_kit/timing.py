"""Speed as a ratio: contestants run in turn within one process, CPU time beside wall time, medians over rounds."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Timing:
    """Seconds that one contestant took, one entry a round."""

    cpu_s: Float[np.ndarray, "rounds"]
    wall_s: Float[np.ndarray, "rounds"]


def interleave(contestants: Mapping[str, Callable[[], object]], rounds: int = 7) -> dict[str, Timing]:
    """Run every contestant once a round, in rotating order, after one unmeasured warm-up round.

    CPU time is that of the whole process (all threads); child processes are not in it.
    """
    names = list(contestants)
    cpu: dict[str, list[float]] = {name: [] for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}
    for k in range(rounds + 1):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            c0, w0 = time.process_time(), time.perf_counter()
            contestants[name]()
            if k > 0:
                cpu[name].append(time.process_time() - c0)
                wall[name].append(time.perf_counter() - w0)
    return {name: Timing(np.array(cpu[name]), np.array(wall[name])) for name in names}


def ratio(
    slower: Float[np.ndarray, "rounds"], faster: Float[np.ndarray, "rounds"]
) -> tuple[float, tuple[float, float]]:
    """Median of the paired per-round ratios, and their quartiles: how many times `faster` is faster."""
    ratios = slower / faster
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return float(middle), (float(low), float(high))
