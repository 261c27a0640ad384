"""Print and draw the anatomy of a nervous system."""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerConfig
from innervate.controllers.organ import Organ
from innervate.errors import ConfigError
from innervate.files import write_bytes_atomically
from innervate.launch.analysis.anatomy import anatomy, draw_anatomy
from innervate.launch.commands._tables import WIDTH
from innervate.launch.run.folder import RunFolder, is_run
from innervate.launch.run.preset import PRESETS

SMOKE = (["show", "{run}", "--out", "{folder}/brain.svg"],)
PICTURES = (".svg", ".png", ".pdf")
REMEMBERS = {"step": "a step", "episode": "an episode", "life": "life"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a nervous system is made of: senses and parts, what each reads and gives, its rate and what it holds."""

    action: Annotated[Literal["show"], tyro.conf.Positional]
    """What to do with it."""
    what: Annotated[str, tyro.conf.Positional]
    """Run folder, shipped agent, or preset (`innervate list presets`)."""
    out: Path | None = None
    """Also draw it: .svg, .png or .pdf."""


def main(argv: Sequence[str]) -> None:
    """Print, and draw where that is asked for."""
    options = tyro.cli(Options, args=list(argv), prog="innervate brain")
    if options.out is not None and options.out.suffix not in PICTURES:
        raise ConfigError(f"A drawing ends with {', '.join(PICTURES)}; {options.out} was asked for.")
    world, controller = _named(options.what)
    body, organs = anatomy(world, controller)
    print(textwrap.fill(f"{options.what}: the body tells {_listed(body)}", WIDTH, subsequent_indent=4 * " "))
    for organ in organs:
        print("\n".join(_told(organ)))
    if options.out is not None:
        drawn = io.BytesIO()
        draw_anatomy(body, organs, len(world.senses)).savefig(drawn, format=options.out.suffix[1:])
        write_bytes_atomically(options.out, drawn.getvalue())
        print(options.out)


def _told(organ: Organ) -> list[str]:
    late = f", heard {organ.delay_s:g} s late" if organ.delay_s else ""
    trained = f", {organ.parameters:,} trained" if organ.parameters else ""
    held = f", {organ.state:,} held for {REMEMBERS[organ.remembers]}" if organ.state else ""
    return [
        f"{organ.name} ({organ.kind}): {1 / organ.period_s:.3g} Hz{late}{trained}{held}",
        textwrap.fill(", ".join(organ.takes), WIDTH, initial_indent="    reads ", subsequent_indent=10 * " "),
        textwrap.fill(_listed(organ.gives), WIDTH, initial_indent="    gives ", subsequent_indent=10 * " "),
    ]


def _listed(named: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {size}" for name, size in named)


def _named(what: str) -> tuple[WorldConfig, ControllerConfig]:
    if not is_run(what):
        preset = PRESETS[what]
        return WorldConfig(id=preset.task, options=preset.options, senses=preset.senses), preset.controller
    config = RunFolder.open(Path(what)).config()
    return config.world, config.controller
