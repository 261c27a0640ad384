"""Single, batched, and MuJoCo's own `mj_step` loop on the stock model: the same bits, on any number of threads."""

from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.inputs import OnlyRows
from innervate.envs.memory import Memory
from innervate.envs.registry import TASKS
from innervate.envs.sensors import Sensors
from innervate.envs.world import World

STEPS = 60
RARE = ("target", "touch", "taste", "home", "moved", "cue", "target_speed")
"""Channels in which nothing need happen in so short a time."""
NUM = 7
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    (task, dict(options)) for task, entry in TASKS.items() for options in ({}, *entry.examples)
]


def actions_for(env: BodyVectorEnv, steps: int = STEPS) -> np.ndarray:
    shape = (steps, env.num_envs, *(env.single_action_space.shape or ()))
    return np.random.default_rng(5).uniform(-1, 1, shape).astype(np.float32)


def make_vec(task: str, **arguments: Any) -> BodyVectorEnv:
    env = gym.make_vec(TASKS[task].id, vectorization_mode="vector_entry_point", **arguments)
    assert isinstance(env, BodyVectorEnv)
    return env


def mj_step_loop(world: World, seed: int, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observations (step + 1, o), rewards (step,), last state of one episode under `actions` (step, actuator)."""
    model, task = world.model, world.task
    data = mujoco.MjData(model)
    for field, value in task.begin(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))), 1).items():
        getattr(data, field)[...] = value[0]
    mujoco.mj_forward(model, data)
    before = now = data.sensordata[None].copy()
    observations = [flat(world, Sensors(world.sensors, now, before))]
    rewards: list[float] = []
    for step, action in enumerate(actions):
        data.ctrl[:] = action
        s = Sensors(world.sensors, now, before)
        memory = Memory(data.userdata[None], np.array([step]))
        for field, given in task.drive(s, data.ctrl[None].copy(), memory).items():
            if not isinstance(given, OnlyRows) or given.rows[0]:
                getattr(data, field)[...] = (given.values if isinstance(given, OnlyRows) else given)[0]
        mujoco.mj_step(model, data, nstep=world.substeps)
        # sensors at the end of the step, computed aside so that the warm start of the next step stays as it is
        aside = mujoco.MjData(model)
        mujoco.mj_setState(model, aside, get_state(model, data), mujoco.mjtState.mjSTATE_INTEGRATION)
        aside.sensordata[:] = data.sensordata  # forces are read as they were in the last substep
        mujoco.mj_step1(model, aside)
        before, now = now, aside.sensordata[None].copy()
        s = Sensors(world.sensors, now, before)
        observations.append(flat(world, s))
        rewards.append(float(sum(term[0] for term in task.rewards(s, data.ctrl[None].copy()).values())))
    return np.array(observations), np.array(rewards), get_state(model, data)


def flat(world: World, s: Sensors) -> np.ndarray:
    parts = world.task.observe(s)
    return np.concatenate([parts[channel.name][0] for channel in world.channels]).astype(np.float32)


def get_state(model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
    state = np.empty(mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_INTEGRATION))
    mujoco.mj_getState(model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
    return state


@pytest.mark.parametrize(("task", "options"), VARIANTS)
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_batch_equals_the_stock_model_stepped_by_mujoco(task: str, options: dict[str, Any], threads: int) -> None:
    """Every episode up to its end, which a body that falls may come to before the others."""
    env = make_vec(task, num_envs=NUM, threads=threads, autoreset_mode="NextStep", **options)
    assert env.threads == threads
    actions = actions_for(env)
    observations, rewards = [env.reset(seed=40)[0]], list[np.ndarray]()
    lasted, states, going = np.zeros(NUM, int), [np.empty(0)] * NUM, np.ones(NUM, bool)
    for action in actions:
        observation, reward, terminated, truncated, _ = env.step(action)
        observations.append(observation)
        rewards.append(reward)
        lasted += going
        states = [env.engine.state(i) if going[i] else states[i] for i in range(NUM)]
        going &= ~(terminated | truncated)
        if not going.any():
            break
    assert lasted.min() > 5
    seen, earned = np.array(observations), np.array(rewards)
    still = [channel.name in RARE for channel in env.channels for _ in range(channel.size)]
    assert seen[..., ~np.array(still)].std(axis=0).min() > 0  # everything moves
    for i in (0, NUM - 1):
        n, world = lasted[i], make_world(task, **options)
        their_observations, their_rewards, state = mj_step_loop(world, 40 + i, actions[:n, i])
        np.testing.assert_array_equal(seen[: n + 1, i], their_observations)
        np.testing.assert_array_equal(earned[:n, i], their_rewards)
        np.testing.assert_array_equal(states[i], state)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("mode", ["SameStep", "NextStep", "Disabled"])
def test_batch_equals_gymnasium_s_own_vector_of_single_environments(task: str, mode: str) -> None:
    """Observations, rewards, ends and infos, over several episodes that end at different times."""
    limit = 9
    batched = make_vec(task, num_envs=NUM, threads=2, max_episode_steps=limit, autoreset_mode=mode)
    single = gym.make_vec(
        TASKS[task].id, num_envs=NUM, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode},
        max_episode_steps=limit,
    )  # fmt: skip
    assert batched.metadata["autoreset_mode"] == single.metadata["autoreset_mode"]
    seeds = [3, 1, 4, 15, 92, 6, 5]
    theirs_begin: Any = single.reset  # takes a list of seeds, though the base class says otherwise
    np.testing.assert_array_equal(batched.reset(seed=seeds)[0], theirs_begin(seed=seeds)[0])
    stagger = np.array([True, False, True, False, False, False, True])
    ends = 0
    for k, action in enumerate(actions_for(batched, 31)):
        mine, theirs = batched.step(action), single.step(action)
        for a, b in zip(mine[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        assert_same_info(mine[4], theirs[4])
        over = mine[2] | mine[3]
        ends += int(over.sum())
        if k == 4:  # some begin again early, so that later ends fall on different steps
            mask = stagger
        elif mode == "Disabled" and over.any():
            mask = over
        else:
            continue
        a, b = (env.reset(options={"reset_mask": mask.copy()})[0] for env in (batched, single))
        np.testing.assert_array_equal(a, b)
    assert ends > 2 * NUM


def assert_same_info(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert mine.keys() == theirs.keys()
    for name, a in mine.items():
        b = theirs[name]
        if isinstance(a, dict):
            assert_same_info(a, b)
        elif a.dtype == object:
            for left, right in zip(a, b, strict=True):
                np.testing.assert_array_equal(left, right)
        else:
            assert a.dtype == b.dtype, name
            np.testing.assert_array_equal(a, b, err_msg=name)


def test_one_environment_in_a_batch_does_not_depend_on_the_others() -> None:
    few, many = make_vec("navigate", num_envs=2), make_vec("navigate", num_envs=300, threads=2)
    actions = actions_for(many, 10)
    few.reset(seed=[8, 9])
    many.reset(seed=[*range(100, 398), 8, 9])
    for action in actions:
        a, b = few.step(action[-2:]), many.step(action)
        for left, right in zip(a[:4], b[:4], strict=True):
            np.testing.assert_array_equal(left, right[-2:])


def test_when_all_end_at_once_all_begin_anew_in_the_next_step() -> None:
    env = make_vec("swim", num_envs=3, max_episode_steps=1, autoreset_mode="NextStep")
    env.reset(seed=0)
    action = actions_for(env, 1)[0]
    for _ in range(3):
        *_, truncated, info = env.step(action)
        assert truncated.all()
        assert "reward/forward" in info
        observation, reward, terminated, truncated, info = env.step(action)
        assert not (terminated | truncated).any()
        assert not reward.any()
        assert info == {}
        assert not observation[:, 5:].any()  # at rest: a start
