"""Figures, presets, benchmarks and commands: each of them works, and says how to try it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from stable_baselines3 import PPO

from innervate.agents.experience.worlds import environment_id
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.ppo import PPOConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.memory.ca3 import Ca3Config
from innervate.launch.analysis.measures.foraging import Trial
from innervate.launch.analysis.pictures import FIGURES, drawn, file_name
from innervate.launch.analysis.recordings.places import Places
from innervate.launch.analysis.recordings.recording import Recording, record
from innervate.launch.bench._kit.benchmark import BENCHMARKS, parts_of
from innervate.launch.cli import COMMANDS
from innervate.launch.run.preset import PRESETS
from innervate.launch.run.training import train
from innervate.signals import Channel


@pytest.fixture(scope="module")
def reference() -> Recording:
    """A recording that has everything a figure can need."""
    from innervate.agents.experience.worlds import controller_spec, make_vector_env

    world = WorldConfig(id="swim", options={"n_links": 4})
    env = make_vector_env(world, 1)
    controller = WiringConfig().build(controller_spec(env), torch.Generator().manual_seed(0))
    env.close()
    found = record(controller, world)
    rng = np.random.default_rng(0)
    places = Places(("a", "b"), rng.random((300, 2)), rng.random((300, 2)))
    trial = Trial(
        day=0, number=1, probe=False, found=True, latency_s=5.0, path_m=5.0, straight_m=4.0, goal_m=rng.random((1, 2)),
        track_m=rng.random((50, 2)), heading_rad=np.zeros(50), touching=np.zeros(50, bool), carried=np.zeros(50, bool),
        step_s=0.1,
    )  # fmt: skip
    memory = Ca3Config().build(Channel("place", 6), Channel("flags", 4), torch.Generator())
    held = memory.store(memory.empty(1), torch.eye(6)[:1], torch.ones(1, 4))
    memories = {"remembered": memory.holding(held, torch.eye(6))}
    return replace(found, places=places, trials=(trial, replace(trial, probe=True)), memories=memories)


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str, reference: Recording) -> None:
    module = FIGURES[name]
    assert module.TITLE and reference.has(module.NEEDS)
    assert isinstance(module.draw(reference), Figure)


def test_every_figure_is_drawn_where_its_needs_are_met(reference: Recording) -> None:
    assert set(drawn(reference)) == {file_name(name) for name in FIGURES}


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str) -> None:
    preset = PRESETS[name]
    environment_id(preset.task)
    assert preset.steps > 0 and preset.about.endswith(".")
    assert name.startswith(preset.task.lower())


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks(name: str) -> None:
    parts = parts_of(BENCHMARKS[name])
    assert parts and all(map(callable, parts.values()))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_explain_themselves(name: str) -> None:
    out = subprocess.run(
        [sys.executable, "-m", "innervate", name, "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "usage: innervate" in out and name in out


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What commands are tried on: two tiny runs, a folder of pictures, and a policy that stable-baselines3 saved."""
    home = tmp_path_factory.mktemp("smoke")
    world = WorldConfig(id="swim", options={"n_links": 3})
    for name, seed in (("run", 0), ("other", 1)):
        train(world, controller="mlp", learner=PPOConfig().tiny()[0], steps=256, seed=seed, out=home / name)
    pictures = home / "pictures"
    pictures.mkdir()
    for i, picture in enumerate(np.random.default_rng(0).integers(0, 255, (4, 24, 48, 3), np.uint8)):
        Image.fromarray(picture).save(pictures / f"{i}.png")
    PPO("MlpPolicy", "Pendulum-v1").save(home / "saved.zip")
    return {"run": home / "run", "other": home / "other", "pictures": pictures, "saved": home / "saved.zip"}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_commands_run(name: str, things: dict[str, Path], tmp_path: Path) -> None:
    """SMOKE: argument lists that each run in seconds; what stands in braces is made for them."""
    for arguments in COMMANDS[name].SMOKE:
        words = [word.format(folder=tmp_path, **things) for word in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "innervate", name, *words], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
