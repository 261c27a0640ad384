"""Configuration files: the names of the options, words win, unknown names are refused, a round trip is equal."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.linear import LinearConfig
from innervate.envs.tasks.swim import SwimOptions
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.cli import main
from innervate.launch.commands.sweep import _base, _configure  # pyright: ignore[reportPrivateUsage]
from innervate.launch.commands.train import configuration, parse
from innervate.launch.run.config import RunConfig
from innervate.launch.run.config_file import NAME, as_toml
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.preset import PRESETS


def read_back(text: str, folder: Path, *words: str) -> RunConfig:
    (folder / "c.toml").write_text(text)
    return configuration(parse(["--config", str(folder / "c.toml"), *words]))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_comes_back_equal(preset: str, tmp_path: Path) -> None:
    config = configuration(parse(["--preset", preset]))
    assert read_back(as_toml(config), tmp_path) == config


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    preset=st.sampled_from(["swim-entrained-cma", "swim-mlp-ppo", "roam-predictive-sac"]),
    steps=st.integers(1, 10**9), seed=st.integers(0, 2**31), checkpoint=st.floats(0, 1e6),
    limit=st.none() | st.floats(1e-3, 1e3), every=st.integers(0, 10**6), sense=st.sampled_from([(), ("history",)]),
)  # fmt: skip
def test_whatever_was_asked_comes_back_equal(
    preset: str, steps: int, seed: int, checkpoint: float, limit: float | None, every: int, sense: tuple[str, ...],
    tmp_path: Path,
) -> None:  # fmt: skip
    words = ["--preset", preset, "--steps", str(steps), "--seed", str(seed), "--checkpoint-s", repr(checkpoint)]
    words += ["--action-limit", repr(limit)] if limit is not None else []
    words += ["--sense", *sense] if sense else []
    config = configuration(parse([*words, "--evaluation.every-steps", str(every)]))
    assert read_back(as_toml(config), tmp_path) == config


def test_words_win_over_the_file(tmp_path: Path) -> None:
    text = 'task = "swim"\nlearner = "cma"\nsteps = 4e5\nseed = 7\n[cma]\nsigma = 0.25\npopulation = 8\n'
    text += "[env]\nn-links = 5\n"
    config = read_back(text, tmp_path, "--cma.population", "6", "--seed", "3", "--env.n-links", "4")
    assert config.learner == CMAConfig(population=6, episodes=2, sigma=0.25, weight_decay=2.0)  # the rest: the preset's
    assert (config.steps, config.seed, config.world.options["n_links"]) == (400_000, 3, 4)
    other = read_back(text, tmp_path, "--learner", "ppo")  # the file's [cma] is of no use then, and no mistake
    assert type(other.learner).__name__ == "PPOConfig" and other.seed == 7


def test_another_environment_keeps_what_it_was_asked(tmp_path: Path) -> None:
    words = ["Pendulum-v1", "--controller", "linear", "--learner", "cma", "--env.g", "3.5"]
    config = configuration(parse([*words, "--env.max-episode-steps", "50"]))
    assert config.world.options == {"g": 3.5, "max_episode_steps": 50}
    assert read_back(as_toml(config), tmp_path) == config
    varied = configuration(parse(["swim", "--env.randomisation.mass", "0.8", "1.2"]))
    assert read_back(as_toml(varied), tmp_path) == varied and varied.world.options["randomisation"].mass == (0.8, 1.2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stepps = 3", "steps"), ("[cma]\nsigmaa = 1.0", "sigma"), ("[cmaa]\nsigma = 1.0", "cma"),
        ("[env]\nn-linkss = 3", "n_links"), ("[evaluation]\nevery = 3", "every_steps"), ('controller = "ncpa"', "ncap"),
        ('learner = "cmaa"', "cma"), ('preset = "swim-ncap"', "swim-ncap-cma"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_told_with_the_nearest(text: str, told: str, tmp_path: Path) -> None:
    head, _, tables = text.partition("[")
    with pytest.raises(UnknownNameError, match=told):
        read_back(f'task = "swim"\n{head}\n' + (f"[{tables}" if tables else ""), tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.toml", "steps = ", "not well-formed TOML"), ("a.yaml", "a: [", "not well-formed YAML"),
        ("a.yaml", "- swim", "options by name"), ("a.txt", "", r"\*\.toml"), ("a.toml", 'steps = "many"', "steps in"),
        ("a.toml", "seed = true", "seed in"), ("a.toml", "cma = 3", "table of options"),
        ("a.toml", 'sense = "ring"', "list of names"), ("a.toml", "controller = 3", "name in quotes"),
        ("a.toml", '[cma]\npopulation = "x"', "population should be of int"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused(name: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=told):
        parse(["swim", "--config", str(tmp_path / name)])


def test_a_file_that_is_not_there_and_one_beside_a_resumption(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read.*config\.toml"):
        parse(["swim", "--config", str(tmp_path / "none.toml")])
    (tmp_path / "a.toml").write_text("")
    with pytest.raises(ConfigError, match="takes no --config"):
        parse(["--resume", "runs/x", "--config", str(tmp_path / "a.toml")])


def test_yaml_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text("task: swim\nlearner: cma\nsteps: 5000\ncma:\n  sigma: 0.25\nenv: {n-links: 4}\n")
    (tmp_path / "a.toml").write_text('task="swim"\nlearner="cma"\nsteps=5000\n[cma]\nsigma=0.25\n[env]\nn-links=4\n')
    yaml, toml = (configuration(parse(["--config", str(tmp_path / name)])) for name in ("a.yaml", "a.toml"))
    assert yaml == toml


def test_a_run_writes_the_file_that_makes_it_again(trained: Path, tmp_path: Path) -> None:
    config = configuration(parse(["--config", str(trained / NAME)]))
    stored = RunFolder.open(trained).config()
    every = {**asdict(SwimOptions()), **stored.world.options}  # what is typed says all options
    assert config == replace(stored, world=replace(stored.world, options=every))
    words = ["train", "--config", str(trained / NAME), "--out", str(tmp_path / "again"), "--no-video"]
    main([*words, "--evaluation.every-steps", "0"])
    again, first = RunFolder.open(tmp_path / "again"), RunFolder.open(trained)
    assert all((again.model()[k] == v).all() for k, v in first.model().items())


def test_a_sweep_takes_a_file(trained: Path) -> None:
    base = _base("", ["--config", str(trained / NAME)])
    config = _configure(base, {"cma.sigma": "0.7"}, 4)
    assert config.seed == 4 and config.learner == CMAConfig(population=4, sigma=0.7) and config.threads == 1


def test_what_only_python_can_say_is_refused() -> None:
    from innervate.agents.experience.senses.history import HistoryConfig

    world = WorldConfig(id="swim", senses=(HistoryConfig(steps=1), HistoryConfig(steps=2)))
    with pytest.raises(ConfigError, match="cannot be told apart"):
        as_toml(RunConfig(world=world, controller=LinearConfig(), learner=CMAConfig(), steps=1))
