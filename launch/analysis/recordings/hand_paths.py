"""Hand paths of a controller in the registered tasks of the muscle-driven arms, for the measures of this package."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import Controller
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.errors import ConfigError
from innervate.signals import slices


@dataclass(frozen=True)
class HandPaths:
    """One held-out episode a trial, as it is observed; arms from left to right."""

    hand: Float[np.ndarray, "time trial arm 2"]
    """m, the start included, one control step apart."""
    target: Float[np.ndarray, "trial arm 2"]
    """Where the targets were at the end, m."""
    excitation: Float[np.ndarray, "time trial muscle"]
    dt_s: float


def hand_paths(controller: Controller, world: WorldConfig, trials: int) -> HandPaths:
    """Run the held-out episodes that every controller is judged on.

    Raises:
        ConfigError: a world without hands and targets.
    """
    env = make_vector_env(world, trials)
    if not isinstance(env, BodyVectorEnv) or not {"hand", "target"} <= {channel.name for channel in env.channels}:
        raise ConfigError(f"Hand paths are those of the arms' tasks; {world.id!r} observes no hand and target.")
    columns = slices(env.channels)
    seen: list[np.ndarray] = []
    done: list[np.ndarray] = []

    def watch(moment: Moment) -> None:
        seen.append(moment.observation.copy())
        done.append((moment.action + 1) / 2)

    try:
        rollout(env, controller, controller.spec, Streams.evaluation(trials), watch=watch)
    finally:
        env.close()
    hand, target = (np.stack(seen)[..., columns[name]].astype(float) for name in ("hand", "target"))
    shape = (*hand.shape[:2], -1, 2)
    return HandPaths(hand.reshape(shape), target.reshape(shape)[-1], np.stack(done), controller.spec.control_step_s)
