"""Environments by name, one or many at a time, and what their bodies tell a controller."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel, total

from ...controllers import ControllerSpec
from ...envs.foreign.layouts import GYMNASIUM_LAYOUTS
from ...envs.foreign.names import environment_id
from ...envs.keywords import TIME_LIMIT, keywords_of
from ...envs.registry import TASKS
from ..learner import WorldConfig
from .border import CUT_STEPS, Checked
from .flat import Flat
from .sensing import Sensing
from .stoppable import Stoppable, can_stop

__all__ = ["action_scale", "channels_of", "controller_spec", "environment_id", "episode_limit", "make_vector_env"]


def changed_from_default(world: WorldConfig) -> tuple[str, ...]:
    """Names of the options of one of innervate's tasks that are not at their defaults, and of its senses."""
    id_ = environment_id(world.id)
    defaults = next(task.options for task in TASKS.values() if task.id == id_)()
    changed = (name for name, value in world.options.items() if value != getattr(defaults, name, None))
    return (*changed, *(type(sense).__name__ for sense in world.senses))


def make_vector_env(
    world: WorldConfig, num_envs: int, *, threads: int = 1, render: bool = False
) -> VectorEnv[Any, Any, Any]:
    """`num_envs` environments that restart in the step in which an episode ends (Gymnasium's SAME_STEP).

    innervate's own tasks run on the batched engine with `threads` threads. Any other Gymnasium id runs in a loop, each
    checked at every step, its spaces flattened. An episode always ends: where neither the environment nor its options
    say when, it is cut (`CUT_STEPS`).

    Raises:
        UnknownNameError: there is no such environment, or it has no such option.
        ConfigError: what it needs is not installed, or its spaces cannot be flattened.
    """
    if num_envs < 1:
        raise ConfigError(f"At least one environment is needed, got num_envs={num_envs}.")
    id_ = environment_id(world.id)
    spec = gym.spec(id_)
    options = dict(world.options)
    keywords_of(id_).check(id_, options)
    looking = [sense for sense in world.senses if getattr(sense, "camera", None)]
    framed = bool(looking) and not _is_batched(spec)  # a batch of ours is looked at through an eye
    if render or framed:
        options["render_mode"] = "rgb_array"
    if framed:
        options["width"], options["height"] = _picture_size(world, looking)
    if _is_batched(spec):
        options.setdefault(TIME_LIMIT, spec.max_episode_steps or CUT_STEPS)
        env = gym.make_vec(
            id_, num_envs, "vector_entry_point", threads=threads, autoreset_mode=AutoresetMode.SAME_STEP, **options
        )
    else:
        env = _foreign(id_, spec, num_envs, options)
        env = Stoppable(env) if can_stop(env) else env
    single, action = env.single_observation_space, env.single_action_space
    free = isinstance(action, gym.spaces.Box) and not action.is_bounded()
    smooth = _is_vector(action) and np.issubdtype(action.dtype, np.floating)
    if not (_is_vector(single) and smooth) or (free and world.action_limit is not None):
        env = Flat(env, id_, world.action_limit)
    if world.senses:
        env = _sensing(env, world)
    return env


def episode_limit(world: WorldConfig) -> int:
    """Control steps of an episode, at most."""
    return int(world.options.get(TIME_LIMIT) or gym.spec(environment_id(world.id)).max_episode_steps or CUT_STEPS)


def _is_vector(space: gym.Space[Any]) -> bool:
    return isinstance(space, gym.spaces.Box) and len(space.shape) == 1


