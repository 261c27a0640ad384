"""The one rollout: training-time evaluation, `evaluate`, `play`, `record` and evolution all come through here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from jaxtyping import Bool, Float, Int
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers import ControllerSpec, Obs, State
from ...controllers.actions import commanded
from .efference import tell_senses
from .guard import check_action, check_observation, check_reward
from .worlds import action_scale


@runtime_checkable
class Actor(Protocol):
    """A controller, or a population of them."""

    def initial_state(self, batch: int) -> State:
        """The state at the beginning of an episode."""
        ...

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """`state` with the initial values where `done`."""
        ...

    def __call__(self, obs: Obs, state: State) -> tuple[Tensor, State]:
        """The actions of this control step and the state of the next."""
        ...


@dataclass(frozen=True)
class Moment:
    """One control step of all environments, as a watcher sees it; arrays are valid during the call only."""

    step: int
    observation: Float[np.ndarray, "env size"]
    state: State
    action: Float[np.ndarray, "env action"]
    """In [-1, 1], or preferences where the body chooses between alternatives."""
    reward: Float[np.ndarray, "env"]
    running: Bool[np.ndarray, "env"]
    """Environments still in their first episode."""
    info: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What came with the step: of the place that it led to."""


@dataclass(frozen=True)
class Episodes:
    """One episode of each environment, in the order of their seeds."""

    returns: Float[np.ndarray, "env"]
    lengths: Int[np.ndarray, "env"]
    """Control steps."""
    success: Bool[np.ndarray, "env"] | None
    """Whether the task's own physical measure was met at any step; None where the task has none."""


@torch.no_grad()
def rollout(
    env: VectorEnv[Any, Any, Any],
    actor: Actor,
    spec: ControllerSpec,
    seeds: Sequence[int],
    *,
    watch: Callable[[Moment], None] | None = None,
) -> Episodes:
    """Run one episode in every environment, environment i from `seeds[i]`, the actor's mean action throughout.

    An environment that has finished goes on (it restarts by itself) until all have, and is not counted again.
    """
    n = env.num_envs
    if len(seeds) != n:
        raise ConfigError(f"A rollout takes one seed for each environment: {n} environments, {len(seeds)} seeds.")
    centre, half = action_scale(env)
    observation, _ = env.reset(seed=[int(s) for s in seeds])  # pyright: ignore[reportArgumentType]
    state = actor.initial_state(n)
    returns, lengths = np.zeros(n), np.zeros(n, np.int64)
    running = np.ones(n, np.bool_)
    success: np.ndarray | None = None
    step = 0
    while running.any():
        flat = np.asarray(observation, np.float32)
        check_observation(flat, spec)
        action_t, after = actor(spec.split(torch.from_numpy(flat)), state)
        action = action_t.numpy().astype(np.float64)
        check_action(action)
        if not spec.choices:
            action = np.clip(action, -1.0, 1.0)
        command = commanded(spec, action, centre, half)
        told = command if spec.choices else command.astype(np.float32)
        tell_senses(env, after)
        observation, reward, terminated, truncated, info = env.step(told)
        check_reward(reward)
        if watch is not None:
            watch(Moment(step, flat, state, action, reward, running.copy(), info))
        returns += np.where(running, reward, 0.0)
        lengths += running
        reached = _success(info, n)
        if reached is not None:
            success = (np.zeros(n, np.bool_) if success is None else success) | (reached & running)
        done = np.asarray(terminated | truncated)
        state = actor.reset_state(after, torch.from_numpy(done)) if done.any() else after
        running &= ~done
        step += 1
    return Episodes(returns, lengths, success)


def _success(info: dict[str, Any], n: int) -> np.ndarray | None:
    """Success in this step, in the running episode or, where one has just ended, in its last step."""
    found = None
    for told in (info, info.get("final_info", {})):
        for name in ("success", "is_success"):  # the second is stable-baselines3's and Gymnasium-Robotics' word
            if isinstance(told, dict) and name in told:
                found = np.zeros(n, np.bool_) if found is None else found
                given = np.asarray(told.get(f"_{name}", np.ones(n, np.bool_)), np.bool_)
                found[given] = np.asarray(told[name], np.bool_)[given]
                break
    return found
