"""What a task keeps for an episode, the count of its steps, and bodies that are moved within it."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from innervate.envs.engine.replay import load
from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.inputs import Given, OnlyRows
from innervate.envs.memory import Memory
from innervate.envs.sensors import Sensors
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.errors import ConfigError, NonFiniteError, UnknownNameError
from innervate.signals import Channel

SLIDER = """<mujoco><option gravity="0 0 0" timestep="0.002"/><size nuserdata="2"/><worldbody><body>
  <joint name="rail" type="slide" axis="1 0 0"/><joint name="turn" axis="0 0 1" damping=".1"/>
  <geom size=".1" mass="2"/></body><body name="mark" mocap="true"/></worldbody>
  <actuator><motor name="push" joint="rail" ctrlrange="-1 1"/></actuator>
  <sensor><jointpos name="place" joint="rail"/><jointvel name="speed" joint="rail"/>
  <framepos name="mark" objtype="xbody" objname="mark"/></sensor></mujoco>"""
MOVED_AT = 4


class Moved(Task):
    """Thrown back to the origin at its fourth step, where the memory says so."""

    control_step_s = 0.01
    channels = (Channel("place", 1, "m"), Channel("speed", 1, "m/s"), Channel("mark", 3, "m"))

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"place": s["place"], "speed": s["speed"], "mark": s["mark"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"place": s["place"][:, 0]}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        memory = np.zeros((n, 2))
        memory[:, 0] = rng.random(n) < 0.5
        memory[:, 1] = rng.random(n)
        return {"qvel": rng.uniform(0.5, 1, (n, 2)), "userdata": memory}

    def drive(self, s: Sensors, action: np.ndarray, memory: Memory) -> dict[str, Given]:
        now = (memory.step == MOVED_AT) & (memory[:, 0] > 0)
        nowhere = np.where(now[:, None], 0.0, np.nan)  # what is not asked for is not looked at
        return {
            "qpos": OnlyRows(now, np.tile(nowhere, 2)),
            "qvel": OnlyRows(now, np.tile(nowhere, 2)),
            "mocap_pos": OnlyRows(now, np.ones((len(s), 1, 3))),
            "userdata": OnlyRows(now, np.stack([2 * memory[:, 0], memory[:, 1]], axis=1)),
        }

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        return {"step": memory.step, "drawn": memory[:, 1], "thrown": memory[:, 0] == 2}


class Left(Moved):
    """The same start, and nothing is ever moved."""

    def drive(self, s: Sensors, action: np.ndarray, memory: Memory) -> dict[str, Given]:
        return {}


def test_some_bodies_are_moved_within_their_episode_and_the_others_are_not_touched() -> None:
    moved, left = BodyVectorEnv(World(SLIDER, Moved()), 40, threads=2), BodyVectorEnv(World(SLIDER, Left()), 40)
    moved.reset(seed=3)
    left.reset(seed=3)
    thrown = moved.engine.snapshot()["state"] * 0
    for step in range(12):
        action = np.full((40, 1), 0.1, np.float32)
        a, b = moved.step(action), left.step(action)
        thrown = a[4]["thrown"]
        np.testing.assert_array_equal(a[4]["step"], step + 1)
        assert thrown.any() == (step >= MOVED_AT)
        for mine, theirs in zip(a[:4], b[:4], strict=True):
            np.testing.assert_array_equal(mine[~thrown], theirs[~thrown])
        np.testing.assert_array_equal(
            moved.engine.snapshot()["state"][~thrown], left.engine.snapshot()["state"][~thrown]
        )
        if step == MOVED_AT:  # from rest at the origin, five substeps of 0.1 N on 2 kg
            speed = 5 * 0.002 * 0.05
            np.testing.assert_allclose(a[0][thrown, 1], speed, rtol=1e-6)
            np.testing.assert_allclose(a[0][thrown, 0], 0.002 * 0.05 * 0.002 * (1 + 2 + 3 + 4 + 5), rtol=1e-5)
            np.testing.assert_array_equal(a[0][thrown, 2:], 1)
    assert 8 < thrown.sum() < 32


def test_one_body_is_moved_as_it_is_among_many() -> None:
    many = BodyVectorEnv(World(SLIDER, Moved()), 12, threads=2)
    many.reset(seed=20)
    singles = [BodyEnv(World(SLIDER, Moved())) for _ in range(12)]
    for i, one in enumerate(singles):
        one.reset(seed=20 + i)
    for action in np.random.default_rng(0).uniform(-1, 1, (9, 12, 1)).astype(np.float32):
        batch = many.step(action)
        for i, one in enumerate(singles):
            observation, reward, _, _, info = one.step(action[i])
            np.testing.assert_array_equal(observation, batch[0][i])
            assert reward == batch[1][i]
            assert all(info[name] == batch[4][name][i] for name in ("step", "drawn", "thrown"))


@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_the_count_begins_anew_with_each_episode_and_the_end_remembers_its_own(mode: str) -> None:
    env = BodyVectorEnv(World(SLIDER, Moved()), 3, max_episode_steps=5, autoreset_mode=mode)
    env.reset(seed=0)
    first = env.engine.snapshot()["state"][:, -2:].copy()
    counts: list[int] = []
    for _ in range(14):
        *_, info = env.step(np.zeros((3, 1)))
        if "final_info" in info:
            np.testing.assert_array_equal(info["final_info"]["step"], 5)
            counts.append(5)
        elif "step" in info:
            counts.append(int(info["step"][0]))
        else:
            counts.append(0)
    again = [1, 2, 3, 4, 5] if mode == "SameStep" else [1, 2, 3, 4, 5, 0]
    assert counts == (again * 3)[:14]
    assert not np.array_equal(first, env.engine.snapshot()["state"][:, -2:])


def test_the_last_info_of_an_episode_is_that_of_its_own_memory() -> None:
    env = BodyVectorEnv(World(SLIDER, Moved()), 4, max_episode_steps=2, autoreset_mode="SameStep")
    env.reset(seed=0)
    *_, before = env.step(np.zeros((4, 1)))
    *_, info = env.step(np.zeros((4, 1)))
    np.testing.assert_array_equal(info["final_info"]["drawn"], before["drawn"])


def test_a_task_that_takes_no_memory_goes_on_working() -> None:
    class Old(Moved):
        def info(self, s: Sensors) -> dict[str, np.ndarray]:  # pyright: ignore[reportIncompatibleMethodOverride]
            return {"twice": 2 * s["place"][:, 0]}

    with pytest.warns(DeprecationWarning, match=r"Old\.info\(s\).*info\(self, s, memory\)"):
        env = BodyEnv(World(SLIDER, Old()))
    env.reset(seed=0)
    observation, *_, info = env.step(np.zeros(1))
    assert info["twice"] == pytest.approx(2 * observation[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BodyEnv(World(SLIDER, Moved()))


def driven(field: str, rows: list[bool] | None, values: Any) -> Task:
    class Drives(Moved):
        def drive(self, s: Sensors, action: np.ndarray, memory: Memory) -> dict[str, Given]:
            return {field: values if rows is None else OnlyRows(np.array(rows), values)}

    return Drives()


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        (driven("qpose", None, np.zeros((1, 2))), UnknownNameError, "named 'qpose'. Did you mean 'qpos'"),
        (driven("qpos", None, np.zeros((1, 3))), ConfigError, r"gave qpos of shape \(1, 3\); \(n, \*\(2,\)\)"),
        (driven("qpos", [True], np.zeros((1, 3))), ConfigError, r"gave qpos of shape \(1, 3\)"),
        (driven("qpos", [True, False], np.zeros((1, 2))), ConfigError, r"rows of qpos as bool\[2\]"),
    ],
    ids=["field", "shape", "shape of some", "rows"],
)
def test_mistakes_in_drive_are_told_before_the_first_step(task: Task, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        BodyVectorEnv(World(SLIDER, task), 2)


def test_what_is_not_finite_is_refused_where_it_would_be_used() -> None:
    class Bad(Moved):
        def drive(self, s: Sensors, action: np.ndarray, memory: Memory) -> dict[str, Given]:
            return {"qpos": OnlyRows(memory.step > 1, np.full((len(s), 2), np.nan))}

    env = BodyVectorEnv(World(SLIDER, Bad()), 2)
    env.reset(seed=0)
    env.step(np.zeros((2, 1)))
    env.step(np.zeros((2, 1)))
    with pytest.raises(NonFiniteError, match=r"drive gave a qpos that is not finite"):
        env.step(np.zeros((2, 1)))


def test_a_replay_takes_the_steps_as_the_task_drove_them(tmp_path: Path) -> None:
    """Moved and pushed by the task until it explodes: run again, it explodes at the same place."""

    class Pushed(Moved):
        def drive(self, s: Sensors, action: np.ndarray, memory: Memory) -> dict[str, Given]:
            force = np.zeros((len(s), 2))
            force[memory.step == 4, 0] = 1e16
            return {"qfrc_applied": force, "qpos": OnlyRows(memory.step == 2, np.full((len(s), 2), 0.5))}

    env = BodyEnv(World(SLIDER, Pushed()), replay_folder=tmp_path)
    env.reset(seed=0)
    infos = [env.step(np.zeros(1))[4] for _ in range(5)]
    assert [info["exploded"] for info in infos] == [False] * 4 + [True]
    replay = load(Path(infos[-1]["replay"]))
    assert replay.states[2, 1] == 0.5
    finding = replay.rerun()
    assert finding is not None
    assert (finding.step, finding.where) == (4, "joint 'rail'")
