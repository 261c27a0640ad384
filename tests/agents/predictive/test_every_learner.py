"""All nine algorithms that prediction can be put on have the front door, and train the controller they are given."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from innervate.agents.learner import Progress, Setting, WorldConfig
from innervate.agents.predictive.algorithms import PLACES
from innervate.agents.registry import LEARNERS, example_of
from innervate.controllers import CONTROLLERS
from innervate.controllers.circuits.latent import Latent, LatentConfig
from innervate.errors import ConfigError

NAMES = tuple(name for name in LEARNERS if name.startswith("predictive"))
EVERY = pytest.mark.parametrize("name", NAMES)
FEW = ("predictive-sac", "predictive-ppo", "predictive-dqn")
"""One of each kind; the others are trained in the slow tests."""
SMALL = LatentConfig(latent=4, encoder=(8,), hidden=(8,))


def made(name: str, controller: Any = SMALL, task: str | None = None, **changes: Any) -> Any:
    tiny: tuple[Any, int] = LEARNERS[name]().tiny()
    config, steps = tiny
    if hasattr(config, "warm_up"):
        config, steps = replace(config, warm_up=30, report_steps=30, batch_size=16), 80
    world = WorldConfig(id=task or example_of(name)[0])
    return replace(config, **changes).build(Setting(world=world, controller=controller, steps=steps, seed=5, threads=1))


def ignore(_: Progress) -> None:
    """Nothing is looked at."""


def trained(name: str, **changes: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    learner = made(name, **changes)
    learner.train(ignore)
    return learner, {k: v.clone() for k, v in learner.controller.state_dict().items()}


def test_every_algorithm_with_an_encoder_is_a_learner() -> None:
    algorithms = {type(made(name).model).__mro__[2] for name in NAMES}
    assert len(algorithms) == len(NAMES) == 9
    assert all(issubclass(algorithm, BaseAlgorithm) for algorithm in algorithms)
    assert set(PLACES) <= algorithms


@pytest.mark.parametrize("name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in NAMES])
def test_the_policy_is_the_controller_and_the_objective_moves_its_encoder(name: str) -> None:
    learner, after = trained(name, aux_coef=1.0)
    controller, policy = learner.controller, learner.model.policy
    assert isinstance(controller, Latent)
    assert learner.model.encoder.layers is controller.encoder
    before = made(name).controller.state_dict()
    moved = {k for k, v in after.items() if not torch.equal(v, before[k])}
    assert {"encoder.0.weight", "head.0.weight", "normaliser.mean"} <= moved
    other = trained(name, aux_coef=1.0, objective="horizon")[1]
    plain = [trained(name, aux_coef=0.0, objective=objective)[1] for objective in ("self-predictive", "horizon")]
    assert not all(torch.equal(v, other[k]) for k, v in after.items())
    assert all(torch.equal(v, plain[1][k]) for k, v in plain[0].items())
    sensed = torch.randn(3, controller.spec.observation_size)
    carried = torch.cat([sensed, torch.zeros(3, 1)], 1)
    alone = controller(controller.spec.split(sensed), {})[0]
    if controller.spec.choices:
        torch.testing.assert_close(policy._predict(carried, deterministic=True), alone.argmax(1))  # pyright: ignore[reportPrivateUsage]
    else:
        torch.testing.assert_close(policy._predict(carried, deterministic=True), alone)  # pyright: ignore[reportPrivateUsage]


@EVERY
def test_targets_sense_as_what_they_follow(name: str) -> None:
    learner, after = trained(name)
    found = [m for m in learner.model.policy.modules() if type(m).__name__ == "Normaliser"]
    assert len(found) >= 2 and all(torch.equal(m.mean, after["normaliser.mean"]) for m in found)


@EVERY
def test_a_controller_without_an_encoder_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name.replace('-', '_')} trains a controller with an encoder, not MLP"):
        made(name, CONTROLLERS["mlp"]())


@pytest.mark.parametrize("name", ["predictive_dqn", "predictive_qrdqn"])
def test_values_are_for_choices(name: str) -> None:
    with pytest.raises(ConfigError, match="alternatives of one choice"):
        made(name, task="roam")


def test_the_controller_s_value_is_the_mean_of_the_quantiles() -> None:
    learner = made("predictive_qrdqn")
    controller = learner.controller
    sensed = torch.randn(7, controller.spec.observation_size)
    quantiles = learner.model.quantile_net(torch.cat([sensed, torch.zeros(7, 1)], 1))
    assert quantiles.shape == (7, 50, controller.spec.action_size)
    torch.testing.assert_close(quantiles.mean(1), controller(controller.spec.split(sensed), {})[0])
    assert quantiles.std(1).min() > 0


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("predictive_tqc", {"dropped": 25}, "some must stay"),
        ("predictive_qrdqn", {"quantiles": 1}, "at least two quantiles"),
        ("predictive_dqn", {"explore_share": 0.0}, "explore_share"),
        ("predictive_dqn", {"discount": 1.0}, "discount"),
        ("predictive_a2c", {"discount": 0.0}, "discount"),
        ("predictive_td3", {"aux_coef": float("nan")}, "finite number"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        made(name, **changes)
