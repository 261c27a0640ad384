"""Watch a controller live: MuJoCo's window, a web page, or text; --follow a training."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from gymnasium.vector import VectorEnv

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import environment_id, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import CONTROLLERS, Controller
from innervate.errors import ConfigError
from innervate.launch.play.physics import physics
from innervate.launch.play.screens import Kind, Paced, choose
from innervate.launch.run.evaluation import build_controller
from innervate.launch.run.folder import RunFolder, is_run, load_controller_tensors

SMOKE = (["{run}", "--show", "text", "--episodes", "1", "--speed", "0"],)

Name = Literal[tuple(CONTROLLERS)]  # pyright: ignore[reportInvalidTypeForm]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Watch a trained run, or an untrained controller on a task: in MuJoCo's window, on a web page, or as text."""

    what: Annotated[str, tyro.conf.Positional]
    """A run folder, or a task."""
    controller: Name = "zero"  # pyright: ignore[reportInvalidTypeForm]
    """The controller, where `what` is a task: zero and random show what the body does by itself."""
    show: Kind = "auto"
    """auto is MuJoCo's window where there is a display, else a web page, else text."""
    follow: bool = False
    """Episode after episode, each by the newest checkpoint of a run that is being trained."""
    episodes: int = 1
    """Episodes to show; with --follow as many as you watch."""
    seed: int | None = None
    """Initial state; by default the first held-out one."""
    speed: float = 1.0
    """Times real time; 0 is as fast as possible."""
    host: str = "127.0.0.1"
    """Interface of the web page; on the default only this machine sees it."""
    port: int = 8080
    """Port of the web page."""


class _Closed(Exception):
    """The watcher has closed the window."""


def main(argv: Sequence[str]) -> None:
    """Run episodes and show them as they go."""
    options = tyro.cli(Options, args=list(argv), prog="innervate play")
    folder = RunFolder.open(Path(options.what)) if is_run(options.what) else None
    if options.follow and folder is None:
        raise ConfigError(f"--follow watches a run folder in training, and {options.what!r} is none.")
    if options.episodes < 1 or options.speed < 0:
        raise ConfigError("--episodes is at least 1 and --speed at least 0 (as fast as possible).")
    config = folder.config() if folder else None
    world = config.world if config else WorldConfig(id=environment_id(options.what))
    kind: Any = config.controller if config else CONTROLLERS[options.controller]()
    env = make_vector_env(world, 1)
    try:
        _watch(options, env, build_controller(kind, env), folder)
    finally:
        env.close()


def _watch(options: Options, env: VectorEnv[Any, Any, Any], controller: Controller, folder: RunFolder | None) -> None:
    shown = None if options.show == "text" else physics(env)
    title = folder.path.name if folder else f"{options.what}, {options.controller}"
    seed = Streams.evaluation(1)[0] if options.seed is None else options.seed
    with choose(options.show, shown, title=title, host=options.host, port=options.port) as screen:
        paced = Paced(screen, controller.spec.control_step_s, options.speed)

        def show(moment: Moment) -> None:
            if moment.running[0] and not paced.show(moment):
                raise _Closed

        episode = 0
        while options.follow or episode < options.episodes:
            trained = "" if folder is None else _newest(folder, controller)
            try:
                result = rollout(env, controller, controller.spec, [seed + episode], watch=show)
            except _Closed:
                return
            print(f"{trained}return {result.returns[0]:.2f} in {result.lengths[0]} control steps", flush=True)
            episode += 1


def _newest(folder: RunFolder, controller: Controller) -> str:
    """Load the newest checkpoint; returns words that tell how far it is trained."""
    load_controller_tensors(controller, folder.model(), folder.path)
    progress = folder.progress()
    return f"after {progress[-1]['steps']:,} training steps: " if progress else ""
