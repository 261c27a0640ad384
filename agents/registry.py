"""Learners by name, for the command line and for saved runs."""

from innervate.registry import Registry

from .evolution import CMAConfig
from .learner import LearnerConfig
from .predictive.learner import PredictiveSACConfig
from .sb3.off_policy_learner import SACConfig, TD3Config
from .sb3.ppo import PPOConfig

LEARNERS: Registry[LearnerConfig] = Registry(
    "learner",
    {"cma": CMAConfig, "ppo": PPOConfig, "sac": SACConfig, "td3": TD3Config, "predictive_sac": PredictiveSACConfig},
)
