"""Returns with the body, the senses or the neurons changed, as a heat map."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.files import write_bytes_atomically, write_text_atomically
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.robustness import draw, measure

SMOKE = (["{run}", "--episodes", "1", "--only", "friction"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Returns of a trained controller with its body, senses or neurons changed, as a heat map and as JSON."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder; robustness.png and robustness.json are written into it."""
    episodes: int = 10
    """Episodes of each cell, the same initial states throughout."""
    only: tuple[str, ...] = ()
    """Kinds of change by their first word: mass, actuator, friction, delay, noise, units; all unless given."""


def main(argv: Sequence[str]) -> None:
    """Measure, draw, print where."""
    options = tyro.cli(Options, args=list(argv), prog="innervate robustness")
    home = RunFolder.open(options.run).path
    result = measure(options.run, options.episodes, options.only, say=lambda kind: print(f"{kind} ..."))
    write_text_atomically(home / "robustness.json", json.dumps(result.document(), indent=1) + "\n")
    write_bytes_atomically(home / "robustness.png", draw(result, home.name))
    print(f"{home / 'robustness.png'}, {home / 'robustness.json'}")
