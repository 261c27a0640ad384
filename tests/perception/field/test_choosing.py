"""Captures of which nobody says how large the scene is: the pictures choose near plane, box and grid."""

import json
from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from innervate.cameras import Pinhole, look_at
from innervate.envs.scenery.rooms import scene
from innervate.envs.sight.viewpoints import extent, orbit_views
from innervate.errors import ConfigError
from innervate.launch.commands import field as command
from innervate.launch.field_capture import Scene
from innervate.perception.field.capture.capture import Capture, bounds_around, looked_at
from innervate.perception.field.capture.folder import load_capture, save_capture
from innervate.perception.field.field import colours_fitted, psnr, psnr_of
from innervate.perception.field.radiance.checkpoint import load_field
from innervate.perception.field.radiance.choosing import chosen
from innervate.perception.field.radiance.exposure import balanced, picture_gains
from innervate.perception.field.radiance.training import VoxelConfig, train_voxels

from .conftest import painted

SKY = 90


@pytest.fixture(scope="module")
def orbit() -> Capture:
    """A room from outside, 36 views to train on and 6 held out, each apart from all others; no depth, no bounds."""
    model = scene("room", 3).compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    low, high = extent(model, data)
    eyes, targets = orbit_views(low, high, 42)
    poses = np.stack([look_at(eye, target) for eye, target in zip(eyes, targets, strict=True)])
    held = np.arange(3, 42, 7)
    order = [*np.setdiff1d(np.arange(42), held), *held]
    found = Scene(model, data, Pinhole.of_view(48, 48, 70.0), colours=False).shoot(poses[order], held_out=len(held))
    assert found.depth is not None
    beyond = ~np.isfinite(found.depth)
    full = painted(replace(found, depth=np.where(beyond, np.float32(0), found.depth)), 3)
    images = np.where(beyond[..., None], np.uint8(SKY), full.images)
    return unbounded(replace(full, images=images, depth=None, labels=None, label_names=()))


def unbounded(capture: Capture) -> Capture:
    return replace(capture, bounds=bounds_around(capture, 0.1), guessed=True)


def learnt(capture: Capture) -> tuple[float, float]:
    """PSNR (dB) that training claims, and of the held-out views."""
    claims: list[float] = []
    used, config, said = chosen(capture, VoxelConfig(rays=600_000))
    assert "No `bounds`" in said
    field = train_voxels(used, config, lambda _, progress: claims.append(progress.psnr))
    views = capture.testing
    drawn = [field.render(pose, views.camera).rgb for pose in views.poses]
    return claims[-1], float(np.mean([psnr_of(rgb, views, k) for k, rgb in enumerate(drawn)]))


def test_an_orbit_of_any_unit_and_axes_is_learnt_as_well_as_it_is_claimed(orbit: Capture) -> None:
    claim, truth = learnt(orbit)
    assert truth > 30 and abs(claim - truth) < 3
    poses = orbit.poses.copy()
    poses[:, :3] = Rotation.from_rotvec([0.4, -0.9, 1.3]).as_matrix() @ poses[:, :3]
    poses[:, :3, 3] *= 10
    assert learnt(unbounded(replace(orbit, poses=poses)))[1] == pytest.approx(truth, abs=1.0)


def test_exposure_that_drifts_is_found_and_taken_out(orbit: Capture) -> None:
    count = 36  # the held-out views stay as they are
    rng = np.random.default_rng(0)
    gains = 2 ** (rng.uniform(-0.3, 0.3, (count, 1)) + rng.uniform(-0.08, 0.08, (count, 3)))
    gains /= np.exp(np.log(gains).mean(0))
    images = orbit.images.copy()
    images[:count] = balanced(images[:count], gains)
    drifting, truth = replace(orbit, images=images), []
    used, config, _ = chosen(drifting, VoxelConfig(rays=400_000))
    for exposure in (False, True):
        field = train_voxels(used, replace(config, exposure=exposure))
        drawn = [field.render(pose, orbit.camera).rgb for pose in orbit.testing.poses]
        truth.append(float(np.mean([psnr_of(rgb, orbit.testing, k) for k, rgb in enumerate(drawn)])))
        found = picture_gains(field, drifting.training)
        assert np.abs(found * gains - 1).mean() < (0.03 if exposure else 0.1)
    assert truth[1] > truth[0]
    assert (picture_gains(field, orbit.training) == 1).all()  # nothing drifts in the pictures as they were taken
    assert (picture_gains(field, drifting.select(range(7))) == 1).all()  # too few


