"""Twin delayed deep deterministic policy gradients (Fujimoto et al. 2018), by stable-baselines3."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3 import TD3
from stable_baselines3.common.noise import NormalActionNoise

from ...controllers import ControllerSpec
from ..learner import Learner, Metrics, Setting
from ..sb3.off_policy import ControllerTD3Policy
from ..sb3.off_policy_learner import OFF_POLICY_METRICS, OffPolicyConfig, OffPolicyLearner

METRICS: Metrics = OFF_POLICY_METRICS


@dataclass(frozen=True, kw_only=True)
class TD3Config(OffPolicyConfig):
    """Twin delayed deterministic policy gradient (Fujimoto et al. 2018), by stable-baselines3."""

    noise: float = 0.1
    """Standard deviation of the exploration noise, as a fraction of the actuators' limit."""

    def build(self, setting: Setting) -> Learner:
        """Build for any controller that has parameters and no learned recurrence."""
        return TD3Learner(setting, self)


class TD3Learner(OffPolicyLearner):
    """Runs stable-baselines3's unmodified TD3."""

    def algorithm(self, config: TD3Config, seed: int) -> TD3:
        """TD3 around the controller."""
        noise = exploration(config.noise, self.controller.spec)
        settings: dict[str, Any] = self.common_settings(config, seed)
        return TD3(
            ControllerTD3Policy, self.env, action_noise=noise, policy_kwargs=self.policy_settings(config), **settings
        )


def exploration(noise: float, spec: ControllerSpec) -> NormalActionNoise:
    """Gaussian noise of this standard deviation on each actuator."""
    return NormalActionNoise(np.zeros(spec.action_size), np.full(spec.action_size, noise))
