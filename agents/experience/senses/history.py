"""What a channel was, one and more control steps ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec


@dataclass(frozen=True, kw_only=True)
class HistoryConfig:
    """The last values of one channel, so that a circuit without memory sees change."""

    channel: str = ""
    """Which channel; empty for the body's first."""
    steps: int = 1
    """How many control steps back, each of them."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "History":
        """For a body that tells the channel."""
        if self.steps < 1:
            raise ConfigError(f"A history goes back at least one control step; steps={self.steps} was asked for.")
        return History(spec.channel(self.channel or spec.observations[0].name), self.steps, num_envs)


class History(Sense):
    """Gives `CHANNEL/before`: the newest first; silence where the episode is not that old."""

    remembers = "episode"

    def __init__(self, channel: Channel, steps: int, num_envs: int) -> None:
        self.takes = (channel,)
        labels = tuple(f"{label}, {k + 1} back" for k in range(steps) for label in channel.labels)
        about = f"{channel.name} of the last {steps} control steps, newest first"
        size = steps * channel.size
        self.gives = (Channel(f"{channel.name}/before", size, channel.unit, channel.limit, about, labels),)
        self._held = np.zeros((num_envs, size), np.float32)

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """Nothing was before."""
        del rngs
        self._held[ids] = 0

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """What came before; what comes now is kept for the next step."""
        now = values[self.takes[0].name]
        before = self._held[ids]
        self._held[ids] = np.concatenate([now, before[:, : -now.shape[1]]], axis=1)
        return {self.gives[0].name: before}

    def snapshot(self) -> dict[str, np.ndarray]:
        """What is held."""
        return {"held": self._held.copy()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Hold that."""
        self._held[:] = arrays["held"]
