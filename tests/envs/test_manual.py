"""The manual of every registered environment against its compiled model, its spaces and what it pays."""

import dataclasses
import inspect
import pydoc
import re
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.single import BodyEnv
from innervate.envs.manual import manual_of
from innervate.envs.prose import Made
from innervate.envs.registry import MAZES, TASKS, TaskEntry
from innervate.envs.sensors import Sensors
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.signals import Channel, slices

CASES = [(name, options) for name, entry in TASKS.items() for options in ({}, *entry.examples)]
EVERY = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n} {o or ''}".strip() for n, o in CASES])


def bare(name: str, **options: Any) -> BodyEnv:
    env = gym.make(TASKS[name].id, **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


def tables(manual: str) -> dict[str, list[dict[str, str]]]:
    """The Markdown tables of a manual by section, each row as header to cell."""
    found: dict[str, list[dict[str, str]]] = {}
    section, header = "", list[str]()
    for line in map(str.strip, manual.splitlines()):
        if line.startswith("## "):
            section, header = line[3:], []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not header:
                header = cells
            elif not set(line) <= set("|-: "):
                found.setdefault(section, []).append(dict(zip(header, cells, strict=True)))
    return found


@EVERY
def test_actions_are_the_model_s_actuators(name: str, options: dict[str, Any]) -> None:
    env = bare(name, **options)
    model, rows = env.model, tables(env.task.__doc__ or "")["Action Space"]
    assert [int(row["Num"]) for row in rows] == list(range(model.nu))
    for i, row in enumerate(rows):
        assert row["Name (in the model)"] == model.actuator(i).name
        bounds = [float(row["Control Min"]), float(row["Control Max"])]
        np.testing.assert_allclose(bounds, model.actuator_ctrlrange[i], rtol=1e-5)
        on = int(model.actuator_trnid[i, 0])
        gear, peak = (re.search(rf"{said} ([\d.e-]+) N", row["Action"]) for said in ("over", "peak force"))
        if peak is not None:
            assert row["Tendon"] == model.tendon(on).name
            assert float(peak[1]) == model.actuator_gainprm[i, 2]
            continue
        assert row["Joint"] == model.joint(on).name
        assert model.jnt_type[on] == mujoco.mjtJoint.mjJNT_HINGE
        if row["Action"].startswith("Control of a general actuator"):
            assert row["Type (Unit)"] == "control (1)"
            continue
        assert row["Action"].startswith("Torque")
        assert float(gear[1] if gear else 1) == model.actuator_gear[i, 0]
        assert row["Type (Unit)"] == ("torque (1)" if gear else "torque (N m)")


@EVERY
def test_observations_are_what_the_sensors_named_beside_them_read(name: str, options: dict[str, Any]) -> None:
    """Each row has its place, its channel and its unit; its sensor, which MuJoCo computes alone, holds the number."""
    env = bare(name, **options)
    observation, _ = env.reset(seed=1)
    for _ in range(5):
        observation, *_ = env.step(env.action_space.sample() * np.float32(0.1))  # gently: no speed is clipped
    model, data, columns = env.model, env.data, slices(env.channels)
    units = {channel.name: [unit.strip() for unit in channel.unit.split(",")] for channel in env.channels}
    rows = tables(env.task.__doc__ or "")["Observation Space"]
    assert [int(row["Num"]) for row in rows] == list(range(len(observation)))
    assert len({row["Observation"] for row in rows}) == len(rows)
    for i, row in enumerate(rows):
        column = columns[row["Channel"]]
        assert column.start <= i < column.stop
        own = units[row["Channel"]]
        assert row["Type (Unit)"].endswith(f"({own[(i - column.start) % len(own)]})")
        assert (row["Min"], row["Max"]) == ("-Inf", "Inf")
        if not row["Sensor (in the model)"]:
            continue  # it is made of several
        sensor = model.sensor(row["Sensor (in the model)"])
        assert observation[i] in np.clip(data.sensor(sensor.id).data, -1e9, 1e9).astype(np.float32), row
        kind, _, of = row["On"].partition(" ")
        assert getattr(model, kind)(of).id == model.sensor_objid[sensor.id]


@EVERY
def test_rewards_are_the_terms_that_are_paid_and_within_their_bounds(name: str, options: dict[str, Any]) -> None:
    env = bare(name, **options)
    env.reset(seed=0)
    rows = tables(env.task.__doc__ or "")["Rewards"]
    bounds = {row["Term"].strip("`"): (float(row["Min"]), float(row["Max"])) for row in rows}
    assert not any(row["Definition"] == "not described" for row in rows)
    for _ in range(20):
        *_, info = env.step(env.action_space.sample())
        assert [f"reward/{term}" for term in bounds] == [key for key in info if key.startswith("reward/")]
        for term, (low, high) in bounds.items():
            assert low - 1e-9 <= info[f"reward/{term}"] <= high + 1e-9


@EVERY
def test_arguments_are_the_options_and_times_the_model_s(name: str, options: dict[str, Any]) -> None:
    env, entry = bare(name, **options), TASKS[name]
    manual = env.task.__doc__ or ""
    rows = tables(manual)["Arguments"]
    assert {row["Parameter"].strip("`"): row["Default"].strip("`") for row in rows} == {
        field.name: repr(getattr(entry.options(), field.name)) for field in dataclasses.fields(entry.options)
    }
    assert not any(row["Description"] == "not described" for row in rows)
    space = env.observation_space.shape
    assert f"`Box(-Inf, Inf, {space}, float32)`" in manual
    timestep_s, substeps = re.findall(r"Physics runs at ([\d.e-]+) s .*? (\d+) substeps", manual)[0]
    assert float(timestep_s) == pytest.approx(env.model.opt.timestep)
    assert int(substeps) * env.model.opt.timestep == pytest.approx(env.control_step_s)
    steps, seconds = re.findall(r"After (\d+) control steps \(([\d.e-]+) s\)", manual)[0]
    assert int(steps) == gym.spec(entry.id).max_episode_steps
    assert float(seconds) == pytest.approx(int(steps) * env.control_step_s)
    ends = manual.partition("### Termination\n")[2].partition("\n")[0]
    assert ends.startswith("Never") == (type(env.task).failed is Task.failed)


@pytest.mark.parametrize("name", TASKS)
def test_no_table_is_written_by_hand(name: str) -> None:
    task = type(bare(name).task)
    assert isinstance(vars(task)["__doc__"], Made)
    for base in task.__mro__[:-1]:
        assert not re.search(r"^\s*\|", base.__doc__ or "", re.MULTILINE), base
    assert len(inspect.cleandoc(task.__doc__ or "").split("\n\n")) > 1  # a summary and a description


def test_help_shows_the_whole() -> None:
    task = bare("swim").task
    text = pydoc.plain(pydoc.render_doc(task))
    assert "segment_4 to its left (+x)" in text
    assert "| motor_4 " in text
    assert "motor_4" not in pydoc.plain(pydoc.render_doc(type(task)))


@pytest.mark.parametrize("name", MAZES)
def test_a_maze_s_tables_are_its_spaces_and_what_it_pays(name: str) -> None:
    env: Any = gym.make(MAZES[name].id).unwrapped
    found = tables(env.__doc__)
    assert not re.search(r"^\s*\|", type(env).__doc__ or "", re.MULTILINE)
    env.reset(seed=0)
    cells = env.maze.cells
    for row in found["Action Space"]:
        moved = cells[env.maze.successor[:, int(row["Num"])]] - cells
        expected = {"up": [-1, 0], "right": [0, 1], "down": [1, 0], "left": [0, -1]}[row["Action"]]
        assert (moved[moved.any(axis=1)] == expected).all()
        assert moved.any()
    assert len(found["Action Space"]) == env.action_space.n
    space = env.observation_space
    assert f"`Box({space.low.min():g}, {space.high.max():g}, {space.shape}, float32)`" in env.__doc__
    bounds = {row["Term"].strip("`"): (float(row["Min"]), float(row["Max"])) for row in found["Rewards"]}
    seen: set[float] = set()
    for _ in range(200):
        observation, *_, info = env.step(int(env.np_random.integers(4)))
        seen |= set(np.unique(observation).tolist())
        assert {f"reward/{term}" for term in bounds} == {key for key in info if key.startswith("reward/")}
        assert all(low <= info[f"reward/{term}"] <= high for term, (low, high) in bounds.items())
    exact = {float(row["Value"]) for row in found["Observation Space"] if "above" not in row["Value"]}
    assert {value for value in seen if value <= 0} <= exact <= seen | {1.0}
    defaults = {p.name: repr(p.default) for p in inspect.signature(type(env).__init__).parameters.values()}
    for row in found["Arguments"]:
        assert defaults[row["Parameter"].strip("`")] == row["Default"].strip("`")
        assert row["Description"] != "not described"
    assert f"After {MAZES[name].max_episode_steps} steps" in env.__doc__


class Bare(Task):
    control_step_s = 0.02
    channels = (Channel("angle", 1, "rad"), Channel("felt", 2, ""))

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"angle": s["angle"], "felt": np.tile(s["angle"], (1, 2))}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"still": -(s["angle"][:, 0] ** 2)}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {}


