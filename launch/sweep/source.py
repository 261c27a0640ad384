"""Where the points of a sweep come from: a grid, or a search that learns from the points before."""

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from innervate.errors import ConfigError, MissingExtraError
from innervate.launch.sweep.grid import Point, grid, parse_axis, trial_name


@runtime_checkable
class Source(Protocol):
    """Gives points and, if it wants to, learns from what they scored."""

    def ask(self) -> Point | None:
        """The next point; None when there are no more."""
        ...

    def tell(self, point: Point, value: float | None) -> None:
        """What the point scored on average over its seeds; None where it failed."""
        ...


class Grid:
    """Every combination of the axes, once."""

    def __init__(self, axes: Sequence[str]) -> None:
        self.points = grid(axes)
        self._left: Iterator[Point] = iter(self.points)

    def ask(self) -> Point | None:
        """The next combination."""
        return next(self._left, None)

    def tell(self, point: Point, value: float | None) -> None:
        """A grid does not learn."""


@dataclass(frozen=True)
class Range:
    """An interval that a search draws from."""

    low: float
    high: float
    log: bool
    integer: bool

    @classmethod
    def parse(cls, text: str) -> tuple[str, "Range | list[str]"]:
        """`cma.sigma=0.1:2:log` or `cma.population=8:32:int`; `option=a,b,c` is a choice."""
        option, _, values = text.partition("=")
        if ":" not in values:
            return parse_axis(text)
        match = re.fullmatch(r"([^:]+):([^:]+)((?::(?:log|int))*)", values)
        try:
            low, high = (float(match[1]), float(match[2])) if match else (1.0, 0.0)
        except ValueError:
            low, high = 1.0, 0.0
        kinds = match[3] if match else ""
        if not low < high or ("log" in kinds and low <= 0):
            raise ConfigError(
                f"--space takes option=low:high, with :log or :int behind it where wanted (cma.sigma=0.1:2:log), "
                f"or option=a,b,c; got {text!r}."
            )
        return option.lstrip("-"), cls(low, high, "log" in kinds, "int" in kinds)


class OptunaSearch:
    """Optuna's tree-structured Parzen estimator; its journal lies in the sweep's folder, so it goes on after a kill."""

    def __init__(self, spaces: Sequence[str], budget: int, journal: Path) -> None:
        if not spaces:
            raise ConfigError("--search optuna needs at least one --space, as in: --space cma.sigma=0.1:2:log")
        if budget < 1:
            raise ConfigError(f"A search needs at least one trial, got --trials {budget}.")
        try:
            self._optuna: Any = importlib.import_module("optuna")
        except ImportError as error:
            raise MissingExtraError("optuna", "ray") from error
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        self._spaces = dict(Range.parse(space) for space in spaces)
        self._budget = budget
        storages = self._optuna.storages
        storage = storages.JournalStorage(storages.journal.JournalFileBackend(str(journal)))
        self._study = self._optuna.create_study(
            study_name="sweep", storage=storage, direction="maximize", load_if_exists=True,
            sampler=self._optuna.samplers.TPESampler(seed=0, constant_liar=True),
        )  # fmt: skip
        running = self._optuna.trial.TrialState.RUNNING
        self._interrupted = [
            self._optuna.trial.Trial(self._study, t._trial_id) for t in self._study.get_trials(states=(running,))
        ]
        self._open = dict[str, Any]()

    def ask(self) -> Point | None:
        """A point that was under way when an earlier call was killed, or a new one."""
        if self._interrupted:
            trial = self._interrupted.pop()
        elif len(self._study.trials) < self._budget:
            trial = self._study.ask()
        else:
            return None
        point = {option: self._suggest(trial, option, space) for option, space in self._spaces.items()}
        self._open[trial_name(point, 0)] = trial
        return point

    def tell(self, point: Point, value: float | None) -> None:
        """Add to the journal."""
        trial = self._open.pop(trial_name(point, 0))
        if value is None:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, value)

    @staticmethod
    def _suggest(trial: Any, option: str, space: Range | list[str]) -> str:
        if not isinstance(space, Range):
            return str(trial.suggest_categorical(option, space))
        if space.integer:
            return str(trial.suggest_int(option, int(space.low), int(space.high), log=space.log))
        return f"{trial.suggest_float(option, space.low, space.high, log=space.log):.6g}"
