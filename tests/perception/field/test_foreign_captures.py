"""Captures as other programs write them: every key that changes a pixel or a ray is read, or refused by name."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from innervate.cameras import Pinhole, look_at
from innervate.errors import ConfigError, InnervateError
from innervate.launch.commands import field as command
from innervate.perception.field.capture.folder import load_capture
from innervate.perception.field.capture.lens import Lens, seen_through
from innervate.perception.field.radiance.checkpoint import load_field
from innervate.perception.field.radiance.choosing import chosen
from innervate.perception.field.radiance.training import VoxelConfig, train_voxels

SIZE, VIEWS = 24, 9
CAMERA = Pinhole.of_view(SIZE, SIZE, 60.0)


def shade(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A smooth picture as a function of the ray's slopes."""
    return np.stack([128 + 90 * np.sin(4 * u), 128 + 90 * np.cos(3 * v), 128 + 60 * u], -1).round().astype(np.uint8)


def slopes(camera: Pinhole) -> tuple[np.ndarray, np.ndarray]:
    rays = camera.rays().reshape(camera.height, camera.width, 3)
    return rays[..., 0], -rays[..., 1]


def write(folder: Path, change: Callable[[dict[str, Any]], None] = lambda d: None) -> Path:
    """Nine views from a ring that look at the origin."""
    frames: list[dict[str, Any]] = []
    (folder / "images").mkdir()
    for k in range(VIEWS):
        angle = 2 * np.pi * k / VIEWS
        pose = look_at(np.array([3 * np.cos(angle), 3 * np.sin(angle), 1.0]), np.zeros(3))
        Image.fromarray(shade(*slopes(CAMERA))).save(folder / f"images/{k}.png")
        frames.append({"file_path": f"images/{k}.png", "transform_matrix": pose.tolist()})
    document = {"fl_x": CAMERA.fx, "fl_y": CAMERA.fy, "cx": SIZE / 2, "cy": SIZE / 2, "w": SIZE, "h": SIZE,
                "frames": frames}  # fmt: skip
    change(document)
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def bent_slopes(lens: Lens) -> tuple[np.ndarray, np.ndarray]:
    """The true slopes of a distorted picture's pixels, by fixed point on OpenCV's published model."""
    u, v = slopes(lens.camera)
    x, y = u.copy(), v.copy()
    for _ in range(50):
        r2 = x * x + y * y
        radial = 1 + lens.k1 * r2 + lens.k2 * r2 * r2
        dx = 2 * lens.p1 * x * y + lens.p2 * (r2 + 2 * x * x)
        dy = lens.p1 * (r2 + 2 * y * y) + 2 * lens.p2 * x * y
        x, y = (u - dx) / radial, (v - dy) / radial
    return x, y


def test_a_distorted_picture_becomes_the_pinhole_s() -> None:
    lens = Lens(CAMERA, -0.12, 0.03, 0.004, -0.006)
    got, shown = seen_through(shade(*bent_slopes(lens)), lens, CAMERA)
    error = np.abs(got.astype(float) - shade(*slopes(CAMERA)))[shown]
    assert shown.mean() > 0.9 and error.max() < 4 and error.mean() < 0.7
    assert np.abs(shade(*bent_slopes(lens)).astype(float) - shade(*slopes(CAMERA))).max() > 8


def test_every_frame_has_its_own_lens_and_size(tmp_path: Path) -> None:
    zoomed = Pinhole(SIZE, SIZE - 4, 1.5 * CAMERA.fx, 1.5 * CAMERA.fy, SIZE / 2, SIZE / 2)

    def change(d: dict[str, Any]) -> None:
        d["frames"][3].update(fl_x=zoomed.fx, fl_y=zoomed.fy, h=zoomed.height)

    folder = write(tmp_path, change)
    Image.fromarray(shade(*slopes(zoomed))).save(folder / "images/3.png")
    found = load_capture(folder)
    assert found.camera == CAMERA and found.mask is not None
    assert 0.3 < found.mask[3].mean() < 0.5 and found.mask[[0, 1, 2, 4]].all()
    error = np.abs(found.images[3].astype(float) - shade(*slopes(CAMERA)))[found.mask[3]]
    assert error.mean() < 1.5
    assert any("1 of 9 pictures were brought to one" in n for n in found.notes)


