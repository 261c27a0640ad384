"""The terms of the losses, from what happened."""

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.bilateral import BilateralConfig
from ..plants.arm26 import Arm26
from ..plants.plant import Plant
from .losses import SQUARE_SCALE, activity_cost
from .trials import Trials
from .unroll import Movement


def counted(
    trials: Trials, duration: Float[Tensor, "member"], steps: int, step_s: float
) -> Float[Tensor, "time trial"] | None:
    """Share of each moment in a mean over time of errors that do not count while the movement may last; None for 1."""
    if not duration.any():
        return None
    until = trials.cue_s + duration.repeat_interleave(len(trials) // len(duration))
    after = torch.arange(1, steps + 1)[:, None] * step_s
    counts = ((after <= trials.cue_s + 1e-9) | (after > until + 1e-9)).float()
    return counts / counts.mean(dim=0).clamp(min=1 / steps)


def movement_terms(
    movement: Movement,
    share: Float[Tensor, "time trial"] | None,
    plant: Plant,
    config: BilateralConfig,
    weights: dict[str, Float[Tensor, "member"]],
    released: bool,
) -> dict[str, Float[Tensor, "member"]]:
    """The terms (see `Terms`) that have a weight, one number a member; trials are ordered by member."""
    wanted = {name for name, weight in weights.items() if weight.any()}
    members = len(next(iter(weights.values())))

    def mean(x: Float[Tensor, "time trial dim"]) -> Float[Tensor, "member"]:
        return x.unflatten(1, (members, -1)).mean(dim=(0, 2, 3))

    def of_errors(x: Float[Tensor, "time trial 2"]) -> Float[Tensor, "member"]:
        return mean(x if share is None else x * share[..., None])

    off = movement.hand - movement.goal
    terms: dict[str, Tensor] = {}
    if "distance" in wanted:
        terms["distance"] = of_errors(off.abs())
    if "square" in wanted:
        terms["square"] = SQUARE_SCALE * of_errors(off.square())
    if "effort" in wanted:
        terms["effort"] = mean(movement.excitation.square())
    if "jerk" in wanted:
        terms["jerk"] = mean((movement.hand.diff(n=3, dim=0) / plant.control_step_s**3).square())
    if "activity" in wanted and movement.activity is not None:
        layers = (
            _released_outputs(movement, plant, config)
            if released
            else movement.activity.split([*config.left, *config.right], dim=-1)
        )
        costs = [activity_cost(x.unflatten(1, (members, -1)), plant.control_step_s) for x in layers]
        terms["activity"] = torch.stack(costs).sum(dim=0)
    return terms


def _released_outputs(
    movement: Movement, plant: Plant, config: BilateralConfig
) -> list[Float[Tensor, "time trial unit"]]:
    """Joint state, muscle state, proprioception, vision: as many as there are hidden layers."""
    if not isinstance(plant, Arm26):
        raise ConfigError("The released regulariser is defined by MotorNet's outputs, so it needs the plant Arm26.")
    body = movement.body
    joint = torch.cat([body.angle, body.rate], dim=-1)
    muscle = plant.muscle_state(body).flatten(-2)
    felt = torch.cat(plant.proprioception(body), dim=-1)
    outputs = [joint, muscle, felt, movement.hand]
    return outputs[: len(config.left) + len(config.right)]
