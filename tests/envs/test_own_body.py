"""A user's own model and task: the tutorial runs as it stands, and mistakes are told in one sentence."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.model import load_spec
from innervate.envs.sensors import Sensors
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.errors import ConfigError, InnervateError, ModelError, NonFiniteError, UnknownNameError
from innervate.signals import Channel

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "your-own-body.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)

SLIDER = """<mujoco><option gravity="0 0 0"/><worldbody><body><joint name="rail" type="slide" axis="1 0 0"/>
  <geom size=".1" mass="2"/><site name="s"/></body></worldbody>
  <actuator><motor name="push" joint="rail" ctrlrange="-1 1"/></actuator>
  <sensor><jointpos name="place" joint="rail"/><jointvel name="speed" joint="rail"/>
  <accelerometer name="felt" site="s"/></sensor></mujoco>"""


class Slide(Task):
    control_step_s = 0.01
    channels = (Channel("place", 1, "m", None, ""), Channel("felt", 3, "m/s^2", None, ""))

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"place": s["place"], "felt": s["felt"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"progress": (s["place"] - s.previous["place"])[:, 0]}

    def failed(self, s: Sensors) -> np.ndarray:
        return s["place"][:, 0] > 1e-3

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {"qvel": np.full((n, 1), 0.01)}


@pytest.fixture(scope="module")
def tutorial() -> Iterator[dict[str, Any]]:
    names: dict[str, Any] = {}
    try:
        for block in BLOCKS:
            exec(compile(block, str(PAGE), "exec"), names)
        yield names
    finally:
        gym.registry.pop("mine/Reach-v0", None)


def test_the_tutorial_runs(tutorial: dict[str, Any]) -> None:
    code = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert len(code) <= 35  # "30 lines"
    assert tutorial["reward"].shape == (256,)
    assert tutorial["batch"].num_envs == 16
    assert tutorial["many"].reset(seed=1)[0].shape == (256, 4)
    assert tutorial["spec"].compile().nu == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*A Box observation space m.* value is.*infinity.*")
        check_env(gym.make("mine/Reach-v0").unwrapped, skip_render_check=True)


def test_the_tutorial_s_body_agrees_single_and_batched(tutorial: dict[str, Any]) -> None:
    one, many = tutorial["one"], BodyVectorEnv(tutorial["world"], 9, threads=2)
    np.testing.assert_array_equal(one.reset(seed=7)[0], many.reset(seed=7)[0][0])
    for action in np.random.default_rng(0).uniform(-1, 1, (50, 9, 2)).astype(np.float32):
        a, b = one.step(action[0]), many.step(action)
        np.testing.assert_array_equal(a[0], b[0][0])
        assert a[1] == b[1][0]


def test_motion_reward_and_acceleration_are_the_analytic_ones() -> None:
    """A push of 1 N on 2 kg: v = 0.01 + t/2, semi-implicit Euler; the accelerometer feels 0.5 m/s^2."""
    env = BodyEnv(World(SLIDER, Slide()))
    observation, _ = env.reset(seed=0)
    np.testing.assert_allclose(observation, 0, atol=1e-7)
    speed, place = 0.01, 0.0
    for _ in range(3):
        before = place
        for _ in range(5):  # timestep 2 ms
            speed += 0.002 * 0.5
            place += 0.002 * speed
        observation, reward, terminated, _, _ = env.step(np.ones(1, np.float32))
        np.testing.assert_allclose(observation[:2], [place, 0.5], rtol=1e-6)
        np.testing.assert_allclose(reward, place - before, rtol=1e-9)
        assert terminated == (place > 1e-3)


def test_progress_over_an_automatic_reset_is_counted_from_the_new_start() -> None:
    env = BodyVectorEnv(World(SLIDER, Slide()), 3, autoreset_mode="SameStep")
    env.reset(seed=0)
    push = np.array([[1], [0], [-1]], np.float32)
    rewards = np.array([env.step(push)[1] for _ in range(40)])
    assert rewards[:, 0].min() > 0  # a jump back to the start would show as a large negative progress
    assert rewards[:, 2].max() < 1e-3


class Wrong:
    """Mistakes in a task, each with what it should be told."""

    class Sensor(Slide):
        def observe(self, s: Sensors) -> dict[str, np.ndarray]:
            return {"place": s["plaice"], "felt": s["felt"]}

    class Missing(Slide):
        def observe(self, s: Sensors) -> dict[str, np.ndarray]:
            return {"place": s["place"]}

    class Shape(Slide):
        def observe(self, s: Sensors) -> dict[str, np.ndarray]:
            return {"place": s["place"], "felt": s["felt"][:, :2]}

    class Surplus(Slide):
        def observe(self, s: Sensors) -> dict[str, np.ndarray]:
            return {"place": s["place"], "felt": s["felt"], "fellt": s["felt"]}

    class Reward(Slide):
        def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
            return {"progress": s["place"]}

    class Field(Slide):
        def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
            return {"qpose": np.zeros((n, 1))}

    class Start(Slide):
        def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
            return {"qpos": np.zeros((n, 4))}

    class Clock(Slide):
        control_step_s = 0.003


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        (Wrong.Sensor, UnknownNameError, "no sensor named 'plaice'. Did you mean 'place'"),
        (Wrong.Missing, ConfigError, "does not give the channel 'felt'"),
        (Wrong.Shape, ConfigError, r"'felt' of shape \(1, 2\).*declares \(1, 3\)"),
        (Wrong.Surplus, UnknownNameError, "no channel of Surplus named 'fellt'. Did you mean 'felt'"),
        (Wrong.Reward, ConfigError, r"reward term 'progress' of Reward has shape \(1, 1\)"),
        (Wrong.Field, UnknownNameError, "named 'qpose'. Did you mean 'qpos'"),
        (Wrong.Start, ConfigError, r"Start.begin gave qpos of shape \(1, 4\)"),
        (Wrong.Clock, ConfigError, "0.003 s, is not a whole multiple of the timestep .* 0.002 s"),
    ],
)
def test_a_mistake_in_a_task_is_told_before_the_first_step(
    task: type[Task], error: type[InnervateError], message: str
) -> None:
    with pytest.raises(error, match=message):
        BodyVectorEnv(World(SLIDER, task()), 2)


def test_a_model_that_does_not_compile_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_text("<mujoco>\n<worldbody>\n<body>\n<geom sizze='1'/>\n</body>\n</worldbody>\n</mujoco>")
    with pytest.raises(ModelError, match=r"broken\.xml does not compile.*sizze.*line 4"):
        World(path, Slide())
    path.write_text("<mujoco><worldbody><body name='b'><joint/></body></worldbody></mujoco>")
    with pytest.raises(ModelError, match=r"broken\.xml does not compile.*mass"):
        World(path, Slide())
    with pytest.raises(ModelError, match=r"no model file '.*absent\.xml'"):
        World(tmp_path / "absent.xml", Slide())


def test_a_model_without_usable_motors_says_which() -> None:
    with pytest.raises(ModelError, match="no actuators"):
        World("<mujoco/>", Slide())
    with pytest.raises(ModelError, match=r"Actuator 'push' .* has no ctrlrange"):
        World(SLIDER.replace(' ctrlrange="-1 1"', ""), Slide())


@pytest.mark.parametrize("action", [np.zeros(2), np.zeros((1, 1)), np.zeros(())])
def test_an_action_of_the_wrong_shape_is_refused(action: np.ndarray) -> None:
    env = BodyEnv(World(SLIDER, Slide()))
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=r"shape \(1, 1\) is expected"):
        env.step(action)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_action_that_is_not_finite_is_refused_and_changes_nothing(bad: float) -> None:
    env = BodyVectorEnv(World(SLIDER, Slide()), 3)
    env.reset(seed=0)
    before = env.snapshot()
    with pytest.raises(NonFiniteError, match=f"actuator 'push' of environment 2 is {bad}"):
        env.step(np.array([[0], [0], [bad]]))
    for name, value in env.snapshot().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_task_that_makes_nan_is_named() -> None:
    class Divides(Slide):
        def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
            with np.errstate(all="ignore"):
                return {"progress": np.zeros(len(s)), "ratio": np.zeros(len(s)) / np.abs(action).sum(axis=1)}

    env = BodyVectorEnv(World(SLIDER, Divides()), 2)
    env.reset(seed=0)
    env.step(np.ones((2, 1)))
    with pytest.raises(NonFiniteError, match="reward term 'ratio' of Divides"):
        env.step(np.array([[1.0], [0.0]]))


def test_arguments_that_cannot_work() -> None:
    world = World(SLIDER, Slide())
    with pytest.raises(ConfigError, match="num_envs=0"):
        BodyVectorEnv(world, 0)
    with pytest.raises(ConfigError, match="threads=0"):
        BodyVectorEnv(world, 1, threads=0)
    with pytest.raises(ConfigError, match="environment 5; there are 2"):
        BodyVectorEnv(world, 2, render_envs=(5,))
    with pytest.raises(UnknownNameError, match=r"autoreset mode named 'samestep'. Did you mean 'SameStep'"):
        BodyVectorEnv(world, 2, autoreset_mode="samestep")
    with pytest.raises(UnknownNameError, match=r"render mode named 'rgb'. Did you mean 'rgb_array'"):
        BodyEnv(world, render_mode="rgb")
    with pytest.raises(ConfigError, match="3 seeds were given for 2 environments"):
        BodyVectorEnv(world, 2).reset(seed=[1, 2, 3])
    with pytest.raises(UnknownNameError, match=r"option of innervate/Swim-v0 named 'nlinks'. Did you mean 'n_links'"):
        gym.make("innervate/Swim-v0", nlinks=5)


def test_a_step_before_the_first_reset_or_after_an_end_is_refused() -> None:
    env = BodyVectorEnv(World(SLIDER, Slide()), 2, max_episode_steps=1, autoreset_mode="Disabled")
    with pytest.raises(ConfigError, match="were never reset"):
        env.step(np.zeros((2, 1)))
    env.reset(seed=0)
    env.step(np.zeros((2, 1)))
    env.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(ConfigError, match=r"Environments \[1\] have ended"):
        env.step(np.zeros((2, 1)))


def test_a_sensor_s_own_edit_of_a_spec_is_left_alone() -> None:
    """The world keeps a copy: changing the spec afterwards does not change the world."""
    spec = load_spec(SLIDER)
    world = World(spec, Slide())
    spec.option.gravity = [0, 0, -9.81]
    assert isinstance(world.physics, mujoco.MjModel)
    assert not world.physics.opt.gravity.any()


@pytest.mark.parametrize("target", ["action", "sensor"])
def test_a_task_cannot_write_into_the_sensors_or_the_action(target: str) -> None:
    class Scribbles(Slide):
        def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
            if len(s) > 1:
                (action if target == "action" else s["place"])[:] = 0
            return {"progress": np.zeros(len(s))}

    env = BodyVectorEnv(World(SLIDER, Scribbles()), 2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="read-only"):
        env.step(np.zeros((2, 1)))
