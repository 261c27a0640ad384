"""What is known to forage."""

from innervate.agents.learners.predictive_sac import PredictiveSACConfig
from innervate.controllers.circuits.latent import LatentConfig
from innervate.launch.run.preset import Preset

predictive_sac = Preset(
    about="A vehicle with rays forages between two feeders; its critic's encoder also predicts what comes next.",
    task="roam",
    controller=LatentConfig(latent=8),
    learner=PredictiveSACConfig(warm_up=1_000, learning_rate=1e-3, updates_per_step=0.25, initial_std=1.0),
    steps=200_000,
)
