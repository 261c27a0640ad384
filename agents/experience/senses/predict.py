"""Where it will be, by a model of its own body that it learns as it moves, and how surprised it is.

A forward model from efference (Wolpert, Miall and Kawato 1998): what was done and how it moved tell how it will move in
the next control step, in its own frame; weights follow the normalised delta rule (Widrow and Hoff 1960). Rolled out
over some steps, as if what is done now went on, it imagines the place then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec

MOVES = 3
"""Ahead and to the left (m), and turned to the left (rad), in a control step."""


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """How far ahead, and how it learns; put a sense that gives `displaced` and `heading` before it."""

    ahead_s: float = 1.0
    """How far ahead it imagines."""
    rate: float = 0.1
    """Share of an error that one step corrects; 0 learns nothing, and it stays where it is in imagination."""
    place: str = "displaced"
    """Channel of where it is (m)."""
    heading: str = "heading"
    """Channel of cosine and sine of where it is headed."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Predict":
        """For a body that tells where it is, or believes to be."""
        return Predict(self, spec, num_envs)


class Predict(Sense):
    """Gives `predicted` (m, where it will be) and `surprise` (m, how far from here it was predicted to be now)."""

    remembers = "life"

    def __init__(self, config: PredictConfig, spec: ControllerSpec, num_envs: int) -> None:
        self.config = config
        self._ahead = round(config.ahead_s / spec.control_step_s)
        if self._ahead < 1 or not 0 <= config.rate < 2:
            raise ConfigError(
                f"A prediction reaches a control step of {spec.control_step_s:g} s ahead or further, at a rate from 0 "
                f"to below 2; ahead_s={config.ahead_s:g} and rate={config.rate:g} came."
            )
        place, heading = spec.channel(config.place), spec.channel(config.heading)
        for channel in (place, heading):
            if channel.size != 2:
                raise ConfigError(f"A prediction reads 2 numbers as {channel.name!r}, which has {channel.size}.")
        self.takes, self.hears = (place, heading), (Channel("action", spec.action_size),)
        self.gives = (
            Channel("predicted", 2, "m", None, f"where it will be in {config.ahead_s:g} s", ("along x", "along y")),
            Channel("surprise", 1, "m", None, "from where it was predicted to be now", ("surprise",)),
        )
        n, features = num_envs, spec.action_size + MOVES + 1
        self._weights = np.zeros((n, MOVES, features))
        self._moved, self._before = np.zeros((n, MOVES)), np.zeros((n, 4))  # of the last step; place and heading then
        self._line = np.zeros((n, self._ahead, 2))  # predictions that wait for their time, the oldest first
        self._age = np.zeros(n, np.int64)

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """It knows nothing of its body."""
        self._weights[ids] = 0.0

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """It rests, and predicts nothing yet."""
        del rngs
        self._moved[ids], self._before[ids], self._line[ids], self._age[ids] = 0.0, 0.0, 0.0, 0

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """Learn from the step that has been done, then imagine the next ones."""
        place, heading = (values[c.name].astype(np.float64) for c in self.takes)
        done = values["action"].astype(np.float64)
        knows = self._age[ids] > 0
        way, (c, s) = place - self._before[ids, :2], self._before[ids, 2:].T
        turned = np.arctan2(c * heading[:, 1] - s * heading[:, 0], c * heading[:, 0] + s * heading[:, 1])
        moved = np.stack([c * way[:, 0] + s * way[:, 1], c * way[:, 1] - s * way[:, 0], turned], axis=1)
        moved = np.where(knows[:, None], moved, 0.0)
        asked = self._features(done, self._moved[ids])
        error = moved - self._through(ids, asked)
        step = self.config.rate * error[:, :, None] * asked[:, None] / (1e-3 + (asked * asked).sum(1))[:, None, None]
        self._weights[ids] += np.where(knows[:, None, None], step, 0.0)
        surprise = np.linalg.norm(place - self._line[ids, 0], axis=1)
        surprise = np.where(self._age[ids] >= self._ahead, surprise, 0.0)
        imagined = self._imagined(ids, place, heading, moved, done)
        self._line[ids] = np.concatenate([self._line[ids, 1:], imagined[:, None]], axis=1)
        self._moved[ids], self._before[ids] = moved, np.concatenate([place, heading], axis=1)
        self._age[ids] += 1
        return {"predicted": imagined, "surprise": surprise[:, None]}

    def _features(self, action: np.ndarray, moved: np.ndarray) -> Float[np.ndarray, "env feature"]:
        return np.concatenate([action, moved / 0.1, np.ones((len(action), 1))], axis=1)

    def _through(self, ids: Int[np.ndarray, "env"], asked: np.ndarray) -> Float[np.ndarray, "env move"]:
        return (self._weights[ids] * asked[:, None]).sum(axis=2)

    def _imagined(
        self, ids: Int[np.ndarray, "env"], place: np.ndarray, heading: np.ndarray, moved: np.ndarray, done: np.ndarray
    ) -> Float[np.ndarray, "env 2"]:
        place, angle = place.copy(), np.arctan2(heading[:, 1], heading[:, 0])
        for _ in range(self._ahead):
            moved = np.clip(self._through(ids, self._features(done, moved)), -0.5, 0.5)
            c, s = np.cos(angle), np.sin(angle)
            place += np.stack([c * moved[:, 0] - s * moved[:, 1], s * moved[:, 0] + c * moved[:, 1]], axis=1)
            angle = angle + moved[:, 2]
        return place

    def snapshot(self) -> dict[str, np.ndarray]:
        """The model, and what was predicted."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there."""
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The weights of the model of its body."""
        return {"weights": self._weights.copy()}


_KEPT = ("weights", "moved", "before", "line", "age")
