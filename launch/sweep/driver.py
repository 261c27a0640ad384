"""The loop of a sweep: keep the cluster busy, learn of what ends, leave nothing to do twice."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from innervate.launch.run.config import RunConfig
from innervate.launch.sweep.cluster import Jobs
from innervate.launch.sweep.grid import Point, trial_name
from innervate.launch.sweep.source import Source
from innervate.launch.sweep.trial import check_same, is_complete, score

POLL_S = 1.0


@dataclass
class Trial:
    """One run of a sweep and how it stands."""

    name: str
    point: Point
    seed: int
    config: RunConfig
    path: Path
    score: Mapping[str, float] | None = None
    failure: str | None = None

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do."""
        return self.score is not None or self.failure is not None


@dataclass
class Sweep:
    """Trials by name, in the order in which they were asked for."""

    folder: Path
    seeds: int
    configure: Callable[[Point, int], RunConfig]
    """The configuration of a point and a seed."""
    trials: dict[str, Trial] = field(default_factory=dict[str, Trial])

    def run(self, jobs: Jobs, source: Source, watch: Callable[["Sweep"], None]) -> None:
        """Bring every trial that the source asks for to its end; `watch` is called about once a second."""
        points = list[Point]()
        more = True
        try:
            while more or len(jobs):
                while more and jobs.hungry():
                    if (point := source.ask()) is None:
                        more = False
                        break
                    points.append(point)
                    for trial in self._add(point):
                        if not trial.ended:
                            jobs.submit(trial.name, str(trial.path), trial.config.to_dict())
                    self._tell(source, points)
                for name, outcome in jobs.finished(POLL_S):
                    trial = self.trials[name]
                    trial.score, trial.failure = outcome.value, outcome.failure
                self._tell(source, points)
                watch(self)
        finally:
            for unfinished in self.folder.glob(".*.building-*"):  # of a worker that was killed while it began
                shutil.rmtree(unfinished, ignore_errors=True)

    def _add(self, point: Point) -> list[Trial]:
        added = list[Trial]()
        for seed in range(self.seeds):
            config = self.configure(point, seed)
            name = trial_name(point, seed)
            trial = Trial(name, point, seed, config, self.folder / name)
            if trial.path.exists():
                check_same(trial.path, config)
                if is_complete(trial.path, config):
                    trial.score = score(trial.path)
            self.trials[name] = trial
            added.append(trial)
        return added

    def of(self, point: Point) -> list[Trial]:
        """The trials of a point, by seed."""
        return [self.trials[trial_name(point, seed)] for seed in range(self.seeds)]

    def _tell(self, source: Source, points: list[Point]) -> None:
        for point in [p for p in points if all(t.ended for t in self.of(p))]:
            points.remove(point)
            source.tell(point, validation(self.of(point)))


def validation(trials: Sequence[Trial]) -> float | None:
    """What a point is chosen by: its evaluations during training, never the held-out ones that are reported."""
    values = [t.score["validation"] for t in trials if t.score and "validation" in t.score]
    return sum(values) / len(values) if len(values) == len(trials) else None