def nan_pose(d: dict[str, Any]) -> None:
    d["frames"][1]["transform_matrix"][0][3] = float("nan")


REFUSED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (lambda d: d.update(camera_model="EQUIRECTANGULAR"), "EQUIRECTANGULAR"),
    (lambda d: d["frames"][2].update(camera_model="THIN_PRISM_FISHEYE"), "THIN_PRISM_FISHEYE"),
    (lambda d: d.update(k4=0.01), r"k4 = 0\.01"),
    (lambda d: d["frames"][2].update(s1=0.1), r"images/2\.png has s1"),
    (lambda d: d.update(fl_x="wide"), "fl_x"),
    (nan_pose, r"images/1\.png"),
    (lambda d: d.update(train_filenames=["other.png"]), "no picture to learn from"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_what_is_not_read_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    with pytest.raises(InnervateError, match=sentence):
        load_capture(write(tmp_path, change))


def test_missing_pictures_are_counted_and_named(tmp_path: Path) -> None:
    folder = write(tmp_path)
    for k in (2, 5):
        (folder / f"images/{k}.png").unlink()
    found = load_capture(folder)
    assert len(found.images) == 7 and "2 of 9 pictures" in found.notes[0] and "images/2.png" in found.notes[0]
    for k in (0, 1, 3):
        (folder / f"images/{k}.png").unlink()
    with pytest.raises(ConfigError, match="more than half"):
        load_capture(folder)


def test_masked_and_transparent_pixels_do_not_teach(tmp_path: Path) -> None:
    def change(d: dict[str, Any]) -> None:
        for frame in d["frames"]:
            frame["mask_path"] = "mask.png"
            frame["file_path"] = frame["file_path"].replace("/", "\\")

    folder = write(tmp_path, change)
    mask = np.full((SIZE, SIZE), 255, np.uint8)
    mask[: SIZE // 2] = 0
    Image.fromarray(mask).save(folder / "mask.png")
    for k in range(VIEWS):
        picture = np.full((SIZE, SIZE, 4), 255, np.uint8)
        picture[SIZE // 2 :, :, 3] = 0
        Image.fromarray(picture).save(folder / f"images/{k}.png")
    views = load_capture(folder)
    assert views.mask is not None and (views.mask == (mask > 0)).all()
    assert views.alpha is not None and (views.alpha[:, SIZE // 2 :] == 0).all() and (views.alpha[:, 0] == 255).all()
    box = np.array([[-1.5, -1.5, -1.5], [1.5, 1.5, 1.5]])
    field = train_voxels(replace(views, bounds=box), VoxelConfig(rays=100_000, voxel_m=0.15))
    seen = field.render(views.poses[0], views.camera).opacity[SIZE // 2 :]
    assert seen.mean() < 0.1  # the white under it would be a wall


def test_deep_grey_needs_its_white(tmp_path: Path) -> None:
    folder = write(tmp_path)
    for k in range(VIEWS):
        Image.fromarray(np.full((SIZE, SIZE), 2048, np.uint16)).save(folder / f"images/{k}.png")
    with pytest.raises(ConfigError, match="white_level"):
        load_capture(folder)
    document = json.loads((folder / "transforms.json").read_text())
    (folder / "transforms.json").write_text(json.dumps({**document, "white_level": 4096}))
    assert (load_capture(folder).images == 128).all()


def test_small_depth_is_brought_to_the_pictures(tmp_path: Path) -> None:
    def change(d: dict[str, Any]) -> None:
        for frame in d["frames"]:
            frame["depth_file_path"] = "depth.png"

    folder = write(tmp_path, change)
    small = np.arange(1, 37, dtype=np.uint16).reshape(6, 6) * 100
    Image.fromarray(small).save(folder / "depth.png")
    depth = load_capture(folder, convention="opengl").depth
    assert depth is not None and depth[0] == pytest.approx(np.kron(small / 1000, np.ones((4, 4))), abs=1e-4)
    Image.fromarray(small[:3]).save(folder / "depth.png")
    with pytest.raises(ConfigError, match="proportions"):
        load_capture(folder)


def test_views_are_held_out_without_a_split_and_validation_is_not_learnt(tmp_path: Path) -> None:
    folder = write(tmp_path)
    found = load_capture(folder)
    assert found.held_out == (0, 8) and "every 8th view" in found.notes[0]
    document = json.loads((folder / "transforms.json").read_text())
    names = [f["file_path"] for f in document["frames"]]
    split = {"train_filenames": names[:5], "val_filenames": names[5:7]}
    (folder / "transforms.json").write_text(json.dumps({**document, **split}))
    found = load_capture(folder)
    assert found.training.names == tuple(names[:5]) and found.testing.names == tuple(names[5:7])


def test_the_layout_of_synthetic_scenes(tmp_path: Path) -> None:
    folder = write(tmp_path)
    frames = json.loads((folder / "transforms.json").read_text())["frames"]
    (folder / "transforms.json").unlink()
    for frame in frames:
        frame["file_path"] = "./" + frame["file_path"].removesuffix(".png")
    angle = 2 * np.arctan(SIZE / 2 / CAMERA.fx)
    for part, some in (("train", frames[:7]), ("test", frames[7:])):
        (folder / f"transforms_{part}.json").write_text(json.dumps({"camera_angle_x": angle, "frames": some}))
    found = load_capture(folder)
    assert found.held_out == (7, 8) and found.camera.fx == pytest.approx(CAMERA.fx)


def test_a_box_follows_from_what_the_cameras_look_at(tmp_path: Path) -> None:
    box = load_capture(write(tmp_path)).bounds
    assert box.mean(0) == pytest.approx(np.zeros(3), abs=1e-9)  # what they all look at
    assert box[1] - box[0] == pytest.approx(np.full(3, 2.2 * np.sqrt(10)))  # a cube, by their distance from it


def test_any_unit_gives_the_same_field(tmp_path: Path) -> None:
    fields = []
    for scale in (1.0, 0.125, 8.0):  # powers of two, so that rounding is the same

        def change(d: dict[str, Any], scale: float = scale) -> None:
            for frame in d["frames"]:
                for row in frame["transform_matrix"][:3]:
                    row[3] *= scale

        folder = tmp_path / str(scale)
        folder.mkdir()
        views = load_capture(write(folder, change))
        used, config, _ = chosen(views, VoxelConfig(rays=20_000, levels=2))
        fields.append(train_voxels(used, config))
        assert views.guessed and fields[-1].bounds / scale == pytest.approx(fields[0].bounds, abs=1e-5)
        drawn = fields[-1].render(views.poses[1], CAMERA).rgb
        first = fields[0].render(load_capture(tmp_path / "1.0").poses[1], CAMERA).rgb
        assert np.abs(drawn - first).mean() < 0.01


def test_the_convention_travels_with_the_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(d: dict[str, Any]) -> None:
        for frame in d["frames"]:
            frame["transform_matrix"] = (np.array(frame["transform_matrix"]) * [1, -1, -1, 1]).tolist()

    folder, out = write(tmp_path, change), tmp_path / "field.safetensors"
    with pytest.raises(ConfigError, match="--convention opencv"):
        load_capture(folder)
    command.main(["train", str(folder), "--convention", "opencv", "--cpu-s", "0", "--rays", "20000", "--voxel-m", "0.2",
                  "--out", str(out)])  # fmt: skip
    assert load_field(out).convention == "opencv"
    command.main(["render", str(out), "--capture", str(folder), "--out", str(tmp_path / "views")])
    command.main(["export", str(out), "--capture", str(folder), "--out", str(tmp_path / "space.npz")])
    said = capsys.readouterr().out
    assert said.count("2 held-out views") == 2 and "every 8th view" in said


def test_a_key_of_which_nothing_is_made_is_named(tmp_path: Path) -> None:
    def change(d: dict[str, Any]) -> None:
        d["applied_scale"] = 16
        d["frames"][3]["sharpness"] = 30.0

    assert "Not used of transforms.json: applied_scale, sharpness." in load_capture(write(tmp_path, change)).notes
    (tmp_path / "boxed").mkdir()
    boxed = write(tmp_path / "boxed", lambda d: d.update(bounds=[[-2, -2, -2], [2, 2, 2]], aabb_scale=16))
    assert "Not used of transforms.json: aabb_scale." in load_capture(boxed).notes  # the box is known
