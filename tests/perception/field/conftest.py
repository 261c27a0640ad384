"""A furnished room seen without OpenGL: depth and labels by rays, colours painted by the test."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.cameras import Pinhole
from innervate.envs.scenery.rooms import scene
from innervate.launch.field_capture import Scene, views_of
from innervate.perception.field.capture.capture import Capture, points_of_depth
from innervate.perception.field.radiance.training import VoxelConfig, train_voxels
from innervate.perception.field.radiance.voxel import VoxelField

PIXELS, VIEWS, HELD_OUT = 48, 30, 4
CONFIG = VoxelConfig(rays=400_000, voxel_m=0.07)


def painted(found: Capture, seed: int) -> Capture:
    """The capture with a colour for every surface that changes slowly from place to place, the same from everywhere."""
    assert found.depth is not None and found.labels is not None
    palette = np.random.default_rng(seed).uniform(0.2, 0.8, (len(found.label_names) + 1, 3))
    points = points_of_depth(found.depth, found.poses, found.camera).reshape(*found.labels.shape, 3)
    wave = 0.15 * np.sin(4 * points) @ np.array([[1, 0.3, 0.1], [0.2, 1, 0.3], [0.4, 0.2, 1]])
    images = np.clip(255 * (palette[found.labels] + wave), 0, 255).astype(np.uint8)
    return replace(found, images=images)


@pytest.fixture(scope="session")
def room() -> Scene:
    model = scene("room", 0).compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return Scene(model, data, Pinhole.of_view(PIXELS, PIXELS, 70.0), colours=False)


@pytest.fixture(scope="session")
def capture(room: Scene) -> Capture:
    poses = views_of(room, "random", VIEWS + HELD_OUT, 0)
    return painted(room.shoot(poses, held_out=HELD_OUT), 0)


@pytest.fixture(scope="session")
def field(capture: Capture) -> VoxelField:
    return train_voxels(capture, CONFIG)
