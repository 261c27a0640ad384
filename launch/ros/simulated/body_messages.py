"""A simulated body in ROS's messages: what its robot would publish."""

import io
import math
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np

from innervate.launch.ros.bridge.messages import stamp_of
from innervate.launch.ros.safety import Kind
from innervate.launch.ros.simulated.urdf import body_name, joint_name

CAMERA_TOPIC = "/camera/image_raw/compressed"
TOPICS = {
    "/joint_states": "sensor_msgs/msg/JointState",
    "/imu": "sensor_msgs/msg/Imu",
    "/odom": "nav_msgs/msg/Odometry",
    "/tf": "tf2_msgs/msg/TFMessage",
}
CAMERA_TOPICS = {CAMERA_TOPIC: "sensor_msgs/msg/CompressedImage", "/camera/camera_info": "sensor_msgs/msg/CameraInfo"}
_COVARIANCE_6, _COVARIANCE_3 = [0.0] * 36, [0.0] * 9


def mujoco_of(env: gym.Env[Any, Any]) -> tuple[mujoco.MjModel, mujoco.MjData] | None:
    """Model and present state of an environment of ours, of Gymnasium or of dm_control; None without MuJoCo."""
    inner: Any = env.unwrapped
    suite = getattr(inner, "_env", None)  # shimmy keeps the dm_control environment there
    if suite is not None and hasattr(suite, "physics"):
        return suite.physics.model.ptr, suite.physics.data.ptr
    if isinstance(getattr(inner, "model", None), mujoco.MjModel):
        return inner.model, inner.data
    return None


def _xyz(values: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", values.tolist(), strict=True))


def _quaternion(wxyz: np.ndarray) -> dict[str, float]:
    return dict(zip("wxyz", wxyz.tolist(), strict=True))


class BodyMessages:
    """Joints, base and frames of one model."""

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model
        single = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
        self._joints = [i for i in range(model.njnt) if model.jnt_type[i] in single]
        self.joints = tuple(joint_name(model, i) for i in self._joints)
        """Hinges and slides, in the order of the model."""
        self.actuators = tuple(model.actuator(i).name or f"actuator_{i}" for i in range(model.nu))
        self._qpos = model.jnt_qposadr[self._joints]
        self._dof = model.jnt_dofadr[self._joints]
        moving = [i for i in range(1, model.nbody) if model.body_dofnum[i] and model.body_parentid[i] == 0]
        self.base = moving[0] if moving else min(1, model.nbody - 1)
        self._frames = [body_name(model, i) for i in range(model.nbody)]
        self._moving = [i for i in range(1, model.nbody) if model.body_weldid[i] != 0]
        """What is fixed to the world is on /tf_static."""

    def kind(self) -> Kind:
        """What the actuators take: positions or velocities if all of them are such servos, else efforts."""
        servo = self.model.actuator_biastype == int(mujoco.mjtBias.mjBIAS_AFFINE)
        if servo.all() and (self.model.actuator_biasprm[:, 1] != 0).all():
            return "position"
        return "velocity" if servo.all() and (self.model.actuator_biasprm[:, 2] != 0).all() else "effort"

    def rest(self, data: mujoco.MjData) -> np.ndarray:
        """Controls that stop: a position servo holds where it is, everything else gets zero."""
        servo = self.model.actuator_biastype == int(mujoco.mjtBias.mjBIAS_AFFINE)
        held = servo & (self.model.actuator_biasprm[:, 1] != 0)
        low, high = self.model.actuator_ctrlrange.T
        return np.clip(np.where(held, data.actuator_length, 0.0), low, high)

    def messages(self, data: mujoco.MjData, time_s: float) -> dict[str, dict[str, Any]]:
        """By topic."""
        stamp = stamp_of(time_s)
        header = {"stamp": stamp, "frame_id": ""}
        world, base = {"stamp": stamp, "frame_id": "world"}, self._frames[self.base]
        motion, force = np.zeros(6), np.zeros(6)
        mujoco.mj_rnePostConstraint(self.model, data)
        body = int(mujoco.mjtObj.mjOBJ_XBODY)
        mujoco.mj_objectVelocity(self.model, data, body, self.base, motion, 1)
        mujoco.mj_objectAcceleration(self.model, data, body, self.base, force, 1)
        orientation = _quaternion(data.xquat[self.base])
        return {
            "/joint_states": {
                "header": header, "name": list(self.joints), "position": data.qpos[self._qpos].tolist(),
                "velocity": data.qvel[self._dof].tolist(), "effort": data.qfrc_actuator[self._dof].tolist(),
            },
            "/imu": {
                "header": {"stamp": stamp, "frame_id": base}, "orientation": orientation,
                "orientation_covariance": _COVARIANCE_3, "angular_velocity": _xyz(motion[:3]),
                "angular_velocity_covariance": _COVARIANCE_3, "linear_acceleration": _xyz(force[3:]),
                "linear_acceleration_covariance": _COVARIANCE_3,
            },
            "/odom": {
                "header": world, "child_frame_id": base,
                "pose": {
                    "pose": {"position": _xyz(data.xpos[self.base]), "orientation": orientation},
                    "covariance": _COVARIANCE_6,
                },
                "twist": {
                    "twist": {"linear": _xyz(motion[3:]), "angular": _xyz(motion[:3])}, "covariance": _COVARIANCE_6,
                },
            },
            "/tf": {
                "transforms": [
                    {
                        "header": world, "child_frame_id": self._frames[i],
                        "transform": {"translation": _xyz(data.xpos[i]), "rotation": _quaternion(data.xquat[i])},
                    }
                    for i in self._moving
                ]
            },
        }  # fmt: skip


def picture_messages(image: np.ndarray, fovy_rad: float, time_s: float) -> dict[str, dict[str, Any]]:
    """A frame `(height, width, 3)` as JPEG, and what a pinhole camera of that opening says about itself."""
    from PIL import Image

    header = {"stamp": stamp_of(time_s), "frame_id": "camera"}
    height, width = image.shape[:2]
    data = io.BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=80)
    f = height / 2 / math.tan(fovy_rad / 2)
    cx, cy = (width - 1) / 2, (height - 1) / 2
    return {
        CAMERA_TOPIC: {"header": header, "format": "jpeg", "data": data.getvalue()},
        "/camera/camera_info": {
            "header": header, "height": height, "width": width, "distortion_model": "plumb_bob", "d": [0.0] * 5,
            "k": [f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0], "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            "p": [f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0], "binning_x": 0, "binning_y": 0,
            "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
        },
    }  # fmt: skip


def opening_rad(model: mujoco.MjModel) -> float:
    """Vertical field of view of the camera that an environment draws with."""
    if not model.ncam:
        return math.radians(float(model.vis.global_.fovy))
    track = mujoco.mj_name2id(model, int(mujoco.mjtObj.mjOBJ_CAMERA), "track")
    return math.radians(float(model.cam_fovy[max(0, track)]))
