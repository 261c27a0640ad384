"""Soft actor-critic (Haarnoja et al. 2018), by stable-baselines3."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3 import SAC

from innervate.errors import ConfigError

from ..learner import Learner, Metrics, Setting
from ..sb3.off_policy import ControllerSACPolicy
from ..sb3.off_policy_learner import OFF_POLICY_METRICS, OffPolicyConfig, OffPolicyLearner

METRICS: Metrics = {
    **OFF_POLICY_METRICS,
    "train/ent_coef": ("", "temperature: weight of the entropy"),
    "train/ent_coef_loss": ("", "loss of the temperature"),
}


@dataclass(frozen=True, kw_only=True)
class SACConfig(OffPolicyConfig):
    """Soft actor-critic (Haarnoja et al. 2018), by stable-baselines3, its temperature tuned by itself."""

    learning_rate: float = 3e-4
    """Step size of Adam, for actor, critics and temperature."""
    initial_std: float = 0.5
    """Initial spread of the action before it is squashed."""
    initial_temperature: float = 1.0
    """Initial weight of the entropy; much below 1 where a step earns much less than 1, or noise is all that counts."""

    def build(self, setting: Setting) -> Learner:
        """Build for any controller that has parameters and no learned recurrence."""
        return SACLearner(setting, self)

    def temperature(self) -> str:
        """As stable-baselines3 wants to be told."""
        if not 0 < self.initial_temperature < float("inf"):
            raise ConfigError(f"The temperature must begin above 0; initial_temperature={self.initial_temperature}.")
        return f"auto_{self.initial_temperature}"


class SACLearner(OffPolicyLearner):
    """Runs stable-baselines3's unmodified SAC."""

    def algorithm(self, config: SACConfig, seed: int) -> Any:
        """SAC around the controller."""
        kwargs = {**self.policy_settings(config), "initial_std": config.initial_std}
        return SAC(
            ControllerSACPolicy, self.env, ent_coef=config.temperature(), policy_kwargs=kwargs,
            **self.common_settings(config, seed),
        )  # fmt: skip
