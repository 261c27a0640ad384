"""What is known to move one of two joined hands."""

from dataclasses import replace

from innervate.launch.presets._muscles import HEMISPHERES, MUSCLE_PPO
from innervate.launch.run.preset import Preset

crossed_ppo = Preset(
    about="Each hemisphere drives the opposite arm: one hand reaches, the other holds still, a spring joins them.",
    task="bimanual-spring",
    controller=replace(HEMISPHERES, drive="crossed"),
    learner=MUSCLE_PPO,
    steps=150_000,
)
