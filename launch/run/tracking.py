"""What is told while training: a live line or plain lines, TensorBoard, and Weights & Biases if asked for."""

import importlib
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from innervate.errors import MissingExtraError
from innervate.launch.run.config import RunConfig

PLAIN_LINE_S = 5.0
"""Seconds between two plain lines where there is no terminal."""


class Tracker:
    """Shows and logs the progress of one run; without arguments it only writes TensorBoard events."""

    def __init__(self, *, show: bool = False, wandb_project: str | None = None) -> None:
        self._show, self._project = show, wandb_project
        self._board: Any = None
        self._wandb: Any = None
        self._live: Live | None = None
        self._latest: dict[str, float] = {}
        self._printed_s = 0.0
        self._control_step_s: float | None = None

    @contextmanager
    def running(self, folder: Path, config: RunConfig) -> Generator[None]:
        """The time of the training itself; closes everything afterwards, also after an error."""
        self._config, self._first_steps = config, 0
        self._board = importlib.import_module("torch.utils.tensorboard").SummaryWriter(str(folder / "tensorboard"))
        if self._project is not None:
            try:
                wandb = importlib.import_module("wandb")
            except ImportError as error:
                raise MissingExtraError("wandb", "tracking") from error
            self._wandb = wandb.init(project=self._project, name=folder.name, config=config.to_dict())
        console = Console(stderr=True)
        if self._show and console.is_terminal:
            self._live = Live(console=console, refresh_per_second=4)
            self._live.start()
        try:
            yield
        finally:
            if self._live is not None:
                self._live.stop()
            self._board.close()
            if self._wandb is not None:
                self._wandb.finish()

    def report(self, steps: int, metrics: Mapping[str, float]) -> None:
        """Take the figures of an iteration."""
        if not self._latest:
            self._first_steps, self._first_s = steps, time.monotonic()
        self._latest |= {**metrics, "steps": float(steps)}
        for name, value in metrics.items():
            self._board.add_scalar(name, value, steps)
        if self._wandb is not None:
            self._wandb.log(dict(metrics), step=steps)
        if self._live is not None:
            self._live.update(self._table(steps))
        elif self._show and (time.monotonic() - self._printed_s > PLAIN_LINE_S or steps >= self._config.steps):
            self._printed_s = time.monotonic()
            print("  ".join(f"{k} {v}" for k, v in self._figures(steps).items()), file=sys.stderr, flush=True)

    def _figures(self, steps: int) -> dict[str, str]:
        elapsed = time.monotonic() - self._first_s
        rate = (steps - self._first_steps) / elapsed if elapsed > 0 else 0.0
        left = max(0, self._config.steps - steps)
        figures = {"steps": f"{steps:,} / {self._config.steps:,}"}
        for name, label in (("rollout/return", "return"), ("eval/return", "evaluated"), ("eval/success", "success")):
            if name in self._latest:
                figures[label] = f"{self._latest[name]:.3g}" if label == "success" else f"{self._latest[name]:.1f}"
        if rate > 0:
            figures["steps/s"] = f"{rate:,.0f}"
            if self._control_step_s is not None:
                figures["x real time"] = f"{rate * self._control_step_s:,.0f}"
            figures["left"] = f"{left / rate:,.0f} s"
        return figures

    def set_control_step(self, seconds: float) -> None:
        """Tell how much simulated time a step takes, for the figure 'times real time'."""
        self._control_step_s = seconds

    def _table(self, steps: int) -> Table:
        table = Table(show_header=True, title=f"{self._config.world.id}", title_justify="left")
        figures = self._figures(steps)
        for name in figures:
            table.add_column(name, justify="right")
        table.add_row(*figures.values())
        return table
