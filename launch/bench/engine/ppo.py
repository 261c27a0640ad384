"""PPO end to end: the whole training loop against stable-baselines3's, where its time goes, and what it learns."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from innervate.agents.sb3.batch_vec_env import BatchVecEnv
from innervate.agents.sb3.fused_ppo import FusedPPO
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.tasks._locomotion import classic
from innervate.envs.tasks.swimmer import SWIMMER
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.run.statistics import bootstrap_interval, interquartile_mean

LARGE: dict[str, Any] = {"num_envs": 256, "batch_size": 2048, "n_steps": 128}


def batch(num_envs: int) -> BatchVecEnv:
    """Gymnasium's Swimmer-v5 on the batched engine, one thread."""
    env = BodyVectorEnv(classic(SWIMMER), num_envs, max_episode_steps=1000, autoreset_mode=AutoresetMode.SAME_STEP)
    return BatchVecEnv(env)


def dummy(num_envs: int) -> DummyVecEnv:
    """Gymnasium's own Swimmer-v5 in stable-baselines3's loop."""
    return DummyVecEnv([lambda: Monitor(gym.make("Swimmer-v5")) for _ in range(num_envs)])


def original(seed: int = 0) -> PPO:
    """stable-baselines3 with its defaults (2,048 steps, minibatches of 64, 10 epochs), 16 environments."""
    return PPO("MlpPolicy", dummy(16), seed=seed, device="cpu")


def fused(num_envs: int = 16, seed: int = 0, **options: Any) -> FusedPPO:
    """The same on the batched engine."""
    return FusedPPO("MlpPolicy", batch(num_envs), seed=seed, device="cpu", **options)


def rows(bench: Bench) -> Iterable[Row]:
    """Speed, breakdown, learning curves."""
    torch.set_num_threads(1)
    yield from _speed(bench)
    yield from _breakdown()
    yield from _curves(bench)


def _speed(bench: Bench) -> Iterable[Row]:
    rounds = 7
    large = fused(**LARGE)
    contestants: dict[str, PPO] = {"stable-baselines3": original(), "fused": fused(), "fused, large": large}
    steps = {name: m.n_steps * m.n_envs for name, m in contestants.items()}

    def iteration(model: PPO) -> Callable[[], object]:
        def run() -> None:
            model.learn(model.n_steps * model.n_envs, reset_num_timesteps=False)

        return run

    def measure() -> dict[str, list[float]]:
        times = interleave({name: iteration(m) for name, m in contestants.items()}, rounds)
        return {name: (t.cpu_s / steps[name] * 1e6).tolist() for name, t in times.items()}

    cost = {name: np.array(v) for name, v in bench.once(f"ppo speed {rounds}", measure).items()}
    base = cost["stable-baselines3"]
    for name, title, reach in (
        ("fused", "same hyper-parameters, 16 environments", 4.0),
        ("fused, large", "256 environments, minibatches of 2,048", 6.0),
    ):
        value, interval = ratio(base, cost[name])
        yield Row(
            row=f"PPO on Swimmer-v5, whole training loop, {title}: against stable-baselines3, DummyVecEnv 16",
            value=value, unit="x CPU", interval=interval, n=rounds,
            peer=f"{np.median(base):.0f} against {np.median(cost[name]):.0f} µs of CPU a step",
            reach=f">= {reach:g}", holds=value >= reach,
        )  # fmt: skip


def _breakdown() -> Iterable[Row]:
    """CPU time of one iteration's parts, microseconds an environment step."""
    for name, model in (("stable-baselines3", original()), ("fused", fused())):
        steps = model.n_steps * model.n_envs
        model.learn(steps)  # warm up
        spent = {"environment": 0.0, "update": 0.0}
        _timed(model.env, "step", spent, "environment")
        _timed(model, "train", spent, "update")
        began = time.process_time()
        model.learn(steps, reset_num_timesteps=False)
        total = time.process_time() - began
        parts = {**spent, "policy, buffer, callbacks": total - sum(spent.values())}
        text = ", ".join(f"{k} {v / steps * 1e6:.1f}" for k, v in parts.items())
        yield Row(row=f"where a step of PPO goes, {name}", value=total / steps * 1e6, unit="µs CPU", peer=text)


def _timed(owner: Any, name: str, spent: dict[str, float], key: str) -> None:
    real = getattr(type(owner), name).__get__(owner)

    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        try:
            return real(*args, **kwargs)
        finally:
            spent[key] += time.process_time() - began

    setattr(owner, name, timed)


def _curves(bench: Bench) -> Iterable[Row]:
    seeds = bench.seeds or (2 if bench.quick else 10)
    budget = 65_536
    final: dict[str, list[float]] = {}
    makers: dict[str, Callable[[int], PPO]] = {"stable-baselines3": original, "fused": lambda s: fused(seed=s)}
    for name, make in makers.items():
        final[name] = []
        for seed in range(seeds):
            bench.say(f"learning curve of {name}, seed {seed}")

            def learn(make: Callable[[int], PPO] = make, seed: int = seed) -> float:
                model = make(seed).learn(budget)
                return float(np.mean([e["r"] for e in model.ep_info_buffer or []]))

            final[name].append(bench.once(f"curve {name} {seed} {budget}", learn))
    rng = np.random.default_rng(0)
    intervals = {k: bootstrap_interval(np.array(v)[:, None, None], rng) for k, v in final.items()}
    means = {k: interquartile_mean(np.array(v)) for k, v in final.items()}
    (a_low, a_high), (b_low, b_high) = intervals.values()
    yield Row(
        row=f"PPO on Swimmer-v5: return after {budget // 1024} k steps, fused, interquartile mean",
        value=means["fused"], unit="", interval=intervals["fused"], n=seeds,
        peer=f"stable-baselines3 {means['stable-baselines3']:.1f} ({a_low:.1f} to {a_high:.1f})",
        reach="95 % intervals overlap", holds=bool(a_low <= b_high and b_low <= a_high),
    )  # fmt: skip
