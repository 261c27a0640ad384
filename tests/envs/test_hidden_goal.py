"""Hidden goals: the course of trials, what is felt, and the same bits single, batched and resumed, in all protocols."""

import math
import warnings
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.tasks._hidden.protocols import PROTOCOLS, course
from innervate.envs.tasks._hidden.protocols import protocol as protocol_named
from innervate.envs.world import World
from innervate.errors import ConfigError, ModelError, UnknownNameError

ALL = pytest.mark.parametrize("protocol", PROTOCOLS)
SHORT: dict[str, dict[str, Any]] = {
    name: {"trial_s": 0.5, "probe_s": 0.3, **({"kidnap_s": 0.2} if p.kidnap_s else {})} for name, p in PROTOCOLS.items()
}
"""Trials of a few control steps, so that a course goes by."""


def make_vec(protocol: str, n: int, **options: Any) -> BodyVectorEnv:
    env = gym.make_vec(
        "innervate/HiddenGoal-v0", n, "vector_entry_point", protocol=protocol, autoreset_mode="SameStep", **options
    )
    assert isinstance(env, BodyVectorEnv)
    return env


def steer(position: np.ndarray, heading: float, goal: np.ndarray) -> np.ndarray:
    way = goal - position
    off = (math.atan2(way[1], way[0]) - heading + math.pi) % (2 * math.pi) - math.pi
    ahead, turn = 0.9 * max(math.cos(off), 0.0), float(np.clip(0.5 * off, -0.4, 0.4))
    return np.clip([ahead - turn, ahead + turn], -1, 1).astype(np.float32)


