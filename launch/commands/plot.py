"""Pictures of a run: its wiring, activity, kymograph, phase portrait, what its memories hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro

from innervate.agents.learner import WorldConfig
from innervate.errors import ConfigError
from innervate.files import write_bytes_atomically
from innervate.launch.analysis.pictures import pictures
from innervate.launch.run.evaluation import load_nervous_system
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.life import LIFE, holdings

SMOKE = (["{run}"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Wiring diagram, activity with kymograph, phase portrait, place maps of a latent, and what memories call up, of a
    trained controller: of the run's life (`innervate live`), where it has one and nothing is lesioned."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder; the pictures are written into it."""
    episode: int = 0
    """Which of the held-out episodes."""
    lesion: tuple[str, ...] = ()
    """Parts, neurons, classes of neurons or senses: NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]."""
    stimulate: tuple[str, ...] = ()
    """Currents, such as "AVB 0.5 from 5 s to 8 s"."""


def main(argv: Sequence[str]) -> None:
    """Draw what there is to draw."""
    options = tyro.cli(Options, args=list(argv), prog="innervate plot")
    if options.episode < 0:
        raise ConfigError(f"Episodes are counted from 0, got {options.episode}.")
    folder = RunFolder.open(options.run)
    world: WorldConfig = folder.config().world
    controller, world = load_nervous_system(folder, world, lesion=options.lesion, stimulate=options.stimulate)
    alive = (folder.path / LIFE).exists() and not options.lesion
    lived = partial(holdings, folder.path) if alive else None
    for name, picture in pictures(controller, world, episode=options.episode, lived=lived).items():
        write_bytes_atomically(folder.path / name, picture)
        print(folder.path / name)
