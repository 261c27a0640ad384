"""The terms of the losses, from what happened."""

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.circuits.bilateral import BilateralConfig
from ..twins.arm26 import Arm26
from ..twins.plant import Plant
from .losses import SQUARE_SCALE, activity_cost
from .trials import Trials
from .unroll import Movement


def planned(
    trials: Trials, plant: Plant, steps: int, duration_s: Float[Tensor, "member"]
) -> Float[Tensor, "time trial 2"]:
    """Where the hand should be after each step: at its start until the cue, then on the path of least jerk to the
    target over each member's duration, or at once on the target where that is 0."""
    duration = duration_s.repeat_interleave(len(trials) // len(duration_s))
    after = torch.arange(1, steps + 1)[:, None] * plant.control_step_s - trials.cue_s
    s = (after / duration.clamp(min=1e-9)).clamp(0, 1)
    share = torch.where(duration > 0, s**3 * (10 - 15 * s + 6 * s**2), (after > 1e-9).float())[..., None]
    start = plant.hand(trials.angle)
    return start + share * (trials.target - start)


def movement_terms(
    movement: Movement,
    plan: Float[Tensor, "time trial 2"],
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

    off = movement.hand - plan
    terms: dict[str, Tensor] = {}
    if "distance" in wanted:
        terms["distance"] = mean(off.abs())
    if "square" in wanted:
        terms["square"] = SQUARE_SCALE * mean(off.square())
    if "effort" in wanted:
        terms["effort"] = mean(movement.excitation.square())
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
