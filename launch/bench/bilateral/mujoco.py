"""Rows of the bilateral benchmark in MuJoCo: the tasks themselves, reinforcement learning, and force fields."""

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.utils.env_checker import check_env
from jaxtyping import Float
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3

from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.twins.in_field import InField
from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.controllers import Controller
from innervate.controllers.circuits.bilateral import Bilateral
from innervate.envs.engine import snapshots
from innervate.envs.engine.single import BodyEnv
from innervate.envs.registry import TASKS
from innervate.launch.analysis.measures import reaching
from innervate.launch.analysis.recordings.hand_paths import hand_paths
from innervate.launch.analysis.recordings.stiffness import ellipse, held_stiffness
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.bilateral import field as bilateral_field
from innervate.launch.run.preset import PRESETS, Preset
from innervate.launch.run.statistics import mean_interval

ARM_TASKS = ("reach", "hold", "force-field", "bimanual-spring")
LEARNED = ("reach-bilateral-ppo", "hold-bilateral-ppo", "bimanual-spring-crossed-ppo", "hold-bilateral-sac",
           "reach-bilateral-sac")  # fmt: skip
TRIALS, POSTURES = 128, 16


def rows(bench: Bench) -> Iterable[Row]:
    """All of them."""
    yield sound(bench)
    yield twin_in_field(bench)
    yield from learned(bench)
    yield from bilateral_field.rows(bench)


def sound(bench: Bench) -> Row:
    """How many of the arms' tasks pass both checkers, repeat, and go on from a snapshot as if never stopped."""
    passed = bench.once("sound", lambda: [task for task in ARM_TASKS if _checkers_pass(task) and _repeats(task)])
    return Row(
        row="arm tasks that pass both check_env, repeat and resume, bit for bit", value=len(passed), unit="tasks",
        n=len(ARM_TASKS), peer="none has a registered environment in the released code or MotorNet: "
        + ", ".join(TASKS[task].id for task in ARM_TASKS), reach="all 4", holds=len(passed) == len(ARM_TASKS),
    )  # fmt: skip


