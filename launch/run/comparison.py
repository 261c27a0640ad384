"""Trained controllers against each other: common initial states, intervals over seeds, who is better how often.

Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError, RunError
from innervate.launch.run.config import RunConfig
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.statistics import bootstrap_interval, interquartile_mean, probability_of_improvement


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed only."""

    name: str
    runs: tuple[Path, ...]
    returns: Float[np.ndarray, "run episode"]
    """Held-out returns; column k has the same initial state in every run of every group."""

    def summary(self, rng: np.random.Generator) -> dict[str, Any]:
        """Interquartile mean with its 95 % interval: over runs, or over episodes where there is a single run."""
        alone = len(self.runs) == 1
        if self.returns.size < 2:
            raise ConfigError(f"{self.name}: one run and one episode have no interval; ask for more with --episodes.")
        low, high = bootstrap_interval((self.returns.T if alone else self.returns)[:, None], rng)
        return {
            "runs": [str(run) for run in self.runs],
            "interquartile_mean": interquartile_mean(self.returns),
            "interval": [low, high],
            "interval_over": "episodes" if alone else "runs",
            "mean": float(self.returns.mean()),
            "lowest": float(self.returns.min()),
        }


def gather(paths: Sequence[Path], episodes: int, *, unfinished: bool = False) -> list[Group]:
    """Evaluate every run on the same initial states and group them by configuration, in the order given.

    Raises ConfigError where the runs have different tasks, RunError for a run that is still being trained (unless
    `unfinished`).
    """
    if len(set(paths)) < len(paths):
        raise ConfigError("The same run is named twice.")
    configs = {path: RunFolder.open(path).config() for path in paths}
    first = configs[paths[0]].world
    for path, config in configs.items():
        if config.world != first:
            raise ConfigError(
                f"{path} is a run of {config.world.id} {dict(config.world.options)}, {paths[0]} one of {first.id} "
                f"{dict(first.options)}: returns of different tasks cannot be compared."
            )
        if not unfinished:
            _check_finished(path, config)
    members: dict[str, list[Path]] = {}
    for path, config in configs.items():
        members.setdefault(_recipe(config), []).append(path)
    names = _names([configs[runs[0]] for runs in members.values()])
    return [
        Group(name, tuple(runs), np.stack([evaluate_run(run, episodes).episodes.returns for run in runs]))
        for name, runs in zip(names, members.values(), strict=True)
    ]


def unequal(paths: Sequence[Path]) -> list[str]:
    """A sentence where runs have been trained for different numbers of steps; returns then tell of both."""
    steps = {path: RunFolder.open(path).spent()[0] for path in paths}
    low, high = min(steps, key=lambda p: steps[p]), max(steps, key=lambda p: steps[p])
    if steps[high] <= 1.05 * steps[low]:
        return []
    return [f"Trained for unequal times: {low} for {steps[low]:,} environment steps, {high} for {steps[high]:,}."]


def improvements(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """For each pair of groups with their mean returns by run: how probably the first is better, with its interval."""
    result = list[dict[str, Any]]()
    for a, b in combinations(groups, 2):
        value, interval = probability_of_improvement(a.returns.mean(axis=1), b.returns.mean(axis=1))
        result.append({"better": a.name, "than": b.name, "probability": value, "interval": list(interval)})
    return result


def _check_finished(path: Path, config: RunConfig) -> None:
    progress = RunFolder.open(path).progress()
    steps = int(progress[-1]["steps"]) if progress else 0
    if steps < config.steps:
        raise RunError(
            f"{path} has trained for {steps:,} of {config.steps:,} steps; wait for it, resume it with "
            f"`innervate train --resume {path}`, or add --unfinished to judge its newest checkpoint."
        )


def _recipe(config: RunConfig) -> str:
    document = config.to_dict()
    for part in ("seed", "threads", "checkpoint_s", "evaluation"):
        del document[part]
    return repr(document)


def _names(configs: Sequence[RunConfig]) -> list[str]:
    """Controller and learner, and where several groups share these, the options in which they differ."""
    documents = [c.to_dict() for c in configs]
    bases = [f"{d['controller']['name']}, {d['learner']['name']}" for d in documents]
    options = [{"steps": d["steps"], **d["learner"], **d["controller"]} for d in documents]
    names = list[str]()
    for base, own in zip(bases, options, strict=True):
        rivals = [o for o, other in zip(options, bases, strict=True) if other == base]
        differing = [k for k in own if len({repr(o.get(k)) for o in rivals}) > 1]
        names.append("; ".join([base, *(f"{k} {own[k]}" for k in differing)]))
    return names
