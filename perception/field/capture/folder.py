"""Captures as folders in nerfstudio's layout: `transforms.json` beside the images.

`ns-train` reads what is written here as it is; folders made elsewhere are read back, with poses, sizes, depth and the
convention of the axes checked before anything is trained on them.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from innervate.cameras import check_pose
from innervate.errors import ConfigError
from innervate.files import replace_file

from .capture import Capture, bounds_around
from .convention import Convention, as_opengl, check_convention
from .layouts import file_path, frames_of, read_layout
from .lens import KEYS
from .picture import find_picture, plain
from .split import split_of
from .suggested import suggested_boxes
from .views import MILLI, read_views

READ = frozenset({
    *KEYS, "frames", "bounds", "label_names", "depth_unit_scale_factor", "white_level", "train_filenames",
    "val_filenames", "test_filenames", "file_path", "transform_matrix", "mask_path", "depth_file_path",
    "label_file_path",
})  # fmt: skip
"""Keys of a capture and of its frames that something is made of; others are named."""
SUGGESTING = frozenset({"ply_file_path", "aabb_scale", "scale", "offset"})
"""Keys that speak of the box, for captures that have neither `bounds` nor depth."""


def save_capture(capture: Capture, folder: Path) -> None:
    """Write images, depth, labels and, last of all, `transforms.json`."""
    for view, image in enumerate(capture.images):
        _png(folder / f"images/{view:04d}.png", image)
        if capture.depth is not None:
            finite = np.where(np.isfinite(capture.depth[view]), capture.depth[view], 0)
            _png(folder / f"depth/{view:04d}.png", np.clip(np.round(finite * MILLI), 0, 65535).astype(np.uint16))
        if capture.labels is not None:
            _png(folder / f"labels/{view:04d}.png", (capture.labels[view] + 1).astype(np.uint16))
    text = json.dumps(_document(capture), indent=1)
    replace_file(folder / "transforms.json", lambda file: file.write(text.encode()))


def _document(capture: Capture) -> dict[str, Any]:
    c = capture.camera
    frames: list[dict[str, Any]] = []
    for view, pose in enumerate(capture.poses):
        frame: dict[str, Any] = {"file_path": f"images/{view:04d}.png", "transform_matrix": pose.tolist()}
        if capture.depth is not None:
            frame["depth_file_path"] = f"depth/{view:04d}.png"
        if capture.labels is not None:
            frame["label_file_path"] = f"labels/{view:04d}.png"
        frames.append(frame)
    held = [frames[i]["file_path"] for i in capture.held_out]
    splits: dict[str, Any] = {}
    if held:
        train = [f["file_path"] for f in frames if f["file_path"] not in set(held)]
        splits = {"train_filenames": train, "val_filenames": held, "test_filenames": held}
    return {
        "camera_model": "OPENCV", "w": c.width, "h": c.height, "fl_x": c.fx, "fl_y": c.fy, "cx": c.cx, "cy": c.cy,
        "k1": 0.0, "k2": 0.0, "p1": 0.0, "p2": 0.0, "depth_unit_scale_factor": 1 / MILLI,
        "bounds": capture.bounds.tolist(), "label_names": list(capture.label_names), **splits, "frames": frames,
    }  # fmt: skip


def _png(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def load_capture(folder: Path, *, convention: Convention | None = None) -> Capture:
    """Read a folder with a `transforms.json`, written here or elsewhere, or of another layout that is known.

    Args:
        folder: see `read_layout`.
        convention: how the cameras' axes point: `opengl` (y up, -z ahead) or `opencv` (y down, z ahead), and whether
            poses are world-to-camera. If None, OpenGL's camera-to-world is taken where the layout leaves it open, and
            it is checked that the views do not speak for another.

    Raises:
        ConfigError: no poses, more than half of the images missing, one damaged or of another size than is written,
            a lens that is not read, poses that are not rigid or are of the other convention.
        NonFiniteError: NaN in a depth file.
    """
    layout = read_layout(folder)
    folder, document = layout.folder, _said(layout.document)
    frames, notes = _present(folder, list(map(_said, frames_of(document, folder / "transforms.json"))))
    frames, again = _once(frames)
    names = [plain(f["file_path"]) for f in frames]
    used, held, said = split_of(document, names)
    frames = [f for f, at in zip(frames, used, strict=True) if at]
    names = [n for n, at in zip(names, used, strict=True) if at]
    held = [h for h, at in zip(held, used, strict=True) if at]
    poses = np.stack([_pose(f, folder) for f in frames])
    if len(poses) > 1 and np.ptp(poses, axis=0).max() == 0:
        raise ConfigError(f"All {len(poses)} pictures of {folder} have the same pose; a field needs to know from where "
                          "each was taken.")
    if layout.convention is not None and convention not in (None, layout.convention):
        raise ConfigError(f"The poses in {folder} are {layout.convention}'s, as its layout says, and --convention "
                          f"{convention} was asked: leave it out.")
    views, some = read_views(folder, document, frames)
    capture = Capture(
        images=views.images, poses=as_opengl(poses, convention or layout.convention), camera=views.camera,
        depth=views.depth, names=tuple(names), bounds=np.zeros((2, 3)),
        label_names=tuple(map(str, document.get("label_names", []))), labels=views.labels,
        held_out=tuple(int(i) for i in np.flatnonzero(held)), mask=views.mask, alpha=views.alpha,
        notes=(*([layout.note] if layout.note else []), *notes, *again, *said, *some),
    )  # fmt: skip
    if convention is None and layout.convention is None:
        check_convention(capture, folder)
    given = _bounds(document, folder)
    guessed = given is None and views.depth is None
    boxes, missing = suggested_boxes(folder, document, layout.points) if guessed else ((), [])
    return replace(
        capture, bounds=bounds_around(capture, 0.1) if given is None else given, guessed=guessed, suggested=boxes,
        notes=(*capture.notes, *missing, *_unused(document, frames, READ | SUGGESTING if guessed else READ)),
    )  # fmt: skip


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """Without keys that hold nothing, as some programs write them."""
    return {key: value for key, value in part.items() if value is not None}


def _once(frames: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Every picture once: twice, one could be learnt from and the other scored; and a sentence about it."""
    kept: dict[str, dict[str, Any]] = {}
    for frame in frames:
        other = kept.setdefault(file_path(frame), frame)
        if other.get("transform_matrix") != frame.get("transform_matrix"):
            raise ConfigError(f"{file_path(frame)} stands twice among the frames, with different poses; leave one.")
    left = len(frames) - len(kept)
    return list(kept.values()), [f"{left} frames are of pictures named before, and left out."] if left else []


