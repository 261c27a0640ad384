"""A body on one page: joints, limits, actuators, sensors, keyframes, and what it lacks; with a picture."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.envs.sight import gl
from innervate.errors import ConfigError, InnervateError
from innervate.files import write_bytes_atomically

SMOKE = (["swimmer"], ["dm_control:quadruped", "--picture", "{folder}/body.png"])


@dataclass(frozen=True, kw_only=True)
class Options:
    """Print the sheet of a body: what it is made of, what drives it, what it senses, and what it still lacks."""

    what: Annotated[str, tyro.conf.Positional]
    """An MJCF or URDF file, a body of innervate's (`innervate list bodies`), or dm_control:rodent, dog, ..."""
    picture: Path | None = None
    """Also write a picture of it to this PNG file."""


def main(argv: Sequence[str]) -> None:
    """Print, draw, and say what to type next."""
    options = tyro.cli(Options, args=list(argv), prog="innervate body")
    picture = options.picture
    try:
        gl.prepare(render=picture is not None)  # before mujoco is imported, which reads once what renders
    except ConfigError as error:
        print(f"no picture: {error}", file=sys.stderr)
        picture = None
    from innervate.envs.foreign.robots import path_of
    from innervate.envs.model import compile_spec, load_spec
    from innervate.envs.registry import BODIES
    from innervate.envs.sheet import sheet

    path = path_of(options.what)
    spec = BODIES[options.what]() if path is None else load_spec(path)
    model = compile_spec(spec, options.what)
    print(sheet(model))
    if picture is not None:
        try:
            write_bytes_atomically(picture, _picture(model))
            print(picture)
        except InnervateError as error:
            print(f"no picture: {error}", file=sys.stderr)
    if path is not None:
        print(f"To train it:  innervate train {options.what} --task stand    (or walk, reach)")


def _picture(model: "object") -> bytes:
    import io
    from typing import Any, cast

    import mujoco
    from PIL import Image

    known = cast("mujoco.MjModel", model)
    data = mujoco.MjData(known)
    if known.nkey:
        mujoco.mj_resetDataKeyframe(known, data, 0)
    mujoco.mj_forward(known, data)
    camera: Any = mujoco.MjvCamera()
    mujoco.mjv_defaultFreeCamera(known, camera)
    buffer = io.BytesIO()
    with mujoco.Renderer(known, 480, 640) as renderer:
        renderer.update_scene(data, camera)
        Image.fromarray(renderer.render()).save(buffer, format="PNG")
    return buffer.getvalue()
