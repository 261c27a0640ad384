"""The layouts that captures come in, each as the document of a `transforms.json`; what is none says what it is."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from innervate.errors import ConfigError

from .colmap import find_model, other_models, read_model
from .convention import Convention
from .picture import plain
from .scans import find_scan, record3d

LARGEST_JSON = 32_000_000
"""Bytes of a transforms.json."""
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".heic", ".mp4", ".mov"})


@dataclass(frozen=True)
class Layout:
    """What a folder says of its pictures."""

    folder: Path
    document: dict[str, Any]
    convention: Convention | None = None
    """Of the poses, where the layout leaves no doubt."""
    points: Float64[np.ndarray, "point 3"] | None = None
    """Sparse points that come with the poses."""
    note: str = ""


def read_layout(folder: Path) -> Layout:
    """nerfstudio's and instant-ngp's `transforms.json`, the three of synthetic scenes, COLMAP, Polycam or Record3D.

    Raises:
        ConfigError: none of these, or damaged.
    """
    if folder.name == "transforms.json" and folder.is_file():
        folder = folder.parent
    if (folder / "transforms.json").is_file():
        return Layout(folder, read_json(folder / "transforms.json"))
    if (folder / "transforms_train.json").is_file():
        return Layout(folder, _synthetic(folder))
    model = find_model(folder)
    if model is not None:
        document, points = read_model(folder, model)
        note = f"Poses, lenses and {len(points)} points are of COLMAP's model in {model}; its world is turned to z up."
        others = [p.name for p in other_models(model)]
        if others:
            note += f" Not read are the models beside it, {', '.join(others)}, of pictures that it does not hold."
        return Layout(folder, document, "opencv", points, note)
    scan = find_scan(folder)
    if scan is not None:
        note = f"Read as a folder of {scan.__name__}, z up."
        if scan is record3d and (folder / "depth").is_dir():
            note += " Its depth is not read."
        return Layout(folder, scan(folder, read_json), note=note)
    raise ConfigError(f"{folder} has no transforms.json, so there are no poses{_instead(folder)}; `innervate field "
                      "capture` writes such a folder, nerfstudio's ns-process-data makes one from photographs, and "
                      "COLMAP's, Polycam's and Record3D's are read as they are.")  # fmt: skip


def _instead(folder: Path) -> str:
    """What is there, as a part of a sentence."""
    if not folder.exists():
        return ": there is no such folder"
    if not folder.is_dir():
        return ": it is a file, and a folder is needed"
    if any((p / "transforms.json").is_file() or find_model(p) for p in (folder.parent, folder.parent.parent)):
        return ", but a folder above it has: give that one"
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        return f" that can be seen ({error.strerror})"
    below = [p.name for p in inside if p.is_dir() and ((p / "transforms.json").is_file() or find_model(p))]
    if below:
        return f", but its folder {below[0]} has: give that one"
    near = [p.name for p in inside if p.name.lower().startswith("transforms")]
    if near:
        return f", but {near[0]}: unpack or rename it, with a transforms_train.json where there are several"
    pictures = sum(p.suffix.lower() in _PICTURES for p in inside)
    return f", but {pictures} pictures or videos without" if pictures else ""


def _synthetic(folder: Path) -> dict[str, Any]:
    parts = {k: folder / f"transforms_{k}.json" for k in ("train", "val", "test")}
    frames: list[dict[str, Any]] = []
    splits: dict[str, Any] = {}
    for part, path in parts.items():
        if path.is_file():
            document = read_json(path)
            common = {k: v for k, v in document.items() if k != "frames"}
            found = [{**common, **frame} for frame in frames_of(document, path)]
            splits[f"{part}_filenames"] = [file_path(f) for f in found]
            frames += found
    return {**read_json(parts["train"]), **splits, "frames": frames}


def frames_of(document: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Its frames in the order of their names."""
    frames = document.get("frames")
    if not isinstance(frames, list) or not frames or not all(isinstance(f, dict) for f in frames):
        raise ConfigError(f"{path} has no `frames`, a list of pictures with their poses.")
    return sorted(frames, key=file_path)


def file_path(frame: dict[str, Any]) -> str:
    """The name of a frame's picture."""
    return plain(frame.get("file_path", "an unnamed frame"))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object in UTF-8, or in UTF-16 with its mark.

    Raises:
        ConfigError: damaged, too large, or something else.
    """
    size = path.stat().st_size
    if size > LARGEST_JSON:
        raise ConfigError(
            f"{path} has {size / 1e6:.0f} MB; poses of ten thousand pictures fit into "
            f"{LARGEST_JSON / 1e6:.0f} MB, so it is something else, or holds what belongs into files."
        )
    try:
        document = json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is damaged{'' if size else ', since it is empty'}: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} should hold a JSON object, not a {type(document).__name__}.")
    return document
