"""A population spread over processes is the population of one process, also when processes die."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.learner import Progress, Setting, WorldConfig
from innervate.agents.learners.cma import CMAConfig, Evolution
from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError

pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray leaves sockets to the interpreter
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def evolved(controller: str, workers: int, disturb: Any = None) -> Evolution:
    world = WorldConfig(id="innervate/Swim-v0", options={"n_links": 3})
    setting = Setting(world=world, controller=CONTROLLERS[controller](), steps=25_000, seed=3, threads=1)
    learner = Evolution(setting, CMAConfig(population=5, episodes=2, ray_workers=workers))

    def after(progress: Progress) -> None:
        if disturb and progress.iteration == 1:
            disturb(learner)

    learner.train(after)
    learner.close()
    return learner


@pytest.fixture(scope="module")
def ray() -> Generator[Any]:
    from innervate.agents.evolution.cluster import LOCAL, QUIET, import_ray

    library = import_ray()
    library.init(**QUIET, **LOCAL, num_cpus=2)
    yield library
    library.shutdown()


def same(a: Evolution, b: Evolution) -> None:
    np.testing.assert_array_equal(a.snapshot().optimizer["fitness"], b.snapshot().optimizer["fitness"])
    assert all(torch.equal(v, b.snapshot().model[k]) for k, v in a.snapshot().model.items())


@pytest.mark.parametrize("controller", ["ncap", "linear"])  # without and with a normaliser
def test_two_processes_evolve_what_one_does(controller: str, ray: Any) -> None:
    same(evolved(controller, 0), evolved(controller, 2))


def test_a_judge_that_dies_is_replaced(ray: Any) -> None:
    def kill(learner: Evolution) -> None:
        judges: Any = learner._judges  # pyright: ignore[reportPrivateUsage]
        ray.kill(judges._judges[0], no_restart=False)

    same(evolved("linear", 0), evolved("linear", 2, kill))


def test_more_workers_than_members_are_refused() -> None:
    with pytest.raises(ConfigError, match="ray_workers"):
        evolved("ncap", 6)
