"""The model that the physics runs on: without what no sensor of the body needs, where the result stays the same.

What is left out (each proved bit for bit by the tests on every registered body):
- contacts, where no pair of geoms can ever collide;
- constraint islands, where there is one kinematic tree and thus nothing to divide;
- cameras and lights, whose poses MuJoCo computes at every substep, unless a sensor looks through the camera.
"""

import copy

import mujoco
import numpy as np

from .model import compile_spec

__all__ = ["can_collide", "physics_model", "physics_of_model"]


def physics_model(spec: mujoco.MjSpec, name: str) -> mujoco.MjModel:
    """A lean compiled copy of `spec`; same state, same sensors."""
    lean = spec.copy()
    watched = {s.objname for s in lean.sensors if s.objtype == mujoco.mjtObj.mjOBJ_CAMERA}
    watched |= {s.refname for s in lean.sensors if s.reftype == mujoco.mjtObj.mjOBJ_CAMERA}
    for part in [*lean.lights, *(c for c in lean.cameras if c.name not in watched)]:
        lean.delete(part)
    return _without_idle_stages(compile_spec(lean, name))


def physics_of_model(model: mujoco.MjModel) -> mujoco.MjModel:
    """Likewise of a compiled model, whose cameras and lights stay."""
    return _without_idle_stages(copy.copy(model))


def _without_idle_stages(model: mujoco.MjModel) -> mujoco.MjModel:
    if model.ntree <= 1:
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_ISLAND
    if not can_collide(model):
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    return model


def can_collide(model: mujoco.MjModel) -> bool:
    """Whether any two geoms could ever touch (MuJoCo's own filters: explicit pairs, bit masks, shared or parent body).

    It errs on the side of yes: excluded body pairs and the rule for geoms welded to the world are not looked at.
    """
    if model.npair or model.nflex:
        return True
    kinds = np.unique(np.stack([model.geom_contype, model.geom_conaffinity, model.geom_bodyid], axis=1), axis=0)
    contype, conaffinity, body = kinds.T
    masks = contype[:, None] & conaffinity[None, :]
    return bool(((masks | masks.T) != 0)[body[:, None] != body[None, :]].any())
