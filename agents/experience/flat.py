"""Any spaces that can be flattened as one vector of named channels, and actions of any shape as one vector."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from jaxtyping import Float32

from innervate.errors import ConfigError
from innervate.signals import Channel, total

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Leaf:
    """One part of a space that has no parts itself."""

    path: Path
    """Keys and numbers that lead to it."""
    space: spaces.Space[Any]

    @property
    def name(self) -> str:
        """Keys and numbers, joined by dots."""
        return ".".join(map(str, self.path))

    def of(self, value: Any) -> Any:
        """This part of a whole."""
        for key in self.path:
            value = value[key]
        return value


def leaves_of(space: spaces.Space[Any], path: Path = ()) -> list[Leaf]:
    """The parts of a space in its own order, that of its keys."""
    if isinstance(space, spaces.Dict):
        return [leaf for key, part in space.spaces.items() for leaf in leaves_of(part, (*path, key))]
    if isinstance(space, spaces.Tuple):
        return [leaf for i, part in enumerate(space.spaces) for leaf in leaves_of(part, (*path, i))]
    return [Leaf(path, space)]


def is_image(space: spaces.Space[Any]) -> bool:
    """Whether a space holds pictures: 8-bit numbers in rows and columns."""
    rows = isinstance(space, spaces.Box) and len(space.shape) >= 2 and min(space.shape[:2]) > 1
    return rows and space.dtype == np.uint8


def channel_of(leaf: Leaf, id_: str) -> tuple[Channel, Callable[[Any], Float32[np.ndarray, "env size"]]]:
    """What a part is called in the flat vector, and how it is read from a batch of that part.

    One of several alternatives is told as a 1 among 0s. Raises `ConfigError` for what is not a run of numbers.
    """
    space, name = leaf.space, leaf.name or "observation"
    if is_image(space):
        raise ConfigError(
            f"{id_} observes pictures ({name}: {space}); a controller reads percepts. Make one of them: --sense place, "
            "a sense of your own (agents/experience/senses), or a wrapper that gives a vector."
        )
    if isinstance(space, (spaces.Box, spaces.MultiBinary)):
        shape = tuple(space.shape)
        size = int(np.prod(shape, dtype=np.int64))
        if size:
            labels = () if len(shape) < 2 else tuple(f"{name}{list(i)}" for i in np.ndindex(shape))
            return Channel(name, size, labels=labels), lambda x: np.asarray(x, np.float32).reshape(len(x), size)
    if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)):
        sizes, starts = _alternatives(space)
        labels = tuple(
            f"{name}{f'[{i}]' if len(sizes) > 1 else ''}={start + k}"
            for i, (n, start) in enumerate(zip(sizes, starts, strict=True)) for k in range(n)
        )  # fmt: skip
        offsets = np.cumsum([0, *sizes[:-1]]) - starts
        width = sum(sizes)

        def read(x: Any) -> Float32[np.ndarray, "env size"]:
            chosen = np.asarray(x, np.int64).reshape(len(x), len(sizes)) + offsets
            told = np.zeros((len(x), width), np.float32)
            np.put_along_axis(told, chosen, 1.0, axis=1)
            return told

        return Channel(name, width, "1", 1.0, "the one that holds is 1, the others 0", labels), read
    raise ConfigError(
        f"{id_} observes {name} as {space}, which is not a run of numbers of one length; wrap the environment so that "
        "it gives a Box, Discrete, MultiDiscrete or MultiBinary, or a Dict or Tuple of them."
    )


def _alternatives(space: "spaces.Discrete | spaces.MultiDiscrete") -> tuple[list[int], np.ndarray]:
    if isinstance(space, spaces.Discrete):
        return [int(space.n)], np.array([int(space.start)])
    return [int(n) for n in space.nvec.ravel()], np.asarray(space.start, np.int64).ravel()


class Flat(VectorWrapper[Any, Any, Any, Any]):
    """A batch whose observation is one vector, made of `channels`, and whose action is one vector.

    `single_action_space` is a `Box`, or, where the environment chooses between alternatives, a `MultiDiscrete` with a
    number for each choice.

    Args:
        env: of any spaces that can be flattened.
        id_: its name, in messages.
        action_limit: for actions that the environment does not bound; None to leave them so.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], id_: str, action_limit: float | None) -> None:
        super().__init__(env)
        if action_limit is not None and not 0 < action_limit < np.inf:
            raise ConfigError(f"The limit of an action is a positive number, got {action_limit}.")
        leaves = leaves_of(env.single_observation_space)
        found = [channel_of(leaf, id_) for leaf in leaves]
        self.channels = tuple(channel for channel, _ in found)
        """What the observation consists of, in the order of the environment's space."""
        self._readers = [(leaf, read) for leaf, (_, read) in zip(leaves, found, strict=True)]
        size = total(self.channels)
        self.single_observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self._motors = leaves_of(env.single_action_space)
        self.single_action_space = _actions(self._motors, id_, action_limit)
        self.action_space = batch_space(self.single_action_space, env.num_envs)

    def __getattr__(self, name: str) -> Any:
        """A batch that can be stopped midway still can."""
        if name in ("snapshot", "restore"):
            return getattr(self.env, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _flat(self, observation: Any) -> Float32[np.ndarray, "env size"]:
        parts = [read(leaf.of(observation)) for leaf, read in self._readers]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _one(self, observation: Any) -> Float32[np.ndarray, "size"]:
        parts = [read(np.asarray(leaf.of(observation))[None]) for leaf, read in self._readers]
        return np.concatenate(parts, axis=1)[0]

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """New episodes."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._flat(observation), info

    def step(self, actions: np.ndarray) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One control step; `final_obs` is flat, too."""
        observation, reward, terminated, truncated, info = self.env.step(self.whole(actions))
        if "final_obs" in info:
            final = np.full(self.num_envs, None, object)
            for i in np.flatnonzero(info["_final_obs"]):
                final[i] = self._one(info["final_obs"][i])
            info = {**info, "final_obs": final}
        return self._flat(observation), reward, terminated, truncated, info

    def whole(self, actions: np.ndarray) -> Any:
        """The environment's own actions from flat ones."""
        start, parts = 0, dict[Path, np.ndarray]()
        for leaf in self._motors:
            shape = leaf.space.shape or ()
            size = int(np.prod(shape, dtype=np.int64))
            part = np.asarray(actions)[:, start : start + size].reshape(len(actions), *shape)
            if np.issubdtype(leaf.space.dtype, np.integer):
                part = np.rint(part)
            parts[leaf.path] = part.astype(leaf.space.dtype)
            start += size
        return _built(self.env.single_action_space, (), parts)


def _built(space: spaces.Space[Any], path: Path, parts: dict[Path, np.ndarray]) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _built(part, (*path, key), parts) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_built(part, (*path, i), parts) for i, part in enumerate(space.spaces))
    return parts[path]


