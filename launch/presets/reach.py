"""What is known to reach with a muscle-driven arm."""

from innervate.launch.presets._muscles import HEMISPHERES, MUSCLE_PPO, MUSCLE_SAC
from innervate.launch.run.preset import Preset

bilateral_ppo = Preset(
    about="Two hemispheres learn to reach with one arm of six muscles, by stable-baselines3's PPO.",
    task="reach",
    controller=HEMISPHERES,
    learner=MUSCLE_PPO,
    steps=150_000,
)

bilateral_sac = Preset(
    about="The same reach by SAC, in fewer steps and more time.",
    task="reach",
    controller=HEMISPHERES,
    learner=MUSCLE_SAC,
    steps=25_000,
)