def _foreign(id_: str, spec: EnvSpec, num_envs: int, options: dict[str, Any]) -> VectorEnv[Any, Any, Any]:
    """A loop over single environments, each behind the border."""
    cut = None if options.get(TIME_LIMIT) or spec.max_episode_steps else CUT_STEPS
    numbers = itertools.count()

    def checked(env: gym.Env[Any, Any]) -> Checked:
        return Checked(env, id_, next(numbers), cut)

    try:
        return gym.make_vec(
            id_, num_envs, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}, wrappers=[checked],
            disable_env_checker=True, **options,
        )  # fmt: skip
    except (ImportError, gym.error.DependencyNotInstalled) as error:
        raise ConfigError(f"{id_} needs a package that is not here: {error}") from error
    except gym.error.Error as error:
        raise ConfigError(f"{id_} cannot be made: {error}") from error
    except TypeError as error:
        raise ConfigError(f"{id_} cannot be made with {options}: {error}.") from error


def _picture_size(world: WorldConfig, looking: Sequence[Any]) -> tuple[int, int]:
    """Width and height of the picture that all senses with a camera look at."""
    sizes = {tuple(sense.camera) for sense in looking}
    if len(sizes) > 1:
        raise ConfigError(f"The senses of {world.id} ask for pictures of {sorted(sizes)}; give them one size.")
    return next(iter(sizes))


def _sensing(env: VectorEnv[Any, Any, Any], world: WorldConfig) -> Sensing:
    """The batch with the senses of its world, each fitted to what the body and the senses before it tell."""
    spec, senses = controller_spec(env), list[Sense]()
    told = spec
    for config in world.senses:
        senses.append(config.build(told, env.num_envs))
        for twice in {c.name for c in told.observations} & {c.name for c in senses[-1].gives}:
            raise ConfigError(
                f"{type(senses[-1]).__name__} gives {twice!r}, which the body or another sense tells already; leave "
                "one of them out, or give it another channel."
            )
        told = replace(told, observations=(*told.observations, *senses[-1].gives))
    return Sensing(env, spec.observations, spec.control_step_s, senses)


def _is_batched(spec: EnvSpec) -> bool:
    """Whether the id has a batched engine that takes `threads` (innervate's, or a user's body on it)."""
    entry = spec.vector_entry_point
    return entry is not None and not (isinstance(entry, str) and entry.startswith("gymnasium."))


def _control_step_s(env: VectorEnv[Any, Any, Any]) -> float:
    step = getattr(env, "control_step_s", None)
    if step is not None:
        return float(step)
    within: Any = env.unwrapped
    single: Any = within.envs[0].unwrapped
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
    action = env.single_action_space
    choices = tuple(int(n) for n in action.nvec) if isinstance(action, gym.spaces.MultiDiscrete) else ()
    size = sum(choices) if choices else int(np.prod(action.shape or ()))
    return ControllerSpec(
        observations=channels_of(env), action_size=size, control_step_s=_control_step_s(env), choices=choices
    )


def channels_of(env: VectorEnv[Any, Any, Any]) -> tuple[Channel, ...]:
    """What the flat observation consists of; one channel where the environment does not say."""
    size = int(np.prod(env.single_observation_space.shape or ()))
    name = env.spec.id if env.spec is not None else ""
    members = getattr(env.unwrapped, "envs", None)
    within = getattr(members[0].unwrapped, "channels", None) if members else None
    for channels in (getattr(env, "channels", None), within, GYMNASIUM_LAYOUTS.get(name)):
        if channels is not None and total(channels) == size:
            return tuple(channels)
    return (Channel("observation", size),)


def action_scale(env: VectorEnv[Any, Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Centre and half-width of the action space: an action in [-1, 1] times half-width plus centre fits it.

    Where the body chooses between alternatives: the number of each choice's first alternative, and ones.
    """
    space = env.single_action_space
    if isinstance(space, gym.spaces.MultiDiscrete):
        return np.asarray(space.start, np.float64), np.ones(len(space.nvec))
    assert isinstance(space, gym.spaces.Box)
    low, high = np.asarray(space.low, np.float64), np.asarray(space.high, np.float64)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ConfigError(
            f"The actuators' limits must be finite, got low {space.low} and high {space.high}. Give a limit, "
            "--action-limit 1 (action_limit of WorldConfig), or wrap it (gymnasium.wrappers.RescaleAction)."
        )
    return (high + low) / 2, (high - low) / 2
