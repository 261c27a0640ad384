"""A travelling sine wave along the actuators, blind to the body."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class SineConfig:
    """A travelling sine wave along the actuators, blind to the body."""

    period_s: float = 1.8
    """Initial period."""
    amplitude: float = 1.0
    """Initial amplitude, as a fraction of the actuators' limit."""
    lag_rad: float = 1.2
    """Initial phase lag from one actuator to the next, head to tail."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Sine":
        """Build for any body."""
        del generator
        return Sine(spec, self)


class Sine(Controller):
    """Action i = amplitude * sin(2 pi t / period - i * lag); three parameters, open loop. State: `step` (batch,)."""

    recurrence = "autonomous"

    def __init__(self, spec: ControllerSpec, config: SineConfig) -> None:
        super().__init__(spec)
        if config.period_s <= 0:
            raise ConfigError(f"The period must be positive, got {config.period_s} s.")
        self.config = config
        self.amplitude = nn.Parameter(torch.tensor(config.amplitude))
        self.log_period = nn.Parameter(torch.tensor(math.log(config.period_s)))
        self.lag_rad = nn.Parameter(torch.tensor(config.lag_rad))

    def initial_state(self, batch: int) -> State:
        """At the beginning of the wave."""
        return {"step": torch.zeros(batch, dtype=torch.int64, device=self.amplitude.device)}

    def advance(self, obs: Obs, state: State) -> State:
        """One control step on."""
        del obs
        return {"step": state["step"] + 1}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The wave at this step."""
        # In double precision: after some minutes a float angle is known to no better than a millionth of a turn.
        cycles = state["step"].double()[:, None] * self.spec.control_step_s * torch.exp(-self.log_period.double())
        place = torch.arange(self.spec.action_size, device=cycles.device)
        wave = torch.sin(2 * math.pi * cycles - place * self.lag_rad.double()).float()
        return (self.amplitude * wave).clamp(-1.0, 1.0), self.advance(obs, state)
