"""How a sweep stands, while it runs."""

import json
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from innervate.launch.sweep.driver import Sweep

PLAIN_LINE_S = 10.0
TAIL_BYTES = 4096


class Watch:
    """A bar on a terminal, a line now and then elsewhere; both on standard error."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        share = TextColumn("{task.percentage:.0f} %")
        columns = (TextColumn("{task.description}"), BarColumn(), share, TimeElapsedColumn())
        self._bar = Progress(*columns, console=console) if console.is_terminal else None
        self._task: TaskID | None = None
        self._printed_s = 0.0

    def __enter__(self) -> "Watch":
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=1.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, sweep: Sweep) -> None:
        """Tell of the trials, if it is time."""
        trials = list(sweep.trials.values())
        complete = sum(t.score is not None for t in trials)
        failed = sum(t.failure is not None for t in trials)
        last = complete + failed == len(trials)
        if self._bar is None and time.monotonic() - self._printed_s < PLAIN_LINE_S and not last:
            return
        shares = [1.0 if t.ended else min(1.0, _steps(t.path) / t.config.steps) for t in trials]
        running = [f"{s:.0%}" for t, s in zip(trials, shares, strict=True) if not t.ended and s > 0]
        scored = [t.score["return"] for t in trials if t.score]
        words = f"{complete} of {len(trials)} complete"
        words += f", {failed} failed" if failed else ""
        words += f", under way at {' '.join(running[:8])}" if running else ""
        words += f", best return {max(scored):.1f}" if scored else ""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=words, completed=sum(shares), total=float(len(shares)))
        else:
            self._printed_s = time.monotonic()
            print(words, file=sys.stderr, flush=True)


def _steps(path: Path) -> int:
    """Environment steps that a run has told of, from the end of its progress.jsonl."""
    try:
        with open(path / "progress.jsonl", "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            lines = file.read().split(b"\n")
        return int(json.loads(lines[-2])["steps"])
    except (OSError, IndexError, ValueError, KeyError):
        return 0
