"""The command line as a user types it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import imageio.v3 as iio
import numpy as np
import pytest
import torch

from innervate.launch import cli
from innervate.launch.commands import train as train_command
from innervate.launch.commands._catalogues import CATALOGUES
from innervate.launch.run.preset import PRESETS

MISTAKES: dict[str, tuple[list[str], str]] = {
    "command": (["trian", "swim"], "Did you mean 'train'"),
    "task": (["train", "swin"], "Did you mean 'swim'"),
    "id": (["train", "innervate/Swim-v7"], "innervate/Swim-v0"),
    "controller": (["train", "swim", "--controller", "ncpa"], "Did you mean 'ncap'"),
    "learner": (["train", "swim", "--learner", "cmaes"], "Did you mean 'cma'"),
    "preset": (["train", "--preset", "swim-ncap-cm"], "Did you mean 'swim-ncap-cma'"),
    "no task": (["train"], "Which task"),
    "small body": (["train", "swim", "--env.n-links", "1"], "1"),
    "large body": (["train", "swim", "--env.n-links", "400"], "400"),
    "discrete actions": (["train", "CartPole-v1", "--controller", "mlp", "--learner", "sac"], "ppo or cma"),
    "nothing to train": (["train", "swim", "--controller", "zero"], "no parameters"),
    "wrong body": (["train", "Pendulum-v1", "--controller", "ncap"], "joint_angle"),
    "steps": (["train", "swim", "--steps", "0"], "at least one environment step"),
    "run": (["evaluate", "nowhere"], "no run folder"),
    "resume": (["train", "--resume", "nowhere"], "no run folder"),
    "benchmark": (["bench", "ncap-untraned"], "Did you mean 'ncap-untrained'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    argv, message = MISTAKES[name]
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    assert list(tmp_path.rglob("*")) == []


def test_unknown_options_name_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "swim", "--sede", "3"])
    assert stop.value.code == 2
    assert "--seed" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["cma", "ppo", "sac", "td3"])
def test_debug_evaluate_record_and_resume(learner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    cli.main(["train", "swim", "--controller", "ncap", "--learner", learner, "--debug", "--out", str(run)])
    assert "held-out return" in capsys.readouterr().out
    cli.main(["evaluate", str(run), "--episodes", "2", "--json", str(tmp_path / "e.json")])
    document = json.loads((tmp_path / "e.json").read_text())[str(run)]
    assert document["episodes"] == 2
    assert len(document["returns"]) == 2
    steps = json.loads((run / "config.json").read_text())["steps"]
    cli.main(["train", "--resume", str(run), "--steps", str(2 * steps), "--no-video"])
    last = json.loads((run / "progress.jsonl").read_text().splitlines()[-1])
    assert last["steps"] >= 2 * steps


def test_a_video_shows_a_moving_body(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "worm.mp4"
    cli.main(["record", str(trained), "--out", str(out), "--seconds", "0.5"])
    frames = iio.imread(out)
    assert frames.shape[1:] == (480, 640, 3)
    assert 10 <= len(frames) <= 20
    assert frames.std() > 10  # not one colour
    assert (frames[0].astype(int) - frames[-1]).std() > 1  # something moved


def test_help_names_every_command_and_option() -> None:
    text = subprocess.run([sys.executable, "-m", "innervate", "--help"], capture_output=True, text=True, check=True)
    assert all(name in text.stdout for name in cli.COMMANDS)
    help_ = subprocess.run(
        [sys.executable, "-m", "innervate", "train", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in ("--controller", "--learner", "--preset", "--debug", "--seed", "--resume", "--env.n-links",
                   "--ncap.period-steps", "--cma.population"):  # fmt: skip
        assert option in help_


def test_presets_are_what_their_names_say() -> None:
    for name, preset in PRESETS.items():
        options = train_command.parse(["--preset", name])
        config = train_command.configuration(options)
        assert config.controller == preset.controller
        assert config.learner == preset.learner
        assert config.steps == preset.steps


def test_check_finds_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(gym.Env[np.ndarray, np.ndarray]):
        """Ignores its seed, and calls a time limit an end."""

        observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)
        action_space = gym.spaces.Box(-1, 1, (1,), np.float32)
        _own = np.random.default_rng(0)

        def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            super().reset(seed=seed)
            return self._own.normal(size=2).astype(np.float32), {}

        def step(self, action: np.ndarray) -> Any:
            bad = np.nan if action[0] > 0.99 else 0.0
            return np.array([bad, 0], np.float32), 0.0, False, False, {}

    gym.register("test/Broken-v0", lambda **_: Broken())
    try:
        with pytest.raises(SystemExit) as stop:
            cli.main(["check", "test/Broken-v0"])
        assert stop.value.code == 1
        failing = {line.split("│")[1].strip() for line in capsys.readouterr().out.splitlines() if "FAILS" in line}
        assert {"seeding", "extreme actions", "batch"} <= failing
        cli.main(["check", "swim"])
        assert "FAILS" not in capsys.readouterr().out
    finally:
        del gym.registry["test/Broken-v0"]


def test_doctor_tells_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["doctor"])
    out = capsys.readouterr().out
    assert torch.__version__ in out
    assert all(f"rendering by {name}" in out for name in ("egl", "osmesa", "glfw"))


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["list"])
    out = capsys.readouterr().out
    assert all(name in out for name in [n for names in CATALOGUES.values() for n in names])
    assert "Agents that predict, beside agents that do not" in " ".join(out.split())


def test_play_tells_an_episode(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["play", str(trained), "--show", "text", "--speed", "0"])
    out = capsys.readouterr().out
    assert out.count("action") == 60  # twice a second for 30 s
    assert "in 1000 control steps" in out
