"""Houses and trees, generated from a seed, that a place can be told by."""

from collections.abc import Callable

import mujoco
import numpy as np

from .weather import Weather

Spot = Callable[[np.random.Generator, float, float], tuple[float, float, float]]
"""Draws a place at a distance between two bounds (m) from where the vehicle drives: x, y, and an angle to stand at."""
HOUSES, TREES = 44, 40
SUN, SKY, GROUND, CROWN = "sun", "sky", "ground", "crown"
"""Names of what a weather paints; crowns are numbered."""


def add_sky_and_ground(spec: mujoco.MjSpec, weather: Weather) -> None:
    """Sun, sky, ground, and what the renderer needs for small images."""
    visual = spec.visual
    visual.headlight.ambient = [weather.ambient] * 3
    visual.headlight.diffuse = [0.0] * 3
    visual.headlight.specular = [0.0] * 3
    visual.quality.shadowsize = 1024
    visual.quality.offsamples = 0
    visual.map.znear = 0.005
    spec.stat.extent = 40.0
    spec.worldbody.add_light(
        name=SUN, type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 40], dir=list(weather.sun_from),
        diffuse=list(weather.sun), castshadow=True,
    )  # fmt: skip
    spec.add_texture(
        name=SKY, type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        width=32, height=192, rgb1=[c / 2 for c in weather.sky], rgb2=list(weather.sky),
    )  # fmt: skip
    spec.worldbody.add_geom(
        name=GROUND, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[80, 80, 1], rgba=[*weather.ground, 1]
    )


def add_town(spec: mujoco.MjSpec, rng: np.random.Generator, weather: Weather, spot: Spot) -> None:
    """Houses and trees at spots of `spot`; the same `rng` gives the same town in every weather."""
    for k in range(HOUSES):
        _add_house(spec, rng, spot, k)
    for k in range(TREES):
        _add_tree(spec.worldbody, rng, spot, weather, k)


def add_checkered(spec: mujoco.MjSpec, rng: np.random.Generator, name: str) -> str:
    """A material of two random colours; returns its name."""
    spec.add_texture(
        name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        width=64, height=64, rgb1=rng.uniform(0.2, 0.9, 3).tolist(), rgb2=rng.uniform(0.2, 0.9, 3).tolist(),
    )  # fmt: skip
    material = spec.add_material(name=name, texrepeat=rng.uniform(0.5, 3.0, 2).tolist())
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
    return name


def _add_house(spec: mujoco.MjSpec, rng: np.random.Generator, spot: Spot, k: int) -> None:
    x, y, angle = spot(rng, 4.5, 10.0)
    height = rng.uniform(1.0, 4.0)
    wall = add_checkered(spec, rng, f"wall{k}")
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, size=[rng.uniform(0.8, 2.0), rng.uniform(0.8, 2.5), height],
        pos=[x, y, height], quat=[np.cos(angle / 2), 0, 0, np.sin(angle / 2)], material=wall,
    )  # fmt: skip


def _add_tree(
    world: mujoco.MjsBody, rng: np.random.Generator, spot: Spot, weather: Weather, k: int
) -> None:
    x, y, _ = spot(rng, 2.5, 8.0)
    height = rng.uniform(1.0, 2.5)
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.15, height / 2, 0], pos=[x, y, height / 2],
        rgba=[0.3, 0.2, 0.1, 1],
    )  # fmt: skip
    crown = rng.uniform(0.6, 1.2)
    world.add_geom(
        name=f"{CROWN}{k}", type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, size=[crown, crown, rng.uniform(0.8, 1.6)],
        pos=[x, y, height + crown], rgba=[*weather.leaves, 1],
    )  # fmt: skip
