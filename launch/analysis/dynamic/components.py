"""A tensor as a sum of a few non-negative components: pair patterns with a time course and a share in each animal.

Hierarchical alternating least squares (Cichocki and Phan 2009). At too high a rank the answer is not unique: the rank
is the highest at which restarts agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from innervate.errors import ConfigError

STILL = 1e-5
"""Relative change of the error in a round, below which a run has ended."""
AGREED = 0.9
"""Mean cosine of matched components over restarts, from which a rank counts as stable."""

NOTHING_LEFT = 0.02
"""Error of a reconstruction, from which more components would take the others apart."""


@dataclass(frozen=True)
class Components:
    """pair x step x animal ~ sum over components of pattern x course x share; columns of `pattern` of length 1."""

    pattern: Float[np.ndarray, "pair component"]
    course: Float[np.ndarray, "step component"]
    share: Float[np.ndarray, "animal component"]
    error: float
    """Of the reconstruction, over the size of the tensor."""
    stability: float
    """Mean cosine of the components of other restarts to these; 1 for a single one."""


def decompose(
    tensor: Float[np.ndarray, "pair step animal"], rank: int, *, restarts: int = 3, rounds: int = 60, seed: int = 0
) -> Components:
    """The best of some restarts at this rank, and how well the others agree with it."""
    if rank < 1 or restarts < 1:
        raise ConfigError(f"rank and restarts are numbers of 1 or more, got {rank} and {restarts}.")
    if not np.isfinite(tensor).all() or (tensor < 0).any() or not tensor.any():
        raise ConfigError("Components are of a tensor of finite numbers of 0 or more, not all 0.")
    rng, small = np.random.default_rng(seed), np.ascontiguousarray(tensor, np.float32)
    runs = [_run(small, rank, rounds, rng) for _ in range(restarts)]
    factors, error = min(runs, key=lambda run: run[1])
    others = [_agreement(factors, run[0]) for run in runs if run[0] is not factors]
    order = np.argsort([-float(np.prod([np.linalg.norm(f[:, r]) for f in factors])) for r in range(rank)])
    pattern, course, share = (f[:, order].astype(np.float64) for f in factors)
    size = np.linalg.norm(pattern, axis=0)
    top = np.maximum(share.max(axis=0), 1e-300)
    return Components(
        pattern / np.maximum(size, 1e-300), course * size * top, share / top, error,
        float(np.mean(others)) if others else 1.0,
    )  # fmt: skip


def stable(
    tensor: Float[np.ndarray, "pair step animal"], ranks: Sequence[int] = (1, 2, 3, 4, 5), *, seed: int = 0
) -> Components:
    """At the highest rank at which restarts agree and something is left to explain; the lowest where they never do."""
    best: Components | None = None
    for rank in ranks:
        found = decompose(tensor, rank, seed=seed)
        if best is None or found.stability >= AGREED:
            best = found
        if best.error < NOTHING_LEFT:
            break
    assert best is not None
    return best


def _run(
    tensor: Float[np.ndarray, "pair step animal"], rank: int, rounds: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], float]:
    factors = [rng.random((n, rank), np.float32) for n in tensor.shape]
    size, before, error = float((tensor**2).sum(dtype=np.float64)), np.inf, 1.0
    for _ in range(rounds):
        product = np.empty(0)
        for axis in range(3):
            product = _times(tensor, factors, axis)
            others = [f.T @ f for i, f in enumerate(factors) if i != axis]
            gram = others[0] * others[1]
            for r in range(rank):
                step = (product[:, r] - factors[axis] @ gram[:, r]) / max(float(gram[r, r]), 1e-30)
                factors[axis][:, r] = np.maximum(factors[axis][:, r] + step, 1e-12)
        whole = np.prod([f.T @ f for f in factors], axis=0).sum(dtype=np.float64)
        error = float(np.sqrt(max(size - 2 * float((factors[2] * product).sum(dtype=np.float64)) + whole, 0) / size))
        if before - error < STILL * before:
            break
        before = error
    return factors, error


def _times(tensor: np.ndarray, factors: list[np.ndarray], axis: int) -> np.ndarray:
    """The tensor times the other two factors, by matrix products."""
    pair, step, animal = factors
    if axis == 2:
        return np.einsum("sar,sr->ar", np.tensordot(tensor, pair, (0, 0)), step)
    beside = np.tensordot(tensor, animal, (2, 0))
    return np.einsum("psr,sr->pr", beside, step) if axis == 0 else np.einsum("psr,pr->sr", beside, pair)


def _agreement(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """Mean over components of the product of the cosines of all three factors, components matched."""
    likeness = np.ones((one[0].shape[1],) * 2)
    for a, b in zip(one, other, strict=True):
        likeness *= (a / np.linalg.norm(a, axis=0)).T @ (b / np.linalg.norm(b, axis=0))
    rows, columns = linear_sum_assignment(-likeness)
    return float(likeness[rows, columns].mean())
