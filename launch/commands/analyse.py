"""What goes on in a nervous system: switching states, dynamic connectome, similarity; of runs or recordings."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from innervate.errors import ConfigError
from innervate.launch.analysis.method import METHODS, analyse, save
from innervate.launch.analysis.recordings.files import read
from innervate.launch.analysis.recordings.recording import record
from innervate.launch.analysis.recordings.traces import Traces, of_recording
from innervate.launch.commands._tables import print_table
from innervate.launch.run.evaluation import load_nervous_system
from innervate.launch.run.folder import RunFolder

SMOKE = (["{run}", "--with", "similarity", "--episodes", "2", "--out", "{folder}"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Pictures and numbers of what a method finds in the activity of a controller, or in a recording of others."""

    sources: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders, shipped agents, and tables (.csv, .tsv) with a column `time` in seconds and one a unit."""
    with_: Annotated[tuple[str, ...], tyro.conf.arg(name="with")] = ("states", "connectome")
    """Methods, by name (`innervate list methods`); their options are below."""
    episodes: int = 1
    """Held-out episodes of each run."""
    lesion: tuple[str, ...] = ()
    """Parts, neurons, classes of neurons or senses of the runs: NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]."""
    out: Path | None = None
    """Folder of pictures and numbers; that of the first run, or the present one, unless given."""


def main(argv: Sequence[str]) -> None:
    """Record, analyse, tell."""
    fields = [("options", tyro.conf.OmitArgPrefixes[Options])]
    fields += [(name.replace("-", "_"), METHODS[name].Config, METHODS[name].Config()) for name in METHODS]
    asked: Any = tyro.cli(
        dataclasses.make_dataclass("Analyse", fields, namespace={"__doc__": Options.__doc__}), args=list(argv),
        prog="innervate analyse",
    )  # fmt: skip
    options: Options = asked.options
    for name in options.with_:
        METHODS[name]  # an unknown one is told before anything is recorded
    if options.episodes < 1:
        raise ConfigError(f"At least one episode is recorded, got {options.episodes}.")
    if not options.sources:
        raise ConfigError("Name what to analyse: run folders, shipped agents, or tables (.csv, .tsv) of recordings.")
    traces = [one for source in options.sources for one in _recorded(source, options)]
    folder = options.out or next((s for s in options.sources if s.is_dir()), Path())
    folder.mkdir(parents=True, exist_ok=True)
    for name in options.with_:
        found = analyse(traces, name, getattr(asked, name.replace("-", "_")))
        print_table(METHODS[name].TITLE, ("", ""), found.told())
        for path in save(found, folder, name):
            print(path)


def _recorded(source: Path, options: Options) -> list[Traces]:
    """Episodes of a run, or what a file holds."""
    if source.suffix and not source.is_dir():
        return [read(source)]
    folder = RunFolder.open(source)
    controller, world = load_nervous_system(folder, folder.config().world, lesion=options.lesion)
    return [
        of_recording(record(controller, world, episode=i), f"{source.name}, episode {i}", controller)
        for i in range(options.episodes)
    ]
