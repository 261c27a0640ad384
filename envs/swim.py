"""Swim forwards: the task of "Neural Circuit Architectural Priors for Embodied Control"."""

import math

import numpy as np
from jaxtyping import Float

from .bodies.swimmer import swimmer
from .channel import Channel
from .options import SwimOptions
from .sensors import Sensors
from .task import Task
from .world import World

CONTROL_STEP_S = 0.03
FULL_SPEED_M_S = 0.1
"""Forward speed of the head that earns the whole reward (Bhattasali et al. 2022, their `Swim` task)."""


class Swimmer(Task):
    """What all tasks on the swimmer share: its proprioception and how it lies at the start."""

    control_step_s = CONTROL_STEP_S

    def __init__(self, n_links: int) -> None:
        self.n_links = n_links
        self.joint_limit_rad = 2 * math.pi / n_links
        self.channels: tuple[Channel, ...] = (
            Channel(
                "joint_angle", n_links - 1, "rad", self.joint_limit_rad,
                "angles of the joints, head to tail; positive swings what lies behind the joint to the right",
            ),
            Channel(
                "body_velocity", 3 * n_links, "m/s, m/s, rad/s", None,
                "per link, head to tail: velocity along the link's x (left) and y (backwards), turn rate about z (up)",
            ),
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Joint angles, then local velocities of the links."""
        velocity = s["velocity"].reshape(len(s), self.n_links, 3)
        turn_rate = s["turn_rate"].reshape(len(s), self.n_links, 3)
        local = np.concatenate([velocity[..., :2], turn_rate[..., 2:]], axis=-1)
        return {"joint_angle": s["joint_angle"], "body_velocity": local.reshape(len(s), -1)}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """At rest at the origin, heading anywhere, each joint anywhere within its limits."""
        qpos = np.zeros((n, 2 + self.n_links))
        qpos[:, 2] = rng.uniform(-math.pi, math.pi, n)
        qpos[:, 3:] = rng.uniform(-self.joint_limit_rad, self.joint_limit_rad, (n, self.n_links - 1))
        return {"qpos": qpos}


class Swim(Swimmer):
    """Swim forwards.

    ## Description
    The task of "Neural Circuit Architectural Priors for Embodied Control" (Bhattasali, Zador & Engel, 2022).
    The body is dm_control's swimmer: `n_links` links of 0.1 m and 10 g in a plane of fluid (density 3000 kg/m^3, no
    contacts), joined by hinges that bend by 360 / `n_links` degrees each way. Physics runs at 2 ms; a control step is
    0.03 s, 15 substeps. In the head's own frame forward is -y, left is +x, up is +z.

    ## Action Space
    `Box(-1, 1, (5,), float32)` for six links: one motor per joint. A motor's gear is 5e-4 N m.

    | Num | Action                | Control Min | Control Max | Name (in the model) | Joint   | Type (Unit) |
    |-----|-----------------------|-------------|-------------|---------------------|---------|-------------|
    | 0   | Torque, over 5e-4 N m | -1          | 1           | motor_0             | joint_0 | torque (1)  |
    | 1   | Torque, over 5e-4 N m | -1          | 1           | motor_1             | joint_1 | torque (1)  |
    | 2   | Torque, over 5e-4 N m | -1          | 1           | motor_2             | joint_2 | torque (1)  |
    | 3   | Torque, over 5e-4 N m | -1          | 1           | motor_3             | joint_3 | torque (1)  |
    | 4   | Torque, over 5e-4 N m | -1          | 1           | motor_4             | joint_4 | torque (1)  |

    ## Observation Space
    `Box(-Inf, Inf, (23,), float32)` for six links: `n_links` - 1 joint angles, then three numbers per link, in
    its own frame. A positive joint angle swings what lies behind the joint to the right; turn rates are
    counter-clockwise seen from above.

    | Num | Observation                     | Min  | Max | Sensor (in the model) | Channel       | Type (Unit)       |
    |-----|---------------------------------|------|-----|-----------------------|---------------|-------------------|
    | 0   | angle at head to segment_0      | -Inf | Inf | joint_angle/0         | joint_angle   | angle (rad)       |
    | 1   | angle at segment_0 to segment_1 | -Inf | Inf | joint_angle/1         | joint_angle   | angle (rad)       |
    | 2   | angle at segment_1 to segment_2 | -Inf | Inf | joint_angle/2         | joint_angle   | angle (rad)       |
    | 3   | angle at segment_2 to segment_3 | -Inf | Inf | joint_angle/3         | joint_angle   | angle (rad)       |
    | 4   | angle at segment_3 to segment_4 | -Inf | Inf | joint_angle/4         | joint_angle   | angle (rad)       |
    | 5   | head to its left (+x)           | -Inf | Inf | velocity/0            | body_velocity | velocity (m/s)    |
    | 6   | head backwards (+y)             | -Inf | Inf | velocity/0            | body_velocity | velocity (m/s)    |
    | 7   | turn rate of head               | -Inf | Inf | turn_rate/0           | body_velocity | turn rate (rad/s) |
    | 8   | segment_0 to its left (+x)      | -Inf | Inf | velocity/1            | body_velocity | velocity (m/s)    |
    | 9   | segment_0 backwards (+y)        | -Inf | Inf | velocity/1            | body_velocity | velocity (m/s)    |
    | 10  | turn rate of segment_0          | -Inf | Inf | turn_rate/1           | body_velocity | turn rate (rad/s) |
    | 11  | segment_1 to its left (+x)      | -Inf | Inf | velocity/2            | body_velocity | velocity (m/s)    |
    | 12  | segment_1 backwards (+y)        | -Inf | Inf | velocity/2            | body_velocity | velocity (m/s)    |
    | 13  | turn rate of segment_1          | -Inf | Inf | turn_rate/2           | body_velocity | turn rate (rad/s) |
    | 14  | segment_2 to its left (+x)      | -Inf | Inf | velocity/3            | body_velocity | velocity (m/s)    |
    | 15  | segment_2 backwards (+y)        | -Inf | Inf | velocity/3            | body_velocity | velocity (m/s)    |
    | 16  | turn rate of segment_2          | -Inf | Inf | turn_rate/3           | body_velocity | turn rate (rad/s) |
    | 17  | segment_3 to its left (+x)      | -Inf | Inf | velocity/4            | body_velocity | velocity (m/s)    |
    | 18  | segment_3 backwards (+y)        | -Inf | Inf | velocity/4            | body_velocity | velocity (m/s)    |
    | 19  | turn rate of segment_3          | -Inf | Inf | turn_rate/4           | body_velocity | turn rate (rad/s) |
    | 20  | segment_4 to its left (+x)      | -Inf | Inf | velocity/5            | body_velocity | velocity (m/s)    |
    | 21  | segment_4 backwards (+y)        | -Inf | Inf | velocity/5            | body_velocity | velocity (m/s)    |
    | 22  | turn rate of segment_4          | -Inf | Inf | turn_rate/5           | body_velocity | turn rate (rad/s) |

    ## Rewards
    | Term      | Min | Max | Definition                                                                        |
    |-----------|-----|-----|-----------------------------------------------------------------------------------|
    | `forward` | 0   | 1   | speed of the head along its own heading over 0.1 m/s, clipped; `reward/forward`   |

    ## Starting State
    The root lies at the origin with its heading drawn from U[-pi, pi] rad; each joint angle is drawn from
    U[-limit, limit] with limit = 2 pi / `n_links` rad. Everything is at rest.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 1000 control steps (30 s).

    ## Arguments
    | Parameter | Type    | Default | Description                                                            |
    |-----------|---------|---------|------------------------------------------------------------------------|
    | `n_links` | **int** | `6`     | Rigid links of the body, 3 to 20; it has one joint and one motor fewer |

    ## Version History
    * v0: Initial version.
    """

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`forward`: speed of the head along its own heading over the full speed, clipped to [0, 1]."""
        return {"forward": np.clip(-s["velocity"][:, 1] / FULL_SPEED_M_S, 0.0, 1.0)}


def world(options: SwimOptions) -> World:
    """The swimmer in open water."""
    return World(swimmer(options.n_links), Swim(options.n_links))
