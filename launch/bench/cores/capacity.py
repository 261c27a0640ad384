"""Memory capacity of reservoirs of 200 units, beside an echo state network of reservoirpy, each swept alike."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise, product
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from innervate.controllers.core import Core
from innervate.controllers.cores.balanced import BalancedReservoir
from innervate.controllers.cores.reservoir import Reservoir
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.cores.paired import less
from innervate.launch.run.statistics import student_interval

UNITS, DELAYS, DT_S = 200, 200, 0.02
FORGOTTEN, TRAIN, VALID, TEST = 400, 3000, 600, 2000
RIDGES = 1e-9, 1e-7, 1e-5, 1e-3
TUNING = 100
"""The seed by which settings are chosen; the table's are others."""
INPUTS, RADII = (0.01, 0.03, 0.1, 0.3, 1.0), (0.8, 0.95, 0.99)
SCALES, GAINS, TARGETS = (0.01, 0.1, 1.0), (2.0, 4.0, 8.0), (0.2, 0.35, 0.5)
STARTS = 0.5, 1.0, 2.0

States = Float[np.ndarray, "time units"]


def signal(seed: int) -> Float[np.ndarray, "time"]:
    """White, uniform, of unit variance, as normalised senses are."""
    return np.random.default_rng(seed).uniform(-(3**0.5), 3**0.5, FORGOTTEN + TRAIN + VALID + TEST)


@torch.inference_mode()
def driven(core: Core, u: Float[np.ndarray, "time"]) -> States:
    """What one of ours does while it hears the signal."""
    core = core.double()
    state, found = {k: v.double() for k, v in core.zero(1).items()}, list[torch.Tensor]()
    for x in torch.as_tensor(u)[:, None, None]:
        y, state = core.step(x, state)
        found.append(y[0])
    return torch.stack(found).numpy()


def ours(kind: type[Core], seed: int, **constants: float) -> States:
    """Of a core with some of its constants in place of its own."""
    core = type(kind.__name__, (kind,), constants)(1, UNITS, torch.Generator().manual_seed(seed), DT_S)
    return driven(core, signal(seed))


def theirs(seed: int, scale: float, radius: float) -> States:
    """Of reservoirpy, with its defaults but for the two."""
    from reservoirpy.nodes import Reservoir as Node  # pyright: ignore[reportMissingImports]

    node: Any = Node(units=UNITS, sr=radius, input_scaling=scale, seed=seed)
    return np.asarray(node.run(signal(seed)[:, None]))


def capacity(states: States, seed: int) -> float:
    """Sum over delays of 1 to 200 steps of the squared correlation of the signal then with a linear readout's guess.

    Each delay's ridge is the best on a part of its own; what is counted is a third part (Jaeger 2001).
    """
    u, total = signal(seed), 0.0
    x = np.concatenate([states, np.ones((len(states), 1))], axis=1)
    ends = np.cumsum([FORGOTTEN, TRAIN, VALID, TEST])
    train, valid, test = (slice(a, b) for a, b in pairwise(ends))
    values, vectors = np.linalg.eigh(x[train].T @ x[train])
    past = np.stack([np.concatenate([np.zeros(k), u[:-k]]) for k in range(1, DELAYS + 1)], axis=1)
    heard = vectors.T @ (x[train].T @ past[train])
    weights = [vectors @ (heard / (np.maximum(values, 0) + TRAIN * ridge)[:, None]) for ridge in RIDGES]
    scores = np.stack([_squared_correlation(x[valid] @ w, past[valid]) for w in weights])
    tested = np.stack([_squared_correlation(x[test] @ w, past[test]) for w in weights])
    for k, best in enumerate(scores.argmax(axis=0)):
        total += float(tested[best, k])
    return total


def _squared_correlation(a: Float[np.ndarray, "time k"], b: Float[np.ndarray, "time k"]) -> Float[np.ndarray, "k"]:
    a, b = a - a.mean(0), b - b.mean(0)
    return (a * b).sum(0) ** 2 / np.maximum((a**2).sum(0) * (b**2).sum(0), 1e-300)


def swept(made: Callable[..., States], grid: list[dict[str, float]], seeds: int) -> dict[str, Any]:
    """Capacities at the setting that is best for a seed of its own."""
    best = max(grid, key=lambda setting: capacity(made(TUNING, **setting), TUNING)) if len(grid) > 1 else grid[0]
    return {"setting": best, "capacities": [capacity(made(seed, **best), seed) for seed in range(seeds)]}


