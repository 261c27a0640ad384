"""What a new user meets in the first hour: defaults, messages, numbers, files, names."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import innervate.controllers
from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.controllers.agent import shipped
from innervate.errors import ConfigError, RunError
from innervate.launch.cli import main
from innervate.launch.commands import train as train_command
from innervate.launch.commands._tables import WIDTH
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.folder import RunFolder, is_run
from innervate.launch.run.training import Run


@pytest.mark.parametrize(
    ("task", "controller", "learner"),
    [
        ("swim", "ncap", "cma"), ("navigate", "wiring", "cma"), ("Pendulum-v1", "mlp", "ppo"),
        ("reach", "bilateral", "ppo"),
    ],
)  # fmt: skip
def test_what_is_not_said_fits_the_task(task: str, controller: str, learner: str) -> None:
    options = train_command.parse([task])
    config = train_command.configuration(options)
    assert (CONTROLLERS.name_of(config.controller), LEARNERS.name_of(config.learner)) == (controller, learner)


def test_a_controller_that_does_not_fit_names_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ncap does not fit Pendulum-v1.*These do: .*linear, mlp"):
        innervate.train("Pendulum-v1", controller="ncap", learner="cma", steps=10, out=tmp_path / "x")


@pytest.mark.parametrize("word", ["4e5", "400_000", "400k", "0.4M", "4E+5", "400000"])
def test_numbers_as_people_write_them(word: str) -> None:
    assert train_command.parse(["swim", "--steps", word]).steps == 400_000
    assert train_command.parse(["swim", f"--steps={word}"]).steps == 400_000


def test_names_are_not_taken_for_numbers() -> None:
    assert train_command.numbers(["swim", "--out", "4e5", "--cma.sigma", "1e-1"]) == [
        "swim", "--out", "4e5", "--cma.sigma", "1e-1",
    ]  # fmt: skip


def test_what_was_spent_is_what_is_told(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """4 members of 1,000 steps each: a budget of 4,001 takes two generations."""
    steps, seconds = RunFolder.open(run).spent()
    assert steps == 4000 and seconds > 0
    main(["train", "--resume", str(run), "--steps", "4001", "--no-video"])
    told = capsys.readouterr()
    assert "environment steps" in told.out and "8,000" in told.out and str(run) in told.err
    card = (run / "README.md").read_text()
    assert "for 8,000 environment steps" in card and "4,001" not in card.split("## Use it")[0]
    folder = RunFolder.open(run)
    assert folder.spent()[0] == 8000 and folder.spent()[1] > seconds
    with pytest.raises(RunError, match="spent 8,000"):
        Run.resume(run, 100)


def test_a_budget_below_one_iteration_is_told_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "Pendulum-v1", "--controller", "linear", "--learner", "cma", "--cma.population", "4"]
    main([*words, "--steps", "100", "--out", str(tmp_path / "x"), "--no-video", "--evaluation.every-steps", "0"])
    told = capsys.readouterr()
    assert "up to 800 steps are spent" in told.err.split("steps 800")[0]
    assert "800" in told.out and (tmp_path / "x" / "README.md").read_text().count("100 environment steps") == 0


def test_the_untrained_value_and_chance_stand_beside_the_result(trained: Path) -> None:
    document = json.loads((trained / "evaluation.json").read_text())
    assert set(document["around"]) == {"untrained", "random actions", "most there is to earn"}
    first = RunFolder.open(trained).progress()[0]
    assert first["steps"] == 0 and first["eval/return"] == document["around"]["untrained"]


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from innervate.agents.learners.cma import Evolution

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Evolution, "_evaluate", interrupted)
    out = tmp_path / "x"
    with pytest.raises(SystemExit) as stop:
        main(["train", "Pendulum-v1", "--controller", "linear", "--debug", "--learner", "cma", "--out", str(out)])
    assert stop.value.code == 130
    assert f"innervate train --resume {out}" in capsys.readouterr().err


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_agent_is_a_name_and_earns_what_it_says(name: str) -> None:
    assert is_run(name)
    folder = RunFolder.open(Path(name))
    told = json.loads((Path(innervate.controllers.__file__).parent / "assets" / name / "agent.json").read_text())
    if told["world"]["id"].startswith("swim"):
        assert evaluate_run(name, 10).summary()["return_mean"] == pytest.approx(told["score"]["return"], abs=0.1)
    assert folder.config().world.id == told["world"]["id"] and folder.spent()[0] == told["steps"]
    with pytest.raises(RunError, match="cannot be trained further"):
        folder.snapshot()


def test_commands_take_shipped_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["evaluate", "swim-entrained", "--episodes", "1"])
    main(["export", "swim-entrained", "--no-onnx"])
    main(["evaluate", "swim-entrained-export", "--episodes", "1"])  # what was exported is a name as well
    assert capsys.readouterr().out.count("swim-entrained") >= 3
    main(["list", "agents"])
    out = capsys.readouterr().out
    assert all(name in out for name in shipped()) and max(map(len, out.splitlines())) <= WIDTH


def test_a_folder_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("play", "evaluate", "record"):
        with pytest.raises(SystemExit) as stop:
            main([command, "runs/nothere"])
        assert stop.value.code == 2 and "no run folder at runs/nothere" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stop:
        main(["train", "swim", "--debug", "--out", str(tmp_path / "file" / "run")])
    told = capsys.readouterr().err.strip()
    assert stop.value.code == 2 and "Not a directory" in told


def test_files_are_as_the_umask_says(tmp_path: Path) -> None:
    code = "from innervate.files import write_text_atomically as w; from pathlib import Path; w(Path('x'), '1')"
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, umask=mask)
        assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == mode


@pytest.mark.slow
def test_a_typo_costs_half_a_second() -> None:
    before = os.times()
    command = [sys.executable, "-m", "innervate", "train", "swimm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert done.returncode == 2 and "Did you mean 'swim'" in done.stderr and spent < 0.5


def test_a_typo_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom innervate.launch.cli import main\ntry: main(['train', 'swimm'])\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'mujoco', 'stable_baselines3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and "Did you mean 'swim'" in done.stderr


def test_figures_for_people_have_four_digits(trained: Path) -> None:
    summary = evaluate_run(trained, 2).summary()
    assert f"{summary['return_mean']:.4g}" in str(summary) and str(summary["return_mean"]) not in str(summary)
    assert json.loads(json.dumps(summary))["return_mean"] == summary["return_mean"]


def test_stable_baselines3_s_callbacks_are_called(tmp_path: Path) -> None:
    from stable_baselines3.common.callbacks import BaseCallback

    class Counts(BaseCallback):
        steps = 0

        def _on_step(self) -> bool:
            self.steps += self.training_env.num_envs
            return True

    counts = Counts()
    learner = LEARNERS["ppo"]().tiny()[0]
    given: Any = {"controller": "linear", "learner": learner, "steps": 256, "callbacks": counts}
    innervate.train("Pendulum-v1", out=tmp_path / "a", **given)
    assert counts.steps == 256
    with pytest.raises(ConfigError, match="use ppo"):
        innervate.train("Pendulum-v1", controller="linear", learner="cma", out=tmp_path / "b", callbacks=counts)
    with pytest.raises(ConfigError, match=r"stable-baselines3\.md"):
        innervate.train("Pendulum-v1", controller="linear", learner=learner, out=tmp_path / "c", device="cuda")


def test_an_option_twice_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "swim", "--sense", "odometry", "--debug", "--sense=history"])
    assert "--sense was given twice" in capsys.readouterr().err
