"""Voxel fields on disk: safetensors, which hold numbers and names and nothing that runs."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from innervate.errors import ConfigError, NonFiniteError
from innervate.files import replace_file

from ..capture.convention import Convention
from .voxel import NEAR_M, VoxelField

KIND = "innervate voxel field 1"


def save_field(field: VoxelField, path: Path) -> None:
    """Write a field; its metric frame travels with it."""
    tensors: dict[str, np.ndarray] = {"grid": field.grid, "leap": field.leap, "background": field.background}
    if field.label is not None:
        tensors["label"] = field.label
    if field.label_confidence is not None:
        tensors["label_confidence"] = field.label_confidence
    about = {"shape": field.shape, "origin_m": field.origin.tolist(), "voxel_m": field.voxel_m,
             "label_names": field.label_names, "convention": field.convention, "near_m": field.near_m}  # fmt: skip
    data = save(tensors, {"kind": KIND, "about": json.dumps(about)})
    replace_file(path, lambda file: file.write(data))


def load_field(path: Path) -> VoxelField:
    """Read a field back.

    Raises:
        ConfigError: no such file, damaged, not a field, or sizes that do not fit each other.
        NonFiniteError: NaN or infinity among the numbers.
    """
    if not path.is_file():
        raise ConfigError(f"There is no field {path}; `innervate field train CAPTURE` makes one.")
    try:
        with safe_open(path, framework="numpy") as file:
            about = _about(path, file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{path} is not a whole safetensors file ({error}).") from error
    return _checked(path, about, tensors)


def _about(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    if metadata.get("kind") != KIND:
        raise ConfigError(f"{path} is {metadata.get('kind', 'a safetensors file of something else')!r}, not {KIND!r}.")
    try:
        return json.loads(metadata["about"])
    except (KeyError, json.JSONDecodeError) as error:
        raise ConfigError(f"{path} lacks the description of its grid ({error}).") from error


def _checked(path: Path, about: dict[str, Any], tensors: dict[str, np.ndarray]) -> VoxelField:
    try:
        x, y, z = (int(n) for n in about["shape"])
        origin, voxel = np.asarray(about["origin_m"], float), float(about["voxel_m"])
        names = tuple(map(str, about["label_names"]))
        convention, near = about.get("convention"), float(about.get("near_m", NEAR_M))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"The description of the grid in {path} is damaged ({error}).") from error
    n = x * y * z
    shapes = {"grid": (n, 4), "leap": (n,), "background": (3,), "label": (n,), "label_confidence": (n,)}
    kinds = {"leap": np.uint8, "label": np.uint8}
    for name in ("grid", "leap", "background", *(k for k in ("label", "label_confidence") if k in tensors)):
        array = tensors.get(name)
        if array is None or array.shape != shapes[name] or array.dtype != kinds.get(name, np.float32):
            came = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise ConfigError(f"{name} in {path} is {came}; {kinds.get(name, np.float32).__name__} of shape "
                              f"{shapes[name]} is expected.")
        if array.dtype == np.float32 and not np.isfinite(array).all():
            raise NonFiniteError(f"{name} in {path} holds NaN or infinity.")
    if min(x, y, z) < 2 or voxel <= 0 or origin.shape != (3,) or not np.isfinite([*origin, voxel]).all():
        raise ConfigError(f"The grid in {path} has no volume: shape {(x, y, z)}, voxel {voxel} m.")
    if convention not in (None, *get_args(Convention)) or not 0 <= near < np.inf:
        raise ConfigError(f"{path} says convention {convention!r} and near {near}; the first is one of "
                          f"{', '.join(get_args(Convention))}, the second a distance.")
    leap = tensors["leap"].reshape(x, y, z)
    leap[-1], leap[:, -1], leap[:, :, -1] = (np.maximum(face, 1) for face in (leap[-1], leap[:, -1], leap[:, :, -1]))
    label = tensors.get("label")
    if label is not None and int(label.max(initial=0)) > len(names):
        raise ConfigError(f"{path} has labels up to {int(label.max())} but {len(names)} names.")
    return VoxelField(tensors["grid"], (x, y, z), origin, voxel, tensors["leap"], tensors["background"], label, names,
                      tensors.get("label_confidence"), convention, near)  # fmt: skip
