"""What a robot does with a field, against the simulator's truth."""

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from scipy.ndimage import binary_erosion
from scipy.spatial import ConvexHull

from innervate.agents.experience.field_view import FieldView
from innervate.cameras import Pinhole, angle_between_rad, look_at
from innervate.envs.bodies.rover import add_rover, drive
from innervate.envs.scenery.rooms import scene
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.analysis.measures.solids import signed_distance_m
from innervate.launch.commands.field import off
from innervate.launch.field_capture import Scene, explore, views_of
from innervate.perception.field.answers.information import information_of, next_view
from innervate.perception.field.answers.labels import label_field
from innervate.perception.field.answers.localise import localise, relocalise
from innervate.perception.field.answers.mesh import convex_parts, mjcf_of, save_mesh, solid_points, surface
from innervate.perception.field.answers.planning import plan
from innervate.perception.field.answers.space import FREE, OCCUPIED, UNKNOWN, Space, carve
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.radiance.training import VoxelConfig
from innervate.perception.field.radiance.voxel import VoxelField, empty_field, leaps, occupied_cells

BODY: dict[str, Any] = {"radius_m": 0.2, "height_m": (0.12, 0.35)}


@pytest.fixture(scope="module")
def space(field: VoxelField, capture: Capture) -> Space:
    return carve(field, capture.training.poses, capture.camera)


def ball(radius: float, voxel_m: float = 0.02) -> VoxelField:
    """A red ball about (0.1, 0, 0) in a box of a metre."""
    field = empty_field(np.array([[-0.5] * 3, [0.5] * 3]), voxel_m)
    index = np.stack(np.unravel_index(np.arange(len(field.grid)), field.shape), 1)
    distance = np.linalg.norm(index * voxel_m + field.origin - [0.1, 0, 0], axis=1) - radius
    field.grid[:, 0] = np.clip(-distance / voxel_m * 4, -12, 12)
    field.grid[:, 1:] = [1, 0, 0]
    field.leap = leaps(occupied_cells(field.alpha() > 0.004))
    return field


def test_distances_of_solids_are_exact() -> None:
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><geom type='ellipsoid' size='.3 .2 .1'/><geom type='box' size='.1 .1 .1' pos='2 0 0' "
        "euler='0 0 45'/><geom type='cylinder' size='.1 .3' pos='0 2 0'/></worldbody></mujoco>"
    )
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    points = np.random.default_rng(0).uniform(-0.7, 2.7, (300, 3))
    found = signed_distance_m(model, data, points)
    probe = mujoco.MjSpec.from_string(
        "<mujoco><worldbody><geom type='ellipsoid' size='.3 .2 .1'/><geom type='box' size='.1 .1 .1' pos='2 0 0' "
        "euler='0 0 45'/><geom type='cylinder' size='.1 .3' pos='0 2 0'/>"
        "<body name='p' mocap='true'><geom type='sphere' size='1e-4'/></body></worldbody></mujoco>"
    ).compile()
    moved = mujoco.MjData(probe)
    for point, distance in zip(points[:60], found[:60], strict=True):
        moved.mocap_pos[0] = point
        mujoco.mj_forward(probe, moved)
        truth = min(mujoco.mj_geomDistance(probe, moved, 3, k, 10.0, None) for k in range(3)) + 1e-4
        assert distance == pytest.approx(truth, abs=1e-3)


def test_what_is_called_free_is_free_and_distances_are_never_optimistic(room: Scene, space: Space) -> None:
    middles = space.middles()
    truth = signed_distance_m(room.model, room.data, middles)
    inside = ((middles > 0.02) & (middles < [4.98, 3.98, 2.48])).all(1)
    told = (space.state == FREE).ravel()
    assert (truth[told] > 0).mean() > 0.995
    assert (told & (truth > 0))[inside].sum() / (inside & (truth > 0)).sum() > 0.8
    assert (space.distance_m.ravel() - truth)[told & inside].max() <= 0
    beyond = ((middles < -0.09) | (middles > [5.09, 4.09, 2.59])).any(1)
    assert (space.state.ravel()[beyond] != FREE).all()


def test_what_nobody_saw_stays_unknown(field: VoxelField, capture: Capture) -> None:
    one = carve(field, capture.poses[:1], capture.camera)
    every = carve(field, capture.training.poses, capture.camera)
    assert (one.state == UNKNOWN).sum() > (every.state == UNKNOWN).sum()
    behind = capture.poses[0, :3, 3] + capture.poses[0, :3, 2] * 0.3
    assert one.at(behind[None])[0] == UNKNOWN and one.at(np.full((1, 3), 50.0))[0] == UNKNOWN
    assert (one.confidence[one.state == UNKNOWN] == 0).all()
    assert every.confidence[every.state == FREE].mean() > one.confidence[one.state == FREE].mean()
    assert (every.state == OCCUPIED).sum() > 1000


