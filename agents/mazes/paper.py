"""The losses of Fang and Stachenfeld (2024), as functions of latents and values alone.

The prediction is learned like a successor representation, of the latent itself: its target is the next latent plus
`horizon` times the prediction made there. No slow network and no stop-gradient hold the next latent; the negatives,
which push latents apart, keep everything from collapsing to a point.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.paper_nets import PaperNets
from ..objectives._losses import prediction_loss, repulsion


@dataclass(frozen=True, kw_only=True)
class PaperWeights:
    """What the terms weigh, and how far the prediction reaches."""

    prediction: float = 1e-2
    negatives: float = 1e-1
    value: float = 1.0
    horizon: float = 0.0
    """Discount of the prediction, in [0, 1): 0 predicts the next latent, more predicts a discounted sum of those to
    come."""

    def __post_init__(self) -> None:
        if not 0 <= self.horizon < 1:
            raise ConfigError(f"The horizon is a discount: it must lie in [0, 1), got {self.horizon}.")
        for name in ("prediction", "negatives", "value"):
            if getattr(self, name) < 0:
                raise ConfigError(f"The weight of a loss cannot be negative, got {name} = {getattr(self, name)}.")


@dataclass(frozen=True)
class TwoSteps:
    """Two consecutive transitions (s0, a0, s1) and (s1, a1, r1, s2), as a batch.

    The two may lie on either side of an episode's end, as in the paper.
    """

    first: Float[Tensor, "batch side side"]
    first_action: Int[Tensor, "batch"]
    second: Float[Tensor, "batch side side"]
    second_action: Int[Tensor, "batch"]
    reward: Float[Tensor, "batch"]
    terminal: Bool[Tensor, "batch"]
    third: Float[Tensor, "batch side side"]


def double_dqn_loss(
    values: Float[Tensor, "batch action"],
    action: Int[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_values: Float[Tensor, "batch action"],
    next_target_values: Float[Tensor, "batch action"],
    carry_on: Float[Tensor, "batch"],
    discount: float,
) -> Float[Tensor, ""]:
    """Mean squared temporal-difference error; the online network chooses the next action, the target one values it.

    `carry_on` is 0 where nothing follows: 1 - terminal, or ones to leave terminals unmasked as the paper does.
    """
    chosen = next_values.argmax(1, keepdim=True)
    target = reward + discount * carry_on * next_target_values.gather(1, chosen).squeeze(1)
    return (values.gather(1, action[:, None]).squeeze(1) - target.detach()).square().mean()


def paper_losses(
    nets: PaperNets, target: PaperNets, batch: TwoSteps, *, horizon: float, discount: float, mask_terminal: bool
) -> dict[str, Float[Tensor, ""]]:
    """The terms by name, unweighted: `value`, `prediction`, `negatives` (of shuffled pairs and of neighbours)."""
    z0, z1, z2 = nets.encode(torch.cat([batch.first, batch.second, batch.third])).chunk(3)
    with torch.no_grad():
        there = nets.predict(z1, batch.second_action)
        next_target_values = target.values(target.encode(batch.third))
    carry_on = 1 - batch.terminal.to(z0) if mask_terminal else torch.ones_like(batch.reward)
    return {
        "value": double_dqn_loss(
            nets.values(z1), batch.second_action, batch.reward, nets.values(z2), next_target_values, carry_on, discount
        ),
        "prediction": prediction_loss(nets.predict(z0, batch.first_action), z1, there, horizon),
        "negatives": repulsion(z1, z1.roll(1, 0)) + repulsion(z1, z2),
    }


def weighted(terms: dict[str, Float[Tensor, ""]], weights: PaperWeights) -> Float[Tensor, ""]:
    """The sum that is minimised."""
    return (
        weights.value * terms["value"]
        + weights.prediction * terms["prediction"]
        + weights.negatives * terms["negatives"]
    )
