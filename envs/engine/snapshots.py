"""Snapshots: dictionaries of plain arrays from which an environment, single or batched, goes on bit for bit."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np

from innervate.errors import ConfigError


def restore(env: gym.Env[Any, Any], snapshot: dict[str, np.ndarray]) -> None:
    """Restore a wrapped single environment, its `TimeLimit` (which counts for itself) included."""
    env.reset()  # readies whatever wraps it; the state that this draws is overwritten
    env.unwrapped.restore(snapshot)  # pyright: ignore[reportAttributeAccessIssue]
    layer: Any = env
    while isinstance(layer, gym.Wrapper):
        if isinstance(layer, gym.wrappers.TimeLimit):
            layer._elapsed_steps = int(snapshot["elapsed"][0])  # pyright: ignore[reportPrivateUsage]
        layer = layer.env


def check(snapshot: Mapping[str, np.ndarray], mine: Mapping[str, np.ndarray]) -> None:
    """Raise `ConfigError` unless `snapshot` has the names, shapes and types of one's own."""
    missing, extra = sorted(mine.keys() - snapshot.keys()), sorted(snapshot.keys() - mine.keys())
    if missing or extra:
        raise ConfigError(f"This is no snapshot of this environment: it lacks {missing} and has {extra} besides.")
    for name, own in mine.items():
        got = np.asarray(snapshot[name])
        if got.shape != own.shape or got.dtype != own.dtype:
            raise ConfigError(
                f"{name!r} of the snapshot is {got.dtype}{list(got.shape)}, but this environment has "
                f"{own.dtype}{list(own.shape)}: it was taken from another body, task or number of environments."
            )
