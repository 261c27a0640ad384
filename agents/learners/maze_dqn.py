"""Deep Q-learning that also predicts the next latent (Fang and Stachenfeld 2024), for mazes seen from above."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from jaxtyping import Float
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnvWrapper
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.circuits.image_values import ImageValues
from ..learner import Learner, Metrics, Progress, Setting, Snapshot
from ..mazes.dqn import PaperDQN, PaperPolicy, PaperQNetwork
from ..mazes.paper import PaperWeights
from ..sb3.learner import SB3Learner
from ..sb3.off_policy_learner import Reports, json_state, replay_arrays, restore_replay, set_json_state
from ..tensors import load_optimizer_tensors, optimizer_tensors

EXAMPLE = ("innervate/Forage-v0", "image_values")
"""A task and a controller that it can train."""
METRICS: Metrics = {
    "train/loss_value": ("", "mean squared error of the action values, of the last update"),
    "train/loss_prediction": ("", "squared error of the predicted next latent, of the last update"),
    "train/loss_negatives": ("", "how alike the latents of unlike places are, of the last update"),
    "train/learning_rate": ("", "Adam's step size"),
    "train/n_updates": ("", "gradient steps so far"),
}


@dataclass(frozen=True, kw_only=True)
class MazeDQNConfig:
    """Double DQN whose encoder also predicts what comes next; for the controller `image_values`, one body."""

    weights: PaperWeights = field(default_factory=lambda: PaperWeights(prediction=1e-2, negatives=1e-3))
    """What the terms of the loss weigh; `prediction` and `negatives` 0 for plain Q-learning."""
    explore: float = 1.0
    """Share of random actions while it learns; 1, the paper's, learns from a random walk."""
    learning_rate: float = 1e-3
    """Step size of Adam."""
    discount: float = 0.9
    """Weight of the next step's value."""
    batch_size: int = 64
    """Pairs of consecutive transitions in an update."""
    buffer_size: int = 20_000
    """Control steps remembered."""
    warm_up: int = 64
    """Control steps before anything is learned."""
    target_every: int = 250
    """Control steps between two copies of the target network."""
    mask_terminal: bool = True
    """Nothing follows the goal."""
    report_steps: int = 500
    """Control steps between two reports, and between two possible checkpoints."""

    def build(self, setting: Setting) -> Learner:
        """Build for the controller `image_values`."""
        return MazeDQN(setting, self)

    def tiny(self) -> "tuple[MazeDQNConfig, int]":
        """Few updates."""
        return replace(self, buffer_size=500, report_steps=100), 300


class ControllerQNetwork(PaperQNetwork):
    """A Q-network that is an `ImageValues` controller and reads carried observations."""

    def __init__(self, observation_space: spaces.Space[Any], action_space: Any, controller: ImageValues) -> None:
        super(PaperQNetwork, self).__init__(observation_space, action_space)
        self.controller = controller
        self.nets = controller.nets

    def image(self, obs: Float[Tensor, "batch size"]) -> Float[Tensor, "batch side side"]:
        """Without the flag that an episode begins."""
        return self.controller.image(obs[:, : self.controller.spec.observation_size])


class ControllerQPolicy(PaperPolicy):
    """Two copies of a controller: the one that learns and its target."""

    def __init__(self, *args: Any, controller: ImageValues, **kwargs: Any) -> None:
        self._given = [controller]
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> Any:
        """One of the two."""
        return ControllerQNetwork(self.observation_space, self.action_space, copy.deepcopy(self._given[0]))


class OneChoice(VecEnvWrapper):
    """A batch whose one choice is a `Discrete`, as DQN asks."""

    def __init__(self, venv: Any) -> None:
        super().__init__(venv, action_space=spaces.Discrete(int(venv.action_space.nvec[0])))

    def reset(self) -> Any:
        """Begin new episodes."""
        return self.venv.reset()

    def step_async(self, actions: np.ndarray) -> None:
        """The number of each body's alternative."""
        self.venv.step_async(np.asarray(actions)[:, None])

    def step_wait(self) -> Any:
        """As it comes."""
        return self.venv.step_wait()


class MazeDQN(SB3Learner):
    """Runs `PaperDQN` on one maze.

    Raises:
        ConfigError: another controller than `image_values`, or settings out of range.
    """

    model: PaperDQN

    def __init__(self, setting: Setting, config: MazeDQNConfig) -> None:
        if not (0 <= config.explore <= 1 and 0 <= config.discount < 1):
            raise ConfigError(f"explore lies in [0, 1] and discount in [0, 1), got {config.explore} and "
                              f"{config.discount}.")  # fmt: skip
        if not config.warm_up >= 2 or config.buffer_size <= config.batch_size or config.report_steps < 1:
            raise ConfigError("warm_up is at least 2, buffer_size exceeds batch_size, and report_steps is at least 1.")
        self.config = config
        super().__init__(setting, 1)
        if not isinstance(self.controller, ImageValues):
            kind = type(self.controller).__name__
            raise ConfigError(f"maze_dqn trains action values of an image, not {kind}; --controller image_values.")
        self.model = PaperDQN(
            ControllerQPolicy, OneChoice(self.env), weights=config.weights, mask_terminal=config.mask_terminal,
            learning_rate=config.learning_rate, buffer_size=config.buffer_size, learning_starts=config.warm_up,
            batch_size=config.batch_size, gamma=config.discount, target_update_interval=config.target_every,
            exploration_initial_eps=config.explore, exploration_final_eps=config.explore,
            policy_kwargs={"controller": self.controller}, seed=self._streams.integer(), device="cpu",
        )  # fmt: skip
        self.model.exploration_rate = config.explore
        self._adopt(self.model)
        learning: Any = self.model.q_net
        self.controller = self.env.controller = learning.controller
        self.model.action_space.seed(self._streams.integer())

    def _callback(self, on_iteration: Callable[[Progress], None]) -> BaseCallback:
        return Reports(self, on_iteration, self.config.report_steps)

    def _update_normalisers(self) -> None:
        """There are none: an image is in the same numbers from the first step on."""

    def snapshot(self) -> Snapshot:
        """Networks, moments, replay memory, the maze and the generators."""
        model: Any = self.model
        tensors = {f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()}
        tensors |= {f"policy.{k}": v.detach().clone() for k, v in model.policy.state_dict().items()}
        arrays: dict[str, Any] = {f"adam.{k}": v for k, v in optimizer_tensors(model.policy.optimizer).items()}
        if bodies := self._bodies():
            arrays |= replay_arrays(model.replay_buffer) | bodies
        rng = {
            **self._counters(),
            "actions": json_state(model.action_space.np_random),
            "pairs": json_state(model._draw),
            "calls": model._n_calls,
            "episodes": model._episode_num,
            "replay": [model.replay_buffer.pos, model.replay_buffer.full],
        }
        return Snapshot(model=tensors, optimizer=arrays, rng=rng)

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back."""
        model: Any = self.model
        rng, arrays = snapshot.rng, snapshot.optimizer
        model.policy.load_state_dict({k[7:]: v for k, v in snapshot.model.items() if k.startswith("policy.")})
        moments = {k[5:]: torch.as_tensor(v) for k, v in arrays.items() if k.startswith("adam.")}
        load_optimizer_tensors(model.policy.optimizer, moments)
        if self._restore_bodies(arrays):
            restore_replay(model.replay_buffer, arrays, rng["replay"])
        self._restore_counters(rng)
        model._n_calls, model._episode_num = int(rng["calls"]), int(rng["episodes"])
        set_json_state(model.action_space.np_random, rng["actions"])
        set_json_state(model._draw, rng["pairs"])
