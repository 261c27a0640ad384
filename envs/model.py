"""From what a user has (MJCF or URDF, path or text, `MjSpec`) to a compiled model, with errors that say where."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import mujoco

from innervate.errors import ModelError

__all__ = ["Source", "compile_spec", "load_spec", "named"]

_Made = TypeVar("_Made")

Source = str | Path | mujoco.MjSpec
"""A path to an MJCF or URDF file, the text of one, or a spec (which is copied)."""


def named(source: "Source | mujoco.MjModel") -> str:
    """What a source is called in messages."""
    if isinstance(source, mujoco.MjSpec):
        return f"model {source.modelname!r}"
    if isinstance(source, mujoco.MjModel) or str(source).lstrip().startswith("<"):
        return "the given model"
    return str(source)


def load_spec(source: "Source | mujoco.MjModel") -> mujoco.MjSpec:
    """The spec of a model; to add sensors or motors to it, edit what this returns.

    Raises:
        ModelError: no such file, or a text that MuJoCo cannot parse; names the file, and the line where MuJoCo does.
    """
    if isinstance(source, mujoco.MjModel):
        raise ModelError("A compiled MjModel has no spec; give the file, the text or the MjSpec it was compiled from.")
    if isinstance(source, mujoco.MjSpec):
        return source.copy()
    if isinstance(source, str) and source.lstrip().startswith("<"):
        return _parse(lambda: mujoco.MjSpec.from_string(source), "the given text")
    path = Path(source)
    if not path.is_file():
        raise ModelError(f"There is no model file {str(source)!r} (looked in {Path.cwd()}).")
    return _parse(lambda: mujoco.MjSpec.from_file(str(path)), str(path))


def compile_spec(spec: mujoco.MjSpec, name: str) -> mujoco.MjModel:
    """The compiled model. Raises `ModelError` with `name` and MuJoCo's reason."""
    return _parse(spec.compile, name)


def _parse(make: Callable[[], _Made], name: str) -> _Made:
    try:
        return make()
    except (ValueError, RuntimeError, mujoco.FatalError) as error:
        raise ModelError(f"{name} does not compile: {' '.join(str(error).split())}") from error