def test_fitted_colours_leave_shapes_to_differ(orbit: Capture) -> None:
    truth = orbit.images[0]
    assert psnr(colours_fitted(0.3 + 0.5 * truth / 255.0, truth), truth) > 100
    other = orbit.images[1] / 255.0
    assert psnr(other, truth) < psnr(colours_fitted(other, truth), truth) < 30
    assert np.isfinite(colours_fitted(np.zeros(truth.shape), truth)).all()


def test_a_suggested_box_is_taken_only_where_it_serves(orbit: Capture) -> None:
    middle, distance, inwards = looked_at(orbit)
    assert inwards
    thing = np.stack([middle - 0.8 * distance, middle + 0.8 * distance])
    elsewhere = thing + 3 * distance
    sky = (orbit.images == SKY).all(-1)  # where there is no wall to be learnt, the thing is all there is
    alone = replace(orbit, alpha=np.where(sky, 0, 255).astype(np.uint8), suggested=(thing, elsewhere))
    config = VoxelConfig(rays=600_000)
    assert chosen(alone, config)[0].bounds == pytest.approx(thing)
    assert (chosen(replace(orbit, suggested=(elsewhere,)), config)[0].bounds[0] < middle).all()


def test_the_views_held_out_take_no_part(orbit: Capture) -> None:
    blank = orbit.images.copy()
    blank[list(orbit.held_out)] = 0
    first, config, said = chosen(orbit, VoxelConfig(rays=100_000))
    other, same, again = chosen(replace(orbit, images=blank), VoxelConfig(rays=100_000))
    assert (config, said) == (same, again) and (first.bounds == other.bounds).all()


def test_few_views_try_nothing(orbit: Capture) -> None:
    few = unbounded(orbit.select(range(6)))
    used, config, said = chosen(few, VoxelConfig(rays=50_000))
    assert "as is usual" in said and config.rays == 50_000 and (used.bounds == few.bounds).all()


@pytest.mark.parametrize("right", [True, False])
def test_wrong_poses_are_warned_of(
    orbit: Capture, right: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = orbit.poses if right else np.roll(orbit.poses, 5, 0)
    save_capture(replace(orbit, poses=poses), tmp_path)
    document = json.loads((tmp_path / "transforms.json").read_text())
    del document["bounds"]
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    command.main(["train", str(tmp_path), "--cpu-s", "0", "--rays", "400000", "--out", str(tmp_path / "f.safetensors")])
    said = capsys.readouterr().out
    assert ("Warning: " in said and "poses" in said.split("Warning: ")[-1]) != right


def test_fog_that_fits_the_training_views_alone_is_warned_of(
    orbit: Capture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_capture(replace(orbit, poses=np.roll(orbit.poses, 5, 0)), tmp_path)  # with bounds, so that nothing is tried
    command.main(["train", str(tmp_path), "--cpu-s", "0", "--rays", "200000", "--voxel-m", "0.15",
                  "--out", str(tmp_path / "f.safetensors")])  # fmt: skip
    assert "Warning: training stands" in capsys.readouterr().out


def test_voxels_finer_than_the_budget_fills_are_divided(
    orbit: Capture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_capture(orbit, tmp_path)
    document = json.loads((tmp_path / "transforms.json").read_text())
    del document["bounds"]
    (tmp_path / "transforms.json").write_text(json.dumps(document))
    out = tmp_path / "f.safetensors"
    command_line = ["train", str(tmp_path), "--cpu-s", "0", "--rays", "400000", "--out", str(out)]
    command.main([*command_line, "--voxel-m", "0.1"])
    said = capsys.readouterr().out
    field = load_field(out)
    assert field.voxel_m == 0.1 and "divided at the end" in said
    views = load_capture(tmp_path).testing
    drawn = [field.render(pose, views.camera).rgb for pose in views.poses]
    assert np.mean([psnr_of(rgb, views, k) for k, rgb in enumerate(drawn)]) > 28
    with pytest.raises(ConfigError, match=r"too many in a box .* or leave --voxel-m out"):
        command.main([*command_line, "--voxel-m", "0.001"])