def _actions(motors: list[Leaf], id_: str, limit: float | None) -> "spaces.Box | spaces.MultiDiscrete":
    """One flat space for all parts of an action. Raises `ConfigError` for numbers and alternatives mixed."""
    pushes = [leaf.space for leaf in motors if isinstance(leaf.space, spaces.Box)]
    if len(pushes) == len(motors) and motors:
        low = np.concatenate([np.asarray(space.low, np.float64).ravel() for space in pushes])
        high = np.concatenate([np.asarray(space.high, np.float64).ravel() for space in pushes])
        if limit is not None:
            low, high = np.where(np.isfinite(low), low, -limit), np.where(np.isfinite(high), high, limit)
        return spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    sizes, starts = list[int](), list[int]()
    for leaf in motors:
        if isinstance(leaf.space, spaces.MultiBinary):
            count = int(np.prod(leaf.space.shape))
            n, start = [2] * count, [0] * count
        elif isinstance(leaf.space, (spaces.Discrete, spaces.MultiDiscrete)):
            n, start = _alternatives(leaf.space)
        else:
            raise ConfigError(
                f"{id_} takes actions in {leaf.space}; innervate's controllers give numbers (Box), or choose between "
                "alternatives (Discrete, MultiDiscrete, MultiBinary), not both at once. Wrap the environment."
            )
        sizes += n
        starts += [int(s) for s in start]
    return spaces.MultiDiscrete(sizes, start=starts)
