"""The contract of every nervous system: `(obs, state) -> (action, state)`, and nothing kept on `self`."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .spec import ControllerSpec, Obs, State

Recurrence = Literal["none", "autonomous", "learned"]


class Controller(nn.Module, ABC):
    """A circuit that turns observations into actions, with its memory handed in and out.

    Time, phase, membrane potentials, delays and traces live in `state`; only a learner writes parameters.
    A forward is a pure function of parameters, observations and state, so it may be batched, shuffled,
    replayed and mapped over parameters.
    """

    recurrence: Recurrence = "none"
    """Whether state depends on parameters: `none` (no state), `autonomous` (a clock: a stored state stays exact
    whatever the parameters become), or `learned` (must be trained through time). A fact of the class, or of the circuit
    that an instance was built from."""

    def __init__(self, spec: ControllerSpec) -> None:
        super().__init__()
        self.spec = spec

    @abstractmethod
    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of this control step, in [-1, 1], and the state of the next."""

    def initial_state(self, batch: int) -> State:
        """The state at the beginning of an episode."""
        del batch
        return {}

    def advance(self, obs: Obs, state: State) -> State:
        """The next state alone; overridden where that is cheaper than a forward."""
        return self.forward(obs, state)[1] if state else {}

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """`state` with the initial values where `done`."""
        if not state:
            return {}
        fresh = self.initial_state(done.shape[0])
        return {
            name: torch.where(done.reshape(-1, *[1] * (value.dim() - 1)), fresh[name], value)
            for name, value in state.items()
        }

    def parameter_count(self) -> int:
        """Number of trainable scalars."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


def flat_observation(spec: ControllerSpec, obs: Obs) -> Float[Tensor, "batch size"]:
    """The named observations side by side, in the order of the spec."""
    if len(spec.observations) == 1:
        return obs[spec.observations[0].name]
    return torch.cat([obs[port.name] for port in spec.observations], dim=-1)
