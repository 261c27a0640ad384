"""A street that closes upon itself, under another light and in another season, seen by a camera on a vehicle (MuJoCo).

Generated from a seed; this is what a robot can be tried on without any recorded data.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from innervate.envs.gl import prepare

RADIUS_M = 20.0
"""Of the ring that the vehicle drives on."""
CIRCUMFERENCE_M = 2 * np.pi * RADIUS_M
WIDTH, HEIGHT = 64, 32


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Light and season; colours are RGB from 0 to 1."""

    sun: tuple[float, float, float]
    """Colour and strength of the directional light."""
    sun_from: tuple[float, float, float]
    """Direction that the light travels."""
    ambient: float
    sky: tuple[float, float, float]
    """At the horizon; half as bright overhead."""
    ground: tuple[float, float, float]
    leaves: tuple[float, float, float]


SUMMER_DAY = Weather(
    sun=(0.9, 0.9, 0.85), sun_from=(0.3, 0.2, -1.0), ambient=0.35, sky=(0.6, 0.75, 0.95),
    ground=(0.35, 0.45, 0.25), leaves=(0.15, 0.45, 0.12),
)  # fmt: skip
SUMMER_DUSK = Weather(
    sun=(0.55, 0.32, 0.15), sun_from=(-1.0, 0.4, -0.35), ambient=0.12, sky=(0.35, 0.2, 0.15),
    ground=(0.35, 0.45, 0.25), leaves=(0.15, 0.45, 0.12),
)  # fmt: skip
WINTER_DAY = Weather(
    sun=(0.6, 0.65, 0.75), sun_from=(0.8, -0.5, -0.6), ambient=0.4, sky=(0.75, 0.77, 0.8),
    ground=(0.9, 0.92, 0.95), leaves=(0.45, 0.4, 0.35),
)  # fmt: skip


class Street:
    """Houses and trees along both sides of a ring road; positions along it are metres from its start."""

    def __init__(self, seed: int, weather: Weather) -> None:
        prepare(render=True)
        import mujoco

        self._mujoco: Any = mujoco
        model = _build(mujoco, np.random.default_rng(seed), weather).compile()
        self._model, self._data = model, mujoco.MjData(model)
        self._renderer = mujoco.Renderer(model, HEIGHT, WIDTH)

    def photograph(
        self, along_m: Float[np.ndarray, "frame"], aside_m: float = 0.0, yaw_rad: float = 0.0
    ) -> UInt8[np.ndarray, "frame height width 3"]:
        """What the camera sees at each position, driving `aside_m` to the outside and looking `yaw_rad` to the left."""
        frames: list[UInt8[np.ndarray, "height width 3"]] = []
        for distance in along_m:
            angle = distance / RADIUS_M
            radius = RADIUS_M + aside_m
            heading = angle + np.pi / 2 + yaw_rad
            self._data.mocap_pos[0] = (radius * np.cos(angle), radius * np.sin(angle), 1.2)
            self._data.mocap_quat[0] = (np.cos(heading / 2), 0, 0, np.sin(heading / 2))
            self._mujoco.mj_forward(self._model, self._data)
            self._renderer.update_scene(self._data, "eye")
            frames.append(self._renderer.render().copy())
        return np.stack(frames)

    def close(self) -> None:
        """Give the OpenGL context back."""
        self._renderer.close()


def _build(mujoco: Any, rng: np.random.Generator, weather: Weather) -> Any:
    """The model; the same `rng` gives the same houses and trees in every weather."""
    spec = mujoco.MjSpec()
    spec.visual.global_.offwidth, spec.visual.global_.offheight = WIDTH, HEIGHT
    spec.visual.headlight.ambient = [weather.ambient] * 3
    spec.visual.headlight.diffuse = [0.0] * 3
    spec.visual.headlight.specular = [0.0] * 3
    spec.visual.quality.shadowsize = 1024
    spec.visual.quality.offsamples = 0
    spec.visual.map.znear = 0.005
    spec.stat.extent = 40.0
    world = spec.worldbody
    world.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 40], dir=list(weather.sun_from),
        diffuse=list(weather.sun), castshadow=True,
    )  # fmt: skip
    spec.add_texture(
        name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        width=32, height=192, rgb1=[c / 2 for c in weather.sky], rgb2=list(weather.sky),
    )  # fmt: skip
    plane = mujoco.mjtGeom.mjGEOM_PLANE
    world.add_geom(type=plane, size=[80, 80, 1], rgba=[*weather.ground, 1])
    for k in range(44):
        _house(mujoco, spec, rng, k)
    for _ in range(40):
        _tree(mujoco, world, rng, weather)
    vehicle = world.add_body(name="vehicle", mocap=True)
    vehicle.add_camera(name="eye", fovy=60, xyaxes=[0, -1, 0, 0, 0, 1])
    return spec


def _beside(rng: np.random.Generator, near: float, far: float) -> tuple[float, float, float]:
    """A random spot beside the road, on either side: x, y, and the angle of the road there."""
    angle = rng.uniform(0, 2 * np.pi)
    radius = RADIUS_M + rng.choice([-1, 1]) * rng.uniform(near, far)
    return radius * np.cos(angle), radius * np.sin(angle), angle


def _house(mujoco: Any, spec: Any, rng: np.random.Generator, k: int) -> None:
    x, y, angle = _beside(rng, 4.5, 10.0)
    height = rng.uniform(1.0, 4.0)
    spec.add_texture(
        name=f"wall{k}", type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        width=64, height=64, rgb1=rng.uniform(0.2, 0.9, 3).tolist(), rgb2=rng.uniform(0.2, 0.9, 3).tolist(),
    )  # fmt: skip
    material = spec.add_material(name=f"wall{k}", texrepeat=rng.uniform(0.5, 3.0, 2).tolist())
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = f"wall{k}"
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, size=[rng.uniform(0.8, 2.0), rng.uniform(0.8, 2.5), height],
        pos=[x, y, height], quat=[np.cos(angle / 2), 0, 0, np.sin(angle / 2)], material=f"wall{k}",
    )  # fmt: skip


def _tree(mujoco: Any, world: Any, rng: np.random.Generator, weather: Weather) -> None:
    x, y, _ = _beside(rng, 2.5, 8.0)
    height = rng.uniform(1.0, 2.5)
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.15, height / 2, 0], pos=[x, y, height / 2],
        rgba=[0.3, 0.2, 0.1, 1],
    )  # fmt: skip
    crown = rng.uniform(0.6, 1.2)
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, size=[crown, crown, rng.uniform(0.8, 1.6)],
        pos=[x, y, height + crown], rgba=[*weather.leaves, 1],
    )  # fmt: skip
