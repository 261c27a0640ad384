"""The engine and its peers as things that take a block of control steps, so that they can be timed in turn."""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float

from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.tasks._locomotion import Classic, classic
from innervate.envs.tasks.ant import ANT
from innervate.envs.tasks.swimmer import SWIMMER
from innervate.envs.world import World

Run = Callable[[], object]
"""Takes the same block of control steps again, going on from where it stands."""

GYMNASIUM_IDS = {SWIMMER.file: "Swimmer-v5", ANT.file: "Ant-v5"}
_WITHOUT_FORCES: dict[str, dict[str, Any]] = {
    SWIMMER.file: {},
    ANT.file: {"include_cfrc_ext_in_observation": False, "contact_cost_weight": 0.0},
}
ENVPOOL_IDS = {SWIMMER.file: "Swimmer-v5", ANT.file: "Ant-v4", "swimmer6": "SwimmerSwimmer6-v1"}
"""EnvPool's environments with the same body and the same observation (its Ant-v4 leaves contact forces out)."""


def block(steps: int, n: int, n_actuators: int) -> Float[np.ndarray, "step env actuator"]:
    """Uniform random actions."""
    return np.random.default_rng(0).uniform(-1, 1, (steps, n, n_actuators)).astype(np.float32)


def ours(world: World, n: int, actions: Float[np.ndarray, "step env actuator"], threads: int = 1) -> Run:
    """innervate's batch."""
    env = BodyVectorEnv(world, n, threads=threads, max_episode_steps=1000, autoreset_mode="SameStep")
    env.reset(seed=0)

    def run() -> None:
        for action in actions:
            env.step(action)

    return run


def envpool(name: str, n: int, actions: Float[np.ndarray, "step env actuator"]) -> Run:
    """EnvPool on one thread; `available` says whether it is installed."""
    env = importlib.import_module("envpool").make_gymnasium(ENVPOOL_IDS[name], num_envs=n, num_threads=1, seed=0)
    env.reset()
    double = actions.astype(np.float64)

    def run() -> None:
        for action in double:
            env.step(action)

    return run


def available(package: str) -> bool:
    """Whether an optional peer is installed."""
    return importlib.util.find_spec(package) is not None


def _singles(rules: Classic, n: int) -> list[Callable[[], gym.Env[Any, Any]]]:
    return [lambda: gym.make(GYMNASIUM_IDS[rules.file], **_WITHOUT_FORCES[rules.file]) for _ in range(n)]


def gymnasium_vector(kind: str, rules: Classic, n: int, actions: Float[np.ndarray, "step env actuator"]) -> "Peer":
    """Gymnasium's `SyncVectorEnv` or `AsyncVectorEnv` over its own environments."""
    env = getattr(gym.vector, kind)(_singles(rules, n))
    env.reset(seed=0)

    def run() -> None:
        for action in actions:
            env.step(action)

    return Peer(run, env.close)


def sb3_vector(kind: str, rules: Classic, n: int, actions: Float[np.ndarray, "step env actuator"]) -> "Peer":
    """stable-baselines3's `DummyVecEnv` or `SubprocVecEnv` over Gymnasium's environments."""
    module = importlib.import_module("stable_baselines3.common.vec_env")
    extra = {"start_method": "fork"} if kind == "SubprocVecEnv" else {}
    env = getattr(module, kind)(_singles(rules, n), **extra)
    env.reset()

    def run() -> None:
        for action in actions:
            env.step(action)

    return Peer(run, env.close)


class Peer:
    """A contestant with processes or environments to close at the end."""

    def __init__(self, run: Run, close: Callable[[], object]) -> None:
        self.run = run
        self.close = close


def classic_worlds() -> Iterator[tuple[str, Classic, World]]:
    """The bodies that have a peer elsewhere."""
    for rules in (SWIMMER, ANT):
        yield rules.file.removesuffix(".xml"), rules, classic(rules)
