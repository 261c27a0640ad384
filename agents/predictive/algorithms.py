"""Which algorithms prediction can be put on, and putting it there."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sb3_contrib import QRDQN, TQC, CrossQ
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm

from innervate.errors import ConfigError

from .mixin import Predictive
from .policies import CriticOwnsEncoder, EncodedCrossQPolicy, EncodedSACPolicy, EncodedTD3Policy, EncodedTQCPolicy


@dataclass(frozen=True)
class Place:
    """Where an algorithm's encoder is."""

    owner: str
    """The part of the policy that owns it; empty for the policy itself."""
    policy: type[CriticOwnsEncoder] | None = None
    """In place of the algorithm's `MlpPolicy`, where actor and critic would have an encoder each."""


PLACES: dict[type[BaseAlgorithm], Place] = {
    DQN: Place("q_net"),
    QRDQN: Place("quantile_net"),
    SAC: Place("critic", EncodedSACPolicy),
    TD3: Place("critic", EncodedTD3Policy),
    TQC: Place("critic", EncodedTQCPolicy),
    CrossQ: Place("critic", EncodedCrossQPolicy),
    PPO: Place(""),
    A2C: Place(""),
}
"""Algorithm to the place of its encoder; what holds for one holds for its subclasses."""


@cache
def with_prediction(algorithm: type[BaseAlgorithm]) -> type[Any]:
    """The algorithm with an encoder of a chosen size and an auxiliary objective on it; see `Predictive`.

        model = with_prediction(SAC)("MlpPolicy", env, latent=16, objective="spr")

    Raises:
        ConfigError: an algorithm without an encoder that a gradient trains.
    """
    place = next((place for known, place in PLACES.items() if issubclass(algorithm, known)), None)
    if place is None:
        known = ", ".join(kind.__name__ for kind in PLACES)
        raise ConfigError(
            f"{algorithm.__name__} has no encoder that an auxiliary gradient could train; prediction can be put on "
            f"{known} and their subclasses."
        )
    aliases = dict(algorithm.policy_aliases)
    if place.policy is not None:
        aliases = {"MlpPolicy": place.policy}
    about = f"{algorithm.__name__} whose encoder also predicts; see `Predictive` for the arguments."
    body = {"owner": place.owner, "policy_aliases": aliases, "__doc__": about, "__module__": __name__}
    return type(f"Predictive{algorithm.__name__}", (Predictive, algorithm), body)