@ALL
def test_single_batch_and_resumed_are_the_same_bits_across_trials(protocol: str) -> None:
    steps, n = 50, 3
    actions = np.random.default_rng(1).uniform(-1, 1, (steps, n, 2)).astype(np.float32)
    whole, stopped = (make_vec(protocol, n, **SHORT[protocol]) for _ in range(2))
    alone: Any = gym.make("innervate/HiddenGoal-v0", protocol=protocol, **SHORT[protocol])
    first, _ = whole.reset(seed=7)
    stopped.reset(seed=7)
    np.testing.assert_array_equal(alone.reset(seed=7)[0], first[0])
    trials, ended = set[int](), False
    for k, action in enumerate(actions):
        if k == 22:
            snapshot = stopped.snapshot()
            stopped = make_vec(protocol, n, **SHORT[protocol])
            stopped.reset(seed=99)
            stopped.restore(snapshot)
        a, b = whole.step(action), stopped.step(action)
        for mine, theirs in zip(a[:4], b[:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        if not ended:
            observation, reward, terminated, _, info = alone.step(action[0])
            ended = terminated
            assert terminated == a[2][0] and reward == a[1][0]
            told = a[4]["final_info"] if ended else a[4]
            seen = a[4]["final_obs"][0] if ended else a[0][0]
            np.testing.assert_array_equal(observation, seen)
            for name in ("trial", "latency_s", "path_m", "straight_m", "light", "goal_m", "position_m"):
                np.testing.assert_array_equal(info[name], told[name][0])
            trials.add(info["trial"])
    if not PROTOCOLS[protocol].refill_s:
        assert len(trials) > 3


@pytest.mark.slow
@ALL
def test_both_checkers_pass(protocol: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    for check in (check_env, checker.check_env):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*A Box observation space m.* value is.*infinity.*")
            check(gym.make("innervate/HiddenGoal-v0", protocol=protocol, **SHORT[protocol]).unwrapped)


def test_who_knows_the_goal_runs_through_the_day() -> None:
    """Two trials to the food, a probe without it, two more: rewards, latencies, paths and moves hold together."""
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="dmp", probe_s=5.0)
    observation, _ = env.reset(seed=4)
    names = [c.name for c in env.unwrapped.channels for _ in range(c.size)]
    moved, taste = names.index("moved"), names.index("taste")
    assert observation[moved] == 1
    info, ends, fed = None, list[dict[str, Any]](), 0.0
    last = np.array(env.unwrapped.data.qpos[:2])
    goals, walked, over = set[tuple[float, ...]](), 0.0, False
    action, terminated = np.zeros(2, np.float32), False
    while not terminated:
        observation, _, terminated, _, info = env.step(action)
        if over:
            assert observation[moved] == 1 and info["latency_s"] == pytest.approx(0.1)
            assert math.dist(info["position_m"], last) > 1.0  # put down elsewhere
            walked = info["path_m"]
        else:
            assert observation[moved] == 0
            walked += math.dist(info["position_m"], last)
            assert info["path_m"] == pytest.approx(walked, abs=1e-6)
        last, over = info["position_m"], info["over"]
        goals.add(tuple(info["goal_m"]))
        fed += info["reward/fed"]
        assert (info["reward/fed"] > 0) == info["success"] == (observation[taste] == 1)
        if over:
            ends.append(info)
        action = steer(info["position_m"], info["heading_rad"], info["goal_m"])
    assert [end["probe"] for end in ends] == [False, False, True, False, False]
    assert len(goals) == 1 and fed == 4
    for end in ends:
        if end["probe"]:
            assert end["latency_s"] == pytest.approx(5.0) and not end["success"]
        else:
            assert end["success"] and end["straight_m"] >= 2.0
            assert end["straight_m"] <= end["path_m"] + 0.1 < 1.6 * end["straight_m"] + 1.0
            assert end["path_m"] < end["latency_s"]  # no faster than 1 m/s


def test_where_the_food_is_cannot_be_told_from_the_observation() -> None:
    """The same course with the food elsewhere: nothing that is observed differs until one stands on it."""
    env: Any = gym.make("innervate/HiddenGoal-v0").unwrapped
    env.reset(seed=3)
    snapshot, task = env.snapshot(), env.world.task
    actions = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
    seen = list[np.ndarray]()
    for shift in (0.0, 0.3):
        env.restore(snapshot)
        place = task.ledger.places
        env.engine._batch.bind("userdata")[:, place] += shift
        rows, goals = list[np.ndarray](), list[np.ndarray]()
        for action in actions:
            observation, *_, info = env.step(action)
            rows.append(observation)
            goals.append(info["goal_m"])
        seen.append(np.array(rows))
        assert np.ptp(goals, axis=0).max() == 0
    np.testing.assert_array_equal(seen[0], seen[1])


def test_the_places_keep_their_distance_and_come_from_the_seed() -> None:
    for protocol in ("dmp", "paired", "detour", "reversal", "life"):
        world = make_world("hidden-goal", protocol=protocol, days=3 if protocol == "dmp" else 1)
        task: Any = world.task
        begun = [task.begin(np.random.default_rng(seed), 1)["userdata"] for seed in (0, 0, 1)]
        assert np.array_equal(begun[0], begun[1]) and not np.array_equal(begun[0], begun[2])
        places, starts = task.ledger.places_of(begun[0])[0], task.ledger.starts_of(begun[0])[0]
        assert np.abs(places).max() <= 4.0 and np.abs(starts[:, :2]).max() <= 4.0
        gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 99 * np.eye(len(places))
        assert gaps.min() >= 1.0
        if protocol != "life":
            for trial, start in zip(task.trials, starts, strict=True):
                assert np.linalg.norm(places[list(trial.food)] - start[:2], axis=1).min() >= 2.5
    same = [make_world("hidden-goal", protocol="reference", scene=2).task.begin(np.random.default_rng(k), 1)
            for k in (0, 1)]  # fmt: skip
    ledger: Any = make_world("hidden-goal", protocol="reference", scene=2).task
    assert np.array_equal(*(ledger.ledger.places_of(b["userdata"]) for b in same))


def test_protocols_are_what_they_are_called() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'dmp'"):
        protocol_named("dpm")
    dmp = course(PROTOCOLS["dmp"], 9)
    assert len(dmp) == 9 * 5 and {t.food for t in dmp} == {(k,) for k in range(9)}
    assert {t.food for t in course(PROTOCOLS["reference"], 5)} == {(0,)}
    assert sum(t.probe for t in course(PROTOCOLS["reference"], 5)) == 1
    assert [t.food[0] for t in course(PROTOCOLS["reversal"], 1)] == [0] * 4 + [1] * 4
    paired = course(PROTOCOLS["paired"], 1)
    assert len(paired) == 52 and all(t.cue == t.food[0] for t in paired)
    assert [t.changed for t in course(PROTOCOLS["dusk"], 1)] == [False, True, True, True, True]


def test_the_kidnapper_comes_unannounced_and_the_lights_go_out() -> None:
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="kidnap", trial_s=4.0)
    env.reset(seed=0)
    names = [c.name for c in env.unwrapped.channels for _ in range(c.size)]
    jumps, last = list[float](), None
    for _ in range(80):
        observation, *_, info = env.step(np.zeros(2, np.float32))
        if info["carried"]:
            assert observation[names.index("moved")] == 0 and last is not None
            assert math.dist(info["position_m"], last) > 0.5
            assert info["path_m"] < 0.1  # what it was carried is not walked
            jumps.append(info["latency_s"])
        last = info["position_m"]
    assert jumps == pytest.approx([3.1])  # in the second trial, at the end of the step that begins at 3 s
    dark: Any = gym.make("innervate/HiddenGoal-v0", protocol="dark", trial_s=12.0)
    dark.reset(seed=0)
    lights = [dark.step(np.zeros(2, np.float32))[4]["light"] for _ in range(236)]
    assert set(lights[:120]) == {0} and lights[120:].count(3) == 100


def test_a_life_eats_hungers_and_rests() -> None:
    """Feeders empty and fill again; hunger rises by 1 in 120 s, half as fast at home, and falls by a meal."""
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="life")
    env.reset(seed=1)
    names = [c.name for c in env.unwrapped.channels for _ in range(c.size)]
    hunger, home = names.index("hunger"), names.index("home")
    rest = [env.step(np.zeros(2, np.float32))[0] for _ in range(20)]
    assert all(row[home] == 1 for row in rest)
    assert rest[-1][hunger] - rest[0][hunger] == pytest.approx(19 * 0.1 / 240, abs=1e-5)
    *_, info = env.step(np.zeros(2, np.float32))
    meals = list[float]()
    goal = info["goal_m"].reshape(-1, 2)[0]
    before, rested = 0.0, True
    for _ in range(1300):
        observation, *_, info = env.step(steer(info["position_m"], info["heading_rad"], goal))
        if info["reward/fed"]:
            meals.append(info["latency_s"])
        elif meals and info["latency_s"] - meals[-1] == pytest.approx(0.1):
            assert observation[hunger] == 0
        elif not rested and 0 < before < observation[hunger] < 1:
            assert observation[hunger] - before == pytest.approx(0.1 / 120, abs=1e-5)
        before, rested = observation[hunger], observation[home] == 1
        if len(meals) == 2:
            break
    assert len(meals) == 2 and meals[1] - meals[0] == pytest.approx(90.0, abs=0.35)


