"""Pictures are where they say they are: rays against OpenGL, one surface against another view of it."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from innervate.cameras import Pinhole, look_at
from innervate.envs.scenery.rooms import SCENES, scene
from innervate.envs.sight.gl import probe
from innervate.envs.sight.photograph import Photographer, RayCamera, lit_evenly
from innervate.envs.sight.viewpoints import clearance_m
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.field_capture import Scene, open_scene, views_of
from innervate.perception.field.capture.capture import Capture, points_of_depth

needs_gl = pytest.mark.skipif("ok" not in probe().values(), reason="no OpenGL library here can render a frame")
EYE = look_at(np.array([0.6, 0.5, 1.5]), np.array([4.0, 3.0, 0.7]))


def posed(name: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = lit_evenly(scene(name, 1).compile())
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


@needs_gl
def test_rays_give_the_depth_that_opengl_gives() -> None:
    model, data = posed("room")
    model.vis.quality.offsamples = 0
    pinhole = Pinhole.of_view(96, 64, 70.0)
    eye = Photographer(model, data, pinhole)
    eye.look(EYE)
    depth, _ = RayCamera(model, data, pinhole).look(EYE)
    error = np.abs(depth - eye.depth()) / depth
    eye.close()
    assert np.quantile(error, 0.95) < 2e-6  # the rest are silhouettes, and round things drawn as facets
    assert np.median(error) < 1e-6


def disagreement(even: bool) -> float:
    """Mean difference of the colours of what two views both see, in a room with gloss."""
    spec = scene("room", 0)
    for light in spec.lights:
        light.specular = [0.8, 0.8, 0.8]
    for material in spec.materials:
        material.specular, material.shininess = 1.0, 0.3
    model = lit_evenly(spec.compile()) if even else spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    place = Scene(model, data, Pinhole.of_view(128, 128, 70.0))
    target = np.array([2.4, 2.2, 0.5])
    seen = place.shoot(np.stack([look_at(np.array(e), target) for e in ([0.7, 2.6, 0.8], [3.4, 2.9, 1.9])]))
    place.close()
    assert seen.depth is not None
    points = points_of_depth(seen.depth[:1], seen.poses[:1], seen.camera)[0]
    local = (points - seen.poses[1, :3, 3]) @ seen.poses[1, :3, :3]
    c = seen.camera
    u, v = local[:, 0] / -local[:, 2] * c.fx + c.cx, -local[:, 1] / -local[:, 2] * c.fy + c.cy
    inside = (local[:, 2] < -0.1) & (u > 1) & (u < 126) & (v > 1) & (v < 126)
    ui, vi = u[inside].astype(int), v[inside].astype(int)
    visible = np.abs(seen.depth[1][vi, ui] + local[inside, 2]) < 0.02
    assert visible.sum() > 1000
    a, b = seen.images[0].reshape(-1, 3)[inside][visible], seen.images[1][vi, ui][visible]
    return float(np.mean(np.abs(a.astype(float) - b)))


@needs_gl
def test_a_surface_has_one_colour_from_everywhere() -> None:
    even = disagreement(True)
    assert even < 3  # of 255: what is left are edges between tiles, half a pixel off
    assert disagreement(False) > 2 * even


def test_a_known_point_falls_on_the_pixel_that_geometry_says() -> None:
    camera = Pinhole.of_view(100, 80, 60.0)
    depth = np.full((1, 80, 100), 2.0, np.float32)
    pose = look_at(np.zeros(3), np.array([1.0, 0.0, 0.0]))
    points = points_of_depth(depth, pose[None], camera)[0].reshape(80, 100, 3)
    height = 2 * 2.0 * np.tan(np.deg2rad(30))
    assert points[0, 0] == pytest.approx([2.0, height / 80 * 49.5, height / 80 * 39.5])  # left and up
    assert points[79, 99] == pytest.approx([2.0, -height / 80 * 49.5, -height / 80 * 39.5])


@pytest.mark.parametrize("name", SCENES)
def test_random_views_have_room_around_them(name: str) -> None:
    model, data = posed(name)
    place = Scene(model, data, Pinhole.of_view(8, 8, 70.0), colours=False)
    for pose in views_of(place, "random", 8, 3):
        assert clearance_m(model, data, pose[:3, 3]) >= 0.3


def test_the_same_seed_furnishes_the_same_room() -> None:
    assert scene("cluttered", 4).to_xml() == scene("cluttered", 4).to_xml()
    assert scene("cluttered", 4).to_xml() != scene("cluttered", 5).to_xml()


def test_a_scene_that_nobody_knows_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cluttered'"):
        open_scene("clutered", Pinhole.of_view(8, 8, 70.0), colours=False)


def test_labels_are_the_geoms(room: Scene, capture: Capture) -> None:
    assert capture.labels is not None
    seen = {capture.label_names[k] for k in np.unique(capture.labels)}
    assert {"floor", "sofa_seat", "table_top", "chest"} <= seen
    assert room.model.ngeom == len(capture.label_names)


def test_an_image_of_another_size_is_refused(capture: Capture) -> None:
    with pytest.raises(ConfigError, match="48 x 48"):
        replace(capture, camera=Pinhole.of_view(64, 64, 70.0))
