"""Environments of one's own: by `module:id`, by file, in every command; their spaces; what they may not do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import innervate
from innervate.agents.experience.border import CUT_STEPS
from innervate.agents.experience.worlds import action_scale, controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.learners.ppo import PPOConfig
from innervate.envs.foreign.names import environment_id, traceable
from innervate.errors import ConfigError, InnervateWarning, NonFiniteError, UnknownNameError
from innervate.launch.cli import main
from innervate.launch.run.folder import RunFolder

OUTSIDE = Path(__file__).parent / "outside"
QUIET = innervate.EvaluationConfig(every_steps=0)
CMA, PPO = CMAConfig(population=4), PPOConfig(num_envs=2, rollout_steps=32, batch_size=32, epochs=1)


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lab's package can be imported, and nothing of it is known before or after."""
    monkeypatch.syspath_prepend(str(OUTSIDE))
    before = set(gym.registry)
    yield
    for id_ in set(gym.registry) - before:
        del gym.registry[id_]
    for module in ("lab", "my_world"):
        sys.modules.pop(module, None)


def short(tmp_path: Path, world: str | WorldConfig, learner: Any = CMA, **options: Any) -> RunFolder:
    out = tmp_path / "run"
    return innervate.train(world, controller="linear", learner=learner, steps=64, out=out, evaluation=QUIET, **options)


def test_a_module_s_id_is_a_name_everywhere() -> None:
    assert environment_id("lab:lab/plain-v0") == "lab/plain-v0"
    assert traceable("lab/plain-v0") == "lab:lab/plain-v0" == traceable("lab:lab/plain-v0")
    assert traceable("CartPole-v1") == "CartPole-v1" and traceable("swim") == "swim"
    with pytest.raises(ConfigError, match="no module 'labb' here"):
        environment_id("labb:lab/plain-v0")
    with pytest.raises(UnknownNameError, match="Did you mean 'lab/plain-v0'"):
        environment_id("lab:lab/plane-v0")
    with pytest.raises(UnknownNameError, match="MODULE:mine/Reach-v0"):
        environment_id("mine/Reach-v0")


def test_a_run_keeps_the_module_and_the_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    words = ["train", "lab:lab/plain-v0", "--controller", "linear", "--debug", "--out", str(out), "--no-video"]
    main([*words, "--env.speed", "0.3", "--env.max-episode-steps", "12"])
    world = RunFolder.open(out).config().world
    assert world.id == "lab:lab/plain-v0" and dict(world.options) == {"speed": 0.3, "max_episode_steps": 12}
    assert json.loads((out / "evaluation.json").read_text())["length_mean"] == 12
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*words, "--env.spead", "0.3"])
    assert "Did you mean 'speed'" in capsys.readouterr().err
    with pytest.raises(UnknownNameError, match="speed"):
        make_vector_env(WorldConfig(id="lab:lab/plain-v0", options={"spead": 1}), 1)
    for limit in (0, -7, 2.5):
        with pytest.raises(ConfigError, match="whole number of control steps"):
            make_vector_env(WorldConfig(id="lab:lab/plain-v0", options={"max_episode_steps": limit}), 1)


def test_an_id_trained_in_python_is_found_again(tmp_path: Path) -> None:
    environment_id("lab:lab/plain-v0")
    run = short(tmp_path, "lab/plain-v0")
    assert run.config().world.id == "lab:lab/plain-v0"


