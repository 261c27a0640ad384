"""What Gymnasium and stable-baselines3 demand of an environment, and what its docstring promises."""

import dataclasses
import inspect
import re
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

from innervate.envs import registry
from innervate.envs.channel import slices
from innervate.envs.make import make_world
from innervate.envs.registry import TASKS, TaskEntry
from innervate.envs.single import BodyEnv

OTHER: dict[str, dict[str, Any]] = {
    "swim": {"n_links": 4},
    "navigate": {"n_links": 4},
    "route": {"season": "winter", "aside_m": 0.3},
    "arena": {"light": "dusk", "side_m": 8.0},
    "roam": {"feeders": 1, "rays": 8},
}
"""Options that change the body, for each task; the arms' are the same for all of theirs."""
ENTRIES = pytest.mark.parametrize("entry", TASKS.values(), ids=TASKS.keys())


def name_of(entry: TaskEntry) -> str:
    return next(name for name, known in TASKS.items() if known is entry)


def bare(entry: TaskEntry, **options: Any) -> BodyEnv:
    env = gym.make(entry.id, **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


@ENTRIES
def test_gymnasium_s_checker_passes(entry: TaskEntry) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*A Box observation space m.* value is.*infinity.*")
        check_env(bare(entry, render_mode="rgb_array"))


@ENTRIES
def test_stable_baselines3_s_checker_passes(entry: TaskEntry) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*symmetric and normalized Box.*")  # a muscle cannot push
        checker.check_env(bare(entry))


@ENTRIES
def test_spec_says_the_time_limit_and_survives_json(entry: TaskEntry) -> None:
    env = gym.make(entry.id, **OTHER.get(name_of(entry), {"arms": 2}))
    assert env.spec is not None
    assert env.spec.max_episode_steps == entry.max_episode_steps
    again = gym.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.observation_space == env.observation_space


@ENTRIES
def test_options_are_the_keyword_arguments(entry: TaskEntry) -> None:
    source = "".join(map(inspect.getsource, entry.options.__mro__[:-1]))
    for field in dataclasses.fields(entry.options):
        assert re.search(rf'{field.name}: .*\n    """', source), f"{field.name} has no docstring"
        assert bare(entry, **{field.name: field.default}).observation_space.shape is not None


def tables(docstring: str) -> dict[str, list[dict[str, str]]]:
    """The Markdown tables of a docstring by section, each row as header to cell."""
    found: dict[str, list[dict[str, str]]] = {}
    section, header = "", list[str]()
    for line in map(str.strip, docstring.splitlines()):
        if line.startswith("## "):
            section, header = line[3:], []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not header:
                header = cells
            elif not set(line) <= set("|-: "):
                found.setdefault(section, []).append(dict(zip(header, cells, strict=True)))
    return found


@ENTRIES
def test_docstring_tables_tell_the_truth(entry: TaskEntry) -> None:
    env = bare(entry)
    env.reset(seed=0)
    found = tables(env.task.__doc__ or "")
    model = env.model

    actions = found["Action Space"]
    assert [int(row["Num"]) for row in actions] == list(range(env.model.nu))
    for i, row in enumerate(actions):
        assert model.actuator(i).name == row["Name (in the model)"]
        on = int(model.actuator_trnid[i, 0])
        assert [float(row["Control Min"]), float(row["Control Max"])] == model.actuator_ctrlrange[i].tolist()
        gear, peak = (re.search(rf"{said} ([\d.e-]+) N", row["Action"]) for said in ("over", "peak force"))
        if peak is not None:
            assert model.tendon(on).name == row["Name (in the model)"]
            assert float(peak[1]) == model.actuator_gainprm[i, 2]
            continue
        assert model.joint(on).name == row["Joint"]
        assert gear is not None
        assert float(gear[1]) == model.actuator_gear[i, 0]

    columns = slices(env.channels)
    units = {channel.name: [unit.strip() for unit in channel.unit.split(",")] for channel in env.channels}
    observations = found["Observation Space"]
    assert [int(row["Num"]) for row in observations] == list(range(sum(channel.size for channel in env.channels)))
    for i, row in enumerate(observations):
        assert row["Sensor (in the model)"] in env.world.sensors
        channel = row["Channel"]
        assert columns[channel].start <= i < columns[channel].stop
        alternating = units[channel]
        assert row["Type (Unit)"].endswith(f"({alternating[(i - columns[channel].start) % len(alternating)]})")
        assert (row["Min"], row["Max"]) == ("-Inf", "Inf")

    _, _, _, _, info = env.step(env.action_space.sample())
    rewards = {row["Term"].strip("`"): (float(row["Min"]), float(row["Max"])) for row in found["Rewards"]}
    assert {f"reward/{name}" for name in rewards} == {name for name in info if name.startswith("reward/")}
    for name, (low, high) in rewards.items():
        assert low <= info[f"reward/{name}"] <= high

    arguments = {row["Parameter"].strip("`"): row["Default"].strip("`") for row in found["Arguments"]}
    assert arguments == {field.name: str(field.default) for field in dataclasses.fields(entry.options)}


@ENTRIES
def test_the_observation_is_what_the_sensors_named_in_the_docstring_read(entry: TaskEntry) -> None:
    """Each row's sensor, computed by MuJoCo from the state alone, holds that number."""
    env = bare(entry)
    observation, _ = env.reset(seed=1)
    for _ in range(5):
        observation, *_ = env.step(env.action_space.sample())
    data = env.data
    for i, row in enumerate(tables(env.task.__doc__ or "")["Observation Space"]):
        readings = data.sensor(row["Sensor (in the model)"]).data.astype(np.float32)
        assert observation[i] in readings, row


def test_time_limit_is_truncation() -> None:
    env = gym.make("innervate/Swim-v0")
    env.reset(seed=0)
    ends = [env.step(np.zeros(5, np.float32))[2:4] for _ in range(1000)]
    assert ends[:-1] == [(False, False)] * 999
    assert ends[-1] == (False, True)


def test_the_static_table_of_dm_control_s_suite_is_complete() -> None:
    from dm_control import suite

    table = {(domain, task) for domain, tasks in registry.DM_CONTROL.items() for task in tasks}
    assert table == set(suite.ALL_TASKS)
    assert all(registry.suite_id(*key) in gym.registry for key in table)


def test_a_suite_task_is_flat_and_the_same_as_dm_control_s() -> None:
    from dm_control import suite

    env = gym.make(registry.suite_id("cheetah", "run"))
    theirs = suite.load("cheetah", "run", task_kwargs={"random": 3})
    observation, _ = env.reset(seed=3)
    step = theirs.reset()
    base: Any = env.unwrapped
    assert base.control_step_s == theirs.control_timestep()
    for action in np.random.default_rng(0).uniform(-1, 1, (20, 6)).astype(np.float32):
        parts = [np.ravel(step.observation[channel.name]) for channel in base.channels]
        np.testing.assert_array_equal(observation, np.concatenate(parts).astype(np.float32))
        observation, reward, _, _, _ = env.step(action)
        step = theirs.step(action)
        assert reward == step.reward


def test_worlds_are_made_from_names() -> None:
    assert make_world("swim", n_links=9).model.nu == 8
