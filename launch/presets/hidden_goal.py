"""What is known to find hidden food again."""

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.learners.cma import CMAConfig
from innervate.launch.run.preset import Preset

# The animal is built to search, not trained to: it explores the ground for three minutes, in which it draws its map,
# and then searches. A generation is 10,000 to 17,000 steps with pictures.
forager = Preset(
    about="The whole animal: ring, odometry, spiking map, belief and memory, and steering whose gains evolve.",
    task="hidden-goal",
    controller=FORAGER,
    learner=CMAConfig(population=4, sigma=0.1),
    steps=40_000,
    senses=tuple(SENSES.values()),
    options={"town": True, "trials": 2, "explore_s": 180.0, "probe_s": 1.0},
)
