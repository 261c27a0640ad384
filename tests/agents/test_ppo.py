"""Stateful controllers under stable-baselines3's PPO: memory, shuffling, truncation, resumption."""

# pyright: reportPrivateUsage=false
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.ppo import PPOConfig, PPOLearner
from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.errors import ConfigError, NonFiniteError

SMALL = PPOConfig(num_envs=4, rollout_steps=32, batch_size=32, epochs=2)


def setting(world: str, controller: ControllerConfig, steps: int, seed: int = 0, **options: Any) -> Setting:
    return Setting(
        world=WorldConfig(id=world, options=options), controller=controller, steps=steps, seed=seed, threads=1
    )


def last_return(learner: PPOLearner) -> float:
    returns: list[float] = []
    learner.train(lambda progress: returns.append(progress.metrics.get("rollout/return", 0.0)))
    return returns[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("controller", "solves"), [(GRUConfig(units=16), True), (MLPConfig(hidden=(32,)), False)])
def test_memory_is_trained_through_time(controller: ControllerConfig, solves: bool) -> None:
    """The best that a memoryless policy can do is 0; perfect recall earns 1."""
    config = PPOConfig(num_envs=16, rollout_steps=40, batch_size=160, sequence_length=10, learning_rate=3e-3,
                       entropy=0.0, initial_std=0.5)  # fmt: skip
    learner = PPOLearner(setting("test/Recall-v0", controller, steps=640 * 45), config)
    result = last_return(learner)
    if solves:
        assert result > 0.75
    else:
        assert abs(result) < 0.35  # the mean of 100 episodes of +-1


@pytest.mark.parametrize("name", ["ncap", "gru", "mlp", "sine"])
def test_stored_log_probabilities_are_recomputed_exactly(name: str) -> None:
    """Before the first update every probability ratio is 1, whatever the order of the minibatches."""
    world = "innervate/Swim-v0" if name == "ncap" else "test/Ragged-v0"
    learner = PPOLearner(setting(world, CONTROLLERS[name](), steps=128), SMALL)
    model, buffer = learner.model, learner.model.rollout_buffer
    _, callback = model._setup_learn(128, None)
    model.collect_rollouts(learner.env, callback, buffer, SMALL.rollout_steps)
    if world == "test/Ragged-v0":
        per_step = buffer.episode_starts[1:].sum(axis=1)
        assert ((per_step > 0) & (per_step < SMALL.num_envs)).any()  # episodes do end at different times
    batches = list(buffer.get(32))
    assert len(batches) == 4
    for batch in batches:
        _, log_prob, _ = learner.policy.evaluate_actions(batch.observations, batch.actions)
        torch.testing.assert_close(log_prob, batch.old_log_prob, rtol=1e-4, atol=1e-5)


def test_time_limits_bootstrap() -> None:
    """Reward 1 for ever is worth 1 / (1 - discount), however short the episodes are cut."""
    config = PPOConfig(num_envs=8, rollout_steps=40, batch_size=80, epochs=10, learning_rate=5e-3, discount=0.9)
    learner = PPOLearner(setting("test/Chain-v0", MLPConfig(hidden=(8,)), steps=320 * 60), config)
    learner.train(lambda _: None)
    carrier = learner.env.carrier
    carried = carrier.join(torch.tensor([[0.0], [1.0]]), {}, torch.zeros(2))
    values = learner.policy.predict_values(carried).detach().numpy().ravel()
    np.testing.assert_allclose(values, 10.0, rtol=0.05)  # 4.1 if the limit were taken for an end


@pytest.mark.parametrize("name", ["ncap", "gru", "mlp"])
def test_resumed_equals_uninterrupted(name: str) -> None:
    def make(steps: int) -> PPOLearner:
        return PPOLearner(setting("swim", CONTROLLERS[name](), steps=steps, n_links=3), SMALL)

    whole, half = make(512), make(256)
    whole.train(lambda _: None)
    half.train(lambda _: None)
    snapshot = half.snapshot()
    resumed = make(512)
    torch.manual_seed(99)  # whatever happened in the meantime
    resumed.restore(snapshot)
    resumed.train(lambda _: None)
    expected, found = whole.snapshot(), resumed.snapshot()
    assert expected.model.keys() == found.model.keys()
    for key in expected.model:
        assert torch.equal(torch.as_tensor(expected.model[key]), torch.as_tensor(found.model[key])), key
    for key in expected.optimizer:
        np.testing.assert_array_equal(expected.optimizer[key], found.optimizer[key], err_msg=key)
    assert expected.rng == found.rng
    moved = [k for k in snapshot.model if not torch.equal(snapshot.model[k], found.model[k])]
    assert any(k.startswith("controller.") for k in moved)


def test_the_same_seed_gives_the_same_run() -> None:
    runs = [PPOLearner(setting("swim", CONTROLLERS["ncap"](), 256, seed), SMALL) for seed in (0, 0, 1)]
    for run in runs:
        run.train(lambda _: None)
    one, same, other = (run.snapshot().model for run in runs)
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert any(not torch.equal(one[k], other[k]) for k in one)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="no parameters"):
        PPOLearner(setting("swim", CONTROLLERS["zero"](), 100), SMALL)
    with pytest.raises(ConfigError, match="multiples of sequence_length"):
        PPOLearner(setting("swim", CONTROLLERS["gru"](), 100), replace(SMALL, sequence_length=5))
    assert LEARNERS.from_dict(LEARNERS.to_dict(SMALL)) == SMALL


def test_diverged_parameters_stop_the_step_with_a_name() -> None:
    learner = PPOLearner(setting("swim", CONTROLLERS["mlp"](), 256), SMALL)
    with torch.no_grad():
        next(learner.controller.parameters()).fill_(float("nan"))
    with pytest.raises((NonFiniteError, ValueError), match=r"Action 0|loc"):
        learner.train(lambda _: None)
