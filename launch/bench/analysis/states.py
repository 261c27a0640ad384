"""Switching states by prior, in worlds of spiking neurons whose graph switches."""

import time
from collections.abc import Iterable
from functools import partial

import numpy as np

from innervate.launch.analysis.switching.fit import Belief, SwitchingConfig, fit
from innervate.launch.analysis.switching.matching import matched
from innervate.launch.analysis.switching.simulate import world
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import mean_interval

PRIORS: tuple[Belief, ...] = ("none", "gaussian", "onehot", "anatomy")
FITTED = 0.8
"""Share of the bins that is fitted; the rest is held out."""
Scores = dict[str, float]


def scored(seed: int, bins: int, prior: Belief) -> Scores:
    """One world, one fit: bins fitted, 16 neurons, 4 states."""
    made = world(seed, round(bins / FITTED))
    began = time.process_time()
    config = SwitchingConfig(prior=prior, held_out=1 - FITTED, seed=seed)
    found = fit([made.spikes], config, made.graph if prior == "anatomy" else None)
    took_s = time.process_time() - began
    pairs, share = matched(found.state[0], made.state)
    order = [found for found, _ in sorted(pairs.items(), key=lambda pair: pair[1])]

    def alike(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])

    return {
        "state": share, "weights": alike(found.weights[order], made.weights),
        "graph": alike(found.weights.mean(axis=0), made.graph), "held out": found.held_out, "cpu_s": took_s,
    }  # fmt: skip


def state_rows(bench: Bench) -> Iterable[Row]:
    """State accuracy, graph, held-out likelihood and cost, for short and for long data."""
    seeds = bench.seeds or (2 if bench.quick else 5)
    for bins in (1500,) if bench.quick else (1500, 4000, 6000):
        found: dict[str, list[Scores]] = {}
        for prior in PRIORS if bins < 6000 else ("gaussian",):
            found[prior] = [
                bench.once(f"states-{prior}-{bins}-{s}", partial(scored, s, bins, prior)) for s in range(seeds)
            ]
        yield from _rows(found, bins, seeds)


def _rows(found: dict[str, list[Scores]], bins: int, seeds: int) -> Iterable[Row]:
    bar = {1500: 0.9, 4000: 0.95}.get(bins)
    for prior, scores in found.items():
        state = np.array([one["state"] for one in scores])
        graph, held = (float(np.mean([one[name] for one in scores])) for name in ("graph", "held out"))
        cpu_s = max(one["cpu_s"] for one in scores)
        judged = prior == "gaussian" and bar is not None
        yield Row(
            row=f"{bins} bins, prior {prior}: share of bins in the right state", value=float(state.mean()), unit="",
            interval=mean_interval(state), n=seeds, peer=f"shared graph r {graph:.2f}; held out {held:.2f} nats a bin; "
            f"at most {cpu_s:.0f} CPU-s", reach=f"at least {bar}" if judged else "",
            holds=bool(state.mean() >= bar) if judged and bar else None,
        )  # fmt: skip
    graph = np.array([one["graph"] for one in found["gaussian"]])
    yield Row(
        row=f"{bins} bins, prior gaussian: shared graph, correlation", value=float(graph.mean()), unit="",
        interval=mean_interval(graph), n=seeds, reach="at least 0.8", holds=bool(graph.mean() >= 0.8),
    )  # fmt: skip
    if bins == 6000:
        cpu_s = np.array([one["cpu_s"] for one in found["gaussian"]])
        yield Row(row="6000 bins, 16 neurons, 4 states: a fit of two starts", value=float(cpu_s.max()), unit="CPU-s",
                  n=seeds, reach="at most 60", holds=bool(cpu_s.max() <= 60))  # fmt: skip
        return
    gain = np.array([
        a["held out"] - g["held out"] for a, g in zip(found["anatomy"], found["gaussian"], strict=True)
    ])  # fmt: skip
    yield Row(
        row=f"{bins} bins, held-out likelihood: the known wiring less a shared graph", value=float(gain.mean()),
        unit="nats a bin", interval=mean_interval(gain), n=seeds, reach="at least 0", holds=bool(gain.mean() >= 0),
    )  # fmt: skip
