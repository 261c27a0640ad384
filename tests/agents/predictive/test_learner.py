"""Prediction behind the front door: a controller whose encoder the critic owns, trained, resumed, judged alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.learner import METRICS, Setting, WorldConfig
from innervate.agents.learners.predictive_sac import PredictiveSACConfig, PredictiveSACLearner
from innervate.agents.registry import metrics_of
from innervate.controllers import CONTROLLERS
from innervate.controllers.circuits.latent import Latent, LatentConfig
from innervate.errors import ConfigError

ROOT = Path(__file__).parents[3]
CONFIG = PredictiveSACConfig(
    num_envs=2, buffer_size=100, warm_up=40, batch_size=16, critic_hidden=(16,), report_steps=40, objective="spr"
)


def learner(steps: int, config: PredictiveSACConfig = CONFIG, controller: Any = None) -> PredictiveSACLearner:
    small = LatentConfig(latent=4, encoder=(8,), hidden=(8,))
    setting = Setting(
        world=WorldConfig(id="roam", options={"rays": 4}), controller=controller or small, steps=steps, seed=1,
        threads=1,
    )  # fmt: skip
    return PredictiveSACLearner(setting, config)


def test_resumed_equals_uninterrupted() -> None:
    """Also after the ring of the replay memory has gone around."""
    whole, half = learner(240), learner(120)
    whole.train(lambda _: None)
    half.train(lambda _: None)
    resumed = learner(240)
    torch.manual_seed(99)
    resumed.restore(half.snapshot())
    resumed.train(lambda _: None)
    expected, found = whole.snapshot(), resumed.snapshot()
    assert expected.model.keys() == found.model.keys()
    for key in expected.model:
        assert torch.equal(torch.as_tensor(expected.model[key]), torch.as_tensor(found.model[key])), key
    for key in expected.optimizer:
        np.testing.assert_array_equal(expected.optimizer[key], found.optimizer[key], err_msg=key)
    assert expected.rng["auxiliary"] == found.rng["auxiliary"]
    moved = {k for k in found.model if not torch.equal(half.snapshot().model[k], found.model[k])}
    assert any(k.startswith("policy.predictor.") for k in moved)


def test_the_controller_s_encoder_is_the_critic_s_and_the_actor_does_not_train_it() -> None:
    made = learner(150)
    controller, policy = made.controller, made.model.policy
    assert isinstance(controller, Latent)
    assert policy.critic.features_extractor.layers is controller.encoder
    lent = {id(p) for p in controller.encoder.parameters()}
    assert not lent & {id(p) for group in policy.actor.optimizer.param_groups for p in group["params"]}
    assert lent <= {id(p) for group in policy.critic.optimizer.param_groups for p in group["params"]}
    start = {k: v.clone() for k, v in controller.state_dict().items()}
    made.train(lambda _: None)
    moved = {k for k, v in controller.state_dict().items() if not torch.equal(v, start[k])}
    assert {"encoder.0.weight", "head.0.weight", "normaliser.mean"} <= moved
    target = policy.critic_target.features_extractor
    assert torch.equal(target.normaliser.mean, controller.normaliser.mean)
    assert not torch.equal(target.layers[0].weight, controller.state_dict()["encoder.0.weight"])
    sensed = torch.randn(3, controller.spec.observation_size)
    carried = torch.cat([sensed, torch.zeros(3, 1)], 1)
    assert torch.equal(controller.encode(sensed), policy.critic.features_extractor(carried))
    alone = controller(controller.spec.split(sensed), {})[0]
    torch.testing.assert_close(policy.actor(carried, deterministic=True), alone)


def test_weight_0_draws_nothing_of_the_objective_s() -> None:
    """The objective and its settings make no difference at weight 0, and a difference at any other."""
    final: dict[tuple[float, str], dict[str, torch.Tensor]] = {}
    for coef in (0.0, 1.0):
        for objective in ("spr", "horizon"):
            made = learner(80, replace(CONFIG, aux_coef=coef, objective=objective))
            made.train(lambda _: None)
            final[coef, objective] = {k: v.clone() for k, v in made.controller.state_dict().items()}
    same = {coef: all(torch.equal(v, final[coef, "horizon"][k]) for k, v in final[coef, "spr"].items())
            for coef in (0.0, 1.0)}  # fmt: skip
    assert same == {0.0: True, 1.0: False}


def test_figures_are_logged() -> None:
    made, seen = learner(200), dict[str, float]()
    made.train(lambda progress: seen.update(progress.metrics))
    defined = METRICS.keys() | metrics_of("predictive_sac").keys()
    assert {"train/aux_prediction", "train/silent_units", "train/effective_rank"} <= seen.keys() <= defined


def test_a_controller_without_an_encoder_is_refused() -> None:
    with pytest.raises(ConfigError, match="predictive_sac trains a controller with an encoder, not MLP"):
        learner(100, controller=CONTROLLERS["mlp"]())
    with pytest.raises(ConfigError, match="at least one unit"):
        learner(100, controller=LatentConfig(latent=0))
