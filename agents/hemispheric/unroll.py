"""A controller on a body over time, with gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers import State
from ..twins.plant import BodyState, Plant
from .trials import Trials

Act = Callable[[dict[str, Tensor], State], tuple[Tensor, State]]
"""Observations and state to actions in [-1, 1] and the next state: a controller or a population of them."""
Stepped = tuple[Tensor, BodyState, State]
Stepper = Callable[[Tensor, Tensor, Tensor, BodyState, BodyState, State], Stepped]
"""Goal (m), force (N), noise, body, the body as it is felt and controller state to excitations and the next states."""


@dataclass(frozen=True)
class Movement:
    """What happened, time first."""

    hand: Float[Tensor, "time trial 2"]
    """m, after each control step."""
    goal: Float[Tensor, "time trial 2"]
    """Where it should have been, m."""
    excitation: Float[Tensor, "time trial 6"]
    """As the controller wants it, before any noise."""
    activity: Float[Tensor, "time trial unit"] | None
    """Of the hidden layers, left before right, first layer first; None for a controller that is not `Bilateral`."""
    body: BodyState
    """After each control step."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What keeps a controller from knowing and doing as it likes."""

    sense_delay_s: float = 0.0
    """How old the state of the body is when it is felt; a multiple of the control step. The target is seen at once."""
    motor_noise: float = 0.0
    """Standard deviation of the noise on each excitation in each step, over the excitation (signal-dependent noise:
    Harris and Wolpert 1998)."""

    def __post_init__(self) -> None:
        if not 0 <= self.motor_noise < float("inf"):
            raise ConfigError(f"motor_noise is a finite share of the excitation, at least 0; it is {self.motor_noise}.")

    def delay_steps(self, control_step_s: float) -> int:
        """The delay of the senses in control steps.

        Raises:
            ConfigError: it is not a multiple.
        """
        steps = self.sense_delay_s / control_step_s
        if not 0 <= steps < 1e6 or abs(steps - round(steps)) > 1e-6:
            raise ConfigError(
                f"The delay of the senses must be a multiple of the control step, {control_step_s} s; it is "
                f"{self.sense_delay_s} s."
            )
        return round(steps)


def goals(trials: Trials, plant: Plant, steps: int) -> Float[Tensor, "time trial 2"]:
    """Where the hand should be after each step: where it is until the cue, then the target."""
    after = torch.arange(1, steps + 1)[:, None] * plant.control_step_s
    shown = (after > trials.cue_s + 1e-9)[..., None]
    return torch.where(shown, trials.target, plant.hand(trials.angle))


def stepper(plant: Plant, act: Act) -> Stepper:
    """One control step of body and controller as one function, which may be compiled."""

    def step(
        goal: Tensor, force_n: Tensor, noise: Tensor, body: BodyState, felt: BodyState, state: State
    ) -> tuple[Tensor, BodyState, State]:
        length, velocity, hand = plant.senses(felt)
        action, state = act({"muscle_length": length, "muscle_velocity": velocity, "hand": hand, "target": goal}, state)
        excitation = (action + 1) / 2
        return excitation, plant.step(body, excitation * (1 + noise), force_n), state

    return step


def unroll(
    plant: Plant,
    step: Stepper,
    state: State,
    trials: Trials,
    steps: int,
    conditions: Conditions | None = None,
    noise: Float[Tensor, "time trial 6"] | None = None,
) -> Movement:
    """Run all trials side by side from `state`; `noise` over the excitation is added to it."""
    delay = (conditions or Conditions()).delay_steps(plant.control_step_s)
    noise = trials.angle.new_zeros(steps, len(trials), 6) if noise is None else noise
    bodies = [plant.initial(trials.angle)]
    goal = goals(trials, plant, steps)
    excitations: list[Tensor] = []
    activities: list[Tensor] = []
    for t in range(steps):
        felt = bodies[max(t - delay, 0)]
        excitation, body, state = step(goal[t], trials.force_n, noise[t], bodies[t], felt, state)
        bodies.append(body)
        excitations.append(excitation)
        sides = [state[side] for side in ("left", "right") if side in state]
        if sides:
            activities.append(torch.cat(sides, dim=-1))
    after = BodyState(*(torch.stack(parts) for parts in zip(*bodies[1:], strict=True)))
    activity = torch.stack(activities) if activities else None
    return Movement(plant.hand(after.angle), goal, torch.stack(excitations), activity, after)
