"""A robot of one's own in one command: its sheet, its start, its limits, a task; and the animals of dm_control."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.engine.single import BodyEnv
from innervate.envs.foreign.names import traceable
from innervate.envs.foreign.robots import RobotOptions, bring
from innervate.errors import ConfigError, ModelError, UnknownNameError
from innervate.launch.cli import main
from innervate.launch.commands.check import check_environment

LEG = """<body name="{0}" pos="{1} {2} 0"><joint name="{0}_hip" axis="0 1 0" range="-1 1" damping="1"/>
<geom type="capsule" fromto="0 0 0 0 0 -.15" size=".02"/><body pos="0 0 -.15">
<joint name="{0}_knee" axis="0 1 0" range="-2.5 -.5" damping="1"/>
<geom type="capsule" fromto="0 0 0 0 0 -.15" size=".02"/></body></body>"""
PLACES = (("fl", 0.2, 0.1), ("fr", 0.2, -0.1), ("hl", -0.2, 0.1), ("hr", -0.2, -0.1))
LEGS = "".join(LEG.format(*place) for place in PLACES)
JOINTS = [f"{leg}_{part}" for leg, *_ in PLACES for part in ("hip", "knee")]
DOG = f"""<mujoco model="pup"><compiler angle="radian"/><worldbody><body name="trunk" pos="0 0 .3"><freejoint/>
<geom type="box" size=".25 .1 .05" mass="5"/>{LEGS}</body></worldbody><actuator>{{}}</actuator>
<keyframe><key name="home" qpos="0 0 .27 1 0 0 0 {"0.6 -1.2 " * 4}"/></keyframe></mujoco>"""
SERVOS = "".join(f'<position name="{j}" joint="{j}" kp="40"/>' for j in JOINTS)
MOTORS = "".join(f'<motor name="{j}" joint="{j}" gear="10"/>' for j in JOINTS)


@pytest.fixture
def pup(tmp_path: Path) -> Path:
    path = tmp_path / "pup.xml"
    path.write_text(DOG.format(SERVOS))
    return path


def test_it_starts_at_its_keyframe_and_action_zero_is_that_pose() -> None:
    world = bring(DOG.format(SERVOS), RobotOptions(spread=0.0, tilt_rad=0.0, action_scale=0.5))
    low, high = world.action_space.low, world.action_space.high
    np.testing.assert_allclose((low + high) / 2, [0.6, -1.2] * 4, atol=1e-6)  # the keyframe
    np.testing.assert_allclose((high - low) / 2, [0.5, 0.5] * 4, atol=1e-6)  # half of half the joints' ranges
    env = BodyEnv(world)
    env.reset(seed=0)
    np.testing.assert_allclose(env.data.qpos[7:], [0.6, -1.2] * 4)
    assert (env.model.geom_type == int(mujoco.mjtGeom.mjGEOM_PLANE)).sum() == 1  # the floor is added


def test_its_senses_are_those_of_the_simulation() -> None:
    env = BodyEnv(bring(DOG.format(SERVOS), RobotOptions(tilt_rad=0.4)))
    seen, _ = env.reset(seed=3)
    for _ in range(5):
        seen, *_ = env.step(env.action_space.sample())
    data = env.data
    frame = data.xmat[data.body("trunk").id].reshape(3, 3)
    speed = np.zeros(6)
    mujoco.mj_objectVelocity(env.model, data, mujoco.mjtObj.mjOBJ_XBODY, data.body("trunk").id, speed, 1)
    np.testing.assert_allclose(seen[:8], data.qpos[7:] - [0.6, -1.2] * 4, atol=1e-5)
    np.testing.assert_allclose(seen[8:16], data.qvel[6:], atol=1e-4)
    np.testing.assert_allclose(seen[16:19], frame[2], atol=1e-5)  # where up is, in its own frame
    np.testing.assert_allclose(seen[19:22], speed[:3], atol=1e-4)
    np.testing.assert_allclose(seen[22:], speed[3:], atol=1e-4)


def test_a_motor_without_a_range_gets_the_one_that_is_asked_for() -> None:
    world = bring(DOG.format(MOTORS), RobotOptions(limit=0.7))
    np.testing.assert_allclose(world.action_space.high, 0.7)
    with pytest.raises(ModelError, match=r"--env\.motors 20"):
        bring(DOG.format(""))
    np.testing.assert_allclose(bring(DOG.format(""), RobotOptions(motors=30.0)).model.actuator_gear[:, 0], 30)
    with pytest.raises(UnknownNameError, match="home"):
        bring(DOG.format(MOTORS), RobotOptions(keyframe="hone"))


def test_standing_pays_more_than_falling() -> None:
    env: Any = make_vector_env(WorldConfig(id=traceable_file(DOG.format(SERVOS))), 2)
    env.reset(seed=0)
    held = [env.step(np.tile([[0.6, -1.2] * 4], (2, 1)).astype(np.float32)) for _ in range(50)]
    assert not np.any([step[2] for step in held]) and min(step[1].min() for step in held[5:]) > 0.5
    fallen: Any = make_vector_env(WorldConfig(id=env.spec.id, options={"tilt_rad": 0.0}), 1)
    fallen.reset(seed=0)
    low = np.array([fallen.single_action_space.low])
    assert any(fallen.step(low)[2][0] or fallen.step(low)[1][0] < 0.5 for _ in range(100))


def traceable_file(text: str) -> str:
    import tempfile

    path = Path(tempfile.mkdtemp()) / "pup.xml"
    path.write_text(text)
    return traceable(str(path))


def test_one_command_trains_it(pup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["body", str(pup)])
    sheet = capsys.readouterr().out
    assert "fl_knee" in sheet and "home" in sheet and "innervate train" in sheet
    out = tmp_path / "run"
    words = ["train", str(pup), "--task", "walk", "--controller", "linear", "--learner", "cma", "--debug"]
    main([*words, "--out", str(out), "--env.speed-m-s", "0.4"])
    main(["evaluate", str(out), "--episodes", "1"])
    with pytest.raises(SystemExit):
        main([*words, "--out", str(out), "--env.sped-m-s", "0.4"])
    assert "speed_m_s" in capsys.readouterr().err


def test_a_bolted_robot_reaches_and_does_not_walk() -> None:
    arm = DOG.replace("<freejoint/>", "").replace("<keyframe>", "<!--").replace("</keyframe>", "-->").format(MOTORS)
    env: Any = BodyEnv(bring(arm, RobotOptions(goal="reach")))
    env.reset(seed=0)
    _, reward, terminated, *_ = env.step(env.action_space.sample())
    assert 0 < reward <= 1 and not terminated
    with pytest.raises(ConfigError, match="no free joint"):
        bring(arm, RobotOptions(goal="walk"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rodent", "dog", "humanoid-cmu", "quadruped"])
def test_the_animals_of_dm_control_come_in_one_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["body", f"dm_control:{name}"])
    assert "## Actuators" in capsys.readouterr().out
    env: Any = make_vector_env(WorldConfig(id=f"dm_control:{name}"), 1)
    assert controller_spec(env).action_size == env.single_action_space.shape[0] > 10
    id_ = env.spec.id
    assert gym.spec(id_) and all(ok for check, ok, _ in check_environment(id_) if check in ("batch", "extreme actions"))