ACTUATORS = {
    "<motor name='m' joint='h' ctrlrange='-1 1'/>": ("Torque", "torque (N m)"),
    "<motor name='m' joint='h' gear='3' ctrlrange='-1 1'/>": ("Torque, over 3 N m", "torque (1)"),
    "<motor name='m' joint='s' gear='3' ctrlrange='-1 1'/>": ("Force, over 3 N", "force (1)"),
    "<position name='m' joint='h' kp='5' kv='.1' ctrlrange='-1 1'/>": (
        "Target angle; stiffness 5 N m/rad", "angle (rad)",
    ),
    "<velocity name='m' joint='s' kv='2' ctrlrange='-1 1'/>": ("Target speed; gain 2", "speed (m/s)"),
    "<intvelocity name='m' joint='h' kp='2' ctrlrange='-1 1' actrange='-2 2'/>": (
        "Target speed; gain 2", "speed (rad/s)",
    ),
    "<damper name='m' joint='h' kv='4' ctrlrange='0 1'/>": ("Damping, over 4 N m s/rad", "damping (1)"),
    "<muscle name='m' joint='h' force='9' ctrlrange='0 1' lengthrange='0 1'/>": (
        "Excitation; peak force 9 N", "excitation (1)",
    ),
    "<adhesion name='m' body='b' gain='7' ctrlrange='0 1'/>": ("Adhesion; 7 N at 1", "adhesion (1)"),
    "<general name='m' joint='h' gainprm='2' biasprm='0 1 3' biastype='affine' ctrlrange='0 1'/>": (
        "Control of a general actuator", "control (1)",
    ),
}  # fmt: skip
BODY = """<mujoco><worldbody><body name="b"><joint name="h"/><joint name="s" type="slide"/><geom size=".1"/></body>
  </worldbody><actuator>{}</actuator><sensor><jointpos name="angle" joint="h"/></sensor></mujoco>"""


@pytest.mark.parametrize(("element", "said"), ACTUATORS.items(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_each_kind_of_actuator_is_told_as(element: str, said: tuple[str, str]) -> None:
    env = BodyEnv(World(BODY.format(element), Bare()))
    row = tables(manual_of(env.world))["Action Space"][0]
    assert (row["Action"], row["Type (Unit)"]) == said
    assert env.task.__doc__ == manual_of(env.world)


def test_a_task_of_one_s_own_needs_to_say_nothing() -> None:
    manual = manual_of(World(BODY.format(next(iter(ACTUATORS))), Bare()))
    found = tables(manual)
    assert [row["Observation"] for row in found["Observation Space"]] == ["angle", "felt 0", "felt 1"]
    assert found["Rewards"] == [{"Term": "`still`", "Min": "-Inf", "Max": "Inf", "Definition": "not described"}]
    assert "unless a time limit is set" in manual
    assert Bare().__doc__ is None  # in no world, there is nothing to tell


def test_entries_and_their_examples_make_different_bodies_or_tasks() -> None:
    for entry in TASKS.values():
        assert isinstance(entry, TaskEntry)
        for example in entry.examples:
            assert entry.options(**example) != entry.options()
