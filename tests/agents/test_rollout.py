"""The one rollout against a loop written out by hand."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import controller_spec, environment_id, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

GYMNASIUM = ["Swimmer-v5", "Pendulum-v1", "innervate/dm_control.cartpole-swingup-v0"]


@pytest.mark.parametrize("id_", ["innervate/Swim-v0", "test/Ragged-v0", *GYMNASIUM])
def test_it_is_the_plain_loop(id_: str) -> None:
    seeds = [5, 6, 7]
    env = make_vector_env(WorldConfig(id=id_), 3)
    spec = controller_spec(env)
    controller = CONTROLLERS["gru"]().build(spec, torch.Generator().manual_seed(0))
    got = rollout(env, controller, spec, seeds)
    single = gym.make(id_)
    space = single.action_space
    assert isinstance(space, gym.spaces.Box)
    for i, seed in enumerate(seeds):
        flat, _ = single.reset(seed=seed)
        state, total, length, over = controller.initial_state(1), 0.0, 0, False
        while not over:
            with torch.no_grad():
                obs = spec.split(torch.from_numpy(np.asarray(flat, np.float32))[None])
                action, state = controller(obs, state)
            fraction = action[0].numpy().astype(np.float64).clip(-1, 1)
            middle, half = (space.high + space.low) / 2.0, (space.high - space.low) / 2.0
            flat, reward, terminated, truncated, _ = single.step((middle + half * fraction).astype(np.float32))
            total, length, over = total + float(reward), length + 1, terminated or truncated
        assert got.lengths[i] == length
        assert got.returns[i] == pytest.approx(total, rel=1e-3, abs=1e-3)


def test_watchers_see_every_step_and_who_is_still_running() -> None:
    env = make_vector_env(WorldConfig(id="test/Ragged-v0"), 4)
    spec = controller_spec(env)
    zero = CONTROLLERS["zero"]().build(spec, torch.Generator())
    seen: list[np.ndarray] = []

    def watch(moment: Moment) -> None:
        seen.append(moment.running.copy())

    episodes = rollout(env, zero, spec, [1, 2, 3, 4], watch=watch)
    np.testing.assert_array_equal(np.sum(seen, axis=0), episodes.lengths)
    assert len(set(episodes.lengths)) > 1
    # Zero is the middle of the actuators' range, [-2, 4]: each of two actuators gives 1 a step.
    np.testing.assert_allclose(episodes.returns, 2.0 * episodes.lengths)


def test_not_a_number_stops_with_the_name_of_the_culprit() -> None:
    env = make_vector_env(WorldConfig(id="innervate/Swim-v0"), 2)
    spec = controller_spec(env)
    controller = CONTROLLERS["mlp"]().build(spec, torch.Generator().manual_seed(0))
    with torch.no_grad():
        list(controller.parameters())[-1][3] = float("nan")
    with pytest.raises(NonFiniteError, match="Action 3 for environment 0"):
        rollout(env, controller, spec, [1, 2])


def test_unknown_tasks_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'swim'"):
        environment_id("swin")
    with pytest.raises(UnknownNameError, match="innervate/Swim-v0"):
        environment_id("innervate/Swim-v1")
    env = make_vector_env(WorldConfig(id="swim"), 2)
    zero = CONTROLLERS["zero"]().build(controller_spec(env), torch.Generator())
    with pytest.raises(ConfigError, match="one seed for each"):
        rollout(env, zero, zero.spec, [1])
