"""The contract of a sense: what stands between body and circuit, a percept or a memory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

__all__ = ["VIEW", "LesionKind", "Remembers", "Sense", "check_given"]

Remembers = Literal["step", "episode", "life"]
LesionKind = Literal["silent", "noise", "frozen", "late"]

VIEW = "view"
"""Name of the picture that a sense with a camera takes, (env, height, width, 3) in 8 bits."""


class Sense(ABC):
    """Turns what a body tells into what a circuit reads, for many bodies at once, once a control step.

    NumPy outside, whatever is inside. A row never depends on another. What must be trained by gradients is no sense but
    a part of a controller.
    """

    takes: tuple[Channel, ...]
    """What it reads: channels of the task or of a sense before it; `view` for a picture."""
    hears: tuple[Channel, ...] = ()
    """Named outputs of the controller, one control step old (efference): `action`, each number from -1 to 1, and what
    its state holds under a name, such as what a part of a brain gave. Zeros when an episode begins."""
    gives: tuple[Channel, ...]
    """What it adds to the observation."""
    remembers: Remembers = "step"
    """How long: nothing beyond the step, an episode, or a body's life over all its episodes."""

    camera: tuple[int, int] | None = None
    """Width and height of a look that it takes as `view`; None for a sense that does not look."""
    views: int = 1
    """Looks evenly around, from ahead clockwise, side by side in one picture."""

    def born(self, ids: Int[np.ndarray, "env"]) -> None:  # noqa: B027  (most forget with each episode)
        """A life begins: bodies that never were before stand in the environments of these numbers."""

    @abstractmethod
    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """An episode begins in the environments of these numbers, each with a generator of its own."""

    def looks(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> tuple[Bool[np.ndarray, "env"], Float[np.ndarray, "env"] | None]:
        """Which of these bodies it wants a picture of in this control step, and how far to the left its head turns.

        Pictures cost more than all else, so a sense that looks now and then says so. `values` are what it takes but
        for the picture; None leaves the camera as it is on the body. Must change nothing.
        """
        del values
        return np.ones(len(ids), bool), None

    @abstractmethod
    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """The channels of `gives` from those of `takes` and `hears` in the environments of these numbers; (env, size).

        A picture that was not wanted is black.
        """

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on; empty for one that remembers nothing."""
        return {}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go back to what `snapshot` returned."""
        if arrays:
            raise ConfigError(f"{type(self).__name__} remembers nothing, and was given {sorted(arrays)} to restore.")

    def learnt(self) -> dict[str, np.ndarray]:
        """What the first body has learnt in its life, without an axis of environments, to be handed on."""
        return {}

    def teach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Let every life begin with what `learnt` told. Raises `ConfigError` for a sense that learns nothing."""
        if arrays:
            raise ConfigError(f"{type(self).__name__} learns nothing, and was given {sorted(arrays)} to know.")

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """What can be looked at, by name, as of the last step."""
        return {}

    def holdings(self, met: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
        """What its memories call up, by name (`controllers.memories.Holding`), for the cues among what the first body
        met: channel to (step, size)."""
        del met
        return {}

    def lesion(
        self, name: str, kind: LesionKind = "silent", severity: float = 1.0, from_s: float = 0.0, to_s: float = np.inf
    ) -> "Sense":
        """A copy with the part of that name damaged. Raises `UnknownNameError` for one that there is not."""
        del kind, severity, from_s, to_s
        raise UnknownNameError(f"part of {type(self).__name__}", name, self.probes())

    def close(self) -> None:  # noqa: B027  (most have nothing to free)
        """Free what is held outside Python."""


def check_given(sense: Sense, given: Mapping[str, Any], envs: int) -> None:
    """Raise `ConfigError` unless a sense gave just what it says it gives, finite and of the right shape."""
    for channel in sense.gives:
        if channel.name not in given:
            raise ConfigError(f"{type(sense).__name__} says it gives {channel.name!r} and gave {sorted(given)}.")
        value = np.asarray(given[channel.name])
        if value.shape != (envs, channel.size):
            raise ConfigError(
                f"{type(sense).__name__} gave {channel.name!r} of shape {value.shape}, not ({envs}, {channel.size})."
            )
        if not np.isfinite(value).all():
            raise ConfigError(f"{type(sense).__name__} gave a value of {channel.name!r} that is not finite.")
