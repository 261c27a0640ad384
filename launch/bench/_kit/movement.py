"""How far a swimmer comes, and what its actions cost."""

import numpy as np

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import Controller
from innervate.envs.engine.vector import BodyVectorEnv


def travelled(controller: Controller, world: WorldConfig, episodes: int) -> tuple[list[float], list[float]]:
    """Metres between the root's first and last position, and mean squared action, of each episode."""
    env = make_vector_env(world, episodes)
    assert isinstance(env, BodyVectorEnv)
    begin, last, cost, steps = np.zeros((episodes, 2)), np.zeros((episodes, 2)), np.zeros(episodes), 0

    def watch(moment: Moment) -> None:
        nonlocal begin, last, steps
        # The step in which an episode ends has already begun the next one: it is left out.
        if not (moment.running.all() and env.elapsed.all()):
            return
        last = env.engine.snapshot()["state"][:, 1:3].copy()  # time, then qpos: x, y of the root
        begin = last if steps == 0 else begin
        cost[:] += np.square(moment.action).mean(axis=1)
        steps += 1

    rollout(env, controller, controller.spec, Streams.evaluation(episodes), watch=watch)
    env.close()
    return np.linalg.norm(last - begin, axis=1).tolist(), (cost / max(1, steps)).tolist()
