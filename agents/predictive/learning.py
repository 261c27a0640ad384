"""What learners that also predict have in common: the objective asked for, the controller checked, the draws kept."""

# What a resumed run needs is kept in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from innervate.errors import ConfigError

from ...controllers import Controller
from ...controllers.circuits.latent import Latent
from ..learner import Learner, Snapshot
from ..sb3.off_policy_learner import json_state, set_json_state


@dataclass(frozen=True, kw_only=True)
class PredictiveConfig:
    """The auxiliary objective beside an algorithm's own."""

    objective: str = "self-predictive"
    """The auxiliary objective, by name (`innervate list objectives`)."""
    aux_coef: float = 1.0
    """Weight of the auxiliary loss against the algorithm's own; 0 for the same bottleneck without prediction."""

    def auxiliary(self) -> dict[str, Any]:
        """As `with_prediction` wants to be told."""
        return {"objective": self.objective, "aux_coef": self.aux_coef}


def checked(controller: Controller, learner: str) -> Latent:
    """The controller, if it has an encoder that can be shared. Raises `ConfigError` for another."""
    if not isinstance(controller, Latent):
        kind = type(controller).__name__
        raise ConfigError(f"{learner} trains a controller with an encoder, not {kind}; --controller latent.")
    return controller


class PredictiveLearner(Learner):
    """Mixed into a learner by stable-baselines3 whose `model` predicts: what the objective draws from is kept too."""

    model: Any

    def snapshot(self) -> Snapshot:
        """As for the algorithm, and what the objective draws from."""
        snapshot = super().snapshot()  # pyright: ignore[reportAbstractUsage]
        auxiliary = {"generator": json_state(self.model._aux_rng), "steps": self.model._aux_steps}
        return replace(snapshot, rng={**snapshot.rng, "auxiliary": auxiliary})

    def restore(self, snapshot: Snapshot) -> None:
        """As for the algorithm, and what the objective draws from."""
        super().restore(snapshot)  # pyright: ignore[reportAbstractUsage]
        auxiliary: Mapping[str, Any] = snapshot.rng["auxiliary"]
        set_json_state(self.model._aux_rng, auxiliary["generator"])
        self.model._aux_steps = int(auxiliary["steps"])
