"""Captures on disk: what is written is read back, and what is wrong is said in one sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.errors import ConfigError, InnervateError, NonFiniteError
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.capture.folder import load_capture, save_capture


@pytest.fixture
def folder(capture: Capture, tmp_path: Path) -> Path:
    save_capture(capture.select(range(6)), tmp_path)
    return tmp_path


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "transforms.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_what_is_written_is_read_back(capture: Capture, tmp_path: Path) -> None:
    save_capture(capture, tmp_path)
    back = load_capture(tmp_path)
    assert (back.images == capture.images).all() and (back.labels == capture.labels).all()
    assert back.depth is not None and capture.depth is not None
    assert np.abs(back.depth - capture.depth).max() <= 0.00051  # millimetres
    assert back.poses == pytest.approx(capture.poses)
    assert back.held_out == capture.held_out and back.label_names == capture.label_names
    assert back.camera == capture.camera and (back.bounds == capture.bounds).all()


def test_a_pixel_without_a_reading_stays_without(capture: Capture, tmp_path: Path) -> None:
    assert capture.depth is not None
    depth = capture.depth.copy()
    depth[0, 3, 4] = np.inf
    save_capture(replace(capture, depth=depth), tmp_path)
    back = load_capture(tmp_path).depth
    assert back is not None and np.argwhere(np.isinf(back)).tolist() == [[0, 3, 4]]


def no_poses(d: dict[str, Any]) -> None:
    del d["frames"][2]["transform_matrix"]


def mirrored(d: dict[str, Any]) -> None:
    for row in d["frames"][1]["transform_matrix"]:
        row[0] = -row[0]


def opencv(d: dict[str, Any]) -> None:
    for frame in d["frames"]:
        frame["transform_matrix"] = (np.array(frame["transform_matrix"]) * [1, -1, -1, 1]).tolist()


def opencv_without_depth(d: dict[str, Any]) -> None:
    opencv(d)
    for frame in d["frames"]:
        del frame["depth_file_path"]


def outside(d: dict[str, Any]) -> None:
    d["frames"][0]["file_path"] = "../../etc/secret.png"


CASES: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (no_poses, "has no pose"),
    (mirrored, "mirrored"),
    (opencv, "--convention opencv"),
    (opencv_without_depth, "--convention opencv"),
    (outside, "leads out of"),
    (lambda d: d.update(k5=0.1), "k5 = 0.1"),
    (lambda d: d.update(w=99), "99 x 48"),
    (lambda d: d.update(frames=[]), "no `frames`"),
    (lambda d: (d.pop("fl_x"), None)[1], "focal length"),
]


@pytest.mark.parametrize(("change", "sentence"), CASES)
def test_a_wrong_folder_is_refused_in_one_sentence(
    folder: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    edit(folder, change)
    with pytest.raises(ConfigError, match=sentence):
        load_capture(folder)


def test_opencv_poses_are_turned_when_they_are_named(folder: Path) -> None:
    straight = load_capture(folder)
    edit(folder, opencv)
    assert load_capture(folder, convention="opencv").poses == pytest.approx(straight.poses)


def test_files_that_are_not_there_or_not_right(folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(folder / "images/0003.png")
    with pytest.raises(ConfigError, match="10 x 10"):
        load_capture(folder)
    (folder / "images/0003.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(ConfigError, match=r"0003\.png"):
        load_capture(folder)
    (folder / "transforms.json").write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        load_capture(folder)
    with pytest.raises(ConfigError, match=r"no transforms\.json"):
        load_capture(tmp_path / "nowhere")


def test_nan_depth_names_its_file(folder: Path) -> None:
    depth = np.ones((48, 48), np.float32)
    depth[1, 1] = np.nan
    for k in range(6):
        np.save(folder / f"depth/{k:04d}.npy", depth if k == 4 else np.ones_like(depth))

    def point(d: dict[str, Any]) -> None:
        for k, frame in enumerate(d["frames"]):
            frame["depth_file_path"] = f"depth/{k:04d}.npy"

    edit(folder, point)
    with pytest.raises(NonFiniteError, match=r"0004\.npy holds NaN"):
        load_capture(folder)


def test_a_pickled_array_is_not_opened(folder: Path) -> None:
    np.save(folder / "depth/evil.npy", np.array([{"a": 1}], object), allow_pickle=True)
    edit(folder, lambda d: d["frames"][0].update(depth_file_path="depth/evil.npy"))
    with pytest.raises(InnervateError, match="cannot be read"):
        load_capture(folder)
