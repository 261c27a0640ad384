"""Environments by name, one or many at a time, and what their bodies tell a controller."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv

from innervate.errors import ConfigError, UnknownNameError

from ..controllers import ControllerSpec, Port
from ..envs.registry import TASKS

GYMNASIUM_LAYOUTS: Mapping[str, tuple[Port, ...]] = {
    "Swimmer-v5": (
        Port(name="heading", size=1, unit="rad"),
        # Joint limits of swimmer.xml: 100 degrees each way.
        Port(name="joint_angle", size=2, unit="rad", limit=float(np.deg2rad(100))),
        Port(name="tip_velocity", size=2, unit="m/s"),
        Port(name="angular_velocity", size=3, unit="rad/s"),
    ),
}
"""Named parts of Gymnasium environments whose flat observation a circuit can use, in their documented order."""


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """An environment and its options."""

    id: str
    """Gymnasium id, or the short name of one of innervate's tasks."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Keyword arguments of the environment."""


def environment_id(name: str) -> str:
    """The Gymnasium id behind a task's short name or a full id."""
    if name in TASKS:
        return TASKS[name].id
    if name in gym.registry:
        return name
    known = [*TASKS, *gym.registry]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    raise UnknownNameError("task", name, near or list(TASKS))


def make_vector_env(
    world: WorldConfig, num_envs: int, *, threads: int = 1, render: bool = False
) -> VectorEnv[Any, Any, Any]:
    """`num_envs` environments that restart in the step in which an episode ends (Gymnasium's SAME_STEP).

    innervate's own tasks run on the batched engine with `threads` threads; any other Gymnasium id runs in a loop.
    """
    if num_envs < 1:
        raise ConfigError(f"At least one environment is needed, got num_envs={num_envs}.")
    id_ = environment_id(world.id)
    spec = gym.spec(id_)
    options = dict(world.options)
    if render:
        options["render_mode"] = "rgb_array"
    if _is_batched(spec):
        env = gym.make_vec(
            id_, num_envs, "vector_entry_point", threads=threads, autoreset_mode=AutoresetMode.SAME_STEP, **options
        )
    else:
        env = gym.make_vec(id_, num_envs, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}, **options)
    space = env.single_action_space
    if not (isinstance(space, gym.spaces.Box) and len(space.shape) == 1):
        raise ConfigError(f"{id_} takes actions in {space}; innervate's controllers drive a vector of actuators (Box).")
    if not (isinstance(env.single_observation_space, gym.spaces.Box) and len(env.single_observation_space.shape) == 1):
        raise ConfigError(f"{id_} observes {env.single_observation_space}; a controller reads one flat vector (Box).")
    return env


def _is_batched(spec: EnvSpec) -> bool:
    """Whether the id has a batched engine that takes `threads` (innervate's, or a user's body on it)."""
    entry = spec.vector_entry_point
    return entry is not None and not (isinstance(entry, str) and entry.startswith("gymnasium."))


def _control_step_s(env: VectorEnv[Any, Any, Any]) -> float:
    step = getattr(env, "control_step_s", None)
    if step is not None:
        return float(step)
    single: Any = env.envs[0].unwrapped  # pyright: ignore[reportAttributeAccessIssue]
    for name in ("control_step_s", "dt"):
        if hasattr(single, name):
            return float(getattr(single, name))
    if hasattr(single, "control_timestep"):
        return float(single.control_timestep())
    inner = getattr(single, "_env", None)  # shimmy keeps the dm_control environment there
    if inner is not None and hasattr(inner, "control_timestep"):
        return float(inner.control_timestep())
    return 0.02  # Classic-control environments do not say; their integrators use 20 ms


def controller_spec(env: VectorEnv[Any, Any, Any]) -> ControllerSpec:
    """What the environment's body offers to a controller."""
    observation, action = env.single_observation_space, env.single_action_space
    assert isinstance(observation, gym.spaces.Box) and isinstance(action, gym.spaces.Box)
    channels = getattr(env, "channels", None)
    name = env.spec.id if env.spec is not None else ""
    if channels is not None:
        ports = tuple(Port(name=c.name, size=c.size, unit=c.unit, limit=c.limit) for c in channels)
    else:
        ports = GYMNASIUM_LAYOUTS.get(name, (Port(name="observation", size=int(observation.shape[0])),))
    return ControllerSpec(observations=ports, action_size=int(action.shape[0]), control_step_s=_control_step_s(env))


def action_scale(env: VectorEnv[Any, Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Centre and half-width of the action space: an action in [-1, 1] times half-width plus centre fits it."""
    space = env.single_action_space
    assert isinstance(space, gym.spaces.Box)
    low, high = np.asarray(space.low, np.float64), np.asarray(space.high, np.float64)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ConfigError(f"The actuators' limits must be finite, got low {space.low} and high {space.high}.")
    return (high + low) / 2, (high - low) / 2
