"""One HTML page about a run, or about several: curve, video, wiring, tables."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.errors import ConfigError
from innervate.files import write_text_atomically
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.page import write_page
from innervate.launch.sweep.page import write_sweep_page
from innervate.launch.sweep.results import is_sweep

SMOKE = (["{run}", "--no-video"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Write a page that opens without the network: curve, video, wiring, activity, tables, the exact commands."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders, of which several are compared; or the folder of one sweep."""
    out: Path | None = None
    """HTML file; by default report.html in the (first) run folder."""
    video: bool = True
    """Put the videos in."""


def main(argv: Sequence[str]) -> None:
    """Write and say where."""
    options = tyro.cli(Options, args=list(argv), prog="innervate report")
    if not options.runs:
        raise ConfigError("Name at least one run folder.")
    print("evaluating, drawing, recording ...", file=sys.stderr, flush=True)
    first = options.runs[0]
    out = options.out or (first if is_sweep(first) else RunFolder.open(first).path) / "report.html"
    if len(options.runs) == 1 and is_sweep(first):
        text = write_sweep_page(options.runs[0], video=options.video)
    else:
        text = write_page(options.runs, video=options.video)
    write_text_atomically(out, text)
    print(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")
