"""What all tasks on the swimmer share: its proprioception and how it lies at the start."""

import math

import numpy as np
from jaxtyping import Float

from innervate.signals import Channel

from ...bodies.swimmer import link_names
from ...sensors import Sensors
from ...task import Task

CONTROL_STEP_S = 0.03
LINK_LABELS = ("{} to its left (+x)", "{} backwards (+y)", "turn rate of {}")


class Swimmer(Task):
    """What all tasks on the swimmer share: its proprioception and how it lies at the start.

    ## Body
    The body is dm_control's swimmer: `n_links` links of 0.1 m and 10 g in a plane of fluid (density 3000 kg/m^3, no
    contacts), joined by hinges that bend by 360 / `n_links` degrees each way. In the head's own frame forward is -y,
    left is +x, up is +z.

    ## Action Space
    One motor a joint, head to tail.

    ## Observation Space
    `n_links` - 1 joint angles, then three numbers a link, in its own frame. A positive joint angle swings what lies
    behind the joint to the right; turn rates are counter-clockwise seen from above.

    ## Starting State
    The root lies at the origin with its heading drawn from U[-pi, pi] rad; each joint angle is drawn from
    U[-limit, limit] with limit = 2 pi / `n_links` rad. Everything is at rest.
    """

    control_step_s = CONTROL_STEP_S

    def __init__(self, n_links: int) -> None:
        self.n_links = n_links
        self.joint_limit_rad = 2 * math.pi / n_links
        self.channels: tuple[Channel, ...] = swimmer_channels(n_links)

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Joint angles, then local velocities of the links."""
        return swimmer_senses(s, self.n_links)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """At rest at the origin, heading anywhere, each joint anywhere within its limits."""
        qpos = np.zeros((n, 2 + self.n_links))
        qpos[:, 2] = rng.uniform(-math.pi, math.pi, n)
        qpos[:, 3:] = rng.uniform(-self.joint_limit_rad, self.joint_limit_rad, (n, self.n_links - 1))
        return {"qpos": qpos}


def swimmer_channels(n_links: int) -> tuple[Channel, ...]:
    """The swimmer's proprioception: `joint_angle` and `body_velocity`."""
    links, joints = link_names(n_links), range(n_links - 1)
    return (
        Channel(
            "joint_angle", n_links - 1, "rad", 2 * math.pi / n_links,
            "angles of the joints, head to tail; positive swings what lies behind the joint to the right",
            tuple(f"angle at {links[i]} to {links[i + 1]}" for i in joints),
            tuple(f"joint_angle/{i}" for i in joints),
        ),
        Channel(
            "body_velocity", 3 * n_links, "m/s, m/s, rad/s", None,
            "per link, head to tail: velocity along the link's x (left) and y (backwards), turn rate about z (up)",
            tuple(told.format(link) for link in links for told in LINK_LABELS),
            tuple(f"{name}/{i}" for i in range(n_links) for name in ("velocity", "velocity", "turn_rate")),
        ),
    )  # fmt: skip


def swimmer_senses(s: Sensors, n_links: int) -> dict[str, Float[np.ndarray, "env _"]]:
    """The values of `swimmer_channels`."""
    velocity = s["velocity"].reshape(len(s), n_links, 3)
    turn_rate = s["turn_rate"].reshape(len(s), n_links, 3)
    local = np.concatenate([velocity[..., :2], turn_rate[..., 2:]], axis=-1)
    return {"joint_angle": s["joint_angle"], "body_velocity": local.reshape(len(s), -1)}
