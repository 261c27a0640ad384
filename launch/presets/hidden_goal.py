"""What is known to find hidden food again."""

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.learners.cma import CMAConfig
from innervate.launch.run.preset import Preset

# The animal is built to search, not trained to: in its first two trials, the map still unlearnt, it finds no food (0 of
# 10 held-out starts after one generation). A generation is 12,000 steps with pictures.
forager = Preset(
    about="The whole animal: ring, odometry, spiking map, belief and memory, and steering whose gains evolve.",
    task="hidden-goal",
    controller=FORAGER,
    learner=CMAConfig(population=4, sigma=0.1),
    steps=40_000,
    senses=tuple(SENSES.values()),
    options={"town": True, "trials": 2},
)
