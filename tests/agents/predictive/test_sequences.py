"""Consecutive transitions out of stable-baselines3's buffers: none crosses an episode, whatever the ring has seen."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from innervate.agents.predictive.sequences import replayed, rolled_out


class Counter(gym.Env[np.ndarray, np.ndarray]):
    """Observes (episode, step); ends by failure or by a time limit after a number of steps drawn at reset."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)
    begun = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        Counter.begun += 1
        self._episode, self._step, self._last = Counter.begun, 0, int(self.np_random.integers(1, 9))
        return np.array([self._episode, 0], np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._step += 1
        over, failed = self._step == self._last, bool(self._last % 2)
        return np.array([self._episode, self._step], np.float32), 1.0, over and failed, over and not failed, {}


def counters(n: int) -> DummyVecEnv:
    return DummyVecEnv([Counter] * n)


def check(observations: np.ndarray, valid: np.ndarray) -> None:
    """Where valid, the step goes on by one within one episode; what is not valid stays so."""
    assert valid[0].all()
    assert (valid[1:] <= valid[:-1]).all()
    before, after = observations[:-1][valid], observations[1:][valid]
    np.testing.assert_array_equal(after[:, 0], before[:, 0])
    np.testing.assert_array_equal(after[:, 1], before[:, 1] + 1)


@pytest.mark.parametrize("num_envs", [1, 3])
@pytest.mark.parametrize("steps", [40, 200])
def test_replayed_sequences_stay_in_their_episode(num_envs: int, steps: int) -> None:
    """Before the ring is full (40) and after it has gone around; `learn` called twice resets in mid-episode."""
    model = SAC("MlpPolicy", counters(num_envs), buffer_size=25 * num_envs, learning_starts=10**6, seed=0, device="cpu")
    model.learn(steps * num_envs // 2)
    model.learn(steps * num_envs // 2)
    assert model.replay_buffer is not None
    assert model.replay_buffer.full == (steps > 25)
    rng = np.random.default_rng(0)
    observations, actions, valid = replayed(model.replay_buffer, rng, 3000, 4, None)
    assert observations.shape == (5, 3000, 2)
    assert actions.shape == (4, 3000, 1)
    check(observations, valid)
    # every pair that does belong together is found: as many as the episodes hold
    assert valid[1].mean() > 0.5
    assert 0 < valid[3].mean() < valid[1].mean()


def test_a_reset_that_nothing_tells_of_ends_a_sequence() -> None:
    model = SAC("MlpPolicy", counters(1), buffer_size=100, learning_starts=10**6, seed=0, device="cpu")
    for _ in range(20):
        model.learn(2)  # begins anew each time, mostly in the middle of an episode
    assert model.replay_buffer is not None
    assert model.replay_buffer.dones[:40].sum() < 15
    observations, _, valid = replayed(model.replay_buffer, np.random.default_rng(0), 2000, 3, None)
    check(observations, valid)
    assert not valid[2].any()


def test_replayed_observations_are_normalised_as_the_algorithm_s() -> None:
    env = VecNormalize(counters(2))
    model = SAC("MlpPolicy", env, buffer_size=100, learning_starts=10**6, seed=0, device="cpu")
    model.learn(80)
    assert model.replay_buffer is not None
    raw, _, _ = replayed(model.replay_buffer, np.random.default_rng(0), 50, 3, None)
    white, _, _ = replayed(model.replay_buffer, np.random.default_rng(0), 50, 3, env)
    seen: Any = env.obs_rms
    expected = np.clip((raw - seen.mean) / np.sqrt(seen.var + env.epsilon), -env.clip_obs, env.clip_obs)
    np.testing.assert_allclose(white, expected, rtol=1e-5)


@pytest.mark.parametrize("num_envs", [1, 3])
def test_sequences_of_a_rollout_stay_in_their_episode(num_envs: int) -> None:
    model = PPO("MlpPolicy", counters(num_envs), n_steps=40, batch_size=20, n_epochs=1, seed=0, device="cpu")
    model.learn(40 * num_envs)
    drawn = rolled_out(model.rollout_buffer, np.random.default_rng(0), 2000, 3)
    assert drawn is not None
    observations, actions, valid = drawn
    assert observations.shape == (4, 2000, 2)
    assert actions.shape == (3, 2000, 1)
    check(observations, valid)
    assert 0 < valid[2].mean() < valid[1].mean() < 1
    seen = {(int(a), int(b)) for a, b in observations[0]}
    buffer = model.rollout_buffer  # laid out environment by environment once it has been learned from
    rows, starts = buffer.observations.reshape(num_envs, 40, 2), buffer.episode_starts.T
    expected = {tuple(map(int, rows[e, t])) for e in range(num_envs) for t in range(39) if not starts[e, t + 1]}
    assert seen == expected


def test_a_rollout_of_single_steps_holds_no_sequence() -> None:
    model = PPO("MlpPolicy", counters(1), n_steps=20, batch_size=20, n_epochs=1, seed=0, device="cpu")
    model.learn(20)
    model.rollout_buffer.episode_starts[:] = 1
    assert rolled_out(model.rollout_buffer, np.random.default_rng(0), 8, 1) is None