def test_a_planned_path_is_driven_without_contact_and_a_straight_one_is_not(space: Space) -> None:
    spec = scene("room", 0)
    add_rover(spec)
    model = spec.compile()
    start, goal = np.array([0.7, 0.6]), np.array([2.6, 1.9])
    spots = np.argwhere(space.passable(BODY["height_m"], BODY["radius_m"])) * space.voxel_m + space.origin[:2]
    start, goal = (spots[np.linalg.norm(spots - p, axis=1).argmin()] for p in (start, goal))
    planned = drive(model, plan(space, start, goal, **BODY))
    assert planned.contacts == 0 and planned.arrived
    into_the_chest = drive(model, np.array([[3.9, 1.9], [4.65, 1.2]]))
    assert into_the_chest.contacts > 0 and "chest" in into_the_chest.touched and not into_the_chest.arrived


def test_no_way_is_said_to_be_none(space: Space) -> None:
    with pytest.raises(ConfigError, match=r"start .* not known to be free"):
        plan(space, np.array([4.65, 1.2]), np.array([2.6, 1.9]), **BODY)
    walled = Space(space.state.copy(), space.confidence, space.origin, space.voxel_m)
    walled.state[walled.state.shape[0] // 2] = OCCUPIED
    spots = np.argwhere(walled.passable(BODY["height_m"], BODY["radius_m"])) * space.voxel_m + space.origin[:2]
    with pytest.raises(ConfigError, match="No way"):
        plan(walled, spots[0], spots[-1], **BODY)
    with pytest.raises(ConfigError, match="Heights"):
        plan(space, spots[0], spots[-1], radius_m=0.2, height_m=(0.1, 9.0))


@pytest.mark.slow
def test_a_picture_tells_where_it_was_taken(field: VoxelField, capture: Capture) -> None:
    found = 0
    tests = capture.testing
    for k, (image, truth) in enumerate(zip(tests.images[:2], tests.poses[:2], strict=True)):
        start = off(truth, 0.2, np.deg2rad(10), np.random.default_rng(k))
        assert np.linalg.norm(start[:3, 3] - truth[:3, 3]) == pytest.approx(0.2)
        located = localise(field, image, capture.camera, start)
        near = np.linalg.norm(located.pose[:3, 3] - truth[:3, 3]) < 0.08
        found += near and angle_between_rad(located.pose, truth) < np.deg2rad(3)
    assert found >= 2
    noise = np.random.default_rng(0).integers(0, 255, capture.images[0].shape).astype(np.uint8)
    assert localise(field, noise, capture.camera, capture.poses[0]).confidence < 0.1


def test_one_candidate_near_enough_is_found_among_many(field: VoxelField, capture: Capture) -> None:
    """All training views are candidates, and one 0.3 m and 15 degrees from the truth: nothing else is said of it."""
    image, truth = capture.testing.images[0], capture.testing.poses[0]
    near = off(truth, 0.3, np.deg2rad(15), np.random.default_rng(3))
    far = [p for p in capture.training.poses if np.linalg.norm(p[:3, 3] - truth[:3, 3]) > 0.8]
    assert len(far) > 10
    located = relocalise(field, image, capture.camera, [*far, near], seed=1)
    assert np.linalg.norm(located.pose[:3, 3] - truth[:3, 3]) < 0.08
    assert angle_between_rad(located.pose, truth) < np.deg2rad(3)


def test_a_ball_s_mesh_has_its_volume(tmp_path: Any) -> None:
    mesh = surface(ball(0.3))
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    volume = float((np.cross(a, b) * c).sum() / 6)
    assert volume == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.03)  # positive: faces look outwards
    assert mesh.vertices.mean(0) == pytest.approx([0.1, 0, 0], abs=0.01)
    save_mesh(mesh, tmp_path / "ball.obj")
    lines = (tmp_path / "ball.obj").read_text().splitlines()
    assert sum(line.startswith("v ") for line in lines) == len(mesh.vertices)
    with pytest.raises(ConfigError, match=r"\.obj"):
        save_mesh(mesh, tmp_path / "ball.stl")
    with pytest.raises(ConfigError, match="no surface"):
        surface(empty_field(np.array([[-0.5] * 3, [0.5] * 3]), 0.1))


def test_a_thing_goes_back_into_simulation(room: Scene, field: VoxelField, capture: Capture, space: Space) -> None:
    labelled = label_field(field, capture.training)
    parts = convex_parts(solid_points(labelled, "chest"), space)
    model = mujoco.MjModel.from_xml_string(mjcf_of({"chest": parts}))
    truth = room.model.geom("chest")
    volume = 8 * np.prod(truth.size)
    assert model.body_mass[1] / 1000 == pytest.approx(volume, rel=0.4)
    assert model.body_pos[1] == pytest.approx(room.data.geom_xpos[truth.id], abs=0.08)
    with pytest.raises(UnknownNameError, match="Did you mean 'chest'"):
        solid_points(labelled, "chst")


