"""Consecutive transitions out of the buffers that stable-baselines3 fills anyway."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped
from stable_baselines3.common.buffers import ReplayBuffer, RolloutBuffer
from stable_baselines3.common.vec_env import VecNormalize

Sequences = tuple[Shaped[np.ndarray, "instant batch *shape"], np.ndarray, Bool[np.ndarray, "step batch"]]
"""Observations (one more than steps), actions as stored (step, batch, ...), which steps are still in the episode."""


def replayed(
    buffer: ReplayBuffer, rng: np.random.Generator, batch: int, steps: int, env: VecNormalize | None
) -> Sequences:
    """`batch` random moments and the `steps` transitions that begin there.

    A sequence ends with its episode, be it by failure or by a time limit, at the newest transition (behind which the
    ring holds the oldest), and wherever the environment was reset without saying so: the next observation is not the
    one that follows.
    """
    size, filled = buffer.buffer_size, buffer.buffer_size if buffer.full else buffer.pos
    rows = (rng.integers(filled, size=batch) + np.arange(steps)[:, None]) % size
    columns = np.broadcast_to(rng.integers(buffer.n_envs, size=batch), rows.shape)
    actions = buffer.actions[rows, columns]
    after = buffer.next_observations[rows, columns]
    observations = np.concatenate([buffer.observations[rows[:1], columns[:1]], after])
    valid = np.ones((steps, batch), np.bool_)
    if steps > 1:
        newest = (buffer.pos - 1) % size
        goes_on = (buffer.dones[rows[:-1], columns[:-1]] == 0) & (rows[:-1] != newest)
        same = after[:-1] == buffer.observations[rows[1:], columns[1:]]
        goes_on &= same.reshape(steps - 1, batch, -1).all(2)
        valid[1:] = np.logical_and.accumulate(goes_on)
    if env is not None:
        observations = np.asarray(env.normalize_obs(observations))
    return observations, actions, valid


def rolled_out(buffer: RolloutBuffer, rng: np.random.Generator, batch: int, steps: int) -> Sequences | None:
    """The same out of a rollout that is being learned from; None if it holds no two observations of one episode.

    The last observation of an episode is not in a rollout: its last transition is left out.
    """
    shape = (buffer.n_envs, buffer.buffer_size)  # the order in which `RolloutBuffer.get` has laid it out
    observations: Any = buffer.observations.reshape(*shape, *buffer.observations.shape[1:])
    actions: Any = buffer.actions.reshape(*shape, *buffer.actions.shape[1:])
    within = np.zeros(shape, np.bool_)
    within[:, :-1] = buffer.episode_starts.T[:, 1:] == 0
    starts = np.argwhere(within)
    if len(starts) == 0:
        return None
    columns, first = starts[rng.integers(len(starts), size=batch)].T
    rows = np.minimum(first + np.arange(steps + 1)[:, None], buffer.buffer_size - 1)
    valid = np.logical_and.accumulate(within[columns, rows[:-1]])
    return observations[columns, rows], actions[columns, rows[:-1]], valid