def measured(arm: str, seeds: int) -> dict[str, Any]:
    """One contestant of the table."""
    scales = [{"INPUT": scale, "RADIUS": radius} for scale, radius in product(INPUTS, RADII)]
    targets = [{"INPUT": s, "GAIN": g, "TARGET": t} for s, g, t in product(SCALES, GAINS, TARGETS)]
    echo, balanced = partial(ours, Reservoir), partial(ours, BalancedReservoir)
    if arm == "reservoirpy":
        return swept(theirs, [{"scale": s, "radius": r} for s, r in product(INPUTS, RADII)], seeds)
    if arm == "reservoir, swept":
        return swept(echo, scales, seeds)
    if arm == "balanced, swept":
        return swept(balanced, targets, seeds)
    if arm == "reservoir":
        return swept(echo, [{}], seeds)
    if arm == "balanced":
        return swept(balanced, [{}], seeds)
    if arm == "null":
        return swept(echo, [{"RADIUS": 0.0}], seeds)
    settling, start = {"settled": BalancedReservoir.SETTLING, "fixed": 0}[arm.split()[0]], float(arm.split()[1])
    return swept(balanced, [{"START": start, "SETTLING": settling}], seeds)


def capacity_rows(bench: Bench) -> Iterator[Row]:
    """Five seeds, of net and signal both; differences are paired by seed."""
    seeds = bench.seeds or (3 if bench.quick else 5)

    def of(arm: str) -> tuple[Float[np.ndarray, "seeds"], dict[str, float]]:
        found = bench.once(f"capacity {arm} {seeds}", partial(measured, arm, seeds))
        return np.array(found["capacities"]), found["setting"]

    def row(
        what: str, values: Float[np.ndarray, "seeds"], peer: str, reach: str = "", holds: bool | None = None
    ) -> Row:
        return Row(
            row=f"memory capacity, {UNITS} units, white input, delays to {DELAYS}: {what}", value=float(values.mean()),
            unit="steps", interval=student_interval(values.tolist()), n=len(values), peer=peer, reach=reach,
            holds=holds,
        )  # fmt: skip

    said = f"{len(INPUTS) * len(RADII)} settings tried on another seed"
    if bench.peers["reservoirpy"] == "absent":
        yield Row(
            row="memory capacity: echo state network of reservoirpy, swept", value=None, unit="steps",
            peer="not installed: pip install reservoirpy",
        )  # fmt: skip
        peer = None
    else:
        peer, setting = of("reservoirpy")
        yield row("echo state network of reservoirpy, swept", peer, f"{said}; {_settings(setting)}")
    mine, setting = of("reservoir, swept")
    told, reach, holds = f"{said}; {_settings(setting)}", "", None
    if peer is not None:
        difference, (_, high) = less(mine, peer, "reservoirpy's")
        told, reach, holds = f"{told}; {difference}", "not below reservoirpy's", high >= 0
    yield row("reservoir, swept alike", mine, told, reach, holds)
    yield row("reservoir, as it is", of("reservoir")[0], "nothing tuned")
    values, setting = of("balanced, swept")
    told = f"{len(SCALES) * len(GAINS) * len(TARGETS)} settings tried on another seed; {_settings(setting)}"
    difference, (_, high) = less(values, mine, "the reservoir's, swept,")
    yield row("balanced, swept", values, f"{told}; {difference}", "not below the reservoir's", high >= 0)
    yield row("balanced, as it is", of("balanced")[0], "nothing tuned")
    settled, fixed = ({s: of(f"{how} {s}")[0] for s in STARTS} for how in ("settled", "fixed"))
    for how, found in (("settles", settled), ("null: does not settle", fixed)):
        worst = min(STARTS, key=lambda s: found[s].mean())
        told = ", ".join(f"{s:g}: {found[s].mean():.1f}" for s in STARTS)
        told = f"by the inhibition that it begins with, over what balances: {told}"
        holds = bool(np.mean(found[worst]) > max(fixed[s].mean() for s in STARTS)) if how == "settles" else None
        reach = "above the best that does not settle" if how == "settles" else ""
        yield row(f"balanced, the worst of three beginnings, {how}", found[worst], told, reach, holds)
    yield row("null: no weights within", of("null")[0], "a net that hears only the present")


def _settings(setting: dict[str, float]) -> str:
    return "best " + ", ".join(f"{name.lower()} {value:g}" for name, value in setting.items())
