"""A body that explodes ends its own episode and nothing else; nothing that is not finite gets out."""

import logging
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from innervate.envs.engine import replay
from innervate.envs.engine.recorder import KEPT, MOST_FILES
from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.sensors import Sensors
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.errors import ConfigError
from innervate.signals import Channel

BODY = """<mujoco><option gravity="0 0 0" timestep="0.01"><flag {flags}/></option><worldbody><body>
  <joint name="rail" type="slide" axis="1 0 0"/><geom size=".1" mass="1"/></body></worldbody>
  <actuator><motor name="push" joint="rail" ctrlrange="-1 1" gear="1e12"/></actuator>
  <sensor><jointpos name="place" joint="rail"/><jointvel name="speed" joint="rail"/></sensor></mujoco>"""
GENTLE = 1e-12
KINDS = {"MuJoCo resets it": 'energy="disable"', "NaN goes on": 'autoreset="disable"'}


class Drift(Task):
    control_step_s = 0.02
    channels = (Channel("place", 1, "m", None, ""), Channel("speed", 1, "m/s", None, ""))

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        assert np.isfinite(s["place"]).all()  # tasks never meet the wreck
        return {"place": s["place"], "speed": s["speed"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"speed": s["speed"][:, 0], "one": np.ones(len(s))}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {"qpos": rng.uniform(-1, 1, (n, 1))}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings to MUJOCO_LOG.TXT where it runs
    return World(BODY.format(flags=request.param), Drift())


def pushes(n: int, hard: list[int]) -> np.ndarray:
    action = np.full((n, 1), GENTLE)
    action[hard] = 1.0
    return action


def test_only_the_exploded_episode_ends(world: World, tmp_path: Path) -> None:
    env, calm = (BodyVectorEnv(world, 5, replay_folder=tmp_path, autoreset_mode="SameStep") for _ in range(2))
    env.reset(seed=3)
    calm.reset(seed=3)
    for _ in range(4):
        env.step(pushes(5, []))
        calm.step(pushes(5, []))
    last, _, _, _, _ = env.step(pushes(5, []))
    calm.step(pushes(5, []))
    observation, reward, terminated, truncated, info = env.step(pushes(5, [1, 3]))
    expected, expected_reward, *_ = calm.step(pushes(5, []))
    wrecked, others = [1, 3], [0, 2, 4]
    assert np.flatnonzero(terminated).tolist() == wrecked
    assert not truncated.any()
    assert np.isfinite(observation).all()
    np.testing.assert_array_equal(observation[others], expected[others])
    np.testing.assert_array_equal(reward[others], expected_reward[others])
    assert (reward[wrecked] == 0).all()
    final = info["final_info"]
    assert final["exploded"].tolist() == [False, True, False, True, False]
    assert (final["reward/speed"][wrecked] == 0).all()
    for i in wrecked:
        np.testing.assert_array_equal(info["final_obs"][i], last[i])  # the last thing it perceived
        assert Path(final["replay"][i]).is_file()
    for _ in range(3):  # the new episodes are sound
        observation, reward, terminated, _, info = env.step(pushes(5, []))
        assert np.isfinite(observation).all()
        assert np.isfinite(reward).all()
        assert not terminated.any()
        assert not info["exploded"].any()


@pytest.mark.parametrize("mode", ["NextStep", "Disabled"])
def test_in_the_other_modes_too(world: World, mode: str, tmp_path: Path) -> None:
    env = BodyVectorEnv(world, 3, autoreset_mode=mode, replay_folder=tmp_path)
    env.reset(seed=0)
    _, _, terminated, _, info = env.step(pushes(3, [2]))
    assert terminated.tolist() == info["exploded"].tolist() == [False, False, True]
    if mode == "Disabled":
        env.reset(options={"reset_mask": terminated})
    observation, _, terminated, _, info = env.step(pushes(3, [2] if mode == "NextStep" else []))  # ignored for it
    assert not terminated.any()
    assert not info["exploded"].any()
    assert np.isfinite(observation).all()


def test_a_single_environment_says_so_and_leaves_a_replay(world: World, tmp_path: Path) -> None:
    env = BodyEnv(world, replay_folder=tmp_path)
    env.reset(seed=5)
    gentle = np.array([GENTLE])
    for _ in range(20):
        _, _, terminated, _, info = env.step(gentle)
        assert not terminated
        assert "replay" not in info
    observation, reward, terminated, _, info = env.step(np.ones(1))
    assert (terminated, info["exploded"], reward) == (True, True, 0.0)
    assert np.isfinite(observation).all()

    found = replay.load(Path(info["replay"]))
    assert len(found.states) == KEPT
    assert found.title == "the given model"
    finding = found.rerun()
    assert finding is not None
    assert finding.step == KEPT - 1  # it was sound before the last action
    assert finding.warning == "BADQACC"
    assert finding.where == "joint 'rail'"
    np.testing.assert_allclose(finding.time_s, 20 * 0.02, atol=0.02)
    assert "joint 'rail'" in str(finding)


def test_a_replay_shows_one_episode_only(world: World, tmp_path: Path) -> None:
    env = BodyEnv(world, replay_folder=tmp_path)
    for _ in range(2):
        env.reset(seed=5)
        for _ in range(2):
            env.step(np.array([GENTLE]))
    *_, info = env.step(np.ones(1))
    assert len(replay.load(Path(info["replay"])).states) == 3


def test_a_replay_of_a_sound_body_finds_nothing(world: World) -> None:
    env = BodyEnv(world)
    env.reset(seed=0)
    assert replay.Replay(env.engine.state(0)[None], world.substeps, world.physics, "sound").rerun() is None


def test_the_disk_does_not_fill_up(world: World, tmp_path: Path) -> None:
    env = BodyVectorEnv(world, MOST_FILES + 4, replay_folder=tmp_path, autoreset_mode="SameStep")
    env.reset(seed=0)
    for _ in range(2):
        *_, info = env.step(np.ones((MOST_FILES + 4, 1)))
        assert info["final_info"]["exploded"].all()
    assert len(list(tmp_path.glob("explosion-*.npz"))) == MOST_FILES


def test_a_huge_reading_that_is_still_finite_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = BodyEnv(World(BODY.format(flags='energy="disable"').replace("1e12", "2e9"), Drift()), replay_folder=tmp_path)
    observation, _ = env.reset(seed=0)
    info: dict[str, Any] = {}
    for _ in range(300):  # 2e9 m/s^2 never warns by itself; position and speed grow past MuJoCo's bound
        observation, _, terminated, _, info = env.step(np.ones(1))
        assert np.isfinite(observation).all()
        if terminated:
            break
    assert info["exploded"]
    assert np.abs(observation).max() < 1e10


@pytest.mark.parametrize("damage", ["truncated", "text", "pickle", "states", "version", "absent"])
def test_a_damaged_replay_is_refused(damage: str, world: World, tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    env = BodyEnv(world)
    env.reset(seed=0)
    whole = replay.Replay(env.engine.state(0)[None], world.substeps, world.physics, "x")
    replay.dump(path, whole)
    assert replay.load(path).substeps == world.substeps
    match damage:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-100])
        case "text":
            path.write_text("hello")
        case "pickle":
            np.savez(path, about=np.array([{"a": 1}], dtype=object), states=whole.states, model=np.zeros(3, np.uint8))
        case "states":
            replay.dump(path, replay.Replay(whole.states[:, :-1], 1, world.physics, "x"))
        case "version":
            np.savez(path, about=np.array('{"format": 99}'), states=whole.states, model=np.zeros(3, np.uint8))
        case _:
            path.unlink()
    with pytest.raises(ConfigError, match=r"file\.npz"):
        replay.load(path)


@pytest.fixture
def no_log() -> Iterator[None]:
    """dm_control, once imported, logs every warning of MuJoCo's, and pytest keeps all that is logged."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(before)


@pytest.mark.slow
@pytest.mark.usefixtures("no_log")
def test_memory_does_not_grow_over_explosions_and_resets(world: World, tmp_path: Path) -> None:
    env = BodyVectorEnv(world, 8, max_episode_steps=5, replay_folder=tmp_path, autoreset_mode="SameStep")
    env.reset(seed=0)

    def live(rounds: int) -> int:
        for k in range(rounds):
            env.step(pushes(8, [k % 8] if k % 3 == 0 else []))
        return tracemalloc.get_traced_memory()[0]

    live(100)  # all replays that it may write are written
    tracemalloc.start()
    try:
        early = live(200)
        assert live(1500) - early < 20_000  # bytes; one leaked array of eight numbers a step would be far more
    finally:
        tracemalloc.stop()
