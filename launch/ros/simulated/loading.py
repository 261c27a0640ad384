"""Bodies and controllers by name: a task, or a run folder."""

from pathlib import Path
from typing import Any

import gymnasium as gym

from innervate.agents.experience.worlds import controller_spec, environment_id, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.threads import one_thread
from innervate.controllers import CONTROLLERS, Controller
from innervate.launch.ros.session.measured import measured
from innervate.launch.run.evaluation import build_controller
from innervate.launch.run.folder import RunFolder, load_controller_tensors


def world_of(what: str) -> WorldConfig:
    """The environment of a run folder, or that of a task's name."""
    if Path(what).is_dir():
        return RunFolder.open(Path(what)).config().world
    return WorldConfig(id=environment_id(what))


def make_body(
    what: str, *, pictures: tuple[int, int] | None = None, delay: Path | None = None
) -> tuple[gym.Env[Any, Any], float]:
    """One environment of it, and its control step in seconds.

    With `pictures` (width, height) it can draw; with `delay`, a recording, its senses are as late and as noisy as
    those that were recorded.
    """
    world = world_of(what)
    probe = make_vector_env(world, 1)
    spec = controller_spec(probe)
    probe.close()
    options = dict(world.options)
    if pictures is not None:
        options |= {"render_mode": "rgb_array", "width": pictures[0], "height": pictures[1]}
    if delay is not None:
        options["randomisation"] = measured(delay, spec.observations)
    return gym.make(environment_id(world.id), **options), spec.control_step_s


def make_controller(what: str, name: str = "zero") -> Controller:
    """The trained controller of a run folder, or an untrained one by name for a task."""
    one_thread()
    folder = RunFolder.open(Path(what)) if Path(what).is_dir() else None
    config = folder.config() if folder is not None else None
    world = config.world if config is not None else world_of(what)
    env = make_vector_env(world, 1)
    try:
        kind: Any = config.controller if config is not None else CONTROLLERS[name]()
        controller = build_controller(kind, env, config.seed if config is not None else 0)
    finally:
        env.close()
    if folder is not None:
        load_controller_tensors(controller, folder.model(), folder.path)
    return controller