def _make(task: str, **options: Any) -> BodyEnv:
    env = gym.make(TASKS[task].id, **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


def _checkers_pass(task: str) -> bool:
    return _passes(check_env, _make(task, render_mode="rgb_array")) and _passes(check_env_for_sb3, _make(task))


def _passes(check: Callable[[Any], None], env: BodyEnv) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unbounded observations, and of actions that are not symmetric
        try:
            check(env)
        except Exception:  # any complaint counts
            return False
    return True


def _repeats(task: str) -> bool:
    env, rng = _make(task, signal_dependent_noise=0.1, delay_s=0.03, visual_noise_m=0.01), np.random.default_rng(0)
    actions = rng.uniform(0, 1, (40, env.model.nu)).astype(np.float32)
    seen: list[list[np.ndarray]] = []
    for _ in range(2):
        env.reset(seed=7)
        seen.append([env.step(action)[0] for action in actions[:20]])
        stopped = env.snapshot()
        seen[-1] += [env.step(action)[0] for action in actions[20:]]
        snapshots.restore(env, stopped)
        again = [env.step(action)[0] for action in actions[20:]]
        if not np.array_equal(again, seen[-1][20:]):
            return False
    return np.array_equal(seen[0], seen[1])


def twin_in_field(bench: Bench) -> Row:
    """Reaches of the torch twin in fields against the registered environment."""

    def measure() -> list[float]:
        worst, fastest = 0.0, 0.0
        for seed, (field, strength) in enumerate([("curl", 13.0), ("curl", -20.0), ("viscous", 15.0)]):
            env, rng = _make("force-field", field=field, strength_n_s_m=strength), np.random.default_rng(seed)
            env.reset(seed=seed)
            plant = InField(MuscleArm(torch.float64), field, strength)
            state, none = plant.initial(torch.tensor(env.data.qpos.copy())), torch.zeros(2, dtype=torch.float64)
            for _ in range(60):
                u = rng.uniform(0, 0.3, 6)
                env.step(u)
                state, data = plant.step(state, torch.tensor(u), none), env.data
                for mine, theirs in zip(state, (data.qpos, data.qvel, data.act), strict=False):
                    worst = max(worst, float(np.abs(mine.numpy() - theirs).max()))
                fastest = max(fastest, float(np.linalg.norm(data.sensor("hand_velocity/hand_right").data)))
        return [worst, fastest]

    worst, fastest = bench.once("twin in field", measure)
    return Row(
        row="twin in a force field against innervate/ForceField-v0, 0.6 s from the start", value=worst, unit="SI", n=3,
        peer=f"angle, rate and activation; hand at up to {fastest:.1f} m/s", reach="at most 1e-9", holds=worst <= 1e-9,
    )  # fmt: skip


def learned(bench: Bench) -> Iterable[Row]:
    """The bilateral nets under stable-baselines3's PPO and SAC: end errors before and after."""
    seeds = bench.seeds or (1 if bench.quick else 3)
    for name in LEARNED:
        preset = PRESETS[name]
        steps = preset.steps // 5 if bench.quick else preset.steps
        key = f"{name} {preset.controller} {preset.learner} {steps}"
        found = [bench.once(f"{key} {seed}", partial(_learn, preset, steps, seed)) for seed in range(seeds)]
        before, after, cut = (100 * np.array([f[when] for f in found]) for when in ("before", "after", "callosum cut"))
        hands = ("",) if before.shape[1] == 1 else (", the hand that stays", ", the hand that reaches")
        for k, hand in enumerate(hands):
            interval = mean_interval(after[:, k])
            yield Row(
                row=f"{TASKS[preset.task].id}, end error{hand}, {name.rpartition('-')[2].upper()}, {steps:,} steps",
                value=float(after[:, k].mean()), unit="cm", interval=interval, n=seeds,
                peer=f"untrained {before[:, k].mean():.1f} cm, callosum cut {cut[:, k].mean():.1f} cm; "
                f"`innervate train --preset {name}`",
                reach="better than untrained",
                holds=None if bench.quick else bool(interval[1] < before[:, k].min()),
            )  # fmt: skip
        if preset.task == "hold":
            yield _stiffness(name, np.array([f["stiffness"] for f in found]))


def _stiffness(name: str, axes: Float[np.ndarray, "seed 2"]) -> Row:
    return Row(
        row=f"innervate/Hold-v0, end-point stiffness, {name.rpartition('-')[2].upper()}, major axis of the ellipse",
        value=float(axes[:, 0].mean()), unit="N/m", interval=mean_interval(axes[:, 0]), n=len(axes),
        peer=f"minor axis {axes[:, 1].mean():.0f} N/m; medians over {POSTURES} postures, pushes of 0.5 N",
    )  # fmt: skip


def _learn(preset: Preset, steps: int, seed: int) -> dict[str, list[float]]:
    world = WorldConfig(id=preset.task)
    setting = Setting(world=world, controller=preset.controller, steps=steps, seed=seed, threads=1)
    learner = preset.learner.build(setting)
    try:
        before = end_errors(learner.controller, world)
        learner.train(lambda progress: None)
        found = {"before": before, "after": end_errors(learner.controller, world)}
        if preset.task == "hold":
            ellipses = [ellipse(k) for k in held_stiffness(learner.controller, POSTURES)]
            found["stiffness"] = np.median([[e.major, e.minor] for e in ellipses], axis=0).tolist()
        if isinstance(learner.controller, Bilateral):
            found["callosum cut"] = end_errors(learner.controller.lesion("callosum"), world)
        return found
    finally:
        learner.close()


def end_errors(controller: Controller, world: WorldConfig) -> list[float]:
    """Mean over held-out episodes of the distance (m) from each hand to its target at the end, arm by arm."""
    found = hand_paths(controller, world, TRIALS)
    arms = found.hand.shape[2]
    return [float(reaching.end_error(found.hand[:, :, k], found.target[:, k]).mean()) for k in range(arms)]
