"""Learners of action values that also predict: the controller's head gives the values, its encoder the latent."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from stable_baselines3.common.torch_layers import FlattenExtractor

from innervate.errors import ConfigError

from ..learner import Setting
from ..sb3.value_learner import OneChoice, ValueLearner
from .algorithms import with_prediction
from .learning import PredictiveConfig, PredictiveLearner, checked


@dataclass(frozen=True, kw_only=True)
class PredictiveValueConfig(PredictiveConfig):
    """What DQN and QR-DQN have in common here."""

    num_envs: int = 4
    """Environments stepped together."""
    buffer_size: int = 100_000
    """Control steps remembered."""
    warm_up: int = 1_000
    """Control steps of random alternatives before anything is learned."""
    batch_size: int = 64
    """Control steps in a minibatch."""
    learning_rate: float = 5e-4
    """Step size of Adam."""
    discount: float = 0.99
    """Weight of the next step's value."""
    target_every: int = 1_000
    """Control steps between two copies of the target network."""
    updates_per_step: float = 1.0
    """Gradient steps for each control step of one environment."""
    explore_share: float = 0.2
    """Share of the budget over which random alternatives become as rare as they will be."""
    explore_last: float = 0.05
    """Share of random alternatives from then on."""
    report_steps: int = 1_000
    """Control steps between two reports, and between two possible checkpoints."""

    def tiny(self) -> tuple[Any, int]:
        """A short warm-up and few updates."""
        return replace(self, num_envs=2, warm_up=100, batch_size=32, report_steps=100, target_every=100), 300


class PredictiveValueLearner(PredictiveLearner, ValueLearner):
    """Runs an algorithm of stable-baselines3 with prediction on it."""

    def __init__(self, setting: Setting, config: PredictiveValueConfig) -> None:
        if not (0 < config.discount < 1 and config.updates_per_step > 0):
            raise ConfigError("discount must lie in (0, 1) and updates_per_step above 0.")
        if not (0 <= config.explore_last <= 1 and 0 < config.explore_share <= 1):
            raise ConfigError("explore_last lies in [0, 1] and explore_share in (0, 1].")
        super().__init__(setting, config, config.num_envs)
        self.model = self.algorithm(self._streams.integer())
        self._adopt(self.model)
        learning: Any = getattr(self.model.policy, self.model.owner)
        self.controller = self.env.controller = learning.controller
        self.model.action_space.seed(self._streams.integer())

    @abstractmethod
    def algorithm(self, seed: int) -> Any:
        """stable-baselines3's own class around the controller."""

    def predicting(self, algorithm: Any, policy: Any, seed: int, **more: Any) -> Any:
        """The algorithm around the controller; `more` is for its policy."""
        config = self.config
        latent = checked(self.controller, f"predictive_{algorithm.__name__.lower()}")
        return with_prediction(algorithm)(
            policy, OneChoice(self.env), learning_rate=config.learning_rate, buffer_size=config.buffer_size,
            learning_starts=config.warm_up, batch_size=config.batch_size, gamma=config.discount, train_freq=1,
            gradient_steps=max(1, round(config.updates_per_step * config.num_envs)),
            target_update_interval=config.target_every, exploration_fraction=config.explore_share,
            exploration_final_eps=config.explore_last, seed=seed, device="cpu", **config.auxiliary(),
            policy_kwargs={"controller": latent, "features_extractor_class": FlattenExtractor, **more},
        )  # fmt: skip
