"""What a nervous system does during an episode, next to what the body does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.rollout import Moment, rollout
from innervate.agents.seeds import Streams
from innervate.agents.worlds import WorldConfig, make_vector_env
from innervate.controllers import Controller, Obs, State
from innervate.controllers.controller import flat_observation
from innervate.controllers.latent import Latent
from innervate.controllers.wiring import Wired


@dataclass(frozen=True)
class Recording:
    """One episode, a row for each control step."""

    control_step_s: float
    neurons: tuple[str, ...]
    """Names; for a controller without named neurons those of its latent's or state's entries, or of its actions."""
    activity: Float[np.ndarray, "step neuron"]
    joint_angle: Float[np.ndarray, "step joint"] | None
    """Fractions of the joints' limit, head to tail; None where the body has no such sense."""
    action: Float[np.ndarray, "step actuator"]
    reward: Float[np.ndarray, "step"]


class _Listener:
    """A controller whose activity is kept."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.activity: list[Tensor] = []

    def initial_state(self, batch: int) -> State:
        return self.controller.initial_state(batch)

    def reset_state(self, state: State, done: Tensor) -> State:
        return self.controller.reset_state(state, done)

    @torch.no_grad()
    def __call__(self, obs: Obs, state: State) -> tuple[Tensor, State]:
        action, after = self.controller(obs, state)
        if isinstance(self.controller, Wired):
            self.activity.append(self.controller.step(obs, state)[0][0])
        elif isinstance(self.controller, Latent):
            self.activity.append(self.controller.encode(flat_observation(self.controller.spec, obs))[0])
        elif after:
            self.activity.append(torch.cat([v[0].flatten().float() for v in after.values()]))
        else:
            self.activity.append(action[0])
        return action, after


def record(controller: Controller, world: WorldConfig, *, episode: int = 0) -> Recording:
    """Run one held-out episode and keep everything."""
    env = make_vector_env(world, 1)
    listener = _Listener(controller)
    observed, actions, rewards = list[Any](), list[Any](), list[float]()

    def watch(moment: Moment) -> None:
        observed.append(moment.observation[0].copy())
        actions.append(moment.action[0].copy())
        rewards.append(float(moment.reward[0]))

    try:
        rollout(env, listener, controller.spec, [Streams.evaluation(episode + 1)[episode]], watch=watch)
    finally:
        env.close()
    angle = None
    named = {p.name: p for p in controller.spec.observations}
    if "joint_angle" in named:
        parts = controller.spec.split(torch.from_numpy(np.stack(observed)))
        angle = parts["joint_angle"].numpy() / (named["joint_angle"].limit or 1.0)
    return Recording(
        controller.spec.control_step_s, _names(controller), torch.stack(listener.activity).numpy(), angle,
        np.stack(actions), np.array(rewards),
    )  # fmt: skip


def _names(controller: Controller) -> tuple[str, ...]:
    if isinstance(controller, Wired):
        return controller.names
    if isinstance(controller, Latent):
        return tuple(f"latent[{i}]" for i in range(controller.config.latent))
    state = controller.initial_state(1)
    if state:
        sizes = {k: v[0].numel() for k, v in state.items()}
        return tuple(f"{k}[{i}]" if n > 1 else k for k, n in sizes.items() for i in range(n))
    return tuple(f"action[{i}]" for i in range(controller.spec.action_size))
