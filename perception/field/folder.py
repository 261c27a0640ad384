"""Captures as folders in nerfstudio's layout: `transforms.json` beside the images.

`ns-train` reads what is written here as it is; folders made elsewhere are read back, with poses, sizes, depth and the
convention of the axes checked before anything is trained on them.
"""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from innervate.errors import ConfigError, NonFiniteError

from ..place.store import replace_file
from .camera import Intrinsics, check_pose
from .capture import Capture, bounds_around, points_of_depth

Convention = Literal["opengl", "opencv"]
MILLI = 1000.0
"""Depth files hold millimetres in 16 bits; 0 means that there is no reading."""
_DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")


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
        ConfigError: no poses, an image missing, damaged or of another size, a lens with distortion, poses that are
            not rigid or are of the other convention.
        NonFiniteError: NaN in a depth file.
    """
    document = _read_document(folder)
    frames = document.get("frames")
    if not isinstance(frames, list) or not frames or not all(isinstance(f, dict) for f in frames):
        raise ConfigError(f"{folder / 'transforms.json'} has no `frames`: pictures with their poses are needed.")
    frames = sorted(frames, key=_file_path)
    poses: list[np.ndarray] = []
    images: list[np.ndarray] = []
    for frame in frames:
        name = str(frame.get("file_path", "an unnamed frame"))
        if "transform_matrix" not in frame:
            raise ConfigError(f"{name} in {folder} has no pose (`transform_matrix`). Every picture needs one; "
                              "`innervate field capture` writes them, and so does nerfstudio's ns-process-data.")
        poses.append(check_pose(_matrix(frame["transform_matrix"], name), name))
        images.append(_read_image(folder, name, images[0].shape if images else None))
    camera = _intrinsics(document, frames[0], images[0])
    depth = _read_stack(folder, frames, ("depth_file_path",), images[0].shape[:2])
    labels = _read_stack(folder, frames, ("label_file_path",), images[0].shape[:2])
    turned = np.stack(poses)
    if convention == "opencv":
        turned = turned * np.array([1, -1, -1, 1])
    metres = None
    if depth is not None:
        unit = float(document.get("depth_unit_scale_factor", 1 / MILLI))
        scaled = depth.astype(np.float32) * np.float32(unit if depth.dtype.kind in "ui" else 1)
        metres = np.where(depth == 0, np.float32(np.inf), scaled).astype(np.float32)
    held = [str(n) for n in document.get("test_filenames", [])]
    names = tuple(str(f["file_path"]) for f in frames)
    capture = Capture(
        images=np.stack(images), poses=turned, camera=camera, depth=metres, names=names,
        bounds=np.zeros((2, 3)), label_names=tuple(map(str, document.get("label_names", []))),
        labels=None if labels is None else (labels.astype(np.int32) - 1).astype(np.int16),
        held_out=tuple(i for i, name in enumerate(names) if name in held),
    )  # fmt: skip
    if convention is None:
        _check_convention(capture, folder)
    given = np.asarray(document.get("bounds", []), float)
    right = given.shape == (2, 3) and (given[1] > given[0]).all()
    bounds = given if right else bounds_around(capture, 0.1 if metres is not None else 2.0)
    object.__setattr__(capture, "bounds", bounds)
    return capture


def _file_path(frame: dict[str, Any]) -> str:
    return str(frame.get("file_path", ""))


def _read_document(folder: Path) -> dict[str, Any]:
    path = folder / "transforms.json"
    if not path.is_file():
        raise ConfigError(f"{folder} has no transforms.json, so there are no poses; `innervate field capture` writes "
                          "such a folder, and nerfstudio's ns-process-data makes one from photographs.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is damaged: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} should hold a JSON object, not a {type(document).__name__}.")
    return document


def _matrix(value: object, name: str) -> np.ndarray:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The pose of {name} is not a matrix of numbers ({error}).") from error


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{name} leads out of {folder}; a capture reads its own files only.")
    return path


def _read_image(folder: Path, name: str, shape: tuple[int, ...] | None) -> np.ndarray:
    path = _inside(folder, name)
    try:
        with Image.open(path) as picture:
            image = np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ConfigError(f"{path} is missing or not an image that can be decoded ({error}).") from error
    if shape is not None and image.shape != shape:
        raise ConfigError(f"{path} is {image.shape[1]} x {image.shape[0]} pixels and the first image is "
                          f"{shape[1]} x {shape[0]}; all images of a capture share one camera.")
    return image


def _intrinsics(document: dict[str, Any], frame: dict[str, Any], image: np.ndarray) -> Intrinsics:
    both = {**document, **{k: v for k, v in frame.items() if k in ("fl_x", "fl_y", "cx", "cy", "w", "h", *_DISTORTION)}}
    height, width = image.shape[:2]
    if any(abs(float(both.get(k, 0.0))) > 1e-9 for k in _DISTORTION):
        raise ConfigError("The lens of this capture is distorted (k1, k2, p1, p2, ...); undistort the images first.")
    if "fl_x" not in both and "camera_angle_x" not in both:
        raise ConfigError("transforms.json has no focal length: `fl_x` (pixels) or `camera_angle_x` (rad) is needed.")
    if (int(both.get("w", width)), int(both.get("h", height))) != (width, height):
        raise ConfigError(f"transforms.json says {both.get('w')} x {both.get('h')} pixels, "
                          f"but the images are {width} x {height}; write the intrinsics for the size of the images.")
    fx = float(both["fl_x"]) if "fl_x" in both else width / 2 / float(np.tan(float(both["camera_angle_x"]) / 2))
    return Intrinsics(width, height, fx, float(both.get("fl_y", fx)), float(both.get("cx", width / 2)),
                      float(both.get("cy", height / 2)))  # fmt: skip


def _read_stack(
    folder: Path, frames: list[dict[str, Any]], keys: tuple[str, ...], size: tuple[int, ...]
) -> np.ndarray | None:
    if not all(any(k in f for k in keys) for f in frames):
        return None
    stack: list[np.ndarray] = []
    for frame in frames:
        name = str(next(frame[k] for k in keys if k in frame))
        path = _inside(folder, name)
        try:
            if path.suffix == ".npy":
                array = np.load(path, allow_pickle=False)
            else:
                with Image.open(path) as picture:
                    array = np.asarray(picture)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise ConfigError(f"{path} is missing or cannot be decoded ({error}).") from error
        if array.shape != tuple(size):
            raise ConfigError(f"{path} has the shape {array.shape}, but the images are {size[1]} x {size[0]}.")
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise NonFiniteError(f"{path} holds NaN; write infinity, or 0, where there is no reading.")
        stack.append(array)
    return np.stack(stack)


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
