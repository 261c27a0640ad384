"""What is known to move Gymnasium's Swimmer."""

from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.launch.run.preset import Preset

entrained_cma = Preset(
    about="The same circuit on Gymnasium's Swimmer: eight weights.",
    task="Swimmer-v5",
    controller=WiringConfig(),
    learner=CMAConfig(population=12, sigma=0.4),
    steps=240_000,
)
