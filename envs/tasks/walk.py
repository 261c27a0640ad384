"""A robot on four legs walks ahead at a target speed, which may change on the way.

Unitree's A1 keeps to a speed: the task of "Neural Circuit Architectural Priors for Quadruped Locomotion" with a reward
of its own, as the published one could not be had.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..bodies.a1 import JOINTS, LIMBS, STAND_M, STAND_RAD, STIFFNESS_N_M, a1
from ..inputs import Given
from ..memory import Memory
from ..sensors import Sensors
from ..task import Task
from ..term import Term
from ..world import World

EPISODE_STEPS = 333
BEST_RETURN = 333.0  # at most 1 a control step
EXAMPLES = ({"speeds_m_s": (0.3, 1.0, 0.5)}, {"hips": True},)

CONTROL_STEP_S = 0.03
REACH_RAD = {"hip": 0.3, "thigh": 0.35, "calf": 0.5}
"""How far a joint's target can lie from where it stands."""
TOLERANCE_M_S = 0.1
FALLEN_M = 0.15
SPEED, WANTED = 0, 1
"""Places in `userdata`: sums of the speed and of the target over the control steps up to the last but one."""


@dataclass(frozen=True, kw_only=True)
class WalkOptions:
    """Options of `innervate/Walk-v0`."""

    speeds_m_s: tuple[float, ...] = (0.5,)
    """Target speed; several follow each other within an episode, for as long each."""
    hips: bool = False
    """Whether the hips have servos of their own, 12 actuators in place of 8; otherwise they are held straight."""
    start_noise_rad: float = 0.05
    """How far each joint starts at most from where it stands."""

    def __post_init__(self) -> None:
        if not self.speeds_m_s or not all(0.05 <= v <= 3 for v in self.speeds_m_s):
            raise ConfigError(f"Target speeds are 0.05 to 3 m/s, one at least; {self.speeds_m_s} was asked for.")
        if not 0 <= self.start_noise_rad <= 0.3:
            raise ConfigError(f"Joints start 0 to 0.3 rad from where they stand, not {self.start_noise_rad}.")


