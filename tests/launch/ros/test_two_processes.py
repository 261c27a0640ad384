"""serve and drive as a user types them: two processes that agree with the direct run bit for bit."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import CONTROLLERS
from innervate.launch.cli import main
from innervate.launch.ros.session.replay import decisions, read_messages
from innervate.launch.run.evaluation import build_controller

from .processes import ENVIRONMENT, innervate, serving

pytestmark = pytest.mark.slow

STEPS = 300


def direct(seed: int, steps: int, controller: str = "ncap") -> tuple[np.ndarray, np.ndarray, float]:
    """Observations and actions of the first control steps in process, and their return."""
    world = WorldConfig(id="innervate/Swim-v0")
    env = make_vector_env(world, 1)
    seen: list[np.ndarray] = []
    done: list[np.ndarray] = []
    rewards: list[float] = []

    def watch(moment: Moment) -> None:
        seen.append(moment.observation[0].copy())
        done.append(moment.action[0].copy())
        rewards.append(float(moment.reward[0]))

    one = build_controller(CONTROLLERS[controller](), env)
    rollout(env, one, one.spec, [seed], watch=watch)
    env.close()
    return np.stack(seen[:steps]), np.stack(done[:steps]), sum(rewards[:steps], 0.0)


@pytest.fixture(scope="module")
def robot_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("robot") / "swim.toml"
    main(["ros", "robot", "swim", "--out", str(path), "--lockstep"])
    return path


def test_lock_step_equals_the_direct_run_bit_for_bit(
    robot_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "drive.mcap"
    with serving(tmp_path, "--pace", "lockstep", "--seed", "5") as (uri, _):
        answer = innervate(
            "ros", "drive", "swim", "--controller", "ncap", "--robot", robot_file, "--uri", uri,
            "--steps", str(STEPS), "--record", recording,
        )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    observations, actions, _ = direct(5, STEPS)
    recorded = decisions(recording)
    assert [step for step, _, _ in recorded] == list(range(STEPS))
    np.testing.assert_array_equal(np.stack([o for _, o, _ in recorded]), observations)
    np.testing.assert_array_equal(np.stack([a for _, _, a in recorded]), actions)

    main(["ros", "replay", str(recording), "swim", "--controller", "ncap"])
    assert f"{STEPS} decisions, all the same" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["ros", "replay", str(recording), "swim", "--controller", "sine"])
    assert "The first difference is at step 0" in capsys.readouterr().out


def test_killed_recorder_leaves_a_recording(robot_file: Path, tmp_path: Path) -> None:
    recording = tmp_path / "drive.mcap"
    command = [
        sys.executable, "-m", "innervate", "ros", "drive", "swim", "--controller", "ncap", "--robot", str(robot_file),
        "--record", str(recording), "--uri",
    ]  # fmt: skip
    with serving(tmp_path, "--pace", "lockstep", "--seed", "5") as (uri, _):
        process = subprocess.Popen([*command, uri], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until and not (recording.exists() and recording.stat().st_size > 60_000):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not recording.read_bytes().endswith(b"\x89MCAP0\r\n")
    found = decisions(recording)
    assert len(found) >= 50
    observations, actions, _ = direct(5, len(found))
    np.testing.assert_array_equal(np.stack([o for _, o, _ in found]), observations)
    np.testing.assert_array_equal(np.stack([a for _, _, a in found]), actions)


def test_sigterm_leaves_the_robot_at_rest(tmp_path: Path) -> None:
    path = tmp_path / "swim.json"
    main(["ros", "robot", "swim", "--out", str(path)])
    recording = tmp_path / "drive.mcap"
    with serving(tmp_path, "--log", str(tmp_path / "log")) as (uri, _):
        process = subprocess.Popen(
            [sys.executable, "-m", "innervate", "ros", "drive", "swim", "--controller", "ncap", "--robot", str(path),
             "--uri", uri, "--record", str(recording)],
            env=ENVIRONMENT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert "Enter is the emergency stop" in process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and "1 x stop: closed" in text
    commands = [m.data for topic, _, m in read_messages(recording) if topic == "/joint_commands"]
    assert len(commands) > 3 and any(np.any(np.abs(c) > 0.1) for c in commands)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"control_step_s": 0.02}, "trained for a control step of 0.03 s"),
        ({"uri": "ws://127.0.0.1:1"}, "No rosbridge answers at ws://127.0.0.1:1"),
        ({"observation": 0}, "needs the observation 'body_velocity'"),
    ],
)
def test_bad_input_gets_a_sentence_before_anything_moves(
    change: dict[str, object], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ros", "robot", "swim", "--out", str(tmp_path / "r.json")])
    document = json.loads((tmp_path / "r.json").read_text())
    for name, value in change.items():
        document[name] = document["observation"][:1] if name == "observation" else value
    (tmp_path / "r.json").write_text(json.dumps(document))
    with pytest.raises(SystemExit, match="2"):
        main(["ros", "drive", "swim", "--controller", "ncap", "--robot", str(tmp_path / "r.json")])
    said = capsys.readouterr().err
    assert message in said and len(said.strip().splitlines()) == 1


def test_a_joint_that_the_robot_lacks_and_a_wrong_type_are_found_by_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ros", "robot", "swim", "--out", str(tmp_path / "r.json")])
    bad = json.loads((tmp_path / "r.json").read_text())
    with serving(tmp_path) as (uri, _):
        main(["ros", "check", "--robot", str(tmp_path / "r.json"), "--uri", uri, "--seconds", "1"])
        assert "5 numbers at" in capsys.readouterr().out
        bad["observation"][0]["joints"][1] = "joint_9"
        bad["observation"][1]["type"] = "sensor_msgs/msg/Imu"
        bad["observation"][1]["field"] = "orientation"
        bad["command"]["topic"] = "/elsewhere"
        (tmp_path / "bad.json").write_text(json.dumps(bad))
        with pytest.raises(SystemExit, match="1"):
            main(["ros", "check", "--robot", str(tmp_path / "bad.json"), "--uri", uri, "--seconds", "1"])
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "joint_9 is not among the robot's joints" in text
    assert "/observation/body_velocity FAILS is of type sensor_msgs/msg/JointState" in text
    assert "/elsewhere FAILS" in text
