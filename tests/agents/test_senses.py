"""Senses beside the bodies: what they reckon against the truth, what they hear of the controller, what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.senses.belief import BeliefConfig
from innervate.agents.experience.senses.history import HistoryConfig
from innervate.agents.experience.senses.odometry import OdometryConfig
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.sb3.vec_env import NervousVecEnv
from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.linear import LinearConfig
from innervate.envs.sight import gl
from innervate.errors import ConfigError, UnknownNameError
from innervate.sense import Sense
from innervate.signals import Channel, slices

needs_gl = pytest.mark.skipif("ok" not in gl.probe().values(), reason=f"no OpenGL here; {gl.MEND}")
STILL: dict[str, Any] = {"scale_error": 0.0, "noise": 0.0, "gyro_bias_rad_s": 0.0, "compass_noise_rad": 0.0}


def hidden(*senses: Any, **options: Any) -> WorldConfig:
    return WorldConfig(id="hidden-goal", options=options, senses=senses)


def walk(env: Any, steps: int, seed: int = 0) -> tuple[list[dict[str, np.ndarray]], list[dict[str, Any]]]:
    """Channels and infos of a drive in curves, the same for every body."""
    where, seen, infos = slices(env.channels), list[dict[str, np.ndarray]](), list[dict[str, Any]]()
    flat, _ = env.reset(seed=seed)
    for k in range(steps):
        turn = 0.15 * np.sin(k / 15)
        action = np.tile(np.array([0.5 - turn, 0.5 + turn], np.float32), (env.num_envs, 1))
        flat, *_, info = env.step(action)
        seen.append({name: flat[:, columns] for name, columns in where.items()})
        infos.append(info)
    return seen, infos


def test_odometry_without_flaws_is_where_the_body_went_and_with_them_drifts() -> None:
    for flaws, near, far in ((STILL, 0.0, 0.06), ({"scale_error": 0.1}, 0.06, 2.0)):
        env: Any = make_vector_env(hidden(OdometryConfig(**flaws), side_m=60.0), 4)
        seen, infos = walk(env, 100)
        way = infos[-1]["position_m"] - infos[0]["position_m"]
        reckoned = seen[-1]["displaced"] - seen[0]["displaced"]
        off = np.linalg.norm(way - reckoned, axis=1)
        assert near <= off.max() <= far
        told = np.arctan2(seen[-1]["heading"][:, 1], seen[-1]["heading"][:, 0])
        turned = (told - infos[-1]["heading_rad"] + np.pi) % (2 * np.pi) - np.pi
        assert np.abs(turned).max() < (0.02 if flaws is STILL else 0.1)
        env.close()


def test_a_life_outlasts_an_episode() -> None:
    """Flaws of the wheels stay over episodes; with a new seed comes a new life."""
    env: Any = make_vector_env(hidden(OdometryConfig(), max_episode_steps=5), 2)
    walk(env, 3)
    flaws = env.senses[0].snapshot()["flaws"]
    for _ in range(12):
        env.step(np.zeros((2, 2), np.float32))
    np.testing.assert_array_equal(env.senses[0].snapshot()["flaws"], flaws)
    env.reset(seed=9)
    assert not np.array_equal(env.senses[0].snapshot()["flaws"], flaws)
    env.close()


SURVEY = 0.8 * np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), -1).reshape(-1, 2)


def taught_by_grid(env: Any, spacing: np.ndarray = SURVEY) -> None:
    """A map of pictures at known places, lined up to the north."""
    from innervate.envs.sight.eye import Eye

    eye = Eye(env.unwrapped.world, 32, 16, views=4, shadows=False)
    env.teach({"1.pictures": eye.see(spacing, np.zeros(len(spacing))), "1.at": spacing})
    eye.close()


@needs_gl
def test_a_taught_map_tells_where_it_is_and_belief_follows_a_kidnap() -> None:
    senses = (OdometryConfig(), PlaceConfig(), BeliefConfig())
    world = hidden(*senses, protocol="kidnap", town=True, trial_s=6.0, probe_s=1.0, scene=1)
    env: Any = make_vector_env(world, 3)
    taught_by_grid(env)
    seen, infos = walk(env, 115, seed=3)
    error = np.array([np.linalg.norm(s["belief"] - i["position_m"], axis=1) for s, i in zip(seen, infos, strict=True)])
    latency = np.array([i["latency_s"] for i in infos])
    carried = np.array([i["carried"] for i in infos])
    assert carried.any(axis=0).all()
    inside = np.array([np.abs(i["position_m"]).max(axis=1) < 3.4 for i in infos])
    settled = inside & (latency > 1.5) & (np.cumsum(carried, axis=0) == 0)
    assert np.median(error[settled]) < 0.4
    ages = np.array([s["place_age_s"][:, 0] for s in seen])
    assert ages.max() < 1.0 and (ages == 0).mean() < 0.2
    env.close()


def test_places_are_imprinted_on_the_way_and_the_map_is_handed_on() -> None:
    """By the rays, where no picture is needed: places in the order in which they were met, and kept for the life."""
    senses = (OdometryConfig(**STILL), PlaceConfig(channel="ray", spacing_m=0.5, every_s=0.5))
    env: Any = make_vector_env(hidden(*senses, trial_s=30.0, max_episode_steps=140), 2)
    seen, infos = walk(env, 120, seed=4)
    learnt = env.learnt()
    at = learnt["1.at"]
    assert len(at) > 4 and np.linalg.norm(np.diff(at, axis=0), axis=1).min() >= 0.5
    start = infos[0]["position_m"][0] - seen[0]["displaced"][0]
    error = [np.linalg.norm(s["place_at"][0] + start - i["position_m"][0]) for s, i in zip(seen, infos, strict=True)]
    assert np.median(error[-50:]) < 1.0
    assert float(seen[-1]["place"][0].sum()) == pytest.approx(1.0, abs=1e-5)
    for _ in range(40):  # over the end of the episode
        env.step(np.zeros((2, 2), np.float32))
    np.testing.assert_array_equal(env.learnt()["1.at"], at)
    fresh: Any = make_vector_env(hidden(*senses), 2)
    fresh.teach(learnt)
    fresh.reset(seed=4)
    np.testing.assert_array_equal(fresh.learnt()["1.at"], at)
    fresh.close()
    env.close()


def test_sight_resumes_bit_for_bit_and_alone_as_in_a_batch() -> None:
    senses = (OdometryConfig(), PlaceConfig(channel="ray", every_s=0.3, spacing_m=0.2), BeliefConfig(half_side_m=6.0))
    world = hidden(*senses, trial_s=4.0, probe_s=1.0)

    def run(n: int, stop: bool) -> np.ndarray:
        env: Any = make_vector_env(world, n)
        env.reset(seed=2)
        rows = list[np.ndarray]()
        for k in range(70):
            if stop and k == 33:
                snapshot = env.snapshot()
                env.close()
                env = make_vector_env(world, n)
                env.reset(seed=77)
                env.restore(snapshot)
            rows.append(env.step(np.full((n, 2), 0.4 + 0.1 * float(np.sin(k)), np.float32))[0].copy())
        env.close()
        return np.array(rows)

    whole = run(3, False)
    np.testing.assert_array_equal(whole, run(3, True))
    np.testing.assert_array_equal(whole[:, :1], run(1, False))


@dataclass(frozen=True, kw_only=True)
class EchoConfig:
    """What was done, and what a part of the brain gave, a step ago."""

    parts: tuple[tuple[str, int], ...] = (("action", 2),)

    def build(self, spec: ControllerSpec, num_envs: int) -> "Echo":
        return Echo(self.parts)


class Echo(Sense):
    def __init__(self, parts: tuple[tuple[str, int], ...]) -> None:
        self.takes, self.hears = (), tuple(Channel(name, size) for name, size in parts)
        self.gives = tuple(Channel(f"echo/{name}", size) for name, size in parts)

    def begin(self, ids: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        pass

    def sense(self, ids: np.ndarray, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {f"echo/{c.name}": values[c.name] for c in self.hears}


BRAIN = BrainConfig(
    parts={
        "planner": Part(controller=LinearConfig(), gives=3, remembered=True),
        "reflex": Part(controller=LinearConfig()),
    }
)


def test_a_sense_hears_the_controller_one_step_late_in_evaluation_and_in_training() -> None:
    world = hidden(EchoConfig(parts=(("action", 2), ("planner", 3))))
    env: Any = make_vector_env(world, 2)
    spec = controller_spec(env)
    brain = BRAIN.build(spec, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in brain.parameters():
            parameter.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
    where = slices(spec.observations)
    moments = list[tuple[np.ndarray, np.ndarray, np.ndarray]]()

    def watch(moment: Any) -> None:
        state = {k: v.clone() for k, v in moment.state.items()}
        moments.append((moment.observation.copy(), moment.action.copy(), state["planner"].numpy()))

    short: Any = make_vector_env(WorldConfig(id=world.id, options={"max_episode_steps": 6}, senses=world.senses), 2)
    rollout(short, brain, spec, [0, 1], watch=watch)
    assert not moments[0][0][:, where["echo/action"]].any()
    for before, now in pairwise(moments):
        np.testing.assert_allclose(now[0][:, where["echo/action"]], before[1], atol=1e-6)
        np.testing.assert_array_equal(now[0][:, where["echo/planner"]], now[2])  # what the state holds of the last step
    learner = NervousVecEnv(env, brain)
    learner.seed(0)
    learner.reset()
    told = np.asarray(learner.step(np.full((2, 2), 0.25, np.float32))[0])
    np.testing.assert_allclose(told[:, where["echo/action"]], 0.25, atol=1e-6)
    assert np.abs(told[:, where["echo/planner"]]).max() > 0
    learner.close()
    short.close()


def test_what_a_controller_does_not_give_cannot_be_heard() -> None:
    world = hidden(EchoConfig(parts=(("surprise", 1),)))
    env: Any = make_vector_env(world, 1)
    brain = BRAIN.build(controller_spec(env), torch.Generator().manual_seed(0))
    with pytest.raises(UnknownNameError, match="output of the controller for a sense to hear"):
        rollout(env, brain, brain.spec, [0])
    env.reset(seed=0)
    with pytest.raises(ConfigError, match="hears 'surprise' of the controller, and nobody told it"):
        env.step(np.zeros((1, 2), np.float32))
    env.close()


@pytest.mark.parametrize(
    ("senses", "says"),
    [
        ((HistoryConfig(channel="whisker"),), "whisker"),
        ((BeliefConfig(),), "displaced"),
        ((HistoryConfig(channel="ray"), HistoryConfig(channel="ray")), "tells already"),
        ((PlaceConfig(recogniser="pixel", channel="ray"),), "Did you mean 'pixels'"),
        ((PlaceConfig(channel="ray", every_s=0.0),), "looks every so often"),
    ],
)
def test_senses_that_cannot_be_are_refused(senses: tuple[Any, ...], says: str) -> None:
    with pytest.raises((ConfigError, UnknownNameError), match=says):
        make_vector_env(hidden(*senses), 1)


def test_odometry_of_a_body_that_does_not_tell_its_movement() -> None:
    with pytest.raises(ConfigError, match="Odometry takes"):
        make_vector_env(WorldConfig(id="reach", senses=(OdometryConfig(),)), 1)


def test_a_picture_where_there_is_no_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> str:
        raise ConfigError(f"No OpenGL library works here. {gl.MEND}")

    monkeypatch.setattr(gl, "choose", nothing)
    with pytest.raises(ConfigError, match="No OpenGL"):
        make_vector_env(hidden(PlaceConfig()), 1)
