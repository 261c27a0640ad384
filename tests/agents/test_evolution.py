"""Evolution against a loop over single controllers, and against itself interrupted."""

from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import Setting, Snapshot, WorldConfig
from innervate.agents.learners.cma import CMAConfig, Evolution
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.population import Population
from innervate.errors import ConfigError, RunError

RAGGED = WorldConfig(id="test/Ragged-v0")


def setting(world: WorldConfig, controller: ControllerConfig, steps: int) -> Setting:
    return Setting(world=world, controller=controller, steps=steps, seed=3, threads=1)


def trained(controller: str, steps: int, world: WorldConfig = RAGGED) -> Evolution:
    learner = Evolution(setting(world, CONTROLLERS[controller](), steps), CMAConfig(population=6, episodes=2))
    learner.train(lambda _: None)
    return learner


@pytest.mark.parametrize("name", ["linear", "gru"])
def test_resumed_equals_uninterrupted(name: str) -> None:
    whole, half = trained(name, 600), trained(name, 300)
    resumed = Evolution(whole.setting, whole.config)
    resumed.restore(half.snapshot())
    resumed.train(lambda _: None)
    expected, found = whole.snapshot(), resumed.snapshot()
    np.testing.assert_array_equal(expected.optimizer["fitness"], found.optimizer["fitness"])
    assert all(torch.equal(expected.model[k], found.model[k]) for k in expected.model)
    assert expected.rng == found.rng


def test_a_history_of_another_search_is_refused() -> None:
    whole = trained("linear", 300)
    good = whole.snapshot()
    fresh = Evolution(whole.setting, whole.config)
    with pytest.raises(RunError, match="Replaying the search"):
        fresh.restore(
            Snapshot(model=good.model, optimizer={"fitness": -np.asarray(good.optimizer["fitness"])}, rng=good.rng)
        )
    fresh = Evolution(whole.setting, whole.config)
    with pytest.raises(RunError, match="shape"):
        fresh.restore(Snapshot(model=good.model, optimizer={"fitness": np.zeros((2, 5))}, rng=good.rng))


def test_a_population_earns_what_its_members_earn_alone() -> None:
    world = WorldConfig(id="innervate/Swim-v0", options={"n_links": 4})
    members, seeds = 3, [11, 12]
    env = make_vector_env(world, members * len(seeds))
    spec = controller_spec(env)
    controller = CONTROLLERS["ncap"]().build(spec, torch.Generator().manual_seed(0))
    parameters = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.5, -1.0, 0.3, 0.1], [-2.0, 0.2, 0.1, 0.0]])
    together = rollout(env, Population(controller, parameters), spec, seeds * members).returns.reshape(members, 2)
    alone = make_vector_env(world, 1)
    for m in range(members):
        torch.nn.utils.vector_to_parameters(parameters[m], controller.parameters())
        for j, seed in enumerate(seeds):
            assert rollout(alone, controller, spec, [seed]).returns[0] == pytest.approx(together[m, j], abs=1e-4)


def test_it_finds_the_optimum_of_a_known_task() -> None:
    """Ragged pays the sum of two actions in [-2, 4]; a travelling wave of two actuators can hold both near 4."""
    learner = Evolution(setting(RAGGED, CONTROLLERS["sine"](), 8_000), CMAConfig(population=8, episodes=4))
    history: list[float] = []
    learner.train(lambda p: history.append(p.metrics["rollout/return"] / p.metrics["rollout/length"]))
    assert np.mean(history[-3:]) > np.mean(history[:3]) + 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [({"population": 3}, "at least 4"), ({"episodes": 0}, "at least 1"), ({"sigma": 0.0}, "sigma positive")],
)
def test_impossible_searches_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Evolution(setting(RAGGED, CONTROLLERS["linear"](), 100), CMAConfig(**options))
    with pytest.raises(ConfigError, match="no parameters"):
        Evolution(setting(RAGGED, CONTROLLERS["zero"](), 100), CMAConfig())
