"""What is known to hold a hand against a force."""

from innervate.launch.presets._muscles import HEMISPHERES, MUSCLE_PPO, MUSCLE_SAC
from innervate.launch.run.preset import Preset

bilateral_ppo = Preset(
    about="The same hemispheres learn to hold the hand against a force that they are not told.",
    task="hold",
    controller=HEMISPHERES,
    learner=MUSCLE_PPO,
    steps=100_000,
)

bilateral_sac = Preset(
    about="The same hold by SAC.",
    task="hold",
    controller=HEMISPHERES,
    learner=MUSCLE_SAC,
    steps=25_000,
)
