"""Captures as COLMAP, Polycam and Record3D leave them, and folders that are none: the same poses, or what to do."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from innervate.cameras import look_at
from innervate.errors import ConfigError
from innervate.perception.field.capture.capture import looked_at
from innervate.perception.field.capture.folder import load_capture
from innervate.perception.field.capture.lens import Lens, read_lens, seen_through

VIEWS, W, H, F = 6, 24, 20, 21.5
FLIP = np.diag([1.0, -1, -1, 1])
COLMAP_TO_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
ARKIT_TO_Z_UP = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def poses() -> list[np.ndarray]:
    """A ring that looks at (1, 2, 0.5), z up."""
    turns = 2 * np.pi * np.arange(VIEWS) / VIEWS
    eyes = np.stack([1 + 3 * np.cos(turns), 2 + 3 * np.sin(turns), np.full(VIEWS, 1.5)], 1)
    return [look_at(eye, np.array([1.0, 2.0, 0.5])) for eye in eyes]


def pictures(folder: Path, ending: str = ".png") -> Path:
    folder.mkdir(parents=True)
    for k in range(VIEWS):
        Image.fromarray(np.full((H, W, 3), 30 * k, np.uint8)).save(folder / f"{k}{ending}")
    return folder


def colmap(folder: Path, *, binary: bool, model: str = "OPENCV", where: str = "sparse/0") -> Path:
    """Written by hand after the published format."""
    pictures(folder / "images")
    at = folder / where
    at.mkdir(parents=True)
    number, values = {"OPENCV": (4, [F, F, 12, 10, 0.01, 0, 0, 0]), "SIMPLE_RADIAL": (2, [F, 12, 10, 0.01])}[model]
    rows: list[tuple[list[float], list[float], str]] = []
    for k, pose in enumerate(poses()):
        away = np.linalg.inv(np.linalg.inv(COLMAP_TO_Z_UP) @ pose @ FLIP)
        x, y, z, w = Rotation.from_matrix(away[:3, :3]).as_quat()
        rows.append(([w, x, y, z], away[:3, 3].tolist(), f"{k}.png"))
    points = np.random.default_rng(0).uniform([0, 1, -0.5], [2, 3, 1.5], (40, 3)) @ COLMAP_TO_Z_UP[:3, :3]
    if binary:
        data = struct.pack("<QiiQQ", 1, 7, number, W, H) + struct.pack(f"<{len(values)}d", *values)
        (at / "cameras.bin").write_bytes(data)
        data = struct.pack("<Q", VIEWS)
        for k, (turn, shift, name) in enumerate(rows):
            data += struct.pack("<i7di", k, *turn, *shift, 7) + name.encode() + b"\0"
            data += struct.pack("<QddqddQ", 2, 1, 1, -1, 2, 2, 3)
        (at / "images.bin").write_bytes(data)
        data = struct.pack("<Q", len(points))
        for k, point in enumerate(points):
            data += struct.pack("<Q3d3BdQ4i", k, *point, 1, 2, 3, 0.5, 2, 0, 0, 1, 1)
        (at / "points3D.bin").write_bytes(data)
        return folder
    text = " ".join(map(str, values))
    (at / "cameras.txt").write_text(f"# Camera list\n7 {model} {W} {H} {text}\n")
    lines = [f"{k} {' '.join(map(str, turn + shift))} 7 {name}\n1 1 -1\n" for k, (turn, shift, name) in enumerate(rows)]
    lines[2] = lines[2].replace("\n1 1 -1\n", "\n\n")  # a picture without key points has an empty line
    (at / "images.txt").write_text("# Image list\n" + "".join(lines))
    (at / "points3D.txt").write_text("".join(f"{k} {x} {y} {z} 1 2 3 0.5\n" for k, (x, y, z) in enumerate(points)))
    return folder


@pytest.mark.parametrize(("binary", "model", "where"), [
    (True, "OPENCV", "sparse/0"), (False, "SIMPLE_RADIAL", "sparse"), (False, "OPENCV", "colmap_text"),
    (True, "SIMPLE_RADIAL", "colmap/sparse/0"),
])  # fmt: skip
def test_a_model_of_colmap_is_read(tmp_path: Path, binary: bool, model: str, where: str) -> None:
    found = load_capture(colmap(tmp_path / "c", binary=binary, model=model, where=where))
    assert found.poses == pytest.approx(np.stack(poses()))
    assert looked_at(found)[0] == pytest.approx([1, 2, 0.5])
    assert found.camera.fx == F and any("brought to one pinhole" in n for n in found.notes)  # k1 was heeded
    (box,) = found.suggested
    assert (box[0] < [0.2, 1.2, -0.3]).all() and (box[1] > [1.8, 2.8, 1.3]).all()
    assert [int(i.mean()) for i in found.images] == [30 * k for k in range(VIEWS)]


def test_a_model_without_its_pictures_or_cut_short_is_told(tmp_path: Path) -> None:
    folder = colmap(tmp_path / "c", binary=True)
    with pytest.raises(ConfigError, match="leave it out"):
        load_capture(folder, convention="opengl")
    (folder / "images").rename(folder / "elsewhere")
    with pytest.raises(ConfigError, match="put the pictures there"):
        load_capture(folder)
    model = folder / "sparse/0/images.bin"
    model.write_bytes(model.read_bytes()[:200])
    with pytest.raises(ConfigError, match=r"images\.bin is missing or damaged"):
        load_capture(folder)


def test_models_beside_the_first_are_named(tmp_path: Path) -> None:
    folder = colmap(tmp_path / "c", binary=True)
    shutil.copytree(folder / "sparse/0", folder / "sparse/1")
    assert any("Not read are the models beside it, 1," in note for note in load_capture(folder).notes)


def test_a_raw_export_of_polycam(tmp_path: Path) -> None:
    pictures(tmp_path / "keyframes/corrected_images", ".jpg")
    (tmp_path / "keyframes/corrected_cameras").mkdir()
    for k, pose in enumerate(poses()):
        own = np.linalg.inv(ARKIT_TO_Z_UP) @ pose
        said = {f"t_{r}{c}": own[r, c] for r in range(3) for c in range(4)}
        said |= {"fx": F, "fy": F, "cx": 12, "cy": 10, "width": W, "height": H}
        (tmp_path / f"keyframes/corrected_cameras/{k}.json").write_text(json.dumps(said))
    assert load_capture(tmp_path).poses == pytest.approx(np.stack(poses()))


def test_a_folder_of_record3d(tmp_path: Path) -> None:
    pictures(tmp_path / "rgb", ".jpg")
    rows: list[list[float]] = []
    for pose in poses():
        own = np.linalg.inv(ARKIT_TO_Z_UP) @ pose
        rows.append([*Rotation.from_matrix(own[:3, :3]).as_quat(), *own[:3, 3]])
    said: dict[str, Any] = {"poses": rows, "K": [F, 0, 0, 0, F, 0, 12, 10, 1], "w": W, "h": H}
    (tmp_path / "metadata.json").write_text(json.dumps(said))
    (tmp_path / "depth").mkdir()
    found = load_capture(tmp_path)
    assert any("Its depth is not read." in note for note in found.notes)
    assert found.poses == pytest.approx(np.stack(poses())) and (found.camera.cx, found.camera.cy) == (12, 10)


def test_what_is_no_capture_says_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    frames = [{"file_path": f"images/{k}.png", "transform_matrix": p.tolist()} for k, p in enumerate(poses())]
    pictures(folder / "images")
    (folder / "transforms.json").write_text(json.dumps({"fl_x": F, "frames": frames}))
    assert len(load_capture(folder / "transforms.json").poses) == VIEWS
    for wrong, sentence in ((tmp_path, "its folder scene has"), (folder / "images", "a folder above it has"),
                            (tmp_path / "no", "no such folder")):  # fmt: skip
        with pytest.raises(ConfigError, match=sentence):
            load_capture(wrong)
    (folder / "transforms.json").rename(folder / "transforms.json.gz")
    with pytest.raises(ConfigError, match=r"transforms\.json\.gz: unpack"):
        load_capture(folder)


def test_a_fisheye_shows_a_ray_at_its_angle() -> None:
    """Equidistant, so that pixels are linear in the angle; and with `k1`, as OpenCV's formula has it."""
    picture = np.repeat(np.arange(64, dtype=np.uint8)[None, :, None] * 4, 64, 0).repeat(3, 2)
    said = {"camera_model": "OPENCV_FISHEYE", "fl_x": 20.0, "k1": 0.1}
    lens = read_lens(said, {}, (64, 64), "a.png")
    seen, shown = seen_through(picture, lens, lens.camera)
    slope = (np.arange(64) + 0.5 - 32) / 20.0
    angle = np.arctan(np.abs(slope))
    column = 32 + 20 * np.sign(slope) * angle * (1 + 0.1 * angle**2) - 0.5
    assert shown.all() and np.abs(seen[32, 2:-2, 0] - 4 * column[2:-2]).max() < 1.5


def test_a_rational_lens_is_opencv_s() -> None:
    said = {"camera_model": "FULL_OPENCV", "fl_x": 20.0, "k1": 0.2, "k3": 0.05, "k4": 0.3}
    lens = read_lens(said, {}, (64, 64), "a.png")
    at, _ = lens.pixels_of(lens.camera)
    x, y = (50.5 - 32) / 20, (40.5 - 32) / 20
    r2 = x * x + y * y
    radial = (1 + 0.2 * r2 + 0.05 * r2**3) / (1 + 0.3 * r2)
    assert at[:, 40, 50] == pytest.approx([20 * y * radial + 31.5, 20 * x * radial + 31.5])
    assert not Lens(lens.camera, fisheye=True).straight
