"""How a world looks: sky, water-blue floor, lights, skin colours, and a camera that follows the body."""

import mujoco
import numpy as np

_HEAD_RGB = np.array([0.98, 0.80, 0.42])
_TAIL_RGB = np.array([0.80, 0.33, 0.25])


def skin(along: float) -> list[float]:
    """RGBA of the skin at a place along the body, 0 at the head and 1 at the tail."""
    return [*((1 - along) * _HEAD_RGB + along * _TAIL_RGB), 1.0]


def add_pool(spec: mujoco.MjSpec) -> None:
    """Tiled floor under water, sky and sun."""
    visual = spec.visual
    visual.headlight.ambient = [0.35, 0.35, 0.35]
    visual.headlight.diffuse = [0.45, 0.45, 0.45]
    visual.map.znear = 0.01
    spec.add_texture(
        name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.75, 0.88, 0.95], rgb2=[0.25, 0.45, 0.60], width=256, height=256,
    )  # fmt: skip
    spec.add_texture(
        name="tiles", type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=[0.13, 0.37, 0.47], rgb2=[0.16, 0.43, 0.53], width=256, height=256,
        mark=mujoco.mjtMark.mjMARK_EDGE, markrgb=[0.22, 0.52, 0.62],
    )  # fmt: skip
    water = spec.add_material(name="water", texrepeat=[3, 3], texuniform=True, reflectance=0.15)
    water.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    spec.add_material(name="skin", specular=0.4, shininess=0.6)
    spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.1], material="water")
    spec.worldbody.add_light(
        name="sun", type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 4], dir=[0.3, 0.35, -1],
        diffuse=[0.75, 0.75, 0.7], specular=[0.3, 0.3, 0.3], castshadow=False,
    )  # fmt: skip


def add_tracking_camera(body: mujoco.MjsBody, length_m: float, middle_m: tuple[float, float, float]) -> None:
    """The camera `track`: from above and behind, it follows the centre of mass of `body` and all that hangs on it.

    `middle_m` is where that centre lies in the frame of `body` in the model's default pose.
    """
    distance = 0.75 * length_m + 0.15
    x, y, z = middle_m
    body.add_camera(
        name="track", mode=mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM, fovy=50,
        pos=[x, y - 0.75 * distance, z + 0.95 * distance], xyaxes=[1, 0, 0, 0, 0.95, 0.75],
    )  # fmt: skip
