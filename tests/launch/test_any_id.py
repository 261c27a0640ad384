"""Every id of the packages that are here: POPGym's under ppo and cma, Gymnasium's own, or the reason why not."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

import innervate
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.learners.ppo import PPOConfig
from innervate.errors import ConfigError

QUIET = innervate.EvaluationConfig(every_steps=0)
LEARNERS: dict[str, Any] = {"ppo": PPOConfig().tiny()[0], "cma": CMAConfig(population=4)}


def tried(id_: str, learner: str, out: Path) -> None:
    innervate.train(id_, controller="linear", learner=LEARNERS[learner], steps=128, out=out, evaluation=QUIET)


def reason(id_: str, learner: str, out: Path) -> str:
    """Why an id is refused; empty for one that trains."""
    try:
        tried(id_, learner, out)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("learner", LEARNERS)
def test_popgym(learner: str, tmp_path: Path) -> None:
    pytest.importorskip("popgym")
    ids = sorted(id_ for id_ in gym.registry if id_.startswith("popgym-"))
    assert len(ids) == 42
    for id_ in ids:
        tried(f"popgym:{id_}", learner, tmp_path / id_)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("learner", LEARNERS)
def test_gymnasium_s_newest(learner: str, tmp_path: Path) -> None:
    """Those that need pixels, or another package, say so; nothing else is refused."""
    ids = sorted(
        id_ for id_, spec in gym.registry.items()
        if str(spec.entry_point).startswith("gymnasium.envs") and not id_.endswith(("-v2", "-v3", "-v4"))
        and "/" not in id_
    )  # fmt: skip
    if learner == "cma":
        ids = ids[::3]  # the same door as for ppo: what is refused there is refused here
    refused = {id_: told for id_ in ids if (told := reason(id_, learner, tmp_path / id_))}
    for id_, told in refused.items():
        assert any(word in told for word in ("package", "cannot be loaded", "pictures")), f"{id_}: {told}"
    assert not {"CartPole-v1", "Pendulum-v1", "Blackjack-v1", "FrozenLake-v1", "Taxi-v4", "Ant-v5"} & set(refused)
    assert len(ids) - len(refused) >= 5
