"""Swim to a target: dm_control's own task on the swimmer, with physical success beside the reward."""

import numpy as np
from jaxtyping import Bool, Float

from .bodies.swimmer import swimmer
from .channel import Channel
from .options import NavigateOptions
from .sensors import Sensors
from .swim import Swimmer
from .world import World

# dm_control, suite/swimmer.py and suite/swimmer.xml
TARGET_RADIUS_M = 0.1
TARGET_HEIGHT_M = 0.05
FAR_M, NEAR_M, NEAR_SHARE = 2.0, 0.3, 0.2
REWARD_MARGIN_M = 5 * TARGET_RADIUS_M
REWARD_AT_MARGIN = 0.1


class Navigate(Swimmer):
    """Bring the nose to a target.

    ## Description
    dm_control's own task on the swimmer (`suite/swimmer.py`); `info["success"]` says whether the nose is in the target.
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
    `Box(-Inf, Inf, (25,), float32)` for six links: that of `innervate/Swim-v0`, then the way to the target, egocentric:
    in the head's frame, so that a target to the left has a positive first number and one ahead a negative second.

    | Num | Observation                      | Min  | Max | Sensor (in the model) | Channel       | Type (Unit)       |
    |-----|----------------------------------|------|-----|-----------------------|---------------|-------------------|
    | 0   | angle at head to segment_0       | -Inf | Inf | joint_angle/0         | joint_angle   | angle (rad)       |
    | 1   | angle at segment_0 to segment_1  | -Inf | Inf | joint_angle/1         | joint_angle   | angle (rad)       |
    | 2   | angle at segment_1 to segment_2  | -Inf | Inf | joint_angle/2         | joint_angle   | angle (rad)       |
    | 3   | angle at segment_2 to segment_3  | -Inf | Inf | joint_angle/3         | joint_angle   | angle (rad)       |
    | 4   | angle at segment_3 to segment_4  | -Inf | Inf | joint_angle/4         | joint_angle   | angle (rad)       |
    | 5   | head to its left (+x)            | -Inf | Inf | velocity/0            | body_velocity | velocity (m/s)    |
    | 6   | head backwards (+y)              | -Inf | Inf | velocity/0            | body_velocity | velocity (m/s)    |
    | 7   | turn rate of head                | -Inf | Inf | turn_rate/0           | body_velocity | turn rate (rad/s) |
    | 8   | segment_0 to its left (+x)       | -Inf | Inf | velocity/1            | body_velocity | velocity (m/s)    |
    | 9   | segment_0 backwards (+y)         | -Inf | Inf | velocity/1            | body_velocity | velocity (m/s)    |
    | 10  | turn rate of segment_0           | -Inf | Inf | turn_rate/1           | body_velocity | turn rate (rad/s) |
    | 11  | segment_1 to its left (+x)       | -Inf | Inf | velocity/2            | body_velocity | velocity (m/s)    |
    | 12  | segment_1 backwards (+y)         | -Inf | Inf | velocity/2            | body_velocity | velocity (m/s)    |
    | 13  | turn rate of segment_1           | -Inf | Inf | turn_rate/2           | body_velocity | turn rate (rad/s) |
    | 14  | segment_2 to its left (+x)       | -Inf | Inf | velocity/3            | body_velocity | velocity (m/s)    |
    | 15  | segment_2 backwards (+y)         | -Inf | Inf | velocity/3            | body_velocity | velocity (m/s)    |
    | 16  | turn rate of segment_2           | -Inf | Inf | turn_rate/3           | body_velocity | turn rate (rad/s) |
    | 17  | segment_3 to its left (+x)       | -Inf | Inf | velocity/4            | body_velocity | velocity (m/s)    |
    | 18  | segment_3 backwards (+y)         | -Inf | Inf | velocity/4            | body_velocity | velocity (m/s)    |
    | 19  | turn rate of segment_3           | -Inf | Inf | turn_rate/4           | body_velocity | turn rate (rad/s) |
    | 20  | segment_4 to its left (+x)       | -Inf | Inf | velocity/5            | body_velocity | velocity (m/s)    |
    | 21  | segment_4 backwards (+y)         | -Inf | Inf | velocity/5            | body_velocity | velocity (m/s)    |
    | 22  | turn rate of segment_4           | -Inf | Inf | turn_rate/5           | body_velocity | turn rate (rad/s) |
    | 23  | nose to target, to the left (+x) | -Inf | Inf | to_target             | to_target     | length (m)        |
    | 24  | nose to target, backwards (+y)   | -Inf | Inf | to_target             | to_target     | length (m)        |

    ## Rewards
    | Term   | Min | Max | Definition                                                                                |
    |--------|-----|-----|-------------------------------------------------------------------------------------------|
    | `near` | 0   | 1   | 1 with the nose within 0.1 m of the target's centre, 0.1 at 0.6 m; `reward/near`            |

    ## Starting State
    The root lies at the origin with its heading drawn from U[-pi, pi] rad; each joint angle is drawn from
    U[-limit, limit] with limit = 2 pi / `n_links` rad. Everything is at rest.
    The target lies in the plane, each coordinate drawn from U[-0.3, 0.3] m with probability 0.2, else U[-2, 2] m.

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

    def __init__(self, n_links: int) -> None:
        super().__init__(n_links)
        self.channels = (
            *self.channels,
            Channel("to_target", 2, "m", None, "nose to target, along the head's x (left) and y (backwards)"),
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """As for swimming, then the way to the target."""
        return {**super().observe(s), "to_target": s["to_target"][:, :2]}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`near`: 1 with the nose in the target, falling with distance by dm_control's long-tailed tolerance."""
        outside = np.maximum(distance_m(s) - TARGET_RADIUS_M, 0.0) / REWARD_MARGIN_M
        return {"near": 1 / (outside * outside * (1 / REWARD_AT_MARGIN - 1) + 1)}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The nose is within the target."""
        return distance_m(s) <= TARGET_RADIUS_M

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """As for swimming, and the target anywhere in a square around the origin, mostly a large one."""
        start = super().begin(rng, n)
        half_side = np.where(rng.random(n) < NEAR_SHARE, NEAR_M, FAR_M)
        target = np.full((n, 1, 3), TARGET_HEIGHT_M)
        target[:, 0, :2] = rng.uniform(-1, 1, (n, 2)) * half_side[:, None]
        return {**start, "mocap_pos": target}


def distance_m(s: Sensors) -> Float[np.ndarray, "env"]:
    """From the nose to the centre of the target, in the plane."""
    x, y = s["to_target"][:, 0], s["to_target"][:, 1]
    return np.sqrt(x * x + y * y)


def world(options: NavigateOptions) -> World:
    """The swimmer in open water with a target."""
    return World(swimmer(options.n_links, target_radius_m=TARGET_RADIUS_M), Navigate(options.n_links))
