"""The same world in another light or season: what is only paint, changed in a compiled model."""

from functools import cache

import mujoco
import numpy as np

from .town import CROWN, GROUND, SKY, SUN, add_sky_and_ground
from .weather import Weather


def paint(model: mujoco.MjModel, weather: Weather) -> list[int]:
    """Make a town's sun, sky, ground and leaves those of a weather; the physics has nothing to do with them.

    Returns the textures that a renderer has to load anew. A model without a sun of that name keeps its own light, but
    for the light from everywhere.
    """
    model.vis.headlight.ambient[:] = weather.ambient
    sun = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_LIGHT, SUN)
    if sun >= 0:
        direction = np.array(weather.sun_from)
        model.light_diffuse[sun], model.light_dir[sun] = weather.sun, direction / np.linalg.norm(direction)
        model.light_active[sun] = max(weather.sun) > 0  # or surfaces would still shine
    for geom in range(model.ngeom):
        name = model.geom(geom).name
        if name == GROUND:
            model.geom_rgba[geom, :3] = weather.ground
        elif name.startswith(CROWN):
            model.geom_rgba[geom, :3] = weather.leaves
    sky = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_TEXTURE, SKY)
    colours = _sky(weather)
    if sky < 0 or model.tex_height[sky] * model.tex_width[sky] * model.tex_nchannel[sky] != colours.size:
        return []
    first = int(model.tex_adr[sky])
    model.tex_data[first : first + colours.size] = colours
    return [sky]


@cache
def _sky(weather: Weather) -> np.ndarray:
    """The pixels of a sky, as MuJoCo makes them."""
    spec = mujoco.MjSpec()
    add_sky_and_ground(spec, weather)
    return spec.compile().tex_data.copy()
