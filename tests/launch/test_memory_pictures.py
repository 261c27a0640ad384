"""What a memory holds, as a picture: of an episode's memory in the circuit, and of a life's beside the body."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.experience.senses.remembered import RememberedConfig
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.ncap import NCAPConfig
from innervate.controllers.circuits.remembering import RememberingConfig
from innervate.controllers.memory.dictionary import DictionaryConfig
from innervate.launch.analysis.figures import memories
from innervate.launch.analysis.recordings.recording import record
from innervate.launch.commands.plot import main as plot
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.life import Life, holdings
from innervate.launch.run.training import Run

DAY: dict[str, Any] = {"trials": 1, "trial_s": 1.0, "probe_s": 0.5, "explore_s": 2.0}


def test_an_episode_s_memory_calls_up_what_it_was_told() -> None:
    """Asked for the cues of the episode, the dictionary gives back the contents that stood beside them."""
    world = WorldConfig(id="swim", options={"n_links": 4})
    env = make_vector_env(world, 1)
    memory = DictionaryConfig(capacity=2000)
    config = RememberingConfig(controller=NCAPConfig(), memory=memory, cue="joint_angle", content="body_velocity")
    brain = BrainConfig(parts={"swims": Part(controller=config)})
    spec = controller_spec(env)
    env.close()
    recording = record(brain.build(spec, torch.Generator().manual_seed(0)), world)
    assert recording.memories is not None and recording.lived_s is None
    held = recording.memories["swims/memory"]
    assert held.asked.shape == (40, spec.channel("joint_angle").size) and held.lost == 0
    # All but the last moment, which the next would have found stored, come back as they were.
    np.testing.assert_array_equal(held.familiarity[:-1], 1)
    assert np.abs(held.answered[1:-1]).max() > 0 and held.held == len(recording.reward) - 1
    assert memories.draw(recording).axes


@pytest.fixture
def forager(tmp_path: Path) -> Path:
    remembered = RememberedConfig(memory=DictionaryConfig(), cue="bump", gate="hunger", most_doubt=1e9)
    senses = {**SENSES, "place": PlaceConfig(channel="ray", places=16), "memory": remembered}
    world = WorldConfig(id="innervate/HiddenGoal-v0", options=DAY, senses=tuple(senses.values()))
    run = RunConfig(world=world, controller=FORAGER, learner=CMAConfig(population=4), steps=1,
                    evaluation=EvaluationConfig(every_steps=0))  # fmt: skip
    Run.start(run, tmp_path / "forager")
    return tmp_path / "forager"


def test_a_life_s_memory_is_drawn_by_plot(forager: Path, capsys: pytest.CaptureFixture[str]) -> None:
    life = Life(forager)
    life.live(100)
    (sense,) = (s for s in life.env.senses if s.holdings({"bump": np.zeros((1, 16))}))
    asked = {"bump": np.eye(16, dtype=np.float32)}
    truth = sense.holdings(asked)["remembered"]
    found, lived_s = holdings(forager, asked)  # while the life still holds its folder
    life.close()
    assert lived_s == pytest.approx(10.0) and truth.held > 10
    np.testing.assert_array_equal(found["remembered"].answered, truth.answered)
    assert found["remembered"].answered.shape == (16, 2) and found["remembered"].held == truth.held
    plot([str(forager)])
    assert "memories.png" in capsys.readouterr().out and (forager / "memories.png").exists()
