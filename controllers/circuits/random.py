"""Noise: actions uniform in [-1, 1]."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..controller import Controller
from ..noise import splitmix64
from ..spec import ControllerSpec, Obs, State


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
        bits = splitmix64(key)
        return (bits >> 40 & 0xFFFFFF).float() / 2**23 - 1.0, self.advance(obs, state)
