"""Dynamic connectome: three motifs that come and go among sixty neurons of eight animals, as strong as noise."""

import time
from collections.abc import Iterable
from functools import partial

import numpy as np
from networkx import from_numpy_array
from networkx.algorithms.community import louvain_communities
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import linear_sum_assignment

from innervate.launch.analysis.dynamic.affinity import affinities
from innervate.launch.analysis.dynamic.communities import communities, graph_of
from innervate.launch.analysis.dynamic.components import Components, stable
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import mean_interval

NEURONS, STEPS, ANIMALS, STEP_S = 60, 1500, 8, 0.1
MOTIFS = tuple(np.arange(20 * k, 20 * k + 20) for k in range(3))
BOUT_S, PERIOD_S = 10.0, 50.0


def courses() -> np.ndarray:
    """When each motif is there: 10 s of every 50 s, one after the other; step by motif."""
    t = np.arange(STEPS) * STEP_S % PERIOD_S
    return np.stack([(t >= begin) & (t < begin + BOUT_S) for begin in (4.0, 20.0, 36.0)], axis=1).astype(float)


def animal(rng: np.random.Generator) -> np.ndarray:
    """Own noise of every neuron, and in its bouts a motif's common signal of equal power, of either sign."""
    def smooth(shape: tuple[int, ...]) -> np.ndarray:
        x = gaussian_filter1d(rng.standard_normal(shape), 3, axis=0)
        return x / x.std()

    x = smooth((STEPS, NEURONS))
    for members, course in zip(MOTIFS, courses().T, strict=True):
        x[:, members] += (course * smooth((STEPS,)))[:, None] * rng.choice([-1, 1], len(members))
    return x


def plain(x: np.ndarray) -> np.ndarray:
    """The plain peer: absolute correlation in a sliding window of 4 s, over what shifted traces have."""
    i, j = np.triu_indices(x.shape[1], 1)
    wide = 2.0 / STEP_S
    centred = x - gaussian_filter1d(x, wide, axis=0)
    size = np.sqrt(gaussian_filter1d(centred**2, wide, axis=0))
    return np.abs(gaussian_filter1d(centred[:, i] * centred[:, j], wide, axis=0) / (size[:, i] * size[:, j])).T


def _scores(found: Components, blocks: list[np.ndarray]) -> dict[str, float]:
    upper = np.triu_indices(NEURONS, 1)
    true = np.stack([np.isin(upper, m).all(axis=0) for m in MOTIFS], axis=1).astype(float)
    alike = (found.pattern / np.linalg.norm(found.pattern, axis=0)).T @ (true / np.linalg.norm(true, axis=0))
    rows, columns = linear_sum_assignment(-alike)
    members = [np.isin(np.arange(NEURONS), MOTIFS[c]) for c in columns]
    mutual = [information(blocks[r], inside) for r, inside in zip(rows, members, strict=True)]
    worst = float(alike[rows, columns].min()) if len(rows) == len(MOTIFS) else 0.0
    return {"components": float(len(blocks)), "cosine": worst, "nmi": float(np.mean(mutual))}


def information(one: np.ndarray, other: np.ndarray) -> float:
    """Normalised mutual information of two partitions (geometric mean of the entropies)."""
    a, b = (np.unique(x, return_inverse=True)[1] for x in (one, other))
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1 / len(a))
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    seen = table > 0
    mutual = float((table[seen] * np.log(table[seen] / np.outer(rows, columns)[seen])).sum())
    entropy = [-float((p * np.log(p)).sum()) for p in (rows, columns)]
    return mutual / np.sqrt(entropy[0] * entropy[1]) if min(entropy) > 0 else 0.0


def found(seed: int, way: str) -> dict[str, float]:
    """One draw of eight animals, taken apart."""
    rng = np.random.default_rng(seed)
    animals = [animal(rng) for _ in range(ANIMALS)]
    if way == "null":  # every trace shifted in time by itself: what changes together is by chance
        animals = [np.stack([np.roll(c, int(rng.integers(STEPS))) for c in x.T], axis=1) for x in animals]
    began = time.process_time()
    each = plain if way == "plain" else partial(affinities, step_s=STEP_S)
    parts = stable(np.stack([each(x) for x in animals], axis=2), seed=seed)
    graphs = [graph_of(p, NEURONS) for p in parts.pattern.T]
    blocks = [_louvain(g, seed) if way == "plain" else communities(g, seed=seed) for g in graphs]
    return {**_scores(parts, blocks), "cpu_s": time.process_time() - began}


def _louvain(graph: np.ndarray, seed: int) -> np.ndarray:
    label = np.zeros(len(graph), np.int64)
    for k, members in enumerate(louvain_communities(from_numpy_array(graph), seed=seed)):
        label[list(members)] = k
    return label


def connectome_rows(bench: Bench) -> Iterable[Row]:
    """Components and communities found, beside sliding-window correlation with Louvain, and shifted traces."""
    seeds = bench.seeds or (1 if bench.quick else 5)
    scores = {
        way: [bench.once(f"connectome-{way}-{s}", partial(found, s, way)) for s in range(seeds)]
        for way in ("ours", "plain", "null")
    }
    told = {
        way: "; ".join(f"{name} {np.mean([o[name] for o in one]):.2f}" for name in ("components", "cosine", "nmi"))
        for way, one in scores.items()
    }
    judged = {"cosine": "the worst motif's pair pattern, cosine", "nmi": "communities, mutual information"}
    for name, what in judged.items():
        values = np.array([one[name] for one in scores["ours"]])
        yield Row(
            row=f"3 motifs, 60 neurons, 8 animals, SNR 1: {what}", value=float(values.mean()), unit="",
            interval=mean_interval(values), n=seeds, peer=f"sliding-window correlation and Louvain: {told['plain']}; "
            f"shifted traces: {told['null']}", reach="at least 0.9", holds=bool(values.mean() >= 0.9),
        )  # fmt: skip
    cpu_s = np.array([one["cpu_s"] for one in scores["ours"]])
    yield Row(
        row="the same, from traces to communities, ranks 1 to 5", value=float(cpu_s.max()), unit="CPU-s", n=seeds,
        reach="at most 60", holds=bool(cpu_s.max() <= 60),
    )  # fmt: skip
