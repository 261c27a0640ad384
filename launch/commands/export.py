"""A trained controller as a folder for use elsewhere: weights, ONNX, card."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.launch.run.export import export

SMOKE = (["{run}", "--out", "{folder}/agent", "--no-onnx"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Write a folder with weights, description, ONNX model and card."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder."""
    out: Path | None = None
    """Folder to write; by default <run>-export."""
    onnx: bool = True
    """Also write the ONNX model (extra [export])."""


def main(argv: Sequence[str]) -> None:
    """Export and say how to use it."""
    options = tyro.cli(Options, args=list(argv), prog="innervate export")
    out = options.out or options.run.with_name(f"{options.run.name}-export")
    print(f"exporting {options.run}{', also as ONNX' if options.onnx else ''} ...", file=sys.stderr, flush=True)
    print(export(options.run, out, onnx=options.onnx))
    print(f"In Python: innervate.load({str(out)!r}).act(observation, state)")
