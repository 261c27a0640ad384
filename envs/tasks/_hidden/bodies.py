"""The two bodies that look for hidden goals: what each is made of, senses, and how it is put down."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import mujoco
import numpy as np
from jaxtyping import Float

from innervate.signals import Channel

from ...bodies.swimmer import NOSE_M
from ...bodies.vehicle import FULL_SPEED_M_S, POSE_SIZE, add_vehicle, poses
from ...scenery.rays import add_rays
from ...sensors import Sensors

Feel = Callable[[Sensors, int], dict[str, np.ndarray]]
"""The values of a body's proprioception; its second argument is the number of links."""
RAY_HEIGHT_M = 0.3
TOUCH_MOST_N = 50.0
_BUMPERS = {
    "front": ((0.1, 0.3), (-0.3, 0.3)), "left": ((-0.2, 0.1), (0.0, 0.3)),
    "back": ((-0.42, -0.2), (-0.3, 0.3)), "right": ((-0.2, 0.1), (-0.3, 0.0)),
}  # fmt: skip
"""Where a contact is felt, in the vehicle's frame: x and y from to (m); above the ground, where the wheels stand."""


class Searcher(ABC):
    """A body that looks for food. The world has the sensor `position` of it, which it does not feel itself."""

    control_step_s: float
    nq: int
    nv: int
    speed_m_s: float
    """About as fast as it can be."""

    @abstractmethod
    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Put the body into the world."""

    @property
    @abstractmethod
    def channels(self) -> tuple[Channel, ...]:
        """What it feels."""

    @abstractmethod
    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """The values of these channels."""

    @abstractmethod
    def put(
        self, x: Float[np.ndarray, "env"], y: Float[np.ndarray, "env"], heading_rad: Float[np.ndarray, "env"]
    ) -> Float[np.ndarray, "env qpos"]:
        """`qpos` of bodies at rest, there."""

    def place(self, s: Sensors) -> Float[np.ndarray, "env 2"]:
        """Where it is (m, in the world)."""
        return s["position"][:, :2]

    def ahead(self, s: Sensors) -> Float[np.ndarray, "env 2"]:
        """Where it is headed, of length 1."""
        return s["ahead"][:, :2]

    def bumps(self, s: Sensors) -> Float[np.ndarray, "env"] | None:
        """Whether it is in contact with something; None for a body that cannot be."""
        return None


class Vehicle(Searcher):
    """The vehicle on two wheels, with range finders around and four bumpers."""

    nq, nv, speed_m_s = POSE_SIZE, POSE_SIZE - 1, FULL_SPEED_M_S

    def __init__(
        self, odometry: tuple[Channel, ...], control_step_s: float, *, compass: bool, rays: int, eye_height_m: float
    ) -> None:
        self._odometry, self.control_step_s = odometry, control_step_s
        self.compass, self.rays, self.eye_height_m = compass, rays, eye_height_m

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Body, rays, bumpers."""
        add_vehicle(spec, eye_height_m=self.eye_height_m, eye_yaw_rad=0.0)
        add_rays(spec, "vehicle", self.rays, RAY_HEIGHT_M)
        body = spec.body("vehicle")
        for name, ((x0, x1), (y0, y1)) in _BUMPERS.items():
            body.add_site(
                name=f"touch/{name}", type=mujoco.mjtGeom.mjGEOM_BOX, group=4, rgba=[0, 0, 0, 0],
                pos=[(x0 + x1) / 2, (y0 + y1) / 2, 0.19], size=[(x1 - x0) / 2, (y1 - y0) / 2, 0.15],
            )  # fmt: skip
            spec.add_sensor(
                name=f"touch/{name}", type=mujoco.mjtSensor.mjSENS_TOUCH,
                objtype=mujoco.mjtObj.mjOBJ_SITE, objname=f"touch/{name}",
            )  # fmt: skip

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Odometry, compass, rays, touch."""
        degrees = [360 * k / self.rays for k in range(self.rays)]
        return (
            *self._odometry,
            *((_compass("ahead"),) if self.compass else ()),
            Channel(
                "ray", self.rays, "m", None, "free way, from ahead counter-clockwise",
                tuple(f"free way at {angle:g} degrees" for angle in degrees),
                tuple(f"ray/{k:02}" for k in range(self.rays)),
            ),
            Channel(
                "touch", len(_BUMPERS), "N", TOUCH_MOST_N, "force on the bumpers, at most 50 N each",
                tuple(f"force on the {name}" for name in _BUMPERS), tuple(f"touch/{name}" for name in _BUMPERS),
            ),
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Odometry, compass, rays, touch."""
        compass = {"compass": s["ahead"][:, :2]} if self.compass else {}
        touch = np.minimum(s["touch"], TOUCH_MOST_N)
        return {"wheel_speed": s["wheel_speed"], "turn_rate": s["turn_rate"][:, 2:], **compass, "ray": s["ray"],
                "touch": touch}  # fmt: skip

    def put(
        self, x: Float[np.ndarray, "env"], y: Float[np.ndarray, "env"], heading_rad: Float[np.ndarray, "env"]
    ) -> Float[np.ndarray, "env qpos"]:
        """On the ground, wheels at rest."""
        return poses(np.stack([x, y], axis=1), heading_rad)

    def bumps(self, s: Sensors) -> Float[np.ndarray, "env"]:
        """A force of more than 1 N on any bumper."""
        return (s["touch"] > 1.0).any(axis=1).astype(float)


class OpenWater(Searcher):
    """dm_control's swimmer in open water, which has no walls."""

    speed_m_s = 0.3

    def __init__(
        self, proprioception: tuple[Channel, ...], feel: Feel, control_step_s: float, *, compass: bool, n_links: int
    ) -> None:
        self._channels, self._feel, self.control_step_s = proprioception, feel, control_step_s
        self.compass, self.n_links = compass, n_links
        self.nq = self.nv = 2 + n_links

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Nothing: the spec is the swimmer's own; it gets sensors for what the world knows of its nose."""
        spec.body("head").add_site(name="nose", pos=list(NOSE_M), size=[0.004, 0, 0], rgba=[0, 0, 0, 0], group=4)
        for name, kind in (
            ("position", mujoco.mjtSensor.mjSENS_FRAMEPOS),
            ("sideways", mujoco.mjtSensor.mjSENS_FRAMEYAXIS),
        ):
            spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname="nose")

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Proprioception, compass."""
        return (*self._channels, *((_compass(),) if self.compass else ()))

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Proprioception, compass."""
        return {**self._feel(s, self.n_links), **({"compass": self.ahead(s)} if self.compass else {})}

    def ahead(self, s: Sensors) -> Float[np.ndarray, "env 2"]:
        """The head's -y."""
        return -s["sideways"][:, :2]

    def put(
        self, x: Float[np.ndarray, "env"], y: Float[np.ndarray, "env"], heading_rad: Float[np.ndarray, "env"]
    ) -> Float[np.ndarray, "env qpos"]:
        """Stretched out; the head's hinge, 1 cm behind the nose, there."""
        qpos = np.zeros((len(x), self.nq))
        qpos[:, 0], qpos[:, 1], qpos[:, 2] = x, y + 0.05, heading_rad + np.pi / 2
        return qpos


def _compass(*sensor: str) -> Channel:
    return Channel(
        "compass", 2, "1", None, "cosine and sine of the heading in the world",
        ("heading, its cosine", "heading, its sine"), sensor,
    )  # fmt: skip