def _bounds(document: dict[str, Any], folder: Path) -> np.ndarray | None:
    if "bounds" not in document:
        return None
    try:
        box = np.asarray(document["bounds"], float)
    except (TypeError, ValueError):
        box = np.zeros(0)
    if box.shape != (2, 3) or not np.isfinite(box).all() or not (box[1] > box[0]).all():
        raise ConfigError(f"`bounds` of {folder / 'transforms.json'} should be the lowest and the highest corner of a "
                          f"box, twice x, y and z, not {str(document['bounds'])[:60]}; without it, the box is found.")
    return box


def _present(folder: Path, frames: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The frames whose pictures are there, and a sentence about the others."""
    there = [find_picture(folder, file_path(f)) is not None for f in frames]
    gone = [file_path(f) for f, at in zip(frames, there, strict=True) if not at]
    if not gone:
        return frames, []
    text = f"{len(gone)} of {len(frames)} pictures of {folder} are missing: {', '.join(gone[:5])}"
    text += ", ..." if len(gone) > 5 else ""
    if 2 * len(gone) > len(frames):
        raise ConfigError(f"{text}. That is more than half; are they in another folder?")
    return [f for f, at in zip(frames, there, strict=True) if at], [f"{text}; the others are used."]


def _unused(document: dict[str, Any], frames: list[dict[str, Any]], read: frozenset[str]) -> list[str]:
    """A sentence about the keys of which nothing is made."""
    keys = sorted({str(key) for part in (document, *frames) for key in part} - read)
    few = ", ".join(keys[:8]) + (", ..." if len(keys) > 8 else "")
    return [f"Not used of transforms.json: {few}."] if keys else []


def _pose(frame: dict[str, Any], folder: Path) -> np.ndarray:
    name = file_path(frame)
    if "transform_matrix" not in frame:
        raise ConfigError(f"{name} in {folder} has no pose (`transform_matrix`). Every picture needs one; "
                          "`innervate field capture` writes them, and so does nerfstudio's ns-process-data.")
    return check_pose(_matrix(frame["transform_matrix"], name), name)


def _matrix(value: object, name: str) -> np.ndarray:
    try:
        matrix = np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The pose of {name} is not a matrix of numbers ({error}).") from error
    if matrix.shape in ((12,), (16,)):
        matrix = matrix.reshape(-1, 4)
    if matrix.shape == (4, 4) and np.isfinite(matrix).all() and not np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6):
        if np.allclose(matrix[:, 3], [0, 0, 0, 1], atol=1e-6):
            raise ConfigError(f"The pose of {name} has its position in the last row, and it belongs into the last "
                              "column: transpose the matrices.")
        raise ConfigError(f"The last row of the pose of {name} should be 0, 0, 0, 1, not "
                          f"{', '.join(f'{v:g}' for v in matrix[3])}.")
    return matrix
