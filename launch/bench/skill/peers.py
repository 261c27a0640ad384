"""Stable-baselines3 as its users run it: its own batch of `gymnasium.make`, observations normalised, swept settings."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import action_scale, controller_spec, environment_id, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.controllers import State
from innervate.launch.bench.skill.stopwatch import Stopwatch


@dataclass(frozen=True)
class Setting:
    """One of the swept settings."""

    name: str
    algorithm: str
    envs: int
    options: dict[str, Any] = field(default_factory=dict[str, Any])


SETTINGS = (
    Setting("PPO as it comes", "ppo", 8),
    Setting("SAC as it comes", "sac", 1),
    Setting("PPO, rate 1e-3, 16 envs of 256", "ppo", 16, {"learning_rate": 1e-3, "n_steps": 256, "batch_size": 256}),
    Setting("PPO, rate 3e-4, 16 envs of 256", "ppo", 16, {"learning_rate": 3e-4, "n_steps": 256, "batch_size": 256}),
    Setting("PPO, rate 1e-3, small noise", "ppo", 8, {"learning_rate": 1e-3, "policy_kwargs": {"log_std_init": -1.5}}),
    Setting("SAC, rate 1e-3", "sac", 1, {"learning_rate": 1e-3}),
    Setting("SAC, rate 1e-3, net of 64", "sac", 1, {"learning_rate": 1e-3, "policy_kwargs": {"net_arch": [64, 64]}}),
    Setting("SAC, 8 envs, 4 updates", "sac", 8, {"learning_rate": 1e-3, "gradient_steps": 4, "train_freq": 1}),
)
"""Eight; `--quick` takes the first two."""


class _Actor:
    """Its policy where controllers stand."""

    def __init__(self, model: Any, normal: VecNormalize, centre: np.ndarray, half: np.ndarray) -> None:
        self._model, self._normal, self._centre, self._half = model, normal, centre, half

    def initial_state(self, batch: int) -> State:
        del batch
        return {}

    def reset_state(self, state: State, done: Any) -> State:
        del done
        return state

    def __call__(self, obs: Any, state: State) -> tuple[torch.Tensor, State]:
        flat = self._normal.normalize_obs(torch.cat(list(obs.values()), dim=1).numpy())
        action, _ = self._model.predict(flat, deterministic=True)
        return torch.from_numpy((action - self._centre) / self._half), state


def peer(setting: Setting, world: WorldConfig, seed: int, limit_s: float, looks: int, episodes: int) -> dict[str, Any]:
    """Curve of (CPU-seconds, wall seconds, return) until `limit_s` CPU-seconds, and the best held-out return.

    The return is that of the best policy on the way by validation, on other starts: in the peer's favour.
    """
    one_thread()
    judge = make_vector_env(world, episodes)
    spec, scale = controller_spec(judge), action_scale(judge)
    watch = Stopwatch()
    options: Any = dict(world.options)
    env = VecNormalize(make_vec_env(environment_id(world.id), setting.envs, seed=seed, env_kwargs=options))
    kind: Any = {"ppo": PPO, "sac": SAC}[setting.algorithm]
    model = kind("MlpPolicy", env, seed=seed, device="cpu", **setting.options)
    actor = _Actor(model, env, *scale)
    curve: list[tuple[float, float, float]] = []
    best = [-np.inf, -np.inf]

    def look() -> None:
        spent = watch.read()
        with watch.stopped():
            value = float(rollout(judge, actor, spec, Streams.validation(episodes)).returns.mean())
            curve.append((*spent, value))
            if value > best[0]:
                best[:] = value, float(rollout(judge, actor, spec, Streams.evaluation(episodes)).returns.mean())

    class Look(BaseCallback):
        def _on_step(self) -> bool:
            spent = watch.read()[0]
            if spent >= limit_s * len(curve) / looks:
                look()
            return spent < limit_s

    look()
    model.learn(10**9, callback=Look())
    env.close()
    judge.close()
    return {"curve": curve, "held_out": best[1], "spent": watch.read(), "steps": int(model.num_timesteps)}
