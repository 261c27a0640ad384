"""What a brought robot is to do: stand, walk, or reach."""

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import UnknownNameError
from innervate.signals import Channel

from ..sensors import Sensors
from ..task import Task

FALLEN_SHARE = 0.5
"""Of the height at the start: a base below that has fallen."""
FALLEN_UP = 0.5
"""Cosine of the angle between the base's own vertical and the world's below which it has fallen."""


@dataclass(frozen=True)
class Start:
    """The pose from which episodes begin."""

    qpos: Float[np.ndarray, "nq"]
    free: bool
    """Whether the base is free to move."""
    height_m: float
    up: Float[np.ndarray, "3"]
    """World's vertical in the base's frame at the start: models are drawn in many frames."""
    hand_m: Float[np.ndarray, "3"]
    mocap_pos: Float[np.ndarray, "mocap 3"]
    """Of the model's own mocap bodies."""
    angles: tuple[int, ...]
    """Where hinges and slides lie in `qpos`."""
    velocities: int
    """Degrees of freedom."""

    @classmethod
    def of(cls, model: mujoco.MjModel, keyframe: str) -> "Start":
        """A keyframe by name, the first there is, or the pose in which the model was drawn, set on the ground."""
        names = [model.key(i).name or str(i) for i in range(model.nkey)]
        if keyframe and keyframe not in names:
            raise UnknownNameError("keyframe", keyframe, names)
        data = mujoco.MjData(model)
        if names:
            mujoco.mj_resetDataKeyframe(model, data, names.index(keyframe) if keyframe else 0)
        free = bool(model.njnt) and int(model.jnt_type[0]) == int(mujoco.mjtJoint.mjJNT_FREE)
        mujoco.mj_forward(model, data)
        if free and not names:
            own = model.geom_bodyid > 0
            lowest = float((data.geom_xpos[own, 2] - _half_height(model, data)[own]).min())
            data.qpos[2] -= lowest - 0.002
            mujoco.mj_forward(model, data)
        base = int(model.jnt_bodyid[0]) if free else min(1, model.nbody - 1)
        depth = np.zeros(model.nbody, int)
        for i in range(1, model.nbody):
            depth[i] = depth[model.body_parentid[i]] + 1
        kinds = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
        angles = tuple(int(model.jnt_qposadr[j]) for j in range(model.njnt) if int(model.jnt_type[j]) in kinds)
        return cls(
            data.qpos.copy(), free, float(data.xpos[base, 2]), data.xmat[base].reshape(3, 3)[2].copy(),
            data.xpos[int(np.argmax(depth))].copy(), data.mocap_pos.copy(), angles, model.nv,
        )  # fmt: skip


def _half_height(model: mujoco.MjModel, data: mujoco.MjData) -> Float[np.ndarray, "geom"]:
    """Half of each geom's box along the world's vertical."""
    rows = data.geom_xmat.reshape(-1, 3, 3)[:, 2]
    return (np.abs(rows) * model.geom_aabb[:, 3:]).sum(axis=1) - (rows * model.geom_aabb[:, :3]).sum(axis=1)


