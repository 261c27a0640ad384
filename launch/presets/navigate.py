"""What is known to steer to a target."""

from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.launch.run.preset import Preset

entrained_cma = Preset(
    about="The entrained worm learns to steer towards targets: nine weights.",
    task="navigate",
    controller=WiringConfig(),
    learner=CMAConfig(population=16, episodes=2, sigma=0.5),
    steps=320_000,
)
