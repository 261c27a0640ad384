"""What scanning apps of phones write: the raw folders of Polycam and of Record3D.

Both have ARKit's world, y up, and cameras with OpenGL's axes. Source: nerfstudio's process_data for both.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from innervate.errors import ConfigError

UPRIGHT = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""ARKit's world with z up."""
Json = Callable[[Path], dict[str, Any]]


def find_scan(folder: Path) -> Callable[[Path, Json], dict[str, Any]] | None:
    """What reads the folder of an app."""
    if any((folder / "keyframes" / name).is_dir() for name in ("corrected_cameras", "cameras")):
        return polycam
    return record3d if (folder / "metadata.json").is_file() and (folder / "rgb").is_dir() else None


def polycam(folder: Path, read: Json) -> dict[str, Any]:
    """A raw export of Polycam as a document of captures: pictures after its own correction where there are such."""
    part = "corrected_" if (folder / "keyframes/corrected_cameras").is_dir() else ""
    frames: list[dict[str, Any]] = []
    for path in sorted((folder / f"keyframes/{part}cameras").glob("[!.]*.json")):
        given = read(path)
        try:
            pose = np.array([[float(given[f"t_{row}{column}"]) for column in range(4)] for row in range(3)])
            frame: dict[str, Any] = {key: float(given[name]) for key, name in
                                     (("fl_x", "fx"), ("fl_y", "fy"), ("cx", "cx"), ("cy", "cy"), ("w", "width"),
                                      ("h", "height"))}  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{path} is no camera of Polycam ({error}): t_00 to t_23, fx, fy, cx, cy, width and height are needed."
            ) from error
        frame["file_path"] = f"keyframes/{part}images/{path.stem}.jpg"
        frame["transform_matrix"] = (UPRIGHT @ np.vstack([pose, [0, 0, 0, 1]])).tolist()
        if (folder / f"keyframes/depth/{path.stem}.png").is_file():
            frame["depth_file_path"] = f"keyframes/depth/{path.stem}.png"
        frames.append(frame)
    return {"frames": frames}


def record3d(folder: Path, read: Json) -> dict[str, Any]:
    """An EXR + RGB export of Record3D as a document of captures; its depth is not read."""
    from scipy.spatial.transform import Rotation

    given = read(folder / "metadata.json")
    try:
        poses, matrix = np.array(given["poses"], float).reshape(-1, 7), np.array(given["K"], float).reshape(3, 3).T
        width, height = float(given["w"]), float(given["h"])
        each = [list(map(float, own[:4])) for own in given.get("perFrameIntrinsicCoeffs") or ()]
        turns = Rotation.from_quat(poses[:, :4]).as_matrix()
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{folder / 'metadata.json'} is not Record3D's ({error}): poses of 7 numbers, K of 9, w and h are needed."
        ) from error
    frames: list[dict[str, Any]] = []
    for k, (turn, at) in enumerate(zip(turns, poses[:, 4:], strict=True)):
        pose = np.eye(4)
        pose[:3] = np.c_[turn, at]
        frame = {"file_path": f"rgb/{k}.jpg", "transform_matrix": (UPRIGHT @ pose).tolist()}
        if len(each) == len(poses):
            frame |= dict(zip(("fl_x", "fl_y", "cx", "cy"), each[k], strict=False))
        frames.append(frame)
    return {"fl_x": matrix[0, 0], "fl_y": matrix[1, 1], "cx": matrix[0, 2], "cy": matrix[1, 2], "w": width, "h": height,
            "frames": frames}  # fmt: skip
