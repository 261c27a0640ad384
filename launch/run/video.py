"""A video, an animation or a picture of one episode, rendered without a display."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerConfig
from innervate.errors import ConfigError, InnervateError
from innervate.files import write_bytes_atomically
from innervate.launch.analysis.recordings.places import Probing
from innervate.launch.run.evaluation import build_controller
from innervate.launch.run.folder import RunFolder, load_controller_tensors

FRAMES_PER_S = 30


STILLS, ANIMATIONS = (".jpg", ".jpeg", ".png"), (".webp", ".gif")
ANIMATED_PER_S = 12
"""Frames of an animation, which keeps each as a picture."""


class _Enough(Exception):
    """Ends a rollout of which all that is wanted was seen."""


def record(
    world: WorldConfig,
    config: ControllerConfig,
    out: Path,
    *,
    seed: int,
    seconds: float = 15.0,
    folder: RunFolder | None = None,
    activity: bool = False,
) -> None:
    """Write the first `seconds` of an episode in real time; with `folder`, of its trained controller.

    The end of `out` says what: .mp4 a video, .webp or .gif an animation, .jpg or .png the picture at `seconds`.
    `activity` draws what the circuit's units do below the body.
    """
    if out.suffix not in (".mp4", *ANIMATIONS, *STILLS):
        raise ConfigError(f"A path that ends in .mp4, {', '.join((*ANIMATIONS, *STILLS))} is needed, not {out.name!r}.")
    env: Any = make_vector_env(world, 1, render=True)
    frames: list[np.ndarray] = []
    seen: list[np.ndarray] = []
    still = out.suffix in STILLS
    try:
        controller = build_controller(config, env)
        if folder is not None:
            load_controller_tensors(controller, folder.model(), folder.path)
        step_s = controller.spec.control_step_s
        stride = max(1, round(1 / ((ANIMATED_PER_S if out.suffix in ANIMATIONS else FRAMES_PER_S) * step_s)))
        acting = Probing(controller) if activity else controller

        def keep(moment: Moment) -> None:
            over = (moment.step + 1) * step_s >= seconds
            if moment.running[0] and (over if still else moment.step % stride == 0):
                frames.append(np.asarray(env.render()[0]))
            if isinstance(acting, Probing):
                seen.append(acting.seen[0].copy())
            if over or not moment.running[0]:
                raise _Enough

        with suppress(_Enough):
            rollout(env, acting, controller.spec, [seed], watch=keep)
        if still and not frames:  # the episode was over before
            frames.append(np.asarray(env.render()[0]))
    finally:
        env.close()
    if not frames or frames[0].ndim != 3:
        raise InnervateError(f"{world.id} rendered nothing; `innervate doctor` says what rendering needs here.")
    if seen and seen[0].size:
        shown = [raster(seen, stride * i, frames[i].shape[1]) for i in range(len(frames))]
        frames = [np.concatenate(pair) for pair in zip(frames, shown, strict=True)]
    write_bytes_atomically(out, encoded(frames, out.suffix, 1 / (stride * step_s)))


def raster(
    seen: Sequence[np.ndarray], step: int, width: int, *, steps: int = 120, least: int = 60
) -> UInt8[np.ndarray, "height width 3"]:
    """What the units did until now, a row each, the newest at the right; bright is the most of the episode.

    Units that never change are left out.
    """
    whole = np.abs(np.stack(list(seen)))
    whole = whole[:, np.ptp(whole, axis=0) > 1e-6] if len(whole) > 1 else whole
    most = np.maximum(whole.max(axis=0, initial=1e-9), 1e-9)
    window = np.zeros((steps, whole.shape[1]))
    last = whole[max(0, step + 1 - steps) : step + 1]
    window[steps - len(last) :] = last / most
    each = max(4, -(-least // max(1, whole.shape[1])))
    across = np.linspace(0, steps - 1, width).round().astype(int)
    picture = np.repeat(window.T[:, across], each, axis=0)
    colour = np.array([255, 140, 60]) * picture[..., None] + np.array([18, 20, 28]) * (1 - picture[..., None])
    return colour.astype(np.uint8)


def encoded(frames: Sequence[np.ndarray], suffix: str, per_s: float) -> bytes:
    """Frames, `(height, width, 3)` each, as a file of that kind."""
    import imageio.v3 as iio
    from PIL import Image

    if suffix == ".mp4":
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "video.mp4"
            iio.imwrite(path, np.stack(frames), fps=per_s, codec="libx264", macro_block_size=16, quality=8)
            return path.read_bytes()
    images, file = [Image.fromarray(frame) for frame in frames], io.BytesIO()
    more: dict[str, Any] = {"quality": 80}
    if suffix in ANIMATIONS:
        more |= {"save_all": True, "append_images": images[1:], "duration": round(1000 / per_s), "loop": 0}
    kind = {".jpg": "jpeg", ".jpeg": "jpeg"}.get(suffix, suffix[1:])
    images[0].save(file, format=kind, **more)
    return file.getvalue()


def record_run(
    path: Path,
    out: Path | None = None,
    *,
    seed: int | None = None,
    seconds: float = 15.0,
    options: Mapping[str, Any] | None = None,
    activity: bool = False,
) -> Path:
    """A video of a run's newest checkpoint, by default `video.mp4` in its folder; `options` are of the environment."""
    from innervate.agents.seeds import Streams

    folder = RunFolder.open(path)
    config = folder.config()
    out = out or folder.path / "video.mp4"
    out.parent.mkdir(parents=True, exist_ok=True)
    chosen = Streams.evaluation(1)[0] if seed is None else seed
    world = replace(config.world, options={**config.world.options, **(options or {})})
    record(world, config.controller, out, seed=chosen, seconds=seconds, folder=folder, activity=activity)
    return out
