"""One seed of stable-baselines3's algorithm on a body, with its learning curve, with or without prediction."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from sb3_contrib import CrossQ
from stable_baselines3 import SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.predictive.algorithms import with_prediction
from innervate.agents.sb3.batch_vec_env import BatchVecEnv
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.launch.bench._kit.benchmark import Bench

ALGORITHMS: dict[str, type[BaseAlgorithm]] = {"SAC": SAC, "CrossQ": CrossQ}
OPTIMIZER: dict[str, dict[str, Any]] = {"CrossQ": {"betas": (0.5, 0.999)}}
"""What a policy sets for its optimiser unless told anything."""
JUDGES = 5
"""Deterministic episodes behind every point of a curve."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """All that one curve depends on, but for its seed."""

    task: str
    algorithm: str = "SAC"
    steps: int
    every: int
    """Environment steps between two points."""
    latent: int
    aux_coef: float
    objective: tuple[str, ...]
    num_envs: int = 4
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of the algorithm."""
    net_arch: tuple[int, ...] | None = (64, 64)
    """None for the algorithm's own."""
    encoder: dict[str, Any] = field(default_factory=dict[str, Any])


def curve(bench: Bench, trial: Trial, seed: int) -> list[float]:
    """Mean returns every so many steps, from the first such point on; measured once."""

    def measure() -> list[float]:
        bench.say(f"{trial.task}, {trial.algorithm}, auxiliary loss times {trial.aux_coef:g}, seed {seed}")
        return learning_curve(trial, seed)

    return bench.once(f"{trial} seed {seed}", measure)


def learning_curve(trial: Trial, seed: int) -> list[float]:
    """Train and judge along the way; every task is judged on the same initial states."""
    one_thread()
    env = BatchVecEnv(make_vector_env(WorldConfig(id=trial.task), trial.num_envs))
    env.episode_seeds = Streams(seed).environments(trial.num_envs)
    judge = _Judge(make_vector_env(WorldConfig(id=trial.task), JUDGES), trial.every)
    policy: dict[str, Any] = {"optimizer_kwargs": {"fused": True} | OPTIMIZER.get(trial.algorithm, {})}
    if trial.net_arch is not None:
        policy["net_arch"] = list(trial.net_arch)
    model = with_prediction(ALGORITHMS[trial.algorithm])(
        "MlpPolicy", env, latent=trial.latent, objective=trial.objective, aux_coef=trial.aux_coef,
        encoder_kwargs=trial.encoder, policy_kwargs=policy, buffer_size=trial.steps, seed=seed, device="cpu",
        **trial.settings,
    )  # fmt: skip
    model.learn(trial.steps, callback=judge, log_interval=None)
    env.close()
    judge.env.close()
    return judge.curve


class _Judge(BaseCallback):
    """Deterministic returns every `every` steps; draws from no generator of the learner's."""

    def __init__(self, env: VectorEnv[Any, Any, Any], every: int) -> None:
        super().__init__()
        self.env, self.every = env, every
        self.curve: list[float] = []

    def _on_step(self) -> bool:
        if self.num_timesteps // self.every > len(self.curve):
            self.curve.append(self._returns())
        return True

    def _returns(self) -> float:
        seeds: Any = Streams.validation(JUDGES)
        observation, _ = self.env.reset(seed=seeds)
        running, returns = np.ones(JUDGES, np.bool_), np.zeros(JUDGES)
        while running.any():
            with torch.no_grad():
                action, _ = self.model.predict(np.asarray(observation, np.float32), deterministic=True)
            observation, reward, terminated, truncated, _ = self.env.step(action)
            returns += np.where(running, reward, 0.0)
            running &= ~np.asarray(terminated | truncated)
        return float(returns.mean())
