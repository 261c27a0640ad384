"""COLMAP's models as it writes them, text or binary: lenses, poses and sparse points.

Source: https://colmap.github.io/format.html and https://colmap.github.io/cameras.html.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from innervate.errors import ConfigError

PLACES = ("sparse/0", "colmap/sparse/0", "sparse", "colmap_text", "colmap", ".")
"""Where a model lies below the folder of a capture."""
PICTURES = ("images", "input", "rgb", ".")
"""Where its pictures do."""
_ONE, _TWO = ("fl_x", "cx", "cy"), ("fl_x", "fl_y", "cx", "cy")
MODELS = (
    ("SIMPLE_PINHOLE", _ONE), ("PINHOLE", _TWO), ("SIMPLE_RADIAL", (*_ONE, "k1")), ("RADIAL", (*_ONE, "k1", "k2")),
    ("OPENCV", (*_TWO, "k1", "k2", "p1", "p2")), ("OPENCV_FISHEYE", (*_TWO, "k1", "k2", "k3", "k4")),
    ("FULL_OPENCV", (*_TWO, "k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")), ("FOV", (*_TWO, "omega")),
    ("SIMPLE_RADIAL_FISHEYE", (*_ONE, "k1")), ("RADIAL_FISHEYE", (*_ONE, "k1", "k2")),
    ("THIN_PRISM_FISHEYE", (*_TWO, "k1", "k2", "p1", "p2", "k3", "k4", "sx1", "sy1")),
)  # fmt: skip
"""Name and parameters of each model, by the number that binary files give it."""
UPRIGHT = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""COLMAP's world, where y mostly points down, with z up, as nerfstudio turns it."""
Point = Float64[np.ndarray, "point 3"]


def find_model(folder: Path) -> Path | None:
    """The folder of a model in or below the folder of a capture."""
    return next((folder / place for place in PLACES if _is_model(folder / place)), None)


def other_models(model: Path) -> list[Path]:
    """The numbered models beside a numbered one: COLMAP writes several where the pictures fall apart."""
    if not model.name.isdigit():
        return []
    return sorted(p for p in model.parent.iterdir() if p != model and p.name.isdigit() and _is_model(p))


def _is_model(folder: Path) -> bool:
    return any((folder / f"cameras.{ending}").is_file() for ending in ("bin", "txt"))


def read_model(folder: Path, model: Path) -> tuple[dict[str, Any], Point]:
    """What a `transforms.json` would say, poses camera-to-world with OpenCV's axes, and the sparse points.

    Raises:
        ConfigError: a file of the model is missing or damaged, or its pictures are in none of `PICTURES`.
    """
    ending = ".bin" if (model / "cameras.bin").is_file() else ".txt"
    at = model / f"cameras{ending}"
    try:
        cameras = dict(_cameras_bin(at) if ending == ".bin" else _cameras_txt(at))
        at = model / f"images{ending}"
        images = list(_images_bin(at) if ending == ".bin" else _images_txt(at))
        frames = [{**cameras[camera], "file_path": name, "transform_matrix": _pose(turn, shift).tolist()}
                  for name, camera, turn, shift in images]  # fmt: skip
        at = model / f"points3D{ending}"
        points = np.zeros((0, 3))
        if at.is_file():
            points = np.array(list(_points_bin(at) if ending == ".bin" else _points_txt(at)), float).reshape(-1, 3)
    except (OSError, ValueError, IndexError, KeyError, struct.error) as error:
        raise ConfigError(
            f"{at} is missing or damaged ({error}): a model of COLMAP is cameras, images and points3D, all {ending}; "
            "write it again with COLMAP's model_converter."
        ) from error
    if not frames:
        raise ConfigError(f"{at.with_stem('images')} holds no picture: COLMAP has registered none.")
    names = [str(frame["file_path"]) for frame in frames]
    where = next((p for p in PICTURES if any((folder / p / n).is_file() for n in names)), None)
    if where is None:
        raise ConfigError(
            f"The model in {model} speaks of {names[0]} and {len(names) - 1} more, and none lies in "
            f"{folder} nor its {', '.join(PICTURES[:-1])}: put the pictures there."
        )
    for frame, name in zip(frames, names, strict=True):
        frame["file_path"] = name if where == "." else f"{where}/{name}"
    return {"frames": frames}, points @ UPRIGHT[:3, :3].T


def _pose(turn: list[float], shift: list[float]) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    w, x, y, z = turn
    to_world = Rotation.from_quat([x, y, z, w]).as_matrix().T
    pose = np.eye(4)
    pose[:3] = np.c_[to_world, -to_world @ shift]
    return UPRIGHT @ pose


def _camera(number: int, model: str, size: tuple[int, int], values: list[float]) -> tuple[int, dict[str, Any]]:
    keys = dict(MODELS)[model]
    if len(values) < len(keys):
        raise ValueError(f"camera {number}, {model}, has {len(values)} parameters")
    return number, {"camera_model": model, "w": size[0], "h": size[1], **dict(zip(keys, values, strict=False))}


def _cameras_txt(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for words in _lines(path):
        if words:
            yield _camera(int(words[0]), words[1], (int(words[2]), int(words[3])), [float(v) for v in words[4:]])


def _images_txt(path: Path) -> Iterator[tuple[str, int, list[float], list[float]]]:
    """Two lines a picture, the second of which (its key points) may be empty."""
    lines = _lines(path)
    for words in lines:
        if words:
            numbers = [float(v) for v in words[1:8]]
            yield " ".join(words[9:]), int(words[8]), numbers[:4], numbers[4:]
            next(lines, None)


def _points_txt(path: Path) -> Iterator[list[float]]:
    for words in _lines(path):
        if words:
            yield [float(v) for v in words[1:4]]


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if not line.startswith("#"):
            yield line.split()


class _Bytes:
    """Little-endian values, one after another."""

    def __init__(self, path: Path) -> None:
        self.data, self.at = path.read_bytes(), 0

    def take(self, kinds: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + kinds, self.data, self.at)
        self.at += struct.calcsize("<" + kinds)
        return values

    def word(self) -> str:
        end = self.data.index(b"\0", self.at)
        text = self.data[self.at : end].decode()
        self.at = end + 1
        return text


def _cameras_bin(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    read = _Bytes(path)
    for _ in range(*read.take("Q")):
        number, kind, width, height = read.take("iiQQ")
        model, keys = MODELS[kind]
        yield _camera(number, model, (width, height), list(read.take(f"{len(keys)}d")))


def _images_bin(path: Path) -> Iterator[tuple[str, int, list[float], list[float]]]:
    read = _Bytes(path)
    for _ in range(*read.take("Q")):
        _, *pose, camera = read.take("i7di")
        name = read.word()
        (points,) = read.take("Q")
        read.at += 24 * points
        yield name, camera, pose[:4], pose[4:]


def _points_bin(path: Path) -> Iterator[list[float]]:
    read = _Bytes(path)
    for _ in range(*read.take("Q")):
        _, *point, _, _, _, _, track = read.take("Q3d3BdQ")
        read.at += 8 * track
        yield point