def hollow(*boxes: tuple[float, float, float, float, float, float]) -> tuple[np.ndarray, Space]:
    """Shells of boxes (lowest and highest corner, m) in free space, their insides never seen; voxels of 5 cm."""
    at = np.stack(np.meshgrid(*[np.arange(-1, 1, 0.05)] * 3, indexing="ij"), -1)
    inside = np.zeros(at.shape[:3], np.bool_)
    for box in boxes:
        inside |= ((at > np.subtract(box[:3], 1e-9)) & (at < np.add(box[3:], 1e-9))).all(-1)
    shell = inside & ~np.asarray(binary_erosion(inside), np.bool_)
    state = np.where(shell, OCCUPIED, np.where(inside, UNKNOWN, FREE)).astype(np.int8)
    return at[shell], Space(state, np.ones(state.shape, np.float32), np.full(3, -1.0), 0.05)


def test_hulls_cover_no_free_space() -> None:
    assert len(convex_parts(*hollow((-0.5, -0.3, -0.4, 0.5, 0.3, 0.4)))) == 1
    assert len(convex_parts(*hollow((-0.5, -0.3, 0, 0.5, 0.3, 0.1)))) == 1  # thin, and yet one piece
    assert len(convex_parts(*hollow((-0.5, -0.1, -0.5, -0.3, 0.1, 0.5), (0.3, -0.1, -0.5, 0.5, 0.1, 0.5)))) == 2
    seat = (-0.4, -0.4, -0.4, 0.4, 0.4, 0.0), (-0.4, 0.2, -0.4, 0.4, 0.4, 0.8)
    points, space = hollow(*seat)
    parts = convex_parts(points, space)
    assert len(parts) == 2
    volumes = [ConvexHull(part.vertices).volume for part in parts]
    assert sum(volumes) == pytest.approx(0.8 * 0.8 * 0.4 + 0.8 * 0.2 * 0.8, rel=0.15)


def test_information_is_the_square_of_what_finite_differences_say() -> None:
    field, camera = ball(0.2, 0.1), Pinhole.of_view(9, 9, 50.0)
    pose = look_at(np.array([-0.9, 0.1, 0.1]), np.zeros(3))
    found = information_of(field, pose, camera)
    base = field.cast(pose, camera.directions())[0][:, 1]
    for vertex in np.argsort(-found)[:3]:
        field.grid[vertex, 2] += 0.5
        changed = (field.cast(pose, camera.directions())[0][:, 1] - base) / 0.5
        field.grid[vertex, 2] -= 0.5
        assert (changed**2).sum() == pytest.approx(float(found[vertex]), rel=0.01)


def test_the_next_view_is_of_the_side_not_seen() -> None:
    field, camera = ball(0.2), Pinhole.of_view(16, 16, 50.0)
    eyes = [np.array([-0.9, 0, 0]), np.array([-0.9, 0.05, 0]), np.array([0.9, 0, 0])]
    poses = np.stack([look_at(eye, np.array([0.1, 0, 0])) for eye in eyes])
    known = 10 * information_of(field, poses[0], camera)
    picked, gains = next_view(field, known, poses, camera, count=2)
    assert picked[0] == 2 and gains[2] > 1.3 * gains[1]


def test_exploring_looks_at_more_than_chance(room: Scene) -> None:
    pool = views_of(room, "random", 24, 5)
    config = VoxelConfig(rays=40_000, voxel_m=0.14)
    chosen = explore(room, pool, 8, first=2, at_once=3, config=config)
    assert len(set(chosen)) == 8

    def seen(views: list[int]) -> int:
        shot = room.shoot(pool[views])
        assert shot.depth is not None
        from innervate.perception.field.capture.capture import points_of_depth

        points = points_of_depth(shot.depth, shot.poses, shot.camera).reshape(-1, 3)
        return len(np.unique(np.round(points[np.isfinite(points).all(1)] / 0.14).astype(int), axis=0))

    chance = [seen(np.random.default_rng(k).permutation(24)[:8].tolist()) for k in range(8)]
    assert seen(chosen) > np.mean(chance), (seen(chosen), chance)


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version.*", "ignore:.*symmetric and normalized.*")
def test_an_environment_that_sees_through_the_field(field: VoxelField) -> None:
    camera = Pinhole.of_view(16, 12, 70.0)

    def eye(env: Any) -> np.ndarray:
        angle = float(env.state[0])
        return look_at(np.array([2.5, 2.0, 1.2]), np.array([2.5 + np.cos(angle), 2.0 + np.sin(angle), 1.0]))

    pose_of: Callable[[Any], np.ndarray] = eye
    env = FieldView(gym.make("Pendulum-v1"), field, camera, pose_of)
    check_env(env, skip_render_check=True)
    first, _ = env.reset(seed=0)
    second = env.step(env.action_space.sample())[0]
    assert first["view"].shape == (12, 16, 3) and (first["view"] != second["view"]).any()
    assert 0.3 < np.median(first["depth"]) < 6
    env.close()
