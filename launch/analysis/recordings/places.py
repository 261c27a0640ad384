"""What a circuit's parts do at which place, over several episodes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import Controller, Obs, State
from innervate.controllers.probe import Seen
from innervate.launch.analysis.measures.place_maps import Activity, Positions

EPISODES = 8


@dataclass(frozen=True)
class Places:
    """Activity and the positions (metres) that it was had at, a row a sample."""

    units: tuple[str, ...]
    activity: Activity
    position: Positions


class Probing:
    """A controller whose parts are kept at every control step: `seen` is (batch, unit), in the order of `units`."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.units: tuple[str, ...] = ()
        self.seen = np.zeros((0, 0), np.float32)

    def initial_state(self, batch: int) -> State:
        """The controller's."""
        return self.controller.initial_state(batch)

    def reset_state(self, state: State, done: torch.Tensor) -> State:
        """The controller's."""
        return self.controller.reset_state(state, done)

    @torch.no_grad()
    def __call__(self, obs: Obs, state: State) -> tuple[torch.Tensor, State]:
        """A control step."""
        seen = Seen()
        action, after = self.controller.run(obs, state, seen)
        parts = {n: v if v.dim() == 2 else v.unsqueeze(-1) for n, v in seen.found.items()}
        if not self.units:
            self.units = tuple(
                name if seen.found[name].dim() == 1 else f"{name}[{i}]"
                for name, value in parts.items()
                for i in range(value.shape[-1])
            )
        self.seen = torch.cat(list(parts.values()), -1).float().numpy()
        return action, after


def roam(controller: Controller, world: WorldConfig, *, episodes: int = EPISODES) -> Places | None:
    """Activity by place over held-out episodes; None where the world tells no place (`info["position_m"]`)."""
    env = make_vector_env(world, episodes)
    probing = Probing(controller)
    activity, positions = list[np.ndarray](), list[np.ndarray]()
    before: Any = None

    def watch(moment: Moment) -> None:
        nonlocal before
        if before is not None:  # a step's info is of the place that the next observation is had at
            activity.append(probing.seen[moment.running])
            positions.append(np.array(before)[moment.running])
        before = moment.info.get("position_m")

    try:
        rollout(env, probing, controller.spec, Streams.evaluation(episodes), watch=watch)
    finally:
        env.close()
    return Places(probing.units, np.concatenate(activity), np.concatenate(positions)) if positions else None
