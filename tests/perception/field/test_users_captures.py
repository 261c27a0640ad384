"""Slips that users' captures come with: read where only one reading is possible, told in a sentence where not."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.cameras import look_at
from innervate.errors import ConfigError
from innervate.perception.field.capture.folder import load_capture

SIZE, VIEWS = 16, 9
Document = dict[str, Any]
LOWER = np.zeros((SIZE, SIZE), np.uint8)
LOWER[SIZE // 2 :] = 255


def as_it_is(_: Document) -> None:
    """No change."""


def write(folder: Path, change: Callable[[Document], object] = as_it_is) -> Path:
    """Nine views from a ring about the origin; picture k is of the grey 20 k."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    frames: list[Document] = []
    for k in range(VIEWS):
        angle = 2 * np.pi * k / VIEWS
        pose = look_at(np.array([3 * np.cos(angle), 3 * np.sin(angle), 1.0]), np.zeros(3))
        Image.fromarray(np.full((SIZE, SIZE, 3), 20 * k, np.uint8)).save(folder / f"images/{k}.png")
        frames.append({"file_path": f"images/{k}.png", "transform_matrix": pose.tolist()})
    document: Document = {"fl_x": 14.0, "frames": frames}
    change(document)
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def each(frame: Callable[[Document], object]) -> Callable[[Document], object]:
    def change(d: Document) -> None:
        for f in d["frames"]:
            frame(f)

    return change


def posed(make: Callable[[np.ndarray], np.ndarray]) -> Callable[[Document], object]:
    return each(lambda f: f.update(transform_matrix=make(np.array(f["transform_matrix"])).tolist()))


def renamed(change: Callable[[str], str]) -> Callable[[Document], object]:
    return each(lambda f: f.update(file_path=change(f["file_path"])))


def contradicting(d: Document) -> None:
    d["frames"][3]["file_path"] = "images/2.png"


def twice(d: Document) -> None:
    d["frames"] += d["frames"][:2]


@pytest.mark.parametrize("change", [
    renamed(lambda n: n.replace(".png", ".PNG")), renamed(lambda n: n.replace(".png", ".jpg")),
    renamed(lambda n: n.replace(".png", "")), renamed(lambda n: f"/home/ann/room/{n}"),
    renamed(lambda n: "C:\\Users\\Ann\\room\\" + n.replace("/", "\\")),
    each(lambda f: f.update(mask_path=None, depth_file_path=None, fl_x=None)), posed(lambda m: m.ravel()),
    twice,
])  # fmt: skip
def test_one_reading_is_possible(tmp_path: Path, change: Callable[[Document], object]) -> None:
    control, found = load_capture(write(tmp_path / "a")), load_capture(write(tmp_path / "b", change))
    assert (found.images == control.images).all() and found.poses == pytest.approx(control.poses)
    assert found.held_out == control.held_out


