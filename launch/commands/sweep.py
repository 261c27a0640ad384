"""Train a grid or a search of runs, here or on a Ray cluster."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from innervate.errors import ConfigError
from innervate.files import write_bytes_atomically
from innervate.launch.commands._tables import print_table
from innervate.launch.commands.train import configuration, parse
from innervate.launch.run.config import RunConfig
from innervate.launch.run.manifest import command_line
from innervate.launch.run.preset import PRESETS
from innervate.launch.sweep.cluster import Jobs, check_nodes, connected
from innervate.launch.sweep.driver import Sweep
from innervate.launch.sweep.figure import draw_sweep
from innervate.launch.sweep.grid import RESERVED, Point, words
from innervate.launch.sweep.results import HEADER, summarise, table, write_plan, write_results
from innervate.launch.sweep.source import Grid, OptunaSearch
from innervate.launch.sweep.trial import complete_trial
from innervate.launch.sweep.watch import Watch

SMOKE = (["swim", "--seeds", "1", "--grid", "cma.sigma=0.5", "--steps", "4000", "--out", "{folder}/sweep"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Train every point of a grid, or of a search, with several seeds.

    Every option of `innervate train` may follow and holds for all runs. The same command goes on where an earlier one
    stopped, and takes more points, seeds or steps; what is complete is never trained again.
    """

    what: Annotated[str, tyro.conf.Positional] = ""
    """A preset, or a task; without it, the task of --config FILE."""
    grid: tuple[str, ...] = ()
    """option=value,value,... of `innervate train`; several are combined: --grid cma.sigma=0.3,1.0 env.n-links=5,6"""
    search: Literal["grid", "optuna"] = "grid"
    """optuna draws from --space instead and learns which values are good."""
    space: tuple[str, ...] = ()
    """For a search: option=low:high (:log, :int behind it where wanted), or option=a,b,c."""
    trials: int = 20
    """For a search: points that it may try."""
    seeds: int = 3
    """Runs of each point, seeds 0, 1, 2, ..."""
    out: Path | None = None
    """Folder of the sweep; by default sweeps/<preset or task>. On a cluster every node must see it."""
    address: str | None = None
    """host:port of a Ray cluster's head, or auto; without it the processors of this machine are used."""
    processes: int | None = None
    """Processors of this machine to use; by default all."""


def main(argv: Sequence[str]) -> None:
    """Run, show, write the results; exit status 1 where a trial failed."""
    options, train_words = tyro.cli(Options, args=list(argv), prog="innervate sweep", return_unknown_args=True)
    if options.seeds < 1:
        raise ConfigError(f"At least one seed is needed, got --seeds {options.seeds}.")
    what = options.what or _named_by_file(train_words)
    base = _base(options.what, train_words)
    folder = (options.out or Path("sweeps") / what.replace("/", "-")).absolute()
    axes = options.space if options.search == "optuna" else options.grid
    first = _configure(base, {}, 0)  # a mistake shows before any process is started
    if options.search == "optuna" and not (first.evaluation.every_steps and first.evaluation.episodes):
        raise ConfigError("A search needs evaluations during training; set --evaluation.every-steps above 0.")
    if options.search == "grid":
        if options.space:
            raise ConfigError("--space belongs to a search: add --search optuna, or use --grid.")
        for point in Grid(axes).points:
            _configure(base, point, 0)
    folder.mkdir(parents=True, exist_ok=True)
    source = OptunaSearch(axes, options.trials, folder / "search.jsonl") if options.search == "optuna" else Grid(axes)
    write_plan(folder, command_line(), axes, options.seeds)
    sweep = Sweep(folder, options.seeds, lambda point, seed: _configure(base, point, seed))
    began = time.monotonic()
    with connected(options.address, options.processes) as ray:
        check_nodes(ray, folder)
        with Watch() as watch:
            sweep.run(Jobs(ray, complete_trial, cpus=first.threads), source, watch.show)
    results = summarise(sweep)
    write_results(folder, results)
    write_bytes_atomically(folder / "results.png", draw_sweep(folder, results))
    print_table(f"{what}, best by validation first", HEADER, table(results))
    failed = {t.name: t.failure for t in sweep.trials.values() if t.failure}
    for name, failure in failed.items():
        print(f"{name} failed: {failure}", file=sys.stderr)
    took_s = time.monotonic() - began
    print(f"{len(sweep.trials)} trials in {took_s:.0f} s; next: innervate report {options.out or folder}")
    if failed:
        raise SystemExit(1)


def _named_by_file(train_words: Sequence[str]) -> str:
    """The configuration file's name, for the folder. Raises `ConfigError` where there is none either."""
    for word, after in zip(train_words, [*train_words[1:], ""], strict=False):
        if word == "--config" or word.startswith("--config="):
            return Path(word.partition("=")[2] or after).stem
    raise ConfigError("Which task? A preset, a task, or --config FILE. For example: innervate sweep swim-ncap-cma.")


def _base(what: str, train_words: Sequence[str]) -> list[str]:
    for word in train_words:
        option = word.partition("=")[0]
        if option.startswith("--") and option[2:] in RESERVED:
            raise ConfigError(f"{option} belongs to `innervate train`; a sweep decides it for each of its trials.")
    threads = [] if any(w.partition("=")[0] == "--threads" for w in train_words) else ["--threads", "1"]
    return [*(["--preset", what] if what in PRESETS else [what] if what else []), *train_words, *threads]


def _configure(base: Sequence[str], point: Point, seed: int) -> RunConfig:
    return configuration(parse([*base, *words(point), "--seed", str(seed)]))
