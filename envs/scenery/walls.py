"""The walls of a square room."""

from collections.abc import Callable

import mujoco
import numpy as np

THICKNESS_M = 0.1


def add_square(spec: mujoco.MjSpec, side_m: float, height_m: float, material: Callable[[str], str]) -> None:
    """Walls `side0` (at +x) to `side3`, counter-clockwise, around `side_m` in the middle of the world.

    `material` makes a wall's material and returns its name.
    """
    half, thin = side_m / 2, THICKNESS_M / 2
    for k, angle in enumerate(np.arange(4) * np.pi / 2):
        spec.worldbody.add_geom(
            name=f"side{k}", type=mujoco.mjtGeom.mjGEOM_BOX, size=[thin, half + THICKNESS_M, height_m / 2],
            pos=[(half + thin) * np.cos(angle), (half + thin) * np.sin(angle), height_m / 2],
            quat=[np.cos(angle / 2), 0, 0, np.sin(angle / 2)], material=material(f"side{k}"),
        )  # fmt: skip
