"""When a part of a brain works, and how late it is heard: its rate, its delay, and the age of what it gives."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from innervate.errors import ConfigError

from .spec import State

__all__ = ["WHOLE", "Pace"]

WHOLE = 1e-6
"""A time is a whole number of control steps where it is this near to one, in control steps."""


@dataclass(frozen=True)
class Pace:
    """A part that works every `every` control steps; its outputs (`size` numbers) are held, and heard `late` steps on.

    State, under the part's name: `@clock` (batch,) int64, control steps since the episode began; `@held` (batch, size),
    what it gave last; `@line` (batch, late, size), what is on its way, the oldest first.
    """

    name: str
    every: int
    late: int
    size: int
    step_s: float

    @classmethod
    def of(cls, name: str, size: int, step_s: float, period_s: float, delay_s: float) -> "Pace":
        """From times in seconds. Raises `ConfigError` for one that is not a whole number of control steps."""
        every = _steps(f"The part {name!r} works every", period_s, step_s) if period_s else 1
        return cls(name, max(1, every), _steps(f"The part {name!r} is heard after", delay_s, step_s), size, step_s)

    @property
    def plain(self) -> bool:
        """Whether it works at every step and is heard at once; it then has no state."""
        return self.every == 1 and self.late == 0

    def initial(self, batch: int) -> State:
        """Silence, and work in the first step."""
        if self.plain:
            return {}
        state: State = {f"{self.name}@clock": torch.zeros(batch, dtype=torch.int64)}
        if self.every > 1:
            state[f"{self.name}@held"] = torch.zeros(batch, self.size)
        if self.late:
            state[f"{self.name}@line"] = torch.zeros(batch, self.late, self.size)
        return state

    def reset(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """The beginning again where `done`."""
        kept = {k: v for k, v in state.items() if k.startswith(f"{self.name}@")}
        return {k: v * (~done).view(-1, *[1] * (v.dim() - 1)) for k, v in kept.items()}

    def works(self, state: State) -> Bool[Tensor, "batch"]:
        """Where the part works in this control step."""
        return state[f"{self.name}@clock"] % self.every == 0

    def held(self, state: State, given: Float[Tensor, "batch size"]) -> Float[Tensor, "batch size"]:
        """What it gives now: anew where it works, else what it gave last."""
        if self.every == 1:
            return given
        return torch.where(self.works(state).unsqueeze(-1), given, state[f"{self.name}@held"])

    def heard(self, state: State, held: Float[Tensor, "batch size"]) -> Float[Tensor, "batch size"]:
        """What others hear of it now."""
        return state[f"{self.name}@line"][:, 0] if self.late else held

    def age(self, state: State) -> Float[Tensor, "batch one"]:
        """Seconds since what is heard was worked out; before anything was, since the episode began."""
        clock = state[f"{self.name}@clock"]
        sent = clock - self.late
        steps = torch.where(sent < 0, clock, self.late + sent.clamp(min=0) % self.every)
        return (steps * self.step_s).float().unsqueeze(-1)

    def after(self, state: State, held: Float[Tensor, "batch size"]) -> State:
        """The state of the next control step."""
        after: State = {f"{self.name}@clock": state[f"{self.name}@clock"] + 1}
        if self.every > 1:
            after[f"{self.name}@held"] = held
        if self.late:
            after[f"{self.name}@line"] = torch.cat([state[f"{self.name}@line"][:, 1:], held.unsqueeze(1)], 1)
        return after


def _steps(what: str, time_s: float, step_s: float) -> int:
    steps = time_s / step_s
    if not (math.isfinite(steps) and steps >= 0) or abs(steps - round(steps)) > WHOLE * max(1.0, steps):
        near = sorted({max(0, math.floor(steps)), math.ceil(steps)}) if math.isfinite(steps) and steps >= 0 else [1, 2]
        fit = " and ".join(f"{n * step_s:g}" for n in near)
        raise ConfigError(f"{what} {time_s:g} s, which is no whole number of control steps of {step_s:g} s: {fit} fit.")
    return round(steps)
