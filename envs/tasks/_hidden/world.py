"""The place in which the search happens: walls, partition, boxes, home, and the town around it, which is only seen."""

import mujoco
import numpy as np

from ...scenery.town import add_checkered, add_sky_and_ground, add_town
from ...scenery.walls import add_square
from ...scenery.weather import Weather
from .ground import BOX_M, DOOR_M, GAP_M, Ground

WALL_HEIGHT_M = 0.6
_BOX, _BALL, _DISC = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CYLINDER


def walled(ground: Ground, outside: Weather, scene: int) -> mujoco.MjSpec:
    """A square of the ground with walls, the partition if there is one, and boxes."""
    spec, rng = mujoco.MjSpec(), np.random.default_rng([scene, 1])
    spec.modelname = "hidden_goal"
    add_sky_and_ground(spec, outside)
    add_square(spec, ground.side_m, WALL_HEIGHT_M, lambda name: add_checkered(spec, rng, name))
    for k, (x, y) in enumerate(ground.boxes):
        _block(spec, f"box{k}", (BOX_M, BOX_M), (float(x), float(y)), add_checkered(spec, rng, f"box{k}"))
    if ground.parted:
        half, paint = ground.side_m / 2, add_checkered(spec, rng, "partition")
        for name, low, high in (("south", -half + GAP_M, -DOOR_M / 2), ("north", DOOR_M / 2, half)):
            _block(spec, f"partition_{name}", (0.05, (high - low) / 2), (0.0, (low + high) / 2), paint)
    return spec


def add_home(spec: mujoco.MjSpec, ground: Ground, radius_m: float) -> None:
    """A disc on the ground and a lamp above it, to be seen and not to be felt."""
    x, y = ground.home_m
    for name, kind, size, z in (("home", _DISC, [radius_m, 0.005, 0], 0.005), ("lamp", _BALL, [0.15, 0, 0], 1.6)):
        spec.worldbody.add_geom(
            name=name, type=kind, size=size, pos=[x, y, z], rgba=[0.95, 0.7, 0.1, 1], contype=0, conaffinity=0,
        )  # fmt: skip


def add_far_town(spec: mujoco.MjSpec, ground: Ground, outside: Weather, scene: int) -> None:
    """Houses and trees beyond the walls, as in `innervate/Arena-v0`."""
    half = ground.side_m / 2

    def around(rng: np.random.Generator, near: float, far: float) -> tuple[float, float, float]:
        angle = rng.uniform(0, 2 * np.pi)
        radius = half * np.sqrt(2) + rng.uniform(near, far)
        return radius * np.cos(angle), radius * np.sin(angle), angle

    add_town(spec, np.random.default_rng(scene), outside, around)


def add_signs(spec: mujoco.MjSpec, bowls: int, door: bool) -> None:
    """The bodies whose places are numbers: food, what goes on within, the clock; and the door."""
    names = [*(f"food/{k}" for k in range(bowls)), "inner", "clock"]
    for name in names:
        spec.worldbody.add_body(name=name, mocap=True)
        spec.add_sensor(
            name=name, type=mujoco.mjtSensor.mjSENS_FRAMEPOS, objtype=mujoco.mjtObj.mjOBJ_XBODY, objname=name
        )
    if door:
        body = spec.worldbody.add_body(name="door", mocap=True)
        body.add_geom(
            name="door", type=_BOX, size=[0.05, DOOR_M / 2, WALL_HEIGHT_M / 2], pos=[0, 0, WALL_HEIGHT_M / 2],
            rgba=[0.5, 0.35, 0.2, 1],
        )  # fmt: skip


def _block(spec: mujoco.MjSpec, name: str, half: tuple[float, float], at: tuple[float, float], paint: str) -> None:
    spec.worldbody.add_geom(
        name=name, type=_BOX, size=[*half, WALL_HEIGHT_M / 2], pos=[*at, WALL_HEIGHT_M / 2], material=paint
    )
