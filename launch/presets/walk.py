"""What is known of walking."""

from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.circuits.quadruped import QuadrupedConfig
from innervate.launch.run.config import EvaluationConfig
from innervate.launch.run.preset import Preset

quadruped_cma = Preset(
    about="The spinal circuit of a four-legged animal on the A1, evolved for a walk of 0.5 m/s.",
    task="walk",
    controller=QuadrupedConfig(command=0.4),
    learner=CMAConfig(population=12, episodes=2, sigma=0.1),
    steps=320_000,
    evaluation=EvaluationConfig(every_steps=80_000),
)