@pytest.mark.slow
def test_every_command_works_in_a_fresh_process_and_export_without_the_environment(tmp_path: Path) -> None:
    short(tmp_path, "lab:lab/plain-v0")

    def say(*words: str, path: str = str(OUTSIDE)) -> "subprocess.CompletedProcess[str]":
        import os

        known = os.environ | {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{path}"}
        command = [sys.executable, "-m", "innervate", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=known)

    for words in (
        ("evaluate", "run", "--episodes", "2"), ("play", "run", "--show", "text", "--speed", "0"),
        ("report", "run", "--no-video"), ("robustness", "run", "--episodes", "1"), ("plot", "run"),
        ("train", "--resume", "run", "--steps", "200", "--no-video"),
    ):  # fmt: skip
        done = say(*words)
        assert done.returncode == 0, done.stderr
    assert say("export", "run", "--no-onnx", path="").returncode == 0
    lost = say("evaluate", "run", path="")
    assert lost.returncode == 2 and "no module 'lab' here" in lost.stderr


@pytest.mark.parametrize("name", ["swing", "hanging", "Alone"])
def test_a_world_in_a_file(name: str, tmp_path: Path) -> None:
    world = WorldConfig(id=f"{OUTSIDE / 'my_world.py'}:{name}")
    env = make_vector_env(world, 2)
    assert [c.size for c in controller_spec(env).observations] == [1]
    env.close()
    run = short(tmp_path, world)
    assert Path(run.config().world.id.rpartition(":")[0]).is_absolute()
    assert innervate.evaluate(run.path, episodes=2).episodes.lengths.tolist() == [15, 15]


def test_a_file_s_function_takes_its_arguments_and_names_what_it_has(tmp_path: Path) -> None:
    file = OUTSIDE / "my_world.py"
    env: Any = make_vector_env(WorldConfig(id=f"{file}:swing", options={"gear": 7.0}), 1)
    assert env.model.actuator_gear[0, 0] == 7
    with pytest.raises(UnknownNameError, match="gear"):
        make_vector_env(WorldConfig(id=f"{file}:swing", options={"geer": 7.0}), 1)
    with pytest.raises(ConfigError, match="3 worlds or environments"):
        environment_id(str(file))
    with pytest.raises(UnknownNameError, match="Did you mean 'swing'"):
        environment_id(f"{file}:swim")
    with pytest.raises(ConfigError, match="no file"):
        environment_id(f"{tmp_path}/none.py:x")
    assert environment_id(f"{file}:Still") == "my_world/Still-v0"  # the only world of that task at the file's top


@pytest.mark.parametrize("learner", [CMA, PPO], ids=["cma", "ppo"])
@pytest.mark.parametrize(
    ("kind", "culprit"),
    [("nan-reward", "reward of environment 0 .* nan"), ("infinite", "reward .* inf"), ("late-nan", "observat.* nan")],
)
def test_what_is_not_finite_stops_the_step(kind: str, culprit: str, learner: Any, tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError, match=culprit):
        short(tmp_path, f"lab:lab/{kind}-v0", learner)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("array-reward", "reward of environment 0 .* one number"), ("none-reward", "one number; it is None"),
        ("liar", r"shape \(3,\); its space says \(4,\)"), ("odd-success", "success .* True or False; it is nan"),
        ("old", "another number of things"), ("picture", "--sense place"), ("both", "not both at once"),
        ("unlimited", "--action-limit"), ("no-info", "info of environment 0 .* should be a dict; it is None"),
        ("unseeded", r"reset\(self, \*, seed=None, options=None\)"),
    ],
)  # fmt: skip
def test_an_environment_that_breaks_its_word_is_told_so(kind: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        short(tmp_path, f"lab:lab/{kind}-v0")


def test_actions_without_bounds_train_with_a_limit(tmp_path: Path) -> None:
    env = make_vector_env(WorldConfig(id="lab:lab/unlimited-v0", action_limit=2.5), 2)
    np.testing.assert_array_equal(action_scale(env), [[0, 0], [2.5, 2.5]])
    run = short(tmp_path, WorldConfig(id="lab:lab/unlimited-v0", action_limit=2.5), PPO)
    assert RunFolder.open(run.path).config().world.action_limit == 2.5


@pytest.mark.filterwarnings("default:.*has no time limit")
def test_an_episode_that_never_ends_is_cut(tmp_path: Path) -> None:
    with pytest.warns(InnervateWarning, match="cut after 1,000 control steps"):
        run = short(tmp_path, "lab:lab/endless-v0")
    assert innervate.evaluate(run.path, episodes=1).episodes.lengths[0] == CUT_STEPS
    ends = make_vector_env(WorldConfig(id="lab:lab/endless-v0", options={"max_episode_steps": 3}), 1)
    ends.reset(seed=0)
    assert [bool(ends.step(np.zeros((1, 2)))[3][0]) for _ in range(4)] == [False, False, True, False]


def test_success_by_stable_baselines3_s_word_counts(tmp_path: Path) -> None:
    run = short(tmp_path, "lab:lab/success-v0")
    assert innervate.evaluate(run.path, episodes=3).summary()["success_rate"] == 1.0


@pytest.mark.parametrize("kind", ["dict", "matrix", "mixed", "choice", "choices", "levels", "parts"])
@pytest.mark.parametrize("learner", [CMA, PPO], ids=["cma", "ppo"])
def test_any_space_that_can_be_flattened_trains_and_leaves(kind: str, learner: Any, tmp_path: Path) -> None:
    """The exported agent takes what the environment gives, in the same order, and earns what the run earns."""
    from innervate.launch.run.export import export

    run = short(tmp_path, f"lab:lab/{kind}-v0", learner)
    result = innervate.evaluate(run.path, episodes=1)
    agent = innervate.load(export(run.path, tmp_path / "agent", onnx=False))
    env = make_vector_env(run.config().world, 1)
    assert agent.spec.observations == tuple(
        type(c)(c.name, c.size, c.unit, c.limit) for c in controller_spec(env).observations
    )
    seen, _ = env.reset(seed=[result.seeds[0]])  # pyright: ignore[reportArgumentType]
    state, earned = None, 0.0
    for _ in range(20):
        action, state = agent.act(seen, state)
        seen, reward, *_ = env.step(action)
        earned += float(reward[0])
    assert earned == pytest.approx(result.episodes.returns[0], rel=1e-6)


def test_channels_are_named_by_their_keys_in_the_space_s_order() -> None:
    env = make_vector_env(WorldConfig(id="lab:lab/mixed-v0"), 3)
    spec = controller_spec(env)
    assert [(c.name, c.size) for c in spec.observations] == [("0", 2), ("1.b", 3), ("1.a", 2)]
    seen, _ = env.reset(seed=0)
    np.testing.assert_array_equal(seen[:, 2:], [[1, 0, 0, 1, 0]] * 3)
    peer = gym.wrappers.FlattenObservation(gym.make("lab/mixed-v0"))
    np.testing.assert_array_equal(seen[0], peer.reset(seed=0)[0])
    assert controller_spec(make_vector_env(WorldConfig(id="lab:lab/choices-v0"), 1)).choices == (3, 2)


@pytest.mark.parametrize("learner", ["sac", "td3"])
def test_who_cannot_choose_says_who_can(learner: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ppo or cma"):
        short(tmp_path, "lab:lab/choice-v0", learner)


def test_onnx_gives_the_number_of_the_alternative() -> None:
    import onnxruntime
    import torch

    from innervate.controllers.circuits.mlp import MLPConfig
    from innervate.launch.run.export import to_onnx

    env = make_vector_env(WorldConfig(id="lab:lab/choices-v0"), 4)
    controller = MLPConfig(hidden=(8,)).build(controller_spec(env), torch.Generator().manual_seed(1))
    seen, _ = env.reset(seed=0)
    (taken,) = onnxruntime.InferenceSession(to_onnx(controller)).run(None, {"observation": seen})
    preferred = controller(controller.spec.split(torch.from_numpy(seen)), {})[0]
    np.testing.assert_array_equal(taken, [[p[:3].argmax(), p[3:].argmax()] for p in preferred.detach().numpy()])


@pytest.mark.parametrize("kind", ["nan-reward", "liar"])
def test_check_finds_it(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", f"lab:lab/{kind}-v0"])
    assert "FAILS" in capsys.readouterr().out


@pytest.mark.parametrize("id_", ["CartPole-v1", "innervate/TMaze-v0", "lab:lab/mixed-v0", "lab:lab/endless-v0"])
def test_check_takes_any_spaces(id_: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", id_])
    out = capsys.readouterr().out
    assert "FAILS" not in out and ("endless" not in id_ or "--env.max-episode-steps" in out)
