"""A controller on a body over time, with gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ...controllers import State
from ..plants.plant import BodyState, Plant
from .trials import Trials

Act = Callable[[dict[str, Tensor], State], tuple[Tensor, State]]
"""Observations and state to actions in [-1, 1] and the next state: a controller or a population of them."""
Stepped = tuple[Tensor, BodyState, State]
Stepper = Callable[[Tensor, Tensor, BodyState, State], Stepped]
"""Target (m), force (N), body and controller state to excitations and the next states."""


@dataclass(frozen=True)
class Movement:
    """What happened, time first."""

    hand: Float[Tensor, "time trial 2"]
    """m, after each control step."""
    excitation: Float[Tensor, "time trial 6"]
    activity: Float[Tensor, "time trial unit"] | None
    """Of the hidden layers, left before right, first layer first; None for a controller that is not `Bilateral`."""
    body: list[BodyState]
    """After each control step."""


def stepper(plant: Plant, act: Act) -> Stepper:
    """One control step of body and controller as one function, which may be compiled."""

    def step(target: Tensor, force_n: Tensor, body: BodyState, state: State) -> tuple[Tensor, BodyState, State]:
        length, velocity = plant.proprioception(body)
        hand = plant.hand(body.angle)
        action, state = act(
            {"muscle_length": length, "muscle_velocity": velocity, "hand": hand, "target": target}, state
        )
        excitation = (action + 1) / 2
        return excitation, plant.step(body, excitation, force_n), state

    return step


def unroll(plant: Plant, step: Stepper, state: State, trials: Trials, steps: int) -> Movement:
    """Run all trials side by side from `state`."""
    body = plant.initial(trials.angle)
    bodies: list[BodyState] = []
    excitations: list[Tensor] = []
    activities: list[Tensor] = []
    for _ in range(steps):
        excitation, body, state = step(trials.target, trials.force_n, body, state)
        bodies.append(body)
        excitations.append(excitation)
        sides = [state[side] for side in ("left", "right") if side in state]
        if sides:
            activities.append(torch.cat(sides, dim=-1))
    hand = plant.hand(torch.stack([b.angle for b in bodies]))
    return Movement(hand, torch.stack(excitations), torch.stack(activities) if activities else None, bodies)
