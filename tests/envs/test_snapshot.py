"""From a snapshot an environment goes on bit for bit, in another process of life."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from innervate.envs.engine import snapshots
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.randomisation import Randomisation
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError

RANDOMISATION = Randomisation(
    mass=(0.8, 1.2), gear=(0.5, 1.5), damping=(1.0, 2.0), delay_s=(0.0, 0.15), noise={"joint_angle": 0.1}
)


def make(task: str = "Navigate", num_envs: int = 5, **arguments: Any) -> BodyVectorEnv:
    env = gym.make_vec(
        f"innervate/{task}-v0", num_envs, "vector_entry_point", max_episode_steps=7, **arguments
    )  # fmt: skip
    assert isinstance(env, BodyVectorEnv)
    return env


def actions(steps: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(-1, 1, (steps, 5, 5)).astype(np.float32)


@pytest.mark.parametrize("randomisation", [None, RANDOMISATION], ids=["nominal", "randomised"])
@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_a_vector_goes_on_bit_for_bit_through_a_file(
    mode: str, randomisation: Randomisation | None, tmp_path: Path
) -> None:
    first = make(autoreset_mode=mode, randomisation=randomisation)
    first.reset(seed=11)
    plan = actions(40)
    for k in range(14):  # at the 14th step the second episode ends: under NextStep a reset is pending
        first.step(plan[k])
        if k == 3:
            first.reset(options={"reset_mask": np.array([True, False, False, True, False])})
    np.savez(tmp_path / "snapshot.npz", **first.snapshot())  # pyright: ignore[reportArgumentType]
    second = make(autoreset_mode=mode, randomisation=randomisation, threads=2)
    with np.load(tmp_path / "snapshot.npz", allow_pickle=False) as stored:
        second.restore(dict(stored))
    for action in plan[14:]:
        a, b = first.step(action), second.step(action)
        for left, right in zip(a[:4], b[:4], strict=True):
            np.testing.assert_array_equal(left, right)
        assert a[4].keys() == b[4].keys()
    for name, value in first.snapshot().items():
        np.testing.assert_array_equal(value, second.snapshot()[name], err_msg=name)


IMPERFECT: dict[str, Any] = {"delay_s": 0.03, "visual_noise_m": 0.01, "signal_dependent_noise": 0.1}


@pytest.mark.parametrize("task", [entry.id for entry in TASKS.values()])
def test_every_task_goes_on_in_a_fresh_environment(task: str) -> None:
    """Whatever a task looks back at, or is late with, is in the snapshot."""
    options: dict[str, Any] = IMPERFECT if "ForceField" in task or "Spring" in task else {}
    first, second = (gym.make(task, **options) for _ in range(2))
    size = (8, *(first.action_space.shape or ()))
    plan = np.random.default_rng(0).uniform(0, 1, size).astype(np.float32)
    first.reset(seed=4)
    for action in plan[:4]:
        first.step(action)
    bare: Any = first.unwrapped
    snapshots.restore(second, bare.snapshot())
    for action in plan[4:]:
        a, b = first.step(action), second.step(action)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1:4] == b[1:4]


def test_a_snapshot_is_a_copy() -> None:
    env = make()
    env.reset(seed=0)
    taken = env.snapshot()
    kept = {name: value.copy() for name, value in taken.items()}
    for action in actions(3):
        env.step(action)
    for name, value in taken.items():
        np.testing.assert_array_equal(value, kept[name])
    env.restore(taken)
    env.step(actions(1)[0])
    for name, value in taken.items():
        np.testing.assert_array_equal(value, kept[name])


def test_a_single_environment_goes_on_with_its_time_limit() -> None:
    plan = actions(12)[:, 0]
    first, second = (gym.make("innervate/Swim-v0", max_episode_steps=10) for _ in range(2))
    first.reset(seed=4)
    for action in plan[:6]:
        first.step(action)
    bare: Any = first.unwrapped
    snapshots.restore(second, bare.snapshot())
    ends: list[bool] = []
    for action in plan[6:10]:
        a, b = first.step(action), second.step(action)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1:] == b[1:]
        ends.append(a[3])
    assert ends == [False, False, False, True]  # truncated after ten steps in all
    np.testing.assert_array_equal(first.reset()[0], second.reset()[0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("lacks", r"lacks \['rng'\]"),
        ("more", r"has \['extra'\] besides"),
        ("smaller", r"'state' of the snapshot is float64\[3, "),
        ("type", r"'ended' of the snapshot is float64"),
    ],
)
def test_a_wrong_snapshot_is_refused_and_changes_nothing(wrong: str, message: str) -> None:
    env = make()
    env.reset(seed=0)
    snapshot = env.snapshot()
    env.step(actions(1)[0])
    before = env.snapshot()
    match wrong:
        case "lacks":
            del snapshot["rng"]
        case "more":
            snapshot["extra"] = np.zeros(1)
        case "smaller":
            snapshot["state"] = snapshot["state"][:3]
        case _:
            snapshot["ended"] = snapshot["ended"].astype(float)
    with pytest.raises(ConfigError, match=message):
        env.restore(snapshot)
    for name, value in env.snapshot().items():
        np.testing.assert_array_equal(value, before[name])
