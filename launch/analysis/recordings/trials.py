"""Runs somebody through days of hidden goals and writes down each trial."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError
from innervate.launch.analysis.measures.foraging import Trial
from innervate.signals import slices

_TRUTH = ("trial", "day", "number", "probe", "over", "latency_s", "path_m", "straight_m", "carried", "position_m",
          "heading_rad", "goal_m", "success")  # fmt: skip


class Policy(Protocol):
    """Somebody who searches, many at a time."""

    def __call__(
        self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "env action"]:
        """Actions in [-1, 1] from the channels of the observation; only a bound looks at the truth.

        `truth` is the environment's info, empty at the first step.
        """
        ...


Watch = Callable[[Mapping[str, np.ndarray], Mapping[str, np.ndarray], Bool[np.ndarray, "env"]], None]
"""Sees channels, truth, and who still lives."""


class Diary:
    """Writes down the trials of the first episode of each environment, step by step."""

    def __init__(self, envs: int, step_s: float) -> None:
        self.days = [list[Trial]() for _ in range(envs)]
        self._tracks: list[list[tuple[np.ndarray, float, bool, bool]]] = [[] for _ in range(envs)]
        self._step_s = step_s

    def note(self, truth: Mapping[str, np.ndarray], living: Bool[np.ndarray, "env"]) -> None:
        """One control step; `truth` is the environments' info, of the last moment where an episode has ended."""
        bump = truth.get("reward/bump", np.zeros(len(living)))
        for i in np.flatnonzero(living).tolist():
            self._tracks[i].append((truth["position_m"][i].copy(), float(truth["heading_rad"][i]), bool(bump[i] < 0),
                                    bool(truth["carried"][i])))  # fmt: skip
            if truth["over"][i]:
                self.days[i].append(_trial(truth, i, self._tracks[i], self._step_s))
                self._tracks[i] = []


def live(env: Any, policy: Policy, seeds: Sequence[int], watch: Watch | None = None) -> list[list[Trial]]:
    """The trials of one episode of each environment, from its seed.

    Raises `ConfigError` for an environment that tells no trials.
    """
    n, where = env.num_envs, slices(env.channels)
    flat, _ = env.reset(seed=[int(s) for s in seeds])
    truth: dict[str, np.ndarray] = {}
    if hasattr(env, "unwatched"):
        env.unwatched[:] = False
    living, diary = np.ones(n, bool), Diary(n, env.control_step_s)
    while living.any():
        action = policy({name: flat[:, where[name]] for name in where}, truth)
        flat, _, terminated, truncated, info = env.step(np.asarray(action, np.float32))
        ended = np.asarray(terminated | truncated)
        truth = merged(info, ended)
        if watch is not None:
            seen = np.array(flat)
            for i in np.flatnonzero(ended).tolist():
                seen[i] = info["final_obs"][i]
            watch({name: seen[:, columns] for name, columns in where.items()}, truth, living)
        diary.note(truth, living)
        living &= ~ended
        if hasattr(env, "unwatched"):
            env.unwatched[:] = ~living
    return diary.days


def tells_trials(info: Mapping[str, Any]) -> bool:
    """Whether an info is of hidden food."""
    return "goal_m" in info or "goal_m" in info.get("final_info", {})


def merged(info: Mapping[str, Any], ended: Bool[np.ndarray, "env"]) -> dict[str, np.ndarray]:
    """The info of the step in every environment: of its last moment where an episode has ended."""
    if not tells_trials(info):
        raise ConfigError("This environment tells of no goals and trials; measures of foraging are for HiddenGoal-v0.")
    final = info.get("final_info", {})
    told = final if ended.all() else info
    names = [*_TRUTH, *(n for n in told if n.startswith("reward/"))]
    merged = {name: np.array(told[name]) for name in names}
    if ended.any() and not ended.all():
        for name, value in merged.items():
            value[ended] = np.asarray(final[name])[ended]
    return merged


def _trial(
    truth: Mapping[str, np.ndarray], i: int, track: Sequence[tuple[np.ndarray, float, bool, bool]], step_s: float
) -> Trial:
    place, heading, touching, carried = zip(*track, strict=True)
    return Trial(
        day=int(truth["day"][i]), number=int(truth["number"][i]), probe=bool(truth["probe"][i]),
        found=bool(truth["success"][i]), latency_s=float(truth["latency_s"][i]), path_m=float(truth["path_m"][i]),
        straight_m=float(truth["straight_m"][i]), goal_m=truth["goal_m"][i].reshape(-1, 2).copy(),
        track_m=np.array(place), heading_rad=np.array(heading), touching=np.array(touching),
        carried=np.array(carried), step_s=step_s,
    )  # fmt: skip
