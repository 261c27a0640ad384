"""A video of one episode, rendered without a display."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from innervate.agents.experience.rollout import Episodes, Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerConfig
from innervate.errors import ConfigError, InnervateError
from innervate.files import write_bytes_atomically
from innervate.launch.run.evaluation import build_controller
from innervate.launch.run.folder import RunFolder, load_controller_tensors

FRAMES_PER_S = 30


def record(
    world: WorldConfig,
    config: ControllerConfig,
    out: Path,
    *,
    seed: int,
    seconds: float = 15.0,
    folder: RunFolder | None = None,
) -> Episodes:
    """Write an MP4 in real time of the first `seconds` of an episode; with `folder`, of its trained controller."""
    import imageio.v3 as iio

    if out.suffix != ".mp4":
        raise ConfigError(f"Videos are written as MP4; give a path that ends in .mp4, not {out.name!r}.")
    env: Any = make_vector_env(world, 1, render=True)
    frames: list[np.ndarray] = []
    try:
        controller = build_controller(config, env)
        if folder is not None:
            load_controller_tensors(controller, folder.model(), folder.path)
        step_s = controller.spec.control_step_s
        stride = max(1, round(1 / (FRAMES_PER_S * step_s)))

        def keep(moment: Moment) -> None:
            if moment.step % stride == 0 and moment.running[0] and moment.step * step_s < seconds:
                frames.append(np.asarray(env.render()[0]))

        episodes = rollout(env, controller, controller.spec, [seed], watch=keep)
    finally:
        env.close()
    if not frames or frames[0].ndim != 3:
        raise InnervateError(f"{world.id} rendered nothing; `innervate doctor` says what rendering needs here.")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "video.mp4"
        rate = 1 / (stride * step_s)
        iio.imwrite(path, np.stack(frames), fps=rate, codec="libx264", macro_block_size=16, quality=8)
        write_bytes_atomically(out, path.read_bytes())
    return episodes


def record_run(path: Path, out: Path | None = None, *, seed: int | None = None, seconds: float = 15.0) -> Path:
    """A video of a run's newest checkpoint, by default `video.mp4` in its folder."""
    from innervate.agents.seeds import Streams

    folder = RunFolder.open(path)
    config = folder.config()
    out = out or folder.path / "video.mp4"
    chosen = Streams.evaluation(1)[0] if seed is None else seed
    record(config.world, config.controller, out, seed=chosen, seconds=seconds, folder=folder)
    return out