def test_composed_letters_byte_marks_and_the_user_s_own_links(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", renamed(lambda n: n.replace("images", "B\u00e4lder")))
    (folder / "images").rename(tmp_path / "disk")
    os.symlink(tmp_path / "disk", folder / "Ba\u0308lder")
    text = (folder / "transforms.json").read_text()
    (folder / "transforms.json").write_text(text, encoding="utf-8-sig")
    assert [i.mean() for i in load_capture(folder).images] == [20.0 * k for k in range(VIEWS)]
    (tmp_path / "disk/3.png").unlink()
    os.symlink(tmp_path / "nowhere.png", tmp_path / "disk/3.png")
    assert "1 of 9 pictures" in load_capture(folder).notes[0]


REFUSED: list[tuple[Callable[[Document], object], str]] = [
    (posed(np.transpose), "transpose the matrices"),
    (posed(lambda m: np.diag([1.0, 1, 1, 2]) @ m), "last row of the pose of images/0.png"),
    (posed(lambda m: m * 0 + np.eye(4)), "All 9 pictures .* have the same pose"),
    (posed(np.linalg.inv), "--convention opengl-world-to-camera"),
    (posed(lambda m: np.linalg.inv(m * [1, -1, -1, 1])), "--convention opencv-world-to-camera"),
    (contradicting, "stands twice"),
    (renamed(lambda n: "../b/" + n), "or a link to them"),
    (lambda d: d.update(bounds=[[1, 1, 1], [0, 0, 0]]), "`bounds` of"),
    (lambda d: d.update(bounds=["a", "b"]), "`bounds` of"),
    (lambda d: d.update(camera_angle_x=60, fl_x=None), "not in degrees"),
    (lambda d: d.update(fl_x=0), "focal lengths of images/0.png"),
    (each(lambda f: f.update(depth_file_path="d.png")), "None of the 9 depth files"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_more_than_one_is(tmp_path: Path, change: Callable[[Document], object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load_capture(write(tmp_path, change))


@pytest.mark.parametrize("convention", ["opengl-world-to-camera", "opencv-world-to-camera"])
def test_world_to_camera_poses_are_turned_when_they_are_named(tmp_path: Path, convention: Any) -> None:
    flip = [1, -1, -1, 1] if convention.startswith("opencv") else [1, 1, 1, 1]
    control = load_capture(write(tmp_path / "a"))
    found = load_capture(write(tmp_path / "b", posed(lambda m: np.linalg.inv(m * flip))), convention=convention)
    assert found.poses == pytest.approx(control.poses)


@pytest.mark.parametrize(("name", "mask"), [
    ("m.png", np.dstack([LOWER] * 3)), ("m.png", np.dstack([LOWER] * 3 + [LOWER * 0 + 255])), ("m.jpg", LOWER),
    ("m.png", LOWER // 255),
])  # fmt: skip
def test_masks_of_any_kind(tmp_path: Path, name: str, mask: np.ndarray) -> None:
    folder = write(tmp_path, each(lambda f: f.update(mask_path=name)))
    Image.fromarray(mask).save(folder / name)
    found = load_capture(folder).mask
    assert found is not None and (found == (LOWER > 0)).all()
    Image.fromarray(mask * 0).save(folder / name)
    with pytest.raises(ConfigError, match="wrong way round"):
        load_capture(folder)


def test_what_moved_for_instant_ngp_is_masked(tmp_path: Path) -> None:
    Image.fromarray(LOWER).save(write(tmp_path) / "images/dynamic_mask_2.png")
    found = load_capture(tmp_path).mask
    assert found is not None and (found[2] == (LOWER == 0)).all() and found[[0, 1, 3]].all()


def test_depth_that_is_lost_negative_or_in_no_unit(tmp_path: Path) -> None:
    folder = write(tmp_path, each(lambda f: f.update(depth_file_path=f["file_path"].replace("png", "npy"))))
    for k in range(1, VIEWS):
        np.save(folder / f"images/{k}.npy", np.full((SIZE, SIZE, 1), 2.5))
    found = load_capture(folder, convention="opengl")  # the same distance everywhere is no scene
    assert found.depth is not None and np.isinf(found.depth[0]).all() and (found.depth[1:] == 2.5).all()
    assert any("1 of 9 depth files are missing: images/0.npy" in n for n in found.notes)
    np.save(folder / "images/4.npy", np.full((SIZE, SIZE), -2.5))
    with pytest.raises(ConfigError, match=r"4\.npy holds depth below 0"):
        load_capture(folder)
    np.save(folder / "images/4.npy", np.full((SIZE, SIZE), 2500))
    document = json.loads((folder / "transforms.json").read_text())
    (folder / "transforms.json").write_text(json.dumps({**document, "depth_unit_scale_factor": 0}))
    with pytest.raises(ConfigError, match="depth_unit_scale_factor"):
        load_capture(folder)


def test_a_split_by_bare_names_and_one_that_holds_nothing_out(tmp_path: Path) -> None:
    bare = [f"{k}.png" for k in range(VIEWS)]
    found = load_capture(write(tmp_path / "a", lambda d: d.update(train_filenames=bare[:7], test_filenames=bare[7:])))
    assert found.held_out == (7, 8)
    every = [f"images/{n}" for n in bare]
    found = load_capture(write(tmp_path / "b", lambda d: d.update(train_filenames=every, test_filenames=every[7:])))
    assert found.held_out == () and any("Nothing is held out" in n for n in found.notes)
    found = load_capture(write(tmp_path / "c", lambda d: d.update(test_filenames=[every[2], "images/x.png"])))
    assert found.held_out == (2,) and any("no pictures here: images/x.png" in n for n in found.notes)
