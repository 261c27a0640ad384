"""Range finders around a body."""

import mujoco
import numpy as np


def add_rays(spec: mujoco.MjSpec, body: str, count: int, height_m: float) -> None:
    """Sensors `ray/00` and on (m): to the nearest surface, from ahead (+x) counter-clockwise; -1 where there is none.

    A ray does not see the geoms of `body` itself.
    """
    on, half = spec.body(body), np.sqrt(0.5)
    for k, angle in enumerate(np.arange(count) * 2 * np.pi / count):
        name = f"ray/{k:02}"
        on.add_site(
            name=name, pos=[0, 0, height_m], size=[0.005] * 3, rgba=[0, 0, 0, 0], group=4,
            quat=[half, -half * np.sin(angle), half * np.cos(angle), 0],  # a ray leaves along the site's z
        )  # fmt: skip
        spec.add_sensor(
            name=name, type=mujoco.mjtSensor.mjSENS_RANGEFINDER, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=name,
            intprm=[1 << int(mujoco.mjtRayDataField.mjRAYDATA_DIST), 0, 0],
        )  # fmt: skip
