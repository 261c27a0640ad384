"""A lesion by name reaches the senses that stand before a circuit as it reaches the circuit's own parts."""

from pathlib import Path

import numpy as np
import pytest

import innervate
from innervate.agents.experience.senses.history import HistoryConfig
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.errors import ConfigError

WORLD = WorldConfig(id="swim", options={"n_links": 3, "max_episode_steps": 60}, senses=(HistoryConfig(),))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lesions") / "run"
    learner, _ = CMAConfig(sigma=0.5).tiny()
    innervate.train(WORLD, controller=MLPConfig(hidden=(8,)), learner=learner, steps=2000, seed=1, out=out)
    return out


def test_a_sense_and_its_channel_are_cut_by_name_for_a_while_or_for_good(run: Path) -> None:
    def returns(*lesion: str) -> np.ndarray:
        return innervate.evaluate(run, 3, lesion=lesion).episodes.returns

    whole = returns()
    assert not np.allclose(returns("history"), whole)
    np.testing.assert_array_equal(returns("history@100s"), whole)  # after the end
    assert not np.allclose(returns("history:noise=0.5"), returns("history"))
    assert not np.allclose(returns("history", "hidden.0[0]"), returns("hidden.0[0]"))


def test_a_name_that_nobody_has_names_both_kinds(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"histery.*[Ss]enses: history"):
        innervate.evaluate(run, 1, lesion=["histery"])
