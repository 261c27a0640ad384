"""A loop over single environments that can be stopped in mid-episode, where each of them can."""

from collections.abc import Iterator, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorWrapper
from gymnasium.wrappers import TimeLimit

from .border import Checked

STEPS = "elapsed"


def can_stop(env: Any) -> bool:
    """Whether every member has `snapshot() -> {name: array}` and `restore(snapshot)`."""
    members = getattr(env, "envs", ())
    return bool(members) and all(
        callable(getattr(member.unwrapped, name, None)) for member in members for name in ("snapshot", "restore")
    )


class Stoppable(VectorWrapper[Any, Any, Any, Any]):
    """The batch as it is, with a snapshot of its members and of the steps that their time limits have counted."""

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that `restore` needs, as arrays under `NUMBER.NAME`."""
        found = dict[str, np.ndarray]()
        for i, member in enumerate(self._members()):
            found |= {f"{i}.{name}": np.array(value) for name, value in member.unwrapped.snapshot().items()}
            found[f"{i}.{STEPS}"] = np.array([getattr(w, name) for w, name in _counters(member)], np.int64)
        return found

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken."""
        self.env.reset()  # wrappers want to have begun
        for i, member in enumerate(self._members()):
            prefix = f"{i}."
            own = {k.removeprefix(prefix): v for k, v in snapshot.items() if k.startswith(prefix)}
            for (wrapper, name), steps in zip(_counters(member), own.pop(STEPS), strict=True):
                setattr(wrapper, name, int(steps))
            member.unwrapped.restore(own)

    def _members(self) -> list[Any]:
        loop: Any = self.env
        return list(loop.envs)


def _counters(member: gym.Env[Any, Any]) -> Iterator[tuple[Any, str]]:
    """Wrappers that count the steps of an episode, from the outermost in, and the name of their count."""
    layer: Any = member
    while isinstance(layer, gym.Wrapper):
        if isinstance(layer, TimeLimit):
            yield layer, "_elapsed_steps"
        elif isinstance(layer, Checked):
            yield layer, "_steps"
        layer = layer.env
