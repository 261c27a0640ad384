"""Where the middle of a walled ground lies on its map, by rays that end at the walls.

The box about all points where rays end is the ground, where walls run north and east; its middle is learnt while the
map is drawn, over the first `learn_s` of a life, and kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec


@dataclass(frozen=True, kw_only=True)
class GroundConfig:
    """A walled ground as rays find it; put `odometry` before it."""

    ray: str = "ray"
    """Channel of free ways (m), evenly around the body from ahead counter-clockwise, negative where there is no end."""
    learn_s: float = 180.0
    """For how long the middle is learnt, from the beginning of a life; a body that is put down elsewhere stops too."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "GroundSense":
        """For a body with rays, whose senses before it give `displaced` and `heading`."""
        return GroundSense(self, spec, num_envs)


class GroundSense(Sense):
    """Gives `middle` (m, on the map that odometry began) and `walls_at` (m, where it stands there by its rays)."""

    remembers = "life"

    def __init__(self, config: GroundConfig, spec: ControllerSpec, num_envs: int) -> None:
        self.config = config
        ray = spec.channel(config.ray)
        if ray.size < 4 or config.learn_s < 0:
            raise ConfigError(
                f"A ground is found by 4 rays or more in a time of 0 s or more; {ray.size} rays and learn_s="
                f"{config.learn_s} came."
            )
        moved = [channel for channel in spec.observations if channel.name == "moved"]
        self.takes = (ray, spec.channel("displaced"), spec.channel("heading"), *moved)
        self.gives = (
            Channel("middle", 2, "m", None, "middle of the ground, on its own map", ("along x", "along y")),
            Channel("walls_at", 2, "m", None, "where it stands, by its rays", ("along x", "along y")),
        )
        self._learn = round(config.learn_s / spec.control_step_s)
        self._around = 2 * np.pi * np.arange(ray.size) / ray.size
        self._middle, self._seen = np.zeros((num_envs, 2)), np.zeros(num_envs, np.int64)
        self._lived, self._learning = np.zeros(num_envs, np.int64), np.zeros(num_envs, bool)
        self._taught: np.ndarray | None = None

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """It knows no ground, or the one that it was taught."""
        self._middle[ids], self._seen[ids], self._lived[ids] = 0.0, 0, 0
        self._learning[ids] = self._taught is None
        if self._taught is not None:
            self._middle[ids] = self._taught

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """The frame of another day is another one: what is known by then is kept."""
        del rngs
        self._learning[ids] &= self._lived[ids] == 0

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """The mean of all boxes so far."""
        way, heading = values[self.config.ray].astype(np.float64), values["heading"].astype(np.float64)
        turn = self._around + np.arctan2(heading[:, 1], heading[:, 0])[:, None]
        ends = np.where((way >= 0)[..., None], way[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=2), 0.0)
        off = (ends.min(axis=1) + ends.max(axis=1)) / 2  # the body itself lies in the box
        moved = values["moved"][:, 0] > 0.5 if "moved" in values else np.zeros(len(ids), bool)
        self._learning[ids] &= ~(moved & (self._lived[ids] > 0)) & (self._lived[ids] < self._learn)
        learns = self._learning[ids]
        self._seen[ids] += learns
        error = values["displaced"].astype(np.float64) + off - self._middle[ids]
        self._middle[ids] += np.where(learns, 1 / np.maximum(self._seen[ids], 1), 0.0)[:, None] * error
        self._lived[ids] += 1
        return {"middle": self._middle[ids].copy(), "walls_at": self._middle[ids] - off}

    def learnt(self) -> dict[str, np.ndarray]:
        """The first body's: `middle` (2)."""
        return {"middle": self._middle[0].copy()}

    def teach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """A middle for every life that begins from now on."""
        self._taught = np.asarray(arrays["middle"], np.float64) if arrays else None

    def snapshot(self) -> dict[str, np.ndarray]:
        """What is known of the ground."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Know that."""
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """Where the middle lies."""
        return {"middle": self._middle.copy()}


_KEPT = ("middle", "seen", "lived", "learning")