class Walk(Task):
    """Walk ahead at a target speed.

    Four legs carry a trunk over level ground. What it is paid for is its speed along its own nose.

    ## Body
    The body is Unitree's A1, 12.5 kg (Google DeepMind's MuJoCo Menagerie; BSD-3-Clause). In its own frame forward is
    +x, left is +y, up is +z.

    ## Action Space
    Targets of position servos of 100 N m/rad, 33.5 N m at most, around the standing pose (0): thighs 0.35 rad either
    way at -1 and 1, calves 0.5 rad, and with `hips` hips 0.3 rad. Without `hips`, springs of the
    same stiffness hold these straight.

    ## Observation Space
    Joints limb by limb, then the feet, the trunk, and the target.

    ## Starting State
    Standing, each joint up to `start_noise_rad` off, at rest. An episode ends when the trunk is lower than 0.15 m or
    upside down.
    """

    control_step_s = CONTROL_STEP_S
    terms = (
        Term("walk", "1 from the target speed to 0.1 m/s more, falling to 0 one target speed further off on either "
                     "side, times (1 + cosine of the tilt of the trunk) / 2", 0.0, 1.0),
    )  # fmt: skip

    def __init__(self, options: WalkOptions) -> None:
        self.options = options
        joints = tuple(f"{limb}_{joint}" for limb in LIMBS for joint in JOINTS)
        self.channels = (
            Channel("joint_angle", 12, "rad", None, "hip, thigh, calf of FR, FL, RR, RL; standing 0, 0.9, -1.8",
                    tuple(f"angle of {j}" for j in joints), tuple(f"joint_angle/{j}" for j in joints)),
            Channel("joint_torque", 12, "N m", None, "of what moves or holds each joint, in the same order",
                    tuple(f"torque at {j}" for j in joints)),
            Channel("joint_rate", 12, "rad/s", None, "in the same order",
                    tuple(f"rate of {j}" for j in joints), tuple(f"joint_rate/{j}" for j in joints)),
            Channel("foot_force", 4, "N", None, "on the feet FR, FL, RR, RL, in the physics step before the reading",
                    tuple(f"force on foot {limb}" for limb in LIMBS)),
            Channel("trunk_up", 3, "1", 1.0, "the vertical in the frame of the trunk, without its heading: tilt ahead, "
                    "tilt to the left, upright", ("ahead axis, up", "left axis, up", "up axis, up")),
            Channel("trunk_rate", 3, "rad/s", None, "turn rates of the trunk about its own axes",
                    ("roll rate", "pitch rate", "yaw rate"), ("turn_rate",) * 3),
            Channel("target_speed", 1, "m/s", None, "how fast it should walk", ("target speed",)),
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Ten numbers a limb, the trunk, the target."""
        ahead, up = s["ahead"], s["up"]
        left_up = up[:, 0] * ahead[:, 1] - up[:, 1] * ahead[:, 0]  # z of up x ahead
        return {
            "joint_angle": s["joint_angle"],
            "joint_torque": self._torque(s),
            "joint_rate": s["joint_rate"],
            "foot_force": s["foot_force"],
            "trunk_up": np.stack([ahead[:, 2], left_up, up[:, 2]], axis=1),
            "trunk_rate": s["turn_rate"],
            "target_speed": s["target_speed"][:, :1],
        }

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`walk`: near the target speed, and upright."""
        speed, wanted = s["velocity"][:, 0], s["target_speed"][:, 0]
        off = np.maximum(wanted - speed, speed - wanted - TOLERANCE_M_S)
        return {"walk": np.clip(1 - np.maximum(off, 0) / wanted, 0.0, 1.0) * (1 + s["up"][:, 2]) / 2}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """Standing, each joint a little off."""
        noise, pose = self.options.start_noise_rad, np.tile(STAND_RAD, 4)
        qpos = np.zeros((n, 19))
        qpos[:, 2], qpos[:, 3] = STAND_M, 1.0
        qpos[:, 7:] = pose + rng.uniform(-noise, noise, (n, 12))
        target = np.zeros((n, 1, 3))
        target[:, 0, 0] = self.options.speeds_m_s[0]
        return {"qpos": qpos, "mocap_pos": target, "userdata": np.zeros((n, 2))}

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """The target of the coming step, and the sums of what has been."""
        speeds = np.array(self.options.speeds_m_s)
        at = np.minimum(memory.step * len(speeds) // EPISODE_STEPS, len(speeds) - 1)
        target = np.zeros((len(s), 1, 3))
        target[:, 0, 0] = speeds[at]
        return {"mocap_pos": target, "userdata": self._sums(s, memory)}

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """It has fallen: its trunk is low or upside down."""
        return (s["place"][:, 2] < FALLEN_M) | (s["up"][:, 2] < 0)

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """`fallen`; `distance_m`, from the start along x; `mean_speed_m_s`, along its nose, of the episode until now;
        `speed_error_m_s`, by how much that misses the mean of the targets.
        """
        speed, wanted = (self._sums(s, memory) / np.maximum(memory.step, 1)[:, None]).T
        return {
            "fallen": self.failed(s),
            "distance_m": s["place"][:, 0].copy(),
            "mean_speed_m_s": speed,
            "speed_error_m_s": np.abs(speed - wanted),
        }

    def _sums(self, s: Sensors, memory: Memory) -> Float[np.ndarray, "env 2"]:
        """With what is read now, but for the start of an episode, which is no step."""
        now = np.stack([s["velocity"][:, 0], s["target_speed"][:, 0]], axis=1)
        return np.asarray(memory) + now * (memory.step > 0)[:, None]

    def _torque(self, s: Sensors) -> Float[np.ndarray, "env 12"]:
        torque = s["joint_torque"]
        if self.options.hips:
            return torque
        held = -STIFFNESS_N_M * s["joint_angle"][:, :: len(JOINTS)]
        return np.concatenate([held[..., None], torque.reshape(len(s), len(LIMBS), 2)], axis=2).reshape(len(s), 12)


def world(options: WalkOptions) -> World:
    """The A1 on level ground."""
    spec = a1(options.hips)
    for actuator in spec.actuators:
        joint = actuator.name.partition("_")[2]
        middle, reach = STAND_RAD[JOINTS.index(joint)], REACH_RAD[joint]
        # Still a position servo, told from -1 to 1: stiffness (middle + reach control - angle).
        actuator.ctrlrange = [-1, 1]
        actuator.gainprm[0] = STIFFNESS_N_M * reach
        actuator.biasprm[:2] = [STIFFNESS_N_M * middle, -STIFFNESS_N_M]
    spec.nuserdata = 2
    target = spec.worldbody.add_body(name="target_speed", mocap=True)  # x is the speed; nothing is there to be seen
    target.add_site(name="target_speed", size=[0.001, 0, 0], rgba=[0, 0, 0, 0], group=4)
    spec.add_sensor(
        name="target_speed", type=mujoco.mjtSensor.mjSENS_FRAMEPOS, objtype=mujoco.mjtObj.mjOBJ_SITE,
        objname="target_speed",
    )  # fmt: skip
    return World(spec, Walk(options))
