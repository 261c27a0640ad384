"""Bounds and the plain baseline on hidden goals, small, and the diary against the environment."""

import numpy as np
import pytest

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.errors import ConfigError
from innervate.launch.analysis.measures import foraging as f
from innervate.launch.analysis.recordings.trials import live
from innervate.launch.bench.forage.policies import Oracle, RandomWalk, Sweep, lanes, spiral, steer


def test_the_oracle_goes_straight_and_the_diary_is_the_environment_s() -> None:
    env = make_vector_env(WorldConfig(id="hidden-goal", options={"probe_s": 2.0}), 3)
    days = live(env, Oracle(), [0, 1, 2])
    assert [len(day) for day in days] == [5, 5, 5]
    for t in (t for day in days for t in day):
        assert len(t.track_m) * 0.1 == pytest.approx(t.latency_s)
        walked = np.linalg.norm(np.diff(t.track_m, axis=0), axis=1).sum()
        assert walked <= t.path_m < walked + 0.12
        assert t.probe or (t.found and np.linalg.norm(t.track_m[-1] - t.goal_m[0]) <= 0.4)
    told = f.summary(days)
    assert told["spl_2"] > 0.9 and told["latency_2_s"] < 10 and told["bumps"] == 0
    env.close()


def test_who_does_not_know_the_food_does_not_look_at_the_truth() -> None:
    env = make_vector_env(WorldConfig(id="hidden-goal", options={"trials": 1, "trial_s": 20.0}), 2)
    walker = RandomWalk(2, 0)
    days = live(env, lambda obs, truth: walker(obs, {}), [0, 1])
    assert all(t.path_m > 3 for day in days for t in day)
    env.close()


def test_lanes_leave_no_disc_of_food_out() -> None:
    points = np.concatenate([np.linspace(a, b, 60) for a, b in zip(lanes(4.0)[:-1], lanes(4.0)[1:], strict=True)])
    rng = np.random.default_rng(0)
    for food in rng.uniform(-4, 4, (300, 2)):
        assert np.linalg.norm(points - food, axis=1).min() <= 0.4
    out = np.linalg.norm(spiral(1.2), axis=1)
    assert out.max() == pytest.approx(1.2) and (np.diff(out) >= 0).all()
    wheels = steer(np.zeros((2, 2)), np.zeros(2), np.array([[5.0, 0.0], [0.0, 5.0]]))
    assert wheels[0, 0] == wheels[0, 1] == 1 and wheels[1, 0] < 0 < wheels[1, 1]
    sweep = Sweep(1, 4.0)
    sweep.restart(np.array([True]), np.array([[3.9, 3.9]]))
    assert sweep.step[0] == -1


def test_an_environment_without_trials_has_no_diary() -> None:
    env = make_vector_env(WorldConfig(id="roam"), 1)
    with pytest.raises(ConfigError, match="HiddenGoal-v0"):
        live(env, lambda obs, truth: np.zeros((1, 2)), [0])
    env.close()
