"""The fused PPO against stable-baselines3's own, side by side."""

# pyright: reportPrivateUsage=false
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.ppo import PPOConfig, PPOLearner
from innervate.agents.sb3.fused_ppo import FusedPPO
from innervate.controllers import CONTROLLERS

OPTIONS: dict[str, Any] = {"n_steps": 64, "batch_size": 32, "n_epochs": 3, "seed": 5, "device": "cpu"}


def environments(id_: str, count: int) -> DummyVecEnv:
    env = DummyVecEnv([lambda: Monitor(gym.make(id_)) for _ in range(count)])
    env.seed(1)
    return env


def model(kind: type[PPO], **options: Any) -> PPO:
    made = kind("MlpPolicy", environments("test/Ragged-v0", 4), **{**OPTIONS, **options})
    made.set_logger(Logger(folder=None, output_formats=[]))
    return made


def rollout(learner: PPO) -> None:
    _, callback = learner._setup_learn(256, None)
    learner.collect_rollouts(learner.env, callback, learner.rollout_buffer, learner.n_steps)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "options", [{}, {"ent_coef": 0.05, "vf_coef": 1.3}, {"normalize_advantage": False}, {"max_grad_norm": 0.02},
                {"policy_kwargs": {"net_arch": [16, 16, 16]}}, {"batch_size": 48}, {"target_kl": 1e-4}],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
def test_an_update_is_the_originals(options: dict[str, Any]) -> None:
    """Same parameters, same rollout, same minibatches: the parameters afterwards agree to 1e-6."""
    theirs, ours = model(PPO, **options), model(FusedPPO, **options)
    assert isinstance(ours, FusedPPO)
    assert ours.flat is not None
    ours.policy.load_state_dict(theirs.policy.state_dict())
    rollout(theirs)
    _, _ = ours._setup_learn(256, None)
    for name in ("observations", "actions", "log_probs", "advantages", "returns", "values", "episode_starts"):
        setattr(ours.rollout_buffer, name, getattr(theirs.rollout_buffer, name).copy())
    ours.rollout_buffer.full = True
    for _ in range(2):  # the second starts from moments that are not zero
        for learner in (theirs, ours):
            np.random.seed(11)  # noqa: NPY002 - where both draw their minibatches from
            learner.train()
        for (name, a), b in zip(theirs.policy.named_parameters(), ours.policy.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=2e-6, msg=lambda m, n=name: f"{n}: {m}")
        theirs_log, ours_log = theirs.logger.name_to_value, ours.logger.name_to_value
        assert theirs_log.keys() == ours_log.keys()
        for key, value in theirs_log.items():
            assert ours_log[key] == pytest.approx(value, rel=2e-3, abs=2e-4), key

        for learner in (theirs, ours):
            learner.rollout_buffer.generator_ready = learner is theirs
    moments = [theirs.policy.optimizer.state_dict()["state"], ours.policy.optimizer.state_dict()["state"]]
    assert moments[0].keys() == moments[1].keys()
    for i in moments[0]:
        assert moments[0][i]["step"] == moments[1][i]["step"]
        torch.testing.assert_close(moments[0][i]["exp_avg"], moments[1][i]["exp_avg"], rtol=1e-3, atol=1e-6)


def test_a_rollout_stores_what_the_policy_says() -> None:
    ours = model(FusedPPO)
    rollout(ours)
    buffer = ours.rollout_buffer
    obs, actions = (torch.from_numpy(x.reshape(-1, x.shape[-1])) for x in (buffer.observations, buffer.actions))
    with torch.no_grad():
        values, log_prob, _ = ours.policy.evaluate_actions(obs, actions)
    np.testing.assert_allclose(values.numpy().ravel(), buffer.values.ravel(), atol=1e-5)
    np.testing.assert_allclose(log_prob.numpy(), buffer.log_probs.ravel(), atol=1e-4)
    assert 0.9 < (buffer.actions.reshape(-1, 2) - ours.policy.get_distribution(obs).mode().detach().numpy()).std() < 1.1
    assert buffer.episode_starts[0].all()
    assert 0 < buffer.episode_starts[1:].mean() < 1


def test_time_limits_bootstrap_as_in_the_original() -> None:
    """Reward 1 a step, discount 0.9: worth 10, however short the episodes are cut (4.1 if they ended)."""
    env = environments("test/Chain-v0", 8)
    ours = FusedPPO("MlpPolicy", env, n_steps=40, batch_size=80, gamma=0.9, learning_rate=5e-3, seed=0, device="cpu")
    assert ours.flat is not None
    ours.learn(320 * 40)
    values = ours.policy.predict_values(torch.tensor([[0.0], [1.0]])).detach().numpy().ravel()
    np.testing.assert_allclose(values, 10.0, rtol=0.05)


def test_it_saves_and_loads_as_the_original(tmp_path: Path) -> None:
    ours = model(FusedPPO).learn(256)
    ours.save(tmp_path / "model.zip")
    loaded = FusedPPO.load(tmp_path / "model.zip", env=ours.get_env(), device="cpu")
    assert loaded.flat is not None
    original = PPO.load(tmp_path / "model.zip", device="cpu")  # a file of the original's own format
    for a, b, c in zip(*(m.policy.parameters() for m in (ours, loaded, original)), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, c)
    before = [p.clone() for p in loaded.policy.parameters()]
    loaded.learn(256, reset_num_timesteps=False)
    assert any(not torch.equal(a, b) for a, b in zip(before, loaded.policy.parameters(), strict=True))
    step = next(iter(loaded.policy.optimizer.state.values()))["step"]
    assert step == 2 * 3 * 8  # two rollouts, 3 epochs, 8 minibatches: the moments went on, they did not begin anew


def test_what_cannot_be_fused_runs_as_the_original() -> None:
    for options in ({"policy_kwargs": {"activation_fn": torch.nn.ReLU}}, {"clip_range_vf": 0.2}, {"use_sde": True}):
        ours = model(FusedPPO, **options)
        assert isinstance(ours, FusedPPO)
        assert ours.flat is None
        ours.learn(256)
    assert FusedPPO("MlpPolicy", gym.make("CartPole-v1"), device="cpu").flat is None


def test_innervates_mlp_is_fused_and_its_circuits_are_not() -> None:
    config = PPOConfig(num_envs=4, rollout_steps=32, batch_size=32, epochs=2)
    for name, fused in (("mlp", True), ("ncap", False)):
        setting = Setting(world=WorldConfig(id="swim", options={"n_links": 3}), controller=CONTROLLERS[name](),
                          steps=256, seed=0, threads=1)  # fmt: skip
        learner = PPOLearner(setting, config)
        assert isinstance(learner.model, FusedPPO)
        assert (learner.model.flat is not None) == fused
        learner.train(lambda _: None)
        buffer, policy = learner.model.rollout_buffer, learner.policy
        del buffer
        carried = torch.from_numpy(learner.env.reset())
        with torch.no_grad():
            mean = policy.get_distribution(carried).mode()
        if learner.model.flat is not None:
            flat = learner.model.flat
            np.testing.assert_allclose(flat.actor.forward(flat.actor_sees(carried.numpy())), mean, atol=1e-5)
