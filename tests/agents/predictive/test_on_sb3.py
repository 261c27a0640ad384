"""Prediction on every algorithm of stable-baselines3 that it fits: what it changes, and that nothing else changes."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from sb3_contrib import ARS, QRDQN, TQC, CrossQ
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.vec_env import VecNormalize
from stable_baselines3.sac.policies import SACPolicy

from innervate.agents.objectives.spr import SPRConfig
from innervate.agents.predictive.algorithms import PLACES, with_prediction
from innervate.agents.predictive.encoder import LatentEncoder
from innervate.errors import ConfigError, NonFiniteError

torch.set_num_threads(1)
EVERY = pytest.mark.parametrize("kind", [DQN, QRDQN, SAC, TD3, TQC, CrossQ, PPO, A2C, DDPG])
SMALL: dict[str, Any] = {"learning_starts": 20, "batch_size": 16, "buffer_size": 300, "train_freq": 1}
NETS: dict[str, Any] = {"net_arch": [16]}


def settings(kind: Any) -> dict[str, Any]:
    if kind is PPO:
        return {"n_steps": 16, "batch_size": 16, "n_epochs": 2}
    if kind is A2C:
        return {"n_steps": 8}
    return {**SMALL, "target_update_interval": 20} if kind in (DQN, QRDQN) else SMALL


def make(kind: Any, *, envs: int = 2, alone: bool = False, **prediction: Any) -> Any:
    """A small learner with normalised environments; `alone`, the algorithm's own class with the same encoder."""
    env = VecNormalize(make_vec_env("CartPole-v1" if kind in (DQN, QRDQN) else "Pendulum-v1", envs, seed=5))
    common: dict[str, Any] = {"seed": 3, "device": "cpu", **settings(kind)}
    if not alone:
        return with_prediction(kind)("MlpPolicy", env, latent=5, policy_kwargs=NETS, **prediction, **common)
    encoder = {"features_extractor_class": LatentEncoder, "features_extractor_kwargs": {"latent": 5}}
    policy: Any = next(place for known, place in PLACES.items() if issubclass(kind, known)).policy or "MlpPolicy"
    return kind(policy, env, policy_kwargs={**NETS, **encoder}, **common)


def states(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.policy.state_dict().items()}


@EVERY
def test_at_weight_0_it_is_the_algorithm_alone_bit_for_bit(kind: Any) -> None:
    theirs, ours = states(make(kind, alone=True).learn(96)), states(make(kind, aux_coef=0.0).learn(96))
    assert set(theirs) < set(ours)
    for name, value in theirs.items():
        assert torch.equal(value, ours[name]), name
    other = states(make(kind, aux_coef=1.0).learn(96))
    assert any(not torch.equal(value, other[name]) for name, value in theirs.items() if "features_extractor" in name)


@EVERY
def test_predictor_and_encoder_learn_and_targets_do_not(kind: Any) -> None:
    model = make(kind, objective=(SPRConfig(steps=2), "decorrelation"))
    before = states(model)
    model.learn(96)
    moved = {name for name, value in states(model).items() if not torch.equal(value, before[name])}
    assert {name for name in before if name.startswith("predictor.")} <= moved
    assert any("features_extractor.layers" in name for name in moved)
    for name, parameter in model.policy.named_parameters():
        if "slow" in name or "_target" in name:
            assert parameter.grad is None, name


@pytest.mark.parametrize("kind", [SAC, TD3, TQC, CrossQ])
def test_the_critic_owns_the_encoder(kind: Any) -> None:
    """The actor's optimiser holds no parameter of it, and what the actor reads is the critic's latent."""
    model = make(kind)
    theirs = {id(p) for p in model.encoder.parameters()}
    actors = {id(p) for group in model.actor.optimizer.param_groups for p in group["params"]}
    critics = {id(p) for group in model.critic.optimizer.param_groups for p in group["params"]}
    assert theirs <= critics
    assert not theirs & actors
    observation = torch.randn(4, 3)
    latent = model.encoder(observation)
    read = model.actor.extract_features(observation, model.actor.features_extractor)
    assert torch.equal(latent, read)
    assert latent.shape == (4, 5)
    assert not read.requires_grad
    if kind is TD3:
        slow = model.actor_target.extract_features(observation, model.actor_target.features_extractor)
        assert torch.equal(slow, model.critic_target.features_extractor(observation))


@pytest.mark.parametrize("kind", [DQN, SAC, PPO])
def test_the_gradient_is_the_sum_of_both_losses(kind: Any) -> None:
    """What the optimiser is given: twice the weight adds the auxiliary gradient once more."""
    given: list[torch.Tensor] = []
    for coef in (0.0, 1.0, 2.0):
        model = make(kind, aux_coef=coef)
        model.max_grad_norm = 1e9
        weight = model.encoder.layers[0].weight

        def keep(*_: Any, weight: torch.Tensor = weight, into: list[torch.Tensor] = given) -> None:
            assert weight.grad is not None
            into.append(weight.grad.clone())
            raise StopIteration

        model._encoder_optimizer.register_step_pre_hook(keep)
        with pytest.raises(StopIteration):
            model.learn(64)
    none, once, twice = given
    assert not torch.equal(none, once)
    torch.testing.assert_close(twice - none, 2 * (once - none), rtol=1e-3, atol=1e-6)


