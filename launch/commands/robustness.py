"""`innervate robustness`: other bodies, worse senses, fewer neurons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.launch.run.files import write_bytes_atomically, write_text_atomically
from innervate.launch.run.robustness import draw, measure


@dataclass(frozen=True, kw_only=True)
class Options:
    """Returns of a trained controller with its body, senses or neurons changed, as a heat map and as JSON."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder; robustness.png and robustness.json are written into it."""
    episodes: int = 10
    """Episodes of each cell, the same initial states throughout."""


def main(argv: Sequence[str]) -> None:
    """Measure, draw, print where."""
    options = tyro.cli(Options, args=list(argv), prog="innervate robustness")
    result = measure(options.run, options.episodes, say=lambda kind: print(f"{kind} ..."))
    write_text_atomically(options.run / "robustness.json", json.dumps(result.document(), indent=1) + "\n")
    write_bytes_atomically(options.run / "robustness.png", draw(result, options.run.name))
    print(f"{options.run / 'robustness.png'}, {options.run / 'robustness.json'}")
