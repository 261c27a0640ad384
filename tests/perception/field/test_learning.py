"""Learning a room: it looks right from where nobody has looked, in depth too, the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from innervate.errors import ConfigError, NonFiniteError
from innervate.perception.field.answers.labels import label_field, mean_iou
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.field import NeuralField, normals, psnr
from innervate.perception.field.radiance.checkpoint import load_field, save_field
from innervate.perception.field.radiance.mlp import MLPFieldConfig, distil
from innervate.perception.field.radiance.training import Progress, VoxelConfig, train_voxels
from innervate.perception.field.radiance.voxel import VoxelField, empty_field

CONFIG = VoxelConfig(rays=400_000, voxel_m=0.07)


def held_out(field: NeuralField, capture: Capture) -> tuple[float, float]:
    """PSNR (dB) and median depth error (m)."""
    tests = capture.testing
    assert tests.depth is not None
    views = [field.render(pose, tests.camera) for pose in tests.poses]
    quality = np.mean([psnr(v.rgb, image) for v, image in zip(views, tests.images, strict=True)])
    return float(quality), float(np.median(np.abs(np.stack([v.depth for v in views]) - tests.depth)))


def test_depth_teaches_a_room_in_seconds(field: VoxelField, capture: Capture) -> None:
    grey = empty_field(capture.bounds, 0.07)
    quality, error = held_out(field, capture)
    assert isinstance(field, NeuralField)
    assert quality > 24 > held_out(grey, capture)[0] + 6
    assert error < 0.02


def test_colours_alone_find_the_geometry(capture: Capture) -> None:
    heard: list[Progress] = []
    found = train_voxels(capture.without_depth(), replace(CONFIG, rays=1_200_000),
                         lambda _, progress: heard.append(progress))  # fmt: skip
    quality, error = held_out(found, capture)
    assert quality > 21 and error < 0.2, (quality, error)
    assert len(heard) >= 8 and heard[-1].psnr > heard[0].psnr + 5
    assert heard[-1].voxel_m == pytest.approx(0.07) and heard[0].voxel_m > 0.2


def test_the_same_seed_learns_the_same_field(capture: Capture) -> None:
    short = replace(CONFIG, rays=60_000)
    one, again, other = (train_voxels(capture, replace(short, seed=seed)) for seed in (0, 0, 1))
    assert (again.grid == one.grid).all() and (again.leap == one.leap).all()
    assert (other.grid != one.grid).any()


def test_learning_goes_on_while_an_agent_explores(capture: Capture) -> None:
    half = train_voxels(capture.training.select(range(4)), replace(CONFIG, rays=150_000))
    before = half.grid.copy()
    tests = replace(capture.select([*range(4, 30), *capture.held_out]), held_out=(26, 27, 28, 29))
    whole = train_voxels(tests, replace(CONFIG, rays=250_000), start=half)
    assert held_out(whole, tests)[0] > held_out(half, tests)[0] + 3
    assert (half.grid == before).all()
    with pytest.raises(ConfigError, match="same grid"):
        train_voxels(tests, replace(CONFIG, voxel_m=0.1), start=half)


def test_a_field_comes_back_from_disk_as_it_was(field: VoxelField, capture: Capture, tmp_path: Path) -> None:
    labelled = label_field(field, capture.training)
    save_field(labelled, tmp_path / "f.safetensors")
    back = load_field(tmp_path / "f.safetensors")
    a, b = (f.render(capture.poses[0], capture.camera) for f in (labelled, back))
    assert (a.rgb == b.rgb).all() and (np.asarray(a.labels) == np.asarray(b.labels)).all()
    assert (back.bounds == labelled.bounds).all() and back.label_names == capture.label_names


def test_a_field_that_is_not_whole_is_refused(field: VoxelField, tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    with pytest.raises(ConfigError, match="There is no field"):
        load_field(path)
    save_field(field, path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ConfigError, match="not a whole safetensors file"):
        load_field(path)
    path.write_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.")
    with pytest.raises(ConfigError, match="not a whole safetensors file"):
        load_field(path)
    save_file({"grid": field.grid}, path)
    with pytest.raises(ConfigError, match="something else"):
        load_field(path)
    save_field(field, path)
    short = path.read_bytes().replace(b'"voxel_m', b'"voxel_n').replace(rb'\"voxel_m', rb'\"voxel_n')
    path.write_bytes(short)
    with pytest.raises(ConfigError, match="description of the grid"):
        load_field(path)
    broken = field.grid.copy()
    broken[5, 2] = np.nan
    save_field(replace(field, grid=broken), path)
    with pytest.raises(NonFiniteError, match="grid"):
        load_field(path)


def test_labels_of_some_views_are_known_from_others(field: VoxelField, capture: Capture) -> None:
    tests = capture.testing
    labelled = label_field(field, capture.training.select(range(0, 30, 2)))
    answers = np.stack([np.asarray(labelled.render(pose, tests.camera).labels) for pose in tests.poses])
    assert tests.labels is not None
    assert mean_iou(answers, tests.labels) > 0.75
    assert mean_iou(tests.labels, tests.labels) == 1
    with pytest.raises(ConfigError, match="no labels"):
        label_field(field, replace(capture, labels=None))


def test_normals_point_at_the_eye_along_the_axes_of_the_walls(field: VoxelField, capture: Capture) -> None:
    floors: list[np.ndarray] = []
    assert capture.labels is not None
    for pose, labels in zip(capture.poses[-4:], capture.labels[-4:], strict=True):
        view = field.render(pose, capture.camera)
        floor = labels == capture.label_names.index("floor")
        floors.append(normals(view, capture.camera, pose)[floor])
    up = np.concatenate(floors)
    assert np.median(up[:, 2]) > 0.95


def test_a_network_learns_the_field_and_gives_it_back(field: VoxelField, capture: Capture) -> None:
    student = distil(field, MLPFieldConfig(steps=500, width=64))
    quality, error = held_out(student, capture)
    assert isinstance(student, NeuralField)
    assert quality > 18 and error < 0.1, (quality, error)
    baked = student.to_voxels()
    index = np.random.default_rng(0).integers(1, np.array(baked.shape) - 1, (200, 3))
    vertices = index * baked.voxel_m + baked.origin
    assert student.density(vertices) == pytest.approx(baked.density(vertices), rel=0.01, abs=0.01)
    assert student.density(np.full((1, 3), 99.0)) == 0


def test_images_too_small_to_learn_from(capture: Capture) -> None:
    tiny = capture
    for _ in range(3):
        tiny = tiny.halved()
    with pytest.raises(ConfigError, match="too small"):
        train_voxels(tiny)