def test_the_door_shuts_and_the_rays_see_it() -> None:
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="detour", trial_s=1.0).unwrapped
    env.reset(seed=0)
    for expected in (False, True):
        while True:
            *_, info = env.step(np.zeros(2, np.float32))
            if (info["number"] >= 4) == expected:
                break
        data, geom = env.data, np.zeros(1, np.int32)
        distance = mujoco.mj_ray(
            env.model, data, np.array([-1.0, 0.0, 0.3]), np.array([1.0, 0.0, 0.0]), None, 1, -1, geom, None
        )
        name = env.model.geom(int(geom[0])).name if geom[0] >= 0 else ""
        assert (name == "door") == expected
        assert not expected or distance == pytest.approx(0.95)


def test_a_wall_is_felt_and_costs() -> None:
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="dmp")
    observation, _ = env.reset(seed=5)
    names = [c.name for c in env.unwrapped.channels for _ in range(c.size)]
    bumps, info = list[np.ndarray](), dict[str, Any]()
    for _ in range(200):
        observation, *_, info = env.step(np.array([0.6, 0.6], np.float32))
        touch = observation[[k for k, name in enumerate(names) if name == "touch"]]
        assert (info["reward/bump"] < 0) == bool((touch > 1).any())
        bumps.append(touch)
        if info["over"]:
            break
    felt = np.array(bumps)
    assert felt[:20].max() == 0  # the ground is not felt
    assert felt[:, 0].max() > 1 and np.abs(info["position_m"]).max() > 4.4


def test_an_odour_is_a_gaussian_about_the_food() -> None:
    env: Any = gym.make("innervate/HiddenGoal-v0", protocol="chemotaxis", body="swimmer", odour_m=0.7)
    env.reset(seed=0)
    names = [c.name for c in env.unwrapped.channels for _ in range(c.size)]
    for action in np.random.default_rng(0).uniform(-1, 1, (30, 5)).astype(np.float32):
        observation, *_, info = env.step(action)
        distance = math.dist(info["position_m"], info["goal_m"])
        assert observation[names.index("odour")] == pytest.approx(math.exp(-((distance / 0.7) ** 2) / 2), rel=1e-5)


def test_the_town_is_seen_and_not_felt() -> None:
    """With houses around, the same numbers at the same cost: the physics does not have them."""
    bare, town = (make_world("hidden-goal", town=town) for town in (False, True))
    assert town.model.ngeom > bare.model.ngeom + 100 and town.physics.ngeom == bare.physics.ngeom
    spec = bare.spec.copy()
    spec.worldbody.add_body(name="more", mocap=True)
    with pytest.raises(ModelError, match="nmocap is"):
        World(bare.spec, bare.task, drawn=spec)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"goals": 0}, "without a goal"), ({"goals": 60}, "do not fit"), ({"days": 0, "side_m": 3.0}, "do not fit"),
        ({"trials": 0}, "at least one day of one trial"),
        ({"rays": 2}, "4 to 64"), ({"trial_s": 0.0}, "takes time"),
        ({"protocol": "detour", "body": "swimmer"}, "neither doors nor boxes"), ({"obstacles": 99}, "do not fit"),
        ({"protocol": "paired", "goals": 2}, "one goal at a time"), ({"protocol": "paired", "trials": 3}, "no trials"),
        ({"odour_m": 0.0}, "more than 0 m"), ({"goals": 9}, "leave no start"),
        ({"body": "swimmer", "town": True}, "no town"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=says) as refused:
        make_world("hidden-goal", **options)
    assert len(str(refused.value).split(". ")) <= 2
