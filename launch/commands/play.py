"""`innervate play`: watch a controller live."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from innervate.agents.rollout import Moment, rollout
from innervate.agents.seeds import Streams
from innervate.agents.worlds import WorldConfig, environment_id, make_vector_env
from innervate.controllers import CONTROLLERS
from innervate.launch.run.evaluation import build_controller
from innervate.launch.run.folder import RunFolder, load_controller_tensors

Name = Literal[tuple(CONTROLLERS)]  # pyright: ignore[reportInvalidTypeForm]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Watch a trained run, or an untrained controller on a task, as text in the terminal."""

    what: Annotated[str, tyro.conf.Positional]
    """A run folder, or a task."""
    controller: Name = "zero"  # pyright: ignore[reportInvalidTypeForm]
    """The controller, where `what` is a task: zero and random show what the body does by itself."""
    seed: int | None = None
    """Initial state; by default the first held-out one."""
    speed: float = 1.0
    """Times real time; 0 is as fast as possible."""


def main(argv: Sequence[str]) -> None:
    """Run one episode and tell about it as it goes."""
    options = tyro.cli(Options, args=list(argv), prog="innervate play")
    folder = RunFolder.open(Path(options.what)) if Path(options.what).is_dir() else None
    config = folder.config() if folder else None
    world = config.world if config else WorldConfig(id=environment_id(options.what))
    kind: Any = config.controller if config else CONTROLLERS[options.controller]()
    env = make_vector_env(world, 1)
    controller = build_controller(kind, env)
    if folder is not None:
        load_controller_tensors(controller, folder.model(), folder.path)
    step_s = controller.spec.control_step_s
    began, total = time.monotonic(), 0.0

    def show(moment: Moment) -> None:
        nonlocal total
        total += float(moment.reward[0])
        if options.speed > 0:
            time.sleep(max(0.0, began + moment.step * step_s / options.speed - time.monotonic()))
        if moment.step % max(1, round(0.5 / step_s)) == 0:
            bars = " ".join(f"{a:+.2f}" for a in moment.action[0])
            print(f"{moment.step * step_s:6.1f} s  return {total:8.2f}  action {bars}", file=sys.stdout, flush=True)

    seed = Streams.evaluation(1)[0] if options.seed is None else options.seed
    episodes = rollout(env, controller, controller.spec, [seed], watch=show)
    env.close()
    print(f"return {episodes.returns[0]:.2f} in {episodes.lengths[0]} control steps")
