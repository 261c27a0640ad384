"""Deep Q-learning that also predicts the next latent (Fang and Stachenfeld 2024), for mazes seen from above."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

import copy
from dataclasses import dataclass, field, replace
from typing import Any, cast

from gymnasium import spaces
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.circuits.image_values import ImageValues
from ..learner import Learner, Metrics, Setting, Snapshot
from ..mazes.dqn import PaperDQN, PaperPolicy, PaperQNetwork
from ..mazes.paper import PaperWeights
from ..sb3.off_policy_learner import json_state, set_json_state
from ..sb3.value_learner import OneChoice, ValueLearner

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


class MazeDQN(ValueLearner):
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
        super().__init__(setting, config, 1)
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

    def snapshot(self) -> Snapshot:
        """As for any values, and what pairs are drawn from."""
        snapshot, model = super().snapshot(), cast(Any, self.model)
        return replace(snapshot, rng={**snapshot.rng, "pairs": json_state(model._draw)})

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back."""
        super().restore(snapshot)
        set_json_state(cast(Any, self.model)._draw, snapshot.rng["pairs"])
