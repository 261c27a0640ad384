"""Prediction on stable-baselines3's algorithms: that it changes nothing at weight 0, its price, and what it is worth.

The two bodies of the bottleneck row were chosen before any of their results were seen: `innervate/Roam-v0`, the
embodied form of the paper's foraging and T-maze, in which six numbers of state hide in 22 observed, and Walker2d-v5,
where published predictive agents gain most over SAC at 100 k steps (MR.Q / SAC 4.5). The objective, its weight and
the learning rate are the same on both; they were chosen on shorter runs of seed 100, which is not in the table, and
after one pair of seed 0 on Walker2d at twice the learning rate, where both agents were unstable.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sb3_contrib import QRDQN, TQC, CrossQ
from scipy.special import stdtrit
from stable_baselines3 import DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from innervate.agents.predictive.algorithms import PLACES, with_prediction
from innervate.agents.predictive.encoder import LatentEncoder
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.bench.predictive.embodied_runs import Trial, curve

KINDS: tuple[type[BaseAlgorithm], ...] = (DQN, QRDQN, SAC, TD3, TQC, CrossQ, PPO)
TASKS = ("innervate/Roam-v0", "Walker2d-v5")
OBJECTIVE = ("self-predictive",)
BOTTLENECK = Trial(
    task=TASKS[0], steps=50_000, every=2_500, latent=8, aux_coef=10.0, objective=OBJECTIVE,
    settings={"learning_rate": 5e-4, "batch_size": 256, "learning_starts": 1000},
)  # fmt: skip
"""SAC with 64 units a layer, one update for four steps."""


def rows(bench: Bench) -> Iterable[Row]:
    """All but what takes hours, which is a benchmark of its own: `innervate bench predictive-full-size`."""
    yield _parity(bench)
    for kind in KINDS:
        yield _cost(bench, kind)
    yield from _bottleneck(bench)


def small(kind: type[BaseAlgorithm], seed: int, **prediction: Any) -> Any:
    """A small learner on a small task, two normalised environments; without `prediction` the algorithm alone."""
    discrete = kind in (DQN, QRDQN)
    env = VecNormalize(make_vec_env("CartPole-v1" if discrete else "Pendulum-v1", 2, seed=seed))
    settings: dict[str, Any] = {"learning_starts": 50, "batch_size": 64, "buffer_size": 2000, "train_freq": 1}
    if kind is PPO:
        settings = {"n_steps": 64, "batch_size": 64, "n_epochs": 2}
    elif discrete:
        settings["target_update_interval"] = 100
    policy: dict[str, Any] = {"net_arch": [64, 64]}
    common: dict[str, Any] = {"seed": seed, "device": "cpu", **settings}
    if prediction:
        return with_prediction(kind)("MlpPolicy", env, latent=8, policy_kwargs=policy, **prediction, **common)
    encoder = {"features_extractor_class": LatentEncoder, "features_extractor_kwargs": {"latent": 8}}
    policy_class: Any = PLACES[kind].policy or "MlpPolicy"
    return kind(policy_class, env, policy_kwargs={**policy, **encoder}, **common)


def _parity(bench: Bench) -> Row:
    def measure() -> list[str]:
        return [kind.__name__ for kind in KINDS if _equal(kind)]

    equal = bench.once("parity", measure)
    return Row(
        row="auxiliary loss times 0: the algorithm's parameters, bit for bit, at the same seed",
        value=float(len(equal)),
        unit=f"of {len(KINDS)} algorithms",
        peer=f"stable-baselines3's own class, same policy, two normalised environments; equal: {', '.join(equal)}",
        reach="all",
        holds=len(equal) == len(KINDS),
    )


def _equal(kind: type[BaseAlgorithm]) -> bool:
    theirs = small(kind, 3).learn(400).policy.state_dict()  # one after the other: they share the global generators
    found = small(kind, 3, aux_coef=0.0).learn(400).policy.state_dict()
    return all(torch.equal(value, found[name]) for name, value in theirs.items())


def _cost(bench: Bench, kind: type[BaseAlgorithm]) -> Row:
    steps, rounds = (200, 3) if bench.quick else (400, 7)

    def measure() -> dict[str, Any]:
        models = {name: small(kind, 0, aux_coef=coef) for name, coef in (("with", 1.0), ("without", 0.0))}
        times = interleave({name: lambda m=m: m.learn(steps, reset_num_timesteps=False) for name, m in models.items()},
                           rounds=rounds)  # fmt: skip
        value, interval = ratio(times["with"].cpu_s, times["without"].cpu_s)
        return {"value": value, "interval": interval, "ms": float(np.median(times["without"].cpu_s)) / steps * 1e3}

    found = bench.once(f"cost {kind.__name__} {steps} {rounds}", measure)
    return Row(
        row=f"price of the self-predictive loss under {kind.__name__}: CPU time with it over without",
        value=found["value"],
        unit="times",
        interval=tuple(found["interval"]),
        n=rounds,
        peer=f"{kind.__name__} with the same encoder, {found['ms']:.2f} CPU-ms an environment step",
    )


def _bottleneck(bench: Bench) -> Iterable[Row]:
    trial = replace(BOTTLENECK, steps=3_000, every=1_000) if bench.quick else BOTTLENECK
    seeds = bench.seeds or (1 if bench.quick else 3)
    ratios: list[float] = []
    for task in TASKS:
        row, value = gain(bench, replace(trial, task=task), seeds)
        ratios.append(value)
        yield row
    yield Row(
        row=f"latent of {trial.latent}, {trial.steps:,} steps: mean ratio over both bodies",
        value=float(np.mean(ratios)),
        unit="times",
        n=seeds,
        peer=f"lowest {min(ratios):.3g}",
        reach="at least 1.25, none below 0.95",
        holds=float(np.mean(ratios)) >= 1.25 and min(ratios) >= 0.95,
    )


def gain(bench: Bench, trial: Trial, seeds: int) -> tuple[Row, float]:
    """Area under the curve with prediction over that without, seeds paired; the ratio of the means."""
    without = replace(trial, aux_coef=0.0)
    pairs = [(curve(bench, trial, seed), curve(bench, without, seed)) for seed in range(seeds)]
    areas = np.array([[np.mean(one), np.mean(other)] for one, other in pairs])
    ends = np.array([[one[-1], other[-1]] for one, other in pairs]).mean(axis=0)
    (ours, theirs), each = areas.mean(axis=0), areas[:, 0] / areas[:, 1]
    value = float(ours / theirs)
    row = Row(
        row=f"{trial.task}, {trial.algorithm}, latent of {trial.latent}, {trial.steps:,} steps: area under the curve "
        "with prediction over without",
        value=value,
        unit="times",
        interval=_interval(areas),
        n=seeds,
        peer=f"mean return over {len(pairs[0][0])} evaluations {ours:.4g} against {theirs:.4g}; at the end "
        f"{ends[0]:.4g} against {ends[1]:.4g}; by seed {', '.join(f'{r:.2f}' for r in each)}",
    )
    return row, value


def _interval(areas: np.ndarray) -> tuple[float, float] | None:
    """Student's t on the logarithm of the paired ratios; None where there are too few, or returns below 0."""
    if len(areas) < 2 or (areas <= 0).any():
        return None
    logs = np.log(areas[:, 0] / areas[:, 1])
    half = float(stdtrit(len(logs) - 1, 0.975)) * logs.std(ddof=1) / len(logs) ** 0.5
    return float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half))

