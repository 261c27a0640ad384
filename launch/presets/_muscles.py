"""What the presets of the muscle-driven arms share."""

from innervate.agents.learners.ppo import PPOConfig
from innervate.agents.learners.sac import SACConfig
from innervate.controllers.circuits.bilateral import BilateralConfig

HEMISPHERES = BilateralConfig(left=(32, 32), right=(32, 32), core="dense")
MUSCLE_PPO = PPOConfig(
    num_envs=32, rollout_steps=128, batch_size=512, learning_rate=2e-3, discount=0.98, gae_lambda=0.9, initial_std=1.0
)
"""Muscles smooth what they are told: with noise of half the range, as elsewhere, a hand hardly moves."""
MUSCLE_SAC = SACConfig(
    num_envs=8, warm_up=2_000, batch_size=128, learning_rate=2e-3, discount=0.98, updates_per_step=0.25,
    critic_hidden=(128, 128), initial_std=1.0, initial_temperature=0.01,
)  # fmt: skip
"""A control step earns at most 1, mostly much less: at a temperature of 1 the entropy would be all that counts."""
