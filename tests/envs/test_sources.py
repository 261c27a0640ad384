"""What a body may come from and be like: sensors whose names meet, compiled models, limits by name, flags."""

import os
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.model import load_spec
from innervate.envs.sensors import Sensors, sensor_layout
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.errors import ConfigError, ModelError, UnknownNameError
from innervate.signals import Channel

BODY = """<mujoco><option timestep=".002"/>{}<worldbody><body><joint name="hinge" axis="0 1 0" range="-60 90"/>
  <geom size=".1"/><site name="s"/></body></worldbody><actuator>{}</actuator>
  <sensor><jointpos name="angle" joint="hinge"/></sensor></mujoco>"""
MOTOR = '<motor name="m" joint="hinge" ctrlrange="-1 1"/>'


class Still(Task):
    control_step_s = 0.02
    channels = (Channel("angle", 1, "rad"),)

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"angle": s["angle"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"still": -(s["angle"][:, 0] ** 2)}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {"qpos": rng.uniform(-0.5, 0.5, (n, 1))}


def columns(*names: str) -> dict[str, list[int]]:
    """The columns that each name reads, of scalar (clock) and, with a `3` at the end, vector (gyro) sensors."""
    sensors = "".join(
        f'<gyro name="{name[:-1]}" site="s"/>' if name.endswith("3") else f'<clock name="{name}"/>' for name in names
    )
    model = mujoco.MjModel.from_xml_string(BODY.format("", "").replace("</sensor>", sensors + "</sensor>"))
    places = np.arange(model.nsensordata)
    return {name: places[at].tolist() for name, at in sensor_layout(model).items() if not name.startswith("angle")}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("hand3", "hand/velocity3"), {"hand": [1, 2, 3], "hand/velocity": [4, 5, 6]}),
        (("hand/velocity3", "hand3"), {"hand": [4, 5, 6], "hand/velocity": [1, 2, 3]}),
        (("hand", "hand/0", "hand/1"), {"hand": [1], "hand/0": [2], "hand/1": [3]}),
        (("a/0", "a/1", "b", "a/2"), {"a": [1, 2, 4], "a/0": [1], "a/1": [2], "b": [3], "a/2": [4]}),
        (("a/x/0", "a/x/1"), {"a": [1, 2], "a/x/0": [1], "a/x/1": [2]}),
        (("a/0", "b/0", "a/1", "b/1"), {"a": [1, 3], "b": [2, 4], "a/0": [1], "b/0": [2], "a/1": [3], "b/1": [4]}),
    ],
)
def test_a_name_reads_its_own_sensors_and_no_others(names: tuple[str, ...], expected: dict[str, list[int]]) -> None:
    assert columns(*names) == expected


def test_sensors_of_a_group_that_lie_apart_are_read_in_order() -> None:
    text = BODY.format("", MOTOR).replace(
        '<jointpos name="angle" joint="hinge"/>',
        '<jointpos name="angle/0" joint="hinge"/><clock name="t"/><jointvel name="angle/1" joint="hinge"/>',
    )

    class Both(Still):
        channels = (Channel("angle", 2),)

        def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
            return {"time": s["t"][:, 0]}

    env = BodyVectorEnv(World(text, Both()), 3)
    env.reset(seed=0)
    observation, reward, *_ = env.step(np.full((3, 1), 0.5))
    np.testing.assert_allclose(reward, 0.02)
    state = env.engine.snapshot()["state"]
    np.testing.assert_array_equal(observation, state[:, 1:3].astype(np.float32))


def trajectory(world: World) -> np.ndarray:
    env = BodyVectorEnv(world, 3)
    first, _ = env.reset(seed=1)
    return np.array([first, *(env.step(a)[0] for a in np.random.default_rng(0).uniform(-1, 1, (20, 3, 1)))])


def test_a_compiled_model_is_a_source_as_its_spec_is() -> None:
    spec = load_spec(BODY.format("", MOTOR))
    model = spec.compile()
    np.testing.assert_array_equal(trajectory(World(model, Still())), trajectory(World(spec, Still())))
    model.opt.gravity[:] = 0  # as it is: not as some file has it, and not as it becomes
    world = World(model, Still())
    model.opt.gravity[:] = [0, 0, -100]
    spec.option.gravity = [0, 0, 0]
    np.testing.assert_array_equal(trajectory(world), trajectory(World(spec, Still())))
    with pytest.raises(ConfigError, match="has no spec"):
        _ = world.spec
    with pytest.raises(ModelError, match="the file, the text or the MjSpec"):
        load_spec(model)


