"""Settings that are known to work, as typed values."""

from dataclasses import dataclass

from innervate.agents.evolution import CMAConfig
from innervate.agents.learner import LearnerConfig
from innervate.agents.predictive.learner import PredictiveSACConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sb3.ppo import PPOConfig
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.baselines import LinearConfig
from innervate.controllers.latent import LatentConfig
from innervate.controllers.ncap import NCAPConfig
from innervate.controllers.nets import GRUConfig, MLPConfig
from innervate.controllers.wiring import WiringConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A task, a controller, a learner and a budget that belong together."""

    about: str
    task: str
    controller: ControllerConfig
    learner: LearnerConfig
    steps: int


PRESETS: dict[str, Preset] = {
    "swim-ncap-cma": Preset(
        about="The worm's swimming circuit, evolved: the fastest way to a good swimmer.",
        task="swim",
        controller=NCAPConfig(),
        # Wide steps see the unsaturated optimum at once; the decay keeps the search off the saturated plateau.
        learner=CMAConfig(population=16, episodes=2, sigma=1.0, weight_decay=2.0),
        steps=400_000,
    ),
    "swim-entrained-cma": Preset(
        about="A head that keeps time by the body's posture: seven weights, evolved to full speed.",
        task="swim",
        controller=WiringConfig(),
        learner=CMAConfig(population=12, episodes=2, sigma=0.4),
        steps=480_000,
    ),
    "swim-entrained-ppo": Preset(
        about="The entrained worm by gradients; wide exploration would shake it out of its gait.",
        task="swim",
        controller=WiringConfig(),
        learner=PPOConfig(initial_std=0.1, learn_std=False, learning_rate=1e-3, gae_lambda=0.97),
        steps=100_000,
    ),
    "swim-worm-cma": Preset(
        about="The locomotion circuit of the C. elegans connectome (Cook et al. 2019), evolved.",
        task="swim",
        controller=WiringConfig(circuit="worm"),
        learner=CMAConfig(population=20, sigma=0.5),
        steps=400_000,
    ),
    "navigate-entrained-cma": Preset(
        about="The entrained worm learns to steer towards targets: nine weights.",
        task="navigate",
        controller=WiringConfig(),
        learner=CMAConfig(population=16, episodes=2, sigma=0.5),
        steps=320_000,
    ),
    "swimmer-v5-entrained-cma": Preset(
        about="The same circuit on Gymnasium's Swimmer: eight weights.",
        task="Swimmer-v5",
        controller=WiringConfig(),
        learner=CMAConfig(population=12, sigma=0.4),
        steps=240_000,
    ),
    "swim-ncap-ppo": Preset(
        about="The circuit as published under PPO, with the settings of the paper's code.",
        task="swim",
        controller=NCAPConfig(weights="published"),
        learner=PPOConfig(
            batch_size=4096, epochs=80, gae_lambda=0.97, target_kl=0.01, initial_std=0.1, learn_std=False
        ),
        steps=500_000,
    ),
    "roam-predictive-sac": Preset(
        about="A vehicle with rays forages between two feeders; its critic's encoder also predicts what comes next.",
        task="roam",
        controller=LatentConfig(latent=8),
        learner=PredictiveSACConfig(warm_up=1_000, learning_rate=1e-3, updates_per_step=0.25, initial_std=1.0),
        steps=200_000,
    ),
    "swim-mlp-ppo": Preset(
        about="The paper's baseline, 73 k parameters without a prior.",
        task="swim",
        controller=MLPConfig(),
        learner=PPOConfig(),
        steps=500_000,
    ),
    "swim-gru-ppo": Preset(
        about="A recurrent net without a prior, trained through time.",
        task="swim",
        controller=GRUConfig(),
        learner=PPOConfig(),
        steps=500_000,
    ),
    "swim-linear-cma": Preset(
        about="The linear policy, the competitor to respect.",
        task="swim",
        controller=LinearConfig(),
        learner=CMAConfig(population=24, sigma=0.1),
        steps=2_000_000,
    ),
}


def suggested(controller: str, learner: str) -> Preset | None:
    """The preset that joins this controller and this learner, whose options become the defaults."""
    for preset in PRESETS.values():
        if CONTROLLERS.name_of(preset.controller) == controller and LEARNERS.name_of(preset.learner) == learner:
            return preset
    return None
