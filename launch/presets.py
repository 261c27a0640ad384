"""Settings that are known to work, as typed values."""

from dataclasses import dataclass, replace

from innervate.agents.evolution import CMAConfig
from innervate.agents.learner import LearnerConfig
from innervate.agents.predictive.learner import PredictiveSACConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sb3.off_policy_learner import SACConfig
from innervate.agents.sb3.ppo import PPOConfig
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.baselines import LinearConfig
from innervate.controllers.bilateral import BilateralConfig
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


HEMISPHERES = BilateralConfig(left=(32, 32), right=(32, 32), core="dense")
MUSCLE_PPO = PPOConfig(
    num_envs=32, rollout_steps=128, batch_size=512, learning_rate=2e-3, discount=0.98, gae_lambda=0.9, initial_std=1.0
)
"""Muscles smooth what they are told: with noise of half the range, as elsewhere, a hand hardly moves."""
MUSCLE_SAC = SACConfig(
    num_envs=8, warm_up=2_000, batch_size=128, learning_rate=2e-3, discount=0.98, updates_per_step=0.25,
    critic_hidden=(128, 128), initial_std=1.0, initial_temperature=0.01,
)  # fmt: skip
"""A control step earns at most 1, mostly much less: at a temperature of 1 the entropy would be all that counts."""

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
    "reach-bilateral-ppo": Preset(
        about="Two hemispheres learn to reach with one arm of six muscles, by stable-baselines3's PPO.",
        task="reach",
        controller=HEMISPHERES,
        learner=MUSCLE_PPO,
        steps=150_000,
    ),
    "hold-bilateral-ppo": Preset(
        about="The same hemispheres learn to hold the hand against a force that they are not told.",
        task="hold",
        controller=HEMISPHERES,
        learner=MUSCLE_PPO,
        steps=100_000,
    ),
    "reach-bilateral-sac": Preset(
        about="The same reach by SAC, in fewer steps and more time.",
        task="reach",
        controller=HEMISPHERES,
        learner=MUSCLE_SAC,
        steps=25_000,
    ),
    "hold-bilateral-sac": Preset(
        about="The same hold by SAC.",
        task="hold",
        controller=HEMISPHERES,
        learner=MUSCLE_SAC,
        steps=25_000,
    ),
    "bimanual-spring-crossed-ppo": Preset(
        about="Each hemisphere drives the opposite arm: one hand reaches, the other holds still, a spring joins them.",
        task="bimanual-spring",
        controller=replace(HEMISPHERES, drive="crossed"),
        learner=MUSCLE_PPO,
        steps=150_000,
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
