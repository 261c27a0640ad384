"""Boxes of other programs, and pictures that lie on their side."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.errors import ConfigError
from innervate.perception.field.capture.folder import load_capture
from innervate.perception.field.capture.suggested import read_points

from .test_foreign_captures import SIZE, write

POINTS = np.random.default_rng(0).uniform([-1, -2, 0], [1, 2, 0.5], (200, 3))
HEADER = "ply\nformat {} 1.0\ncomment made by hand\nelement vertex 200\n{}end_header\n"


def ply(path: Path, kind: str) -> Path:
    if kind == "ascii":
        names = "".join(f"property float {a}\n" for a in "xyz") + "property uchar red\n"
        path.write_text(HEADER.format(kind, names) + "".join(f"{x} {y} {z} 7\n" for x, y, z in POINTS))
    else:
        names = "property uchar red\n" + "".join(f"property double {a}\n" for a in "xyz")
        order = "<" if kind == "binary_little_endian" else ">"
        body = b"".join(struct.pack(f"{order}B3d", 7, *p) for p in POINTS)
        path.write_bytes(HEADER.format(kind, names).encode() + body)
    return path


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_points_of_every_kind_of_ply(kind: str, tmp_path: Path) -> None:
    assert read_points(ply(tmp_path / "p.ply", kind)) == pytest.approx(POINTS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ply\nformat ascii 1.0\n",
        HEADER.format("ascii", "").encode(),
        HEADER.format("binary_little_endian", "property float x\n").encode() + b"\0" * 9,
        b"ply\nformat ascii 1.0\nelement vertex 99999999999\nproperty float x\nend_header\n",
    ],
)
def test_damaged_points_are_told(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.ply").write_bytes(data)
    with pytest.raises(ConfigError, match="PLY"):
        read_points(tmp_path / "p.ply")


def test_points_and_aabb_scale_suggest_boxes(tmp_path: Path) -> None:
    def change(d: dict[str, Any]) -> None:
        d.update(ply_file_path="p.ply", aabb_scale=4)

    ply(tmp_path / "p.ply", "ascii")
    views = load_capture(write(tmp_path, change))
    points, ngp = views.suggested
    assert points == pytest.approx(np.array([[-1.4, -2.4, -0.4], [1.4, 2.4, 0.9]]), abs=0.1)
    assert ngp == pytest.approx(np.array([[-4 / 0.66] * 3, [4 / 0.66] * 3]))  # as its documentation has it
    assert not views.notes or not any("aabb_scale" in note for note in views.notes)
    (tmp_path / "p.ply").unlink()
    assert any("missing" in note for note in load_capture(tmp_path).notes)


@pytest.mark.parametrize(("value", "why"), [(-1, "above 0"), ("wide", "numbers"), ([1, 2], "numbers")])
def test_an_aabb_scale_that_is_none_is_refused(value: object, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=why):
        load_capture(write(tmp_path, lambda d: d.update(aabb_scale=value)))


@pytest.mark.parametrize("upright", [True, False])
def test_pictures_on_their_side_follow_the_intrinsics(upright: bool, tmp_path: Path) -> None:
    """A phone stores 24 x 16 with a note to turn it; the intrinsics say for which of the two they are."""
    write(tmp_path)
    document = json.loads((tmp_path / "transforms.json").read_text())
    w, h = (16, SIZE) if upright else (SIZE, 16)
    document.update(w=w, h=h, cx=w / 2, cy=h / 2)
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    pixels = np.random.default_rng(0).integers(0, 255, (16, SIZE, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    for path in (tmp_path / "images").iterdir():
        Image.fromarray(pixels).save(path, exif=exif)
    images = load_capture(tmp_path, convention="opengl").images
    np.testing.assert_array_equal(images[0], np.rot90(pixels, -1) if upright else pixels)
