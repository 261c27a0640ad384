"""What every circuit is held against: silence, noise, a travelling wave, a line, and nets without a prior."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from .controller import Controller, flat_observation
from .normaliser import Normaliser
from .spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class ZeroConfig:
    """No action at all."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Zero":
        """Build for any body."""
        del generator
        return Zero(spec)


class Zero(Controller):
    """Silence: what the body does by itself."""

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Zeros."""
        batch = obs[self.spec.observations[0].name]
        return batch.new_zeros(batch.shape[0], self.spec.action_size), state


@dataclass(frozen=True, kw_only=True)
class RandomConfig:
    """Actions uniform in [-1, 1]."""

    seed: int = 0
    """Stream of the noise."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Random":
        """Build for any body."""
        del generator
        return Random(spec, self)


class Random(Controller):
    """Uniform noise from a counter, so that it is a function of its state like every other controller.

    State: `counter` (batch,), which goes on over episodes. The noise is splitmix64 (Steele et al. 2014) of
    (seed, counter, actuator).
    """

    recurrence = "autonomous"
    STRIDE = 1 << 20
    """Counters of two members of a batch start this far apart; float32 would not hold more than 2^24."""

    def __init__(self, spec: ControllerSpec, config: RandomConfig) -> None:
        super().__init__(spec)
        self.config = config

    def initial_state(self, batch: int) -> State:
        """Every member of the batch at the start of a stream of its own."""
        return {"lane": torch.arange(batch), "counter": torch.zeros(batch, dtype=torch.int64)}

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """Unchanged: the next episode gets other noise."""
        del done
        return state

    def advance(self, obs: Obs, state: State) -> State:
        """One draw further."""
        del obs
        return {"lane": state["lane"], "counter": state["counter"] + 1}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Uniform in [-1, 1)."""
        position = (state["lane"] * self.STRIDE + state["counter"]) * self.spec.action_size
        key = position[:, None] + torch.arange(self.spec.action_size) + (self.config.seed << 44)
        bits = _splitmix64(key)
        return (bits >> 40 & 0xFFFFFF).float() / 2**23 - 1.0, self.advance(obs, state)


def _wrapped(x: int) -> int:
    """An unsigned 64-bit constant as the int64 of the same bits."""
    return x - (1 << 64) if x >= 1 << 63 else x


def _splitmix64(key: Tensor) -> Tensor:
    """Well-mixed int64 bits of each int64 key."""
    z = (key + 1) * _wrapped(0x9E3779B97F4A7C15)
    z = (z ^ (z >> 30 & (1 << 34) - 1)) * _wrapped(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> 27 & (1 << 37) - 1)) * _wrapped(0x94D049BB133111EB)
    return z ^ (z >> 31 & (1 << 33) - 1)


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


@dataclass(frozen=True, kw_only=True)
class LinearConfig:
    """A linear policy on normalised observations (the competitor of Mania et al. 2018)."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Linear":
        """Build for any body."""
        del generator
        return Linear(spec)


class Linear(Controller):
    """Action = W normalise(obs), from W = 0 as in augmented random search."""

    def __init__(self, spec: ControllerSpec) -> None:
        super().__init__(spec)
        self.normaliser = Normaliser(spec.observation_size)
        self.weight = nn.Parameter(torch.zeros(spec.action_size, spec.observation_size))

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """One matrix product; the environment clips."""
        return self.normaliser(flat_observation(self.spec, obs)) @ self.weight.T, state
