"""Write a video of a trained controller."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.launch.run.video import record_run

SMOKE = (["{run}", "--seconds", "0.2"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Write a video of a run's newest checkpoint."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder."""
    out: Path | None = None
    """MP4 file; by default video.mp4 in the run folder."""
    seed: int | None = None
    """Initial state; by default the first held-out one."""
    seconds: float = 15.0
    """Length of the video, simulated seconds."""


def main(argv: Sequence[str]) -> None:
    """Record and say where."""
    options = tyro.cli(Options, args=list(argv), prog="innervate record")
    print(f"recording {options.seconds:g} s of {options.run} ...", file=sys.stderr, flush=True)
    print(record_run(options.run, options.out, seed=options.seed, seconds=options.seconds))
