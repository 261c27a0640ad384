"""Where it has come to and where it is headed, by its own movement, which drifts.

Wheels whose radius is not quite what it is taken for, a gyroscope with a bias, and noise in both; a compass, where the
body has one, keeps the heading from drifting away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec
from .._noise import keys, normal


@dataclass(frozen=True, kw_only=True)
class OdometryConfig:
    """Path integration of a vehicle (`wheel_speed`, `turn_rate`) or a swimmer (`body_velocity`)."""

    wheel_radius_m: float = 0.1
    """As it is taken for."""
    scale_error: float = 0.03
    """Standard deviation of the relative error of the distance, drawn once a life."""
    noise: float = 0.02
    """Standard deviation of the relative error of each step."""
    gyro_bias_rad_s: float = 0.002
    """Standard deviation of the bias of the turn rate, drawn once a life."""
    compass_noise_rad: float = 0.03
    """Standard deviation of the compass, where there is one."""
    compass_gain: float = 0.1
    """Share by which a reading of the compass corrects the heading; 0 leaves it alone."""
    lost_rad: float = 0.5
    """Where heading and compass are further apart, it has been turned by somebody, and takes the compass's word."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Odometry":
        """For a body that tells how it moves. Raises `ConfigError` for one that does not."""
        return Odometry(self, spec, num_envs)


class Odometry(Sense):
    """Gives `displaced` (m; from where the episode began, x along its first heading by the compass, or as it woke),
    `heading` (cosine, sine), `odometry_drift` (standard deviation that it reckons with: m, rad).
    """

    remembers = "life"

    def __init__(self, config: OdometryConfig, spec: ControllerSpec, num_envs: int) -> None:
        self.config, self._step_s = config, spec.control_step_s
        told = {channel.name: channel for channel in spec.observations}
        if "wheel_speed" in told and "turn_rate" in told:
            needed = ("wheel_speed", "turn_rate")
        elif "body_velocity" in told:
            needed = ("body_velocity",)
        else:
            raise ConfigError(
                f"Odometry takes wheel_speed and turn_rate, or body_velocity; this body tells {', '.join(told)}."
            )
        self._wheels, self._compass = len(needed) == 2, "compass" in told
        self.takes = tuple(told[name] for name in (*needed, *(("compass",) if self._compass else ())))
        self.gives = (
            Channel("displaced", 2, "m", None, "since the episode began, by its own reckoning", ("along x", "along y")),
            Channel("heading", 2, "1", 1.0, "by its own reckoning", ("heading, its cosine", "heading, its sine")),
            Channel("odometry_drift", 2, "m, rad", None, "error that it reckons with: place, heading",
                    ("error of the place", "error of the heading")),
        )  # fmt: skip
        n = num_envs
        self._flaws = np.zeros((n, 3))  # relative error of the distance, of the turning, bias of the turn rate
        self._born = np.zeros(n, bool)
        self._key, self._count = np.zeros(n, np.uint64), np.zeros(n, np.int64)
        self._place, self._angle, self._way = np.zeros((n, 2)), np.zeros(n), np.zeros(n)

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """New wheels and a new gyroscope."""
        self._born[ids] = False

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """The reckoning begins at 0; the flaws are those of the life."""
        self._key[ids], self._count[ids] = keys(list(rngs)), 0
        c, new = self.config, ~self._born[ids]
        drawn = normal(self._key[ids], self._count[ids], 3) * [c.scale_error, c.scale_error, c.gyro_bias_rad_s]
        self._flaws[ids] = np.where(new[:, None], drawn, self._flaws[ids])
        self._born[ids] = True
        self._place[ids], self._angle[ids], self._way[ids] = 0.0, 0.0, 0.0

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """One more step of the way."""
        c = self.config
        ahead, aside, turn = self._motion(values)
        self._count[ids] += 1
        noise = normal(self._key[ids], self._count[ids], 3)
        flaw = self._flaws[ids]
        first = self._count[ids] == 1  # nothing has moved yet
        scale = np.where(first, 0.0, self._step_s * (1 + flaw[:, 0] + c.noise * noise[:, 0]))
        turned = (turn * (1 + flaw[:, 1] + c.noise * noise[:, 1]) + flaw[:, 2]) * np.where(first, 0.0, self._step_s)
        angle = self._angle[ids] + turned
        if self._compass:
            north = values["compass"]
            read = np.arctan2(north[:, 1], north[:, 0]) + c.compass_noise_rad * noise[:, 2]
            off = (read - angle + np.pi) % (2 * np.pi) - np.pi
            lost = first | ((np.abs(off) > c.lost_rad) & (c.compass_gain > 0))
            angle = angle + np.where(lost, 1.0, c.compass_gain) * off
        middle = angle - turned / 2
        cosine, sine = np.cos(middle), np.sin(middle)
        self._place[ids] += np.stack([ahead * cosine - aside * sine, ahead * sine + aside * cosine], 1) * scale[:, None]
        self._angle[ids] = angle
        self._way[ids] += np.sqrt(ahead * ahead + aside * aside) * scale
        way, time_s = self._way[ids], self._count[ids] * self._step_s
        doubt = c.compass_noise_rad if self._compass else c.gyro_bias_rad_s * time_s
        error = np.stack([way * c.scale_error, np.full(len(ids), 0.0) + doubt], axis=1)
        heading = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return {"displaced": self._place[ids].copy(), "heading": heading, "odometry_drift": error}

    def _motion(self, values: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ahead and to the left (m/s), and turning to the left (rad/s)."""
        if self._wheels:
            wheels = values["wheel_speed"].astype(np.float64)
            ahead = self.config.wheel_radius_m * (wheels[:, 0] + wheels[:, 1]) / 2
            return ahead, np.zeros(len(ahead)), values["turn_rate"][:, 0].astype(np.float64)
        head = values["body_velocity"].astype(np.float64)  # of the head first: left, backwards, turn rate
        return -head[:, 1], head[:, 0], head[:, 2]

    def snapshot(self) -> dict[str, np.ndarray]:
        """Flaws and reckoning."""
        return {
            "flaws": self._flaws.copy(), "born": self._born.copy(), "key": self._key.view(np.int64).copy(),
            "count": self._count.copy(), "place": self._place.copy(), "angle": self._angle.copy(),
            "way": self._way.copy(),
        }  # fmt: skip

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there."""
        self._key[:] = np.asarray(arrays["key"]).view(np.uint64)
        for name in ("flaws", "born", "count", "place", "angle", "way"):
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The reckoning."""
        return {"displaced": self._place.copy(), "heading_rad": self._angle.copy()}
