"""Write a video, an animation or a picture of a trained controller, or of a task."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from innervate.agents.brain import controller_named
from innervate.agents.experience.worlds import environment_id
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.errors import ConfigError
from innervate.launch.commands._numbers import check_numbers
from innervate.launch.run.folder import is_run
from innervate.launch.run.video import record, record_run

SMOKE = (["{run}", "--seconds", "0.2"], ["swim", "--seconds", "0.1", "--out", "{folder}/swim.jpg"])


@dataclass(frozen=True, kw_only=True)
class Options:
    """Write a video, an animation or a picture of a run's newest checkpoint, or of a task."""

    run: Annotated[str, tyro.conf.Positional]
    """Run folder, shipped agent, or a task."""
    out: Path | None = None
    """.mp4 is a video, .webp or .gif an animation, .jpg or .png a picture; by default video.mp4 in the run folder."""
    seed: int | None = None
    """Initial state; by default the first held-out one."""
    seconds: float = 15.0
    """Length, simulated seconds; of a picture, the moment."""
    controller: str = "random"
    """Who drives a task."""
    camera: str | None = None
    """One of the model's cameras, by name or number; by default the one that follows the body."""
    size: tuple[int, int] | None = None
    """Width and height in pixels."""
    activity: bool = False
    """Below the body, what the circuit's units do."""


def main(argv: Sequence[str]) -> None:
    """Record and say where."""
    options = tyro.cli(Options, args=list(argv), prog="innervate record")
    check_numbers(options, seconds=0, seed=0)
    if options.size is not None and min(options.size) < 1:
        raise ConfigError(f"--size is a width and a height from 1 pixel; {options.size} was asked.")
    changed: dict[str, Any] = {}
    if options.camera is not None:
        number = options.camera.lstrip("-").isdigit()
        changed["camera_id" if number else "camera_name"] = int(options.camera) if number else options.camera
    if options.size is not None:
        changed["width"], changed["height"] = options.size
    print(f"recording {options.seconds:g} s of {options.run} ...", file=sys.stderr, flush=True)
    common: dict[str, Any] = {"seconds": options.seconds, "activity": options.activity}
    if is_run(options.run):
        print(record_run(Path(options.run), options.out, seed=options.seed, options=changed, **common))
        return
    if options.out is None:
        raise ConfigError(f"Where to? For example: innervate record {options.run} --out {options.run}.mp4")
    world = WorldConfig(id=options.run, options=changed)
    environment_id(options.run)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    seed = Streams.evaluation(1)[0] if options.seed is None else options.seed
    record(world, controller_named(options.controller), options.out, seed=seed, **common)
    print(options.out)
