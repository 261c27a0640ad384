"""Captures as folders in nerfstudio's layout: `transforms.json` beside the images.

`ns-train` reads what is written here as it is; folders made elsewhere are read back, with poses, sizes, depth and the
convention of the axes checked before anything is trained on them.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from innervate.cameras import check_pose
from innervate.errors import ConfigError
from innervate.files import replace_file

from .capture import Capture, bounds_around, points_of_depth
from .lens import KEYS
from .picture import find_picture, plain
from .split import split_of
from .suggested import suggested_boxes
from .views import MILLI, read_views

Convention = Literal["opengl", "opencv"]
READ = frozenset({
    *KEYS, "frames", "bounds", "label_names", "depth_unit_scale_factor", "white_level", "train_filenames",
    "val_filenames", "test_filenames", "file_path", "transform_matrix", "mask_path", "depth_file_path",
    "label_file_path",
})  # fmt: skip
"""Keys of a capture and of its frames that something is made of; others are named."""
LARGEST_JSON = 32_000_000
"""Bytes of a transforms.json."""
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
    """Read a folder with a `transforms.json`, written here or elsewhere.

    Args:
        folder: where `transforms.json` lies.
        convention: how the cameras' axes point: `opengl` (y up, -z ahead) or `opencv` (y down, z ahead). If None,
            OpenGL's is taken and it is checked that the pictures do not speak for the other.

    Raises:
        ConfigError: no poses, more than half of the images missing, one damaged or of another size than is written,
            a lens that is not read, poses that are not rigid or are of the other convention.
        NonFiniteError: NaN in a depth file.
    """
    document = _read_document(folder)
    frames, notes = _present(folder, _frames(document, folder))
    names = [plain(f["file_path"]) for f in frames]
    used, held, said = split_of(document, names)
    frames = [f for f, at in zip(frames, used, strict=True) if at]
    names = [n for n, at in zip(names, used, strict=True) if at]
    held = [h for h, at in zip(held, used, strict=True) if at]
    poses = np.stack([_pose(f, folder) for f in frames])
    views, some = read_views(folder, document, frames)
    if convention == "opencv":
        poses = poses * np.array([1, -1, -1, 1])
    capture = Capture(
        images=views.images, poses=poses, camera=views.camera, depth=views.depth, names=tuple(names),
        bounds=np.zeros((2, 3)), label_names=tuple(map(str, document.get("label_names", []))), labels=views.labels,
        held_out=tuple(int(i) for i in np.flatnonzero(held)), mask=views.mask, alpha=views.alpha,
        notes=(*notes, *said, *some),
    )  # fmt: skip
    if convention is None:
        _check_convention(capture, folder)
    given = np.asarray(document.get("bounds", []), float)
    right = given.shape == (2, 3) and (given[1] > given[0]).all()
    guessed = not right and views.depth is None
    boxes, missing = suggested_boxes(folder, document) if guessed else ((), [])
    return replace(
        capture, bounds=given if right else bounds_around(capture, 0.1), guessed=guessed, suggested=boxes,
        notes=(*capture.notes, *missing, *_unused(document, frames, READ | SUGGESTING if guessed else READ)),
    )  # fmt: skip


def _frames(document: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    frames = document.get("frames")
    if not isinstance(frames, list) or not frames or not all(isinstance(f, dict) for f in frames):
        raise ConfigError(f"{folder / 'transforms.json'} has no `frames`: pictures with their poses are needed.")
    return sorted(frames, key=_file_path)


def _present(folder: Path, frames: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The frames whose pictures are there, and a sentence about the others."""
    there = [find_picture(folder, _file_path(f)) is not None for f in frames]
    gone = [_file_path(f) for f, at in zip(frames, there, strict=True) if not at]
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
    name = _file_path(frame)
    if "transform_matrix" not in frame:
        raise ConfigError(f"{name} in {folder} has no pose (`transform_matrix`). Every picture needs one; "
                          "`innervate field capture` writes them, and so does nerfstudio's ns-process-data.")
    return check_pose(_matrix(frame["transform_matrix"], name), name)


def _file_path(frame: dict[str, Any]) -> str:
    return plain(frame.get("file_path", "an unnamed frame"))


def _read_document(folder: Path) -> dict[str, Any]:
    if (folder / "transforms.json").is_file():
        return _read_json(folder / "transforms.json")
    parts = {k: folder / f"transforms_{k}.json" for k in ("train", "val", "test")}
    if not parts["train"].is_file():
        raise ConfigError(f"{folder} has no transforms.json, so there are no poses; `innervate field capture` writes "
                          "such a folder, and nerfstudio's ns-process-data makes one from photographs.")
    frames: list[dict[str, Any]] = []
    splits: dict[str, Any] = {}
    for part, path in parts.items():
        if path.is_file():
            document = _read_json(path)
            common = {k: v for k, v in document.items() if k != "frames"}
            found = [{**common, **frame} for frame in _frames(document, folder)]
            splits[f"{part}_filenames"] = [_file_path(f) for f in found]
            frames += found
    return {**_read_json(parts["train"]), **splits, "frames": frames}


def _read_json(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    if size > LARGEST_JSON:
        raise ConfigError(f"{path} has {size / 1e6:.0f} MB; poses of ten thousand pictures fit into "
                          f"{LARGEST_JSON / 1e6:.0f} MB, so it is something else, or holds what belongs into files.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is damaged: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} should hold a JSON object, not a {type(document).__name__}.")
    return document


def _matrix(value: object, name: str) -> np.ndarray:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The pose of {name} is not a matrix of numbers ({error}).") from error


def _check_convention(capture: Capture, folder: Path) -> None:
    """Raise if the views agree with each other only, or only stand upright, in OpenCV's convention."""
    flipped = capture.poses * np.array([1, -1, -1, 1])
    if capture.depth is not None:
        other = _agreement(capture, flipped) > 2 * _agreement(capture, capture.poses) + 0.02
    else:
        other = float(capture.poses[:, 2, 1].mean()) < -0.5  # the cameras' up points down
    if other:
        raise ConfigError(
            f"The poses in {folder} look like OpenCV's (y down, z ahead), not OpenGL's (y up, -z ahead). If they are, "
            "say so: --convention opencv; if the world itself is upside down: --convention opengl."
        )


def _agreement(capture: Capture, poses: np.ndarray) -> float:
    """Share of depth readings that land, in another view that sees them, within 3 % of that view's reading."""
    assert capture.depth is not None
    rng = np.random.default_rng(0)
    c, hits, total = capture.camera, 0, 1
    for _ in range(24):
        a, b = rng.integers(len(poses), size=2)
        if a == b:
            continue
        points = points_of_depth(capture.depth[a : a + 1], poses[a : a + 1], c)[0][::17]
        points = points[np.isfinite(points).all(1)]
        local = (points - poses[b, :3, 3]) @ poses[b, :3, :3]
        local = local[local[:, 2] < -0.05]
        u = (local[:, 0] / -local[:, 2] * c.fx + c.cx).astype(int)
        v = (-local[:, 1] / -local[:, 2] * c.fy + c.cy).astype(int)
        seen = (u >= 0) & (u < c.width) & (v >= 0) & (v < c.height)
        there = capture.depth[b][v[seen], u[seen]]
        hits += int((np.abs(there + local[seen, 2]) < 0.03 * there).sum())
        total += int(seen.sum())
    return hits / total