def test_a_later_change_of_folder_or_file_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cube = "v -1 -1 -1\nv 1 -1 -1\nv 0 1 -1\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n"
    (tmp_path / "cube.obj").write_text(cube)
    text = BODY.format('<asset><mesh name="cube" file="cube.obj"/></asset>', MOTOR)
    (tmp_path / "body.xml").write_text(text.replace('<geom size=".1"/>', '<geom type="mesh" mesh="cube"/>'))
    monkeypatch.chdir(tmp_path)
    world = World("body.xml", Still())
    before = trajectory(world)
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    (tmp_path / "cube.obj").unlink()
    np.testing.assert_array_equal(trajectory(world), before)


KINDS = {
    "motor": ('<motor name="m" joint="hinge"/>', "m", "'m'"),
    "unnamed motor": ('<motor joint="hinge"/>', "hinge", r"0 \(on joint 'hinge', without a name\)"),
    "position": ('<position name="m" joint="hinge" kp="5" forcerange="-3 3"/>', "m", "'m'"),
    "velocity": ('<velocity name="m" joint="hinge" kv="1"/>', "m", "'m'"),
}


@pytest.mark.parametrize(("element", "key", "called"), KINDS.values(), ids=KINDS)
def test_an_actuator_without_a_range_is_named_and_can_be_given_one(element: str, key: str, called: str) -> None:
    text = BODY.format("", element)
    with pytest.raises(ModelError, match=rf"Actuator {called} of .* has no ctrlrange.*MJCF.*spec.*limits=") as told:
        World(text, Still())
    assert f'limits={{"{key}": (low, high)}}' in str(told.value)
    env = BodyEnv(World(text, Still(), limits={key: (-0.5, 2.0)}))
    np.testing.assert_array_equal([env.action_space.low, env.action_space.high], [[-0.5], [2.0]])  # pyright: ignore
    written = BODY.format("", element.replace("/>", ' ctrlrange="-0.5 2"/>'))
    np.testing.assert_array_equal(
        trajectory(World(text, Still(), limits={key: (-0.5, 2.0)})), trajectory(World(written, Still()))
    )


def test_a_position_servo_may_take_the_range_of_its_joint() -> None:
    text = BODY.format("", KINDS["position"][0])
    world = World(text, Still(), limits={"m": "joint"})
    np.testing.assert_allclose(world.action_space.low, np.deg2rad(-60), rtol=1e-6)
    np.testing.assert_allclose(world.action_space.high, np.deg2rad(90), rtol=1e-6)


@pytest.mark.parametrize(
    ("element", "limits", "error", "message"),
    [
        ("motor", {"n": (-1.0, 1.0)}, UnknownNameError, "no actuator of .* to limit named 'n'"),
        ("motor", {"m": (1.0, -1.0)}, ConfigError, "must be low < high"),
        ("motor", {"m": (-1.0, float("inf"))}, ConfigError, "must be low < high"),
        ("motor", {"m": "joint"}, ConfigError, "no position servo on a joint with a range"),
        ("velocity", {"m": "joint"}, ConfigError, r"it is a velocity on joint 'hinge'"),
    ],
)
def test_limits_that_cannot_be(element: str, limits: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        World(BODY.format("", KINDS[element][0]), Still(), limits=limits)


@pytest.mark.parametrize(
    ("flag", "mend"), [('sleep="enable"', 'sleep="disable"'), ('sensor="disable"', 'sensor="enable"')]
)
def test_flags_with_which_no_batch_works_are_named(flag: str, mend: str) -> None:
    text = BODY.format(f"<option><flag {flag}/></option>", MOTOR)
    with pytest.raises(ModelError, match=f"<flag {mend}/>"):
        World(text, Still())
    with pytest.raises(ModelError, match=f"<flag {mend}/>"):
        World(mujoco.MjModel.from_xml_string(text), Still())
