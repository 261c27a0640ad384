"""The locomotion circuit of the connectome against the worm's signal-propagation atlas: who answers when one is pulsed.

Contacts and nearness are the plain peers, rewired circuits the null; trained means trained to swim, without the atlas.
"""

import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.threads import one_thread
from innervate.controllers import Controller
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.launch.analysis.measures.propagation import area_under_curve, responses
from innervate.launch.analysis.methods.propagation import compared, contacts_of
from innervate.launch.analysis.recordings.propagation_atlas import read_atlas
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.config import EvaluationConfig
from innervate.launch.run.evaluation import load_controller
from innervate.launch.run.statistics import student_interval
from innervate.launch.run.training import train

WORLD = WorldConfig(id="swim")
WATCHED_S = 0.5, 3.0
"""During the pulse alone; and until what a rhythm makes of it too."""
STEPS = 100_000
RESAMPLED = 2000


def _circuit(null: str = "none", seed: int = 0) -> Controller:
    env = make_vector_env(WORLD, 1)
    spec = controller_spec(env)
    env.close()
    config = WiringConfig(circuit="worm", null=null, null_seed=seed)  # pyright: ignore[reportArgumentType]
    return config.build(spec, torch.Generator().manual_seed(0))


def scored(controller: Controller, watch_s: float) -> dict[str, list[float]]:
    """Of each observed pair: whether the worm's responds, who was stimulated, and how strongly each way says so."""
    one_thread()
    found = responses(controller, watch_s=watch_s)
    pairs = compared(found, contacts_of(controller, found.units), read_atlas())
    return {
        "responds": pairs.responds.astype(float).tolist(), "pulsed": pairs.pulsed.tolist(),
        **{name: score.tolist() for name, score in pairs.scores.items()},
    }  # fmt: skip


def untrained(null: str, seed: int, watch_s: float) -> dict[str, list[float]]:
    """Of the circuit as it is wired, or a null of it."""
    return scored(_circuit(null, seed), watch_s)


def trained(seed: int, steps: int, watch_s: float) -> dict[str, Any]:
    """Of the circuit after evolution to swim, and its return."""
    one_thread()
    with tempfile.TemporaryDirectory() as home:
        folder = train(
            WORLD, controller=WiringConfig(circuit="worm"), learner=CMAConfig(population=20, sigma=0.5), steps=steps,
            seed=seed, out=Path(home) / "run", threads=1, evaluation=EvaluationConfig(every_steps=steps, episodes=2),
        )  # fmt: skip
        return {"scores": scored(load_controller(folder, WORLD), watch_s)}


def area(scores: Mapping[str, list[float]], way: str = "circuit") -> float:
    """Under the curve of one way."""
    return area_under_curve(np.array(scores[way]), np.array(scores["responds"]) > 0.5)


def difference(scores: Mapping[str, list[float]], one: str, other: str) -> tuple[float, float]:
    """95 % interval of the areas' difference: stimulated neurons are drawn again, with all pairs of each."""
    rng, pulsed = np.random.default_rng(0), np.array(scores["pulsed"])
    groups = [np.flatnonzero(pulsed == k) for k in np.unique(pulsed)]
    arrays = {name: np.array(values) for name, values in scores.items()}
    found = list[float]()
    for _ in range(RESAMPLED):
        rows = np.concatenate([groups[k] for k in rng.integers(len(groups), size=len(groups))])
        drawn = arrays["responds"][rows] > 0.5
        found.append(area_under_curve(arrays[one][rows], drawn) - area_under_curve(arrays[other][rows], drawn))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def propagation_rows(bench: Bench) -> Iterable[Row]:
    """The circuit against contacts alone, and before against after training."""
    what = "worm's atlas, who responds, area under the curve"
    if bench.peers["wormneuroatlas"] == "absent":
        told = "not installed: pip install --no-deps wormneuroatlas (its licence is the GPL)"
        yield Row(row=what, value=None, unit="", peer=told)
        return
    seeds = bench.seeds or (1 if bench.quick else 5)
    for watch_s in WATCHED_S:
        own = bench.once(f"untrained {watch_s}", partial(untrained, "none", 0, watch_s))
        nulls = [
            area(bench.once(f"rewired {k} {watch_s}", partial(untrained, "rewired", k, watch_s))) for k in range(seeds)
        ]
        low, high = difference(own, "circuit", "contacts")
        gain = area(own) - area(own, "contacts")
        yield Row(
            row=f"{what}: locomotion circuit as wired, watched {watch_s:g} s", value=area(own), unit="",
            interval=None, n=len(own["responds"]),
            peer=f"contacts {area(own, 'contacts'):.3f}, nearness {area(own, 'nearness'):.3f}, chance 0.5, rewired "
            f"{np.mean(nulls):.3f} ({min(nulls):.3f} to {max(nulls):.3f}, {seeds} draws); circuit less contacts "
            f"{gain:+.3f} ({low:+.3f} to {high:+.3f})",
            reach="above contacts", holds=low > 0,
        )  # fmt: skip
        steps = 20_000 if bench.quick else STEPS
        after = [
            area(bench.once(f"trained {k} {steps} {watch_s}", partial(trained, k, steps, watch_s))["scores"])
            for k in range(seeds)
        ]
        change = np.array(after) - area(own)
        spread = student_interval(change.tolist()) if seeds > 1 else None
        yield Row(
            row=f"{what}: the same after {steps:,} steps of evolution to swim, watched {watch_s:g} s",
            value=float(np.mean(after)), unit="", interval=student_interval(after) if seeds > 1 else None, n=seeds,
            peer=f"before {area(own):.3f}, after less before {change.mean():+.3f}"
            + (f" ({spread[0]:+.3f} to {spread[1]:+.3f})" if spread else ""),
            reach="not lower", holds=bool(change.mean() >= 0) if spread is None else spread[1] >= 0,
        )  # fmt: skip