@EVERY
def test_save_load_go_on(kind: Any, tmp_path: Path) -> None:
    model = make(kind, objective="spr", aux_coef=0.5).learn(64)
    model.save(tmp_path / "model.zip")
    again = with_prediction(kind).load(tmp_path / "model.zip", env=model.get_env(), device="cpu")
    found = states(again)
    for name, value in states(model).items():
        assert torch.equal(value, found[name]), name
    assert (again.aux_coef, again.objective, again.predictor.steps) == (0.5, (SPRConfig(),), 5)
    moments, kept = (m._encoder_optimizer.state_dict()["state"] for m in (model, again))
    assert moments.keys() == kept.keys()
    assert all(torch.equal(moments[i]["exp_avg" if kind is not A2C else "square_avg"],
                           kept[i]["exp_avg" if kind is not A2C else "square_avg"]) for i in moments)  # fmt: skip
    observation = np.asarray(model.observation_space.sample())[None]
    assert np.array_equal(*(m.predict(observation, deterministic=True)[0] for m in (model, again)))
    before = states(again)
    again.learn(64, reset_num_timesteps=False)
    assert any(not torch.equal(v, before[k]) for k, v in states(again).items() if k.startswith("predictor."))


def test_the_slow_encoder_is_the_algorithm_s_target_or_follows_by_itself() -> None:
    assert not hasattr(make(SAC).policy, "slow_encoder")
    model = make(CrossQ, slow_tau=0.5)
    start = states(model)["slow_encoder.layers.0.weight"]
    assert torch.equal(start, states(model)["critic.features_extractor.layers.0.weight"])
    model.learn(24)  # updates after step 20: 22 and 24
    end = states(model)
    fast, slow = end["critic.features_extractor.layers.0.weight"], end["slow_encoder.layers.0.weight"]
    assert 0 < float((slow - start).norm()) < float((fast - start).norm())


def test_the_decoupled_encoder_is_trained_by_prediction_alone() -> None:
    """As in TD7: without an objective's gradient it stays as it was."""
    for coef, moves in ((0.0, False), (1.0, True)):
        model = make(TD3, objective="sale", aux_coef=coef, encoder_kwargs={"decoupled": True, "norm": "avg-l1"})
        before = states(model)["critic.features_extractor.layers.0.weight"]
        model.learn(64)
        assert torch.equal(before, states(model)["critic.features_extractor.layers.0.weight"]) != moves


def test_terms_and_diagnostics_are_logged() -> None:
    model = make(SAC, objective=("self-predictive", "decorrelation"))
    seen: dict[str, float] = {}
    model.set_logger(Logger(folder=None, output_formats=[]))
    model.learn(400, log_interval=10**6)
    seen = {k: float(v) for k, v in model.logger.name_to_value.items()}
    assert {"train/aux_prediction", "train/aux_variance", "train/aux_covariance"} <= seen.keys()
    assert 0 <= seen["train/silent_units"] <= 1
    assert 1 <= seen["train/effective_rank"] <= 5


def test_n_step_returns_and_discrete_observations_go_with_it() -> None:
    make(SAC, n_steps=3).learn(64)
    model = with_prediction(DQN)("MlpPolicy", "FrozenLake-v1", latent=4, device="cpu", policy_kwargs=NETS, **SMALL)
    model.learn(100)
    assert model.encode(torch.tensor([[3], [5]])).shape == (2, 4)


def test_a_loss_that_is_not_finite_stops_the_step_by_name() -> None:
    model = make(SAC)
    model.predictor.transition.layers[0].weight.data.fill_(float("nan"))
    with pytest.raises(NonFiniteError, match="'prediction' is nan"):
        model.learn(64)


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        (SAC, {"latent": 0}, "at least one unit, got latent = 0"),
        (SAC, {"optimize_memory_usage": True}, "optimize_memory_usage=True throws away"),
        (SAC, {"aux_coef": -1.0}, "0 or more, got -1.0"),
        (SAC, {"aux_batch_size": 0}, "at least one moment"),
        (SAC, {"slow_tau": 0.0}, r"in \(0, 1\], got 0.0"),
        (SAC, {"objective": "spl"}, "Did you mean 'spr'"),
        (SAC, {"policy_kwargs": {"share_features_extractor": True}}, "critic owns the encoder"),
        (SAC, {"encoder_kwargs": {"norm": "batch"}}, "'layer', 'avg-l1' or 'none'"),
        (SAC, {"latent": 4, "policy_kwargs": {"features_extractor_class": LatentEncoder}}, "leave out latent"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(kind: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(Exception, match=says) as caught:
        with_prediction(kind)("MlpPolicy", "Pendulum-v1", **options)
    assert type(caught.value).__module__ == "innervate.errors"
    assert "\n" not in str(caught.value)


def test_what_has_no_encoder_is_refused() -> None:
    with pytest.raises(ConfigError, match="ARS has no encoder that an auxiliary gradient could train"):
        with_prediction(ARS)
    with pytest.raises(ConfigError, match="FlattenExtractor has no parameters"):
        with_prediction(SAC)("MlpPolicy", "Pendulum-v1", policy_kwargs={"features_extractor_class": FlattenExtractor})
    with pytest.raises(ConfigError, match='give "MlpPolicy"'):
        with_prediction(SAC)(SACPolicy, "Pendulum-v1")
    pairs = gym.spaces.Dict({"a": gym.spaces.Box(-1, 1, (2,)), "b": gym.spaces.Box(-1, 1, (2,))})
    env = gym.make("Pendulum-v1")
    env.observation_space = pairs
    with pytest.raises(ConfigError, match="FlattenObservation"):
        with_prediction(SAC)(PLACES[SAC].policy, env)
