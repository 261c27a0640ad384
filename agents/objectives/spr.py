"""SPR (Schwarzer et al., ICLR 2021): latents several steps ahead, by cosine, in a projected space."""

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from stable_baselines3.common.utils import polyak_update
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from innervate.errors import ConfigError

from ._objective import Encode, Experience, Objective, Transition, check


@dataclass(frozen=True, kw_only=True)
class SPRConfig:
    """Minus the cosines between predictions unrolled for `steps` and the slow latents met there. arXiv 2007.05929."""

    steps: int = 5
    """How far the transition model is unrolled."""
    prediction: float = 1.0
    """Weight of the sum over steps."""
    hidden: tuple[int, ...] = (64,)
    """Units of each hidden layer of the transition model."""
    projection: int = 32
    """Units of the projected space."""

    def __post_init__(self) -> None:
        check(weights={"prediction": self.prediction}, hidden=self.hidden, steps=self.steps)
        if self.projection < 1:
            raise ConfigError(f"The projected space needs at least one unit, got projection = {self.projection}.")

    def build(self, latent: int, actions: int) -> "SPR":
        """The objective."""
        return SPR(self, latent, actions)


class SPR(Objective):
    """Term `prediction`: minus the sum over steps of the mean cosine over what is still in its episode."""

    def __init__(self, config: SPRConfig, latent: int, actions: int) -> None:
        super().__init__()
        self.config, self.steps = config, config.steps
        self.transition = Transition(latent, actions, config.hidden, residual=False, rectified=False)
        self.projector = nn.Linear(latent, config.projection)
        self.predictor = nn.Linear(config.projection, config.projection)
        self.slow_projector = copy.deepcopy(self.projector).requires_grad_(False)

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """The transition model goes on from its own latents."""
        latent = encode(seen.observations[0])
        with torch.no_grad():
            targets = [self.slow_projector(slow(observation)) for observation in seen.observations[1:]]
        total = latent.new_zeros(())
        for target, action, valid in zip(targets, seen.actions, seen.valid, strict=True):
            latent = self.transition(latent, action)
            cosine = cosine_similarity(self.predictor(self.projector(latent)), target, dim=1)
            total = total - (cosine * valid).sum() / valid.sum().clamp(min=1.0)
        return {"prediction": self.config.prediction * total}

    def follow(self, tau: float) -> None:
        """The slow projector follows."""
        polyak_update(self.projector.parameters(), self.slow_projector.parameters(), tau)