class RobotTask(Task):
    """A robot of one's own, paid for standing, for walking forwards, or for bringing its hand to a target."""

    def __init__(self, options: Any, start: Start, control_step_s: float, joints: list[str]) -> None:
        self.options, self.start, self.control_step_s = options, start, control_step_s
        n = len(start.angles)
        self._home = start.qpos[list(start.angles)]
        own = (
            Channel("joint_angle", n, "rad", None, "away from the start's pose; m of slides"),
            Channel("joint_velocity", n, "rad/s", None, "m/s of slides"),
        )
        base = (
            Channel("up", 3, "1", 1.0, "the world's vertical in the base's frame"),
            Channel("angular_velocity", 3, "rad/s", None, "of the base, in its frame"),
            Channel("velocity", 3, "m/s", None, "of the base, in its frame"),
        )
        self.channels = (
            *(own if n else ()), *(base if start.free else ()),
            *((Channel("to_target", 3, "m", None, "from the hand, in the world"),) if options.goal == "reach" else ()),
        )  # fmt: skip

    def _in_base(self, s: Sensors, vector: str) -> Float[np.ndarray, "env 3"]:
        axes = [s[f"proprio_base_{axis}"] for axis in ("forward", "left", "up")]
        return np.stack([(axis * s[vector]).sum(axis=1) for axis in axes], axis=1)

    def _up(self, s: Sensors) -> Float[np.ndarray, "env 3"]:
        return np.stack([s[f"proprio_base_{axis}"][:, 2] for axis in ("forward", "left", "up")], axis=1)

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Joints, the base's attitude and motion, and the way to the target."""
        found: dict[str, np.ndarray] = {}
        if len(self._home):
            found["joint_angle"] = s["proprio_angle"] - self._home
            found["joint_velocity"] = s["proprio_velocity"]
        if self.start.free:
            found["up"] = self._up(s)
            found["angular_velocity"] = self._in_base(s, "proprio_base_turning")
            found["velocity"] = self._in_base(s, "proprio_base_velocity")
        if self.options.goal == "reach":
            found["to_target"] = s["proprio_goal"] - s["proprio_hand"]
        return found

    def _upright(self, s: Sensors) -> Float[np.ndarray, "env"]:
        return (self._up(s) * self.start.up).sum(axis=1)

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """At most 1 a control step."""
        if self.options.goal == "reach":
            way = s["proprio_goal"] - s["proprio_hand"]
            return {"near": np.exp(-10.0 * np.sqrt((way * way).sum(axis=1)))}
        if not self.start.free:
            off = s["proprio_angle"] - self._home
            return {"pose": np.exp(-(off * off).mean(axis=1))}
        low = s["proprio_base_place"][:, 2] / self.start.height_m - 1.0
        stands = np.clip(self._upright(s), 0.0, 1.0) * np.exp(-10.0 * low * low)
        if self.options.goal == "stand":
            still = s["proprio_base_velocity"]
            return {"stand": stands * np.exp(-0.5 * (still * still).sum(axis=1))}
        off = s["proprio_base_velocity"][:, 0] - self.options.speed_m_s
        return {"walk": stands * np.exp(-off * off / (0.5 * self.options.speed_m_s) ** 2)}

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """A free base that has fallen."""
        if not self.start.free or self.options.goal == "reach":
            return np.zeros(len(s), bool)
        low = s["proprio_base_place"][:, 2] < FALLEN_SHARE * self.start.height_m
        return low | (self._upright(s) < FALLEN_UP)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The start's pose, every joint a little off, a free base turned about a level axis, lifted and pushed."""
        o = self.options
        qpos = np.repeat(self.start.qpos[None], n, axis=0)
        qpos[:, list(self.start.angles)] += rng.uniform(-o.spread, o.spread, (n, len(self.start.angles)))
        if self.start.free:
            angle, about = rng.uniform(0, o.tilt_rad, n), rng.uniform(0, 2 * np.pi, n)
            tilt = np.stack([np.cos(angle / 2), np.sin(angle / 2) * np.cos(about), np.sin(angle / 2) * np.sin(about),
                             np.zeros(n)], axis=1)  # fmt: skip
            for row, turn in zip(qpos, tilt, strict=True):
                mujoco.mju_mulQuat(row[3:7], turn, self.start.qpos[3:7])
        found = {"qpos": qpos}
        if self.start.free and (o.drop_m or o.push_m_s):  # else nothing is drawn: starts are as they were without
            qpos[:, 2] += rng.uniform(0, o.drop_m, n)
            speed, course = rng.uniform(0, o.push_m_s, n), rng.uniform(0, 2 * np.pi, n)
            found["qvel"] = np.zeros((n, self.start.velocities))
            found["qvel"][:, :2] = speed[:, None] * np.stack([np.cos(course), np.sin(course)], axis=1)
        if o.goal == "reach":
            way = rng.normal(size=(n, 3))
            way *= o.reach_m * rng.uniform(0.2, 1.0, (n, 1)) / np.sqrt((way * way).sum(axis=1, keepdims=True))
            target = np.maximum(self.start.hand_m + way, [-np.inf, -np.inf, 0.05])[:, None]
            found["mocap_pos"] = np.concatenate([np.repeat(self.start.mocap_pos[None], n, axis=0), target], axis=1)
        return found
