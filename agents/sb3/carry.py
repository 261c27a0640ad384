"""How a controller's state travels through stable-baselines3: as part of the observation.

A carried observation is `[observation | state | start]`: what the body senses, what the circuit remembered when it
sensed it, and 1 where an episode begins. Any buffer stores it and any shuffle keeps it together, so the unmodified
algorithms train stateful circuits correctly.
"""

from dataclasses import dataclass

import numpy as np
import torch
from gymnasium import spaces
from jaxtyping import Float
from torch import Tensor

from ...controllers import Controller, ControllerSpec, Obs, State
from ...controllers.statevector import StateVector


@dataclass(frozen=True)
class Carrier:
    """Packs and unpacks carried observations of one controller."""

    spec: ControllerSpec
    states: StateVector
    unread: tuple[slice, ...] = ()
    """Parts of the state that the controller's `summary` leaves out, as columns of a carried observation."""

    @classmethod
    def of(cls, controller: Controller) -> "Carrier":
        """The carrier for a controller."""
        states, start = StateVector(controller), controller.spec.observation_size
        template = controller.initial_state(1)
        summary, unread = controller.summary(template), list[slice]()
        for name in sorted(template):
            end = start + template[name].numel()
            if name not in summary:
                unread.append(slice(start, end))
            start = end
        return cls(controller.spec, states, tuple(unread))

    @property
    def seen_size(self) -> int:
        """How many numbers a critic reads."""
        return self.size - 1 - sum(part.stop - part.start for part in self.unread)

    def seen(self, carried: Float[Tensor, "batch size"]) -> Float[Tensor, "batch seen"]:
        """What a critic reads: the observation and the summary of the state."""
        if not self.unread:
            return carried[:, :-1]
        edges = [0, *(edge for part in self.unread for edge in (part.start, part.stop)), self.size - 1]
        return torch.cat([carried[:, a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)], dim=-1)

    @property
    def size(self) -> int:
        """Length of a carried observation."""
        return self.spec.observation_size + self.states.size + 1

    def space(self) -> spaces.Box:
        """The observation space that stable-baselines3 sees."""
        return spaces.Box(-np.inf, np.inf, (self.size,), np.float32)

    def join(self, observation: Tensor, state: State, start: Tensor) -> Float[Tensor, "batch size"]:
        """Carried observations from their three parts; `start` is (batch,) of 0 and 1."""
        parts = [observation, start[:, None]]
        if state:
            parts.insert(1, self.states.pack(state))
        return torch.cat(parts, dim=-1)

    def split(self, carried: Float[Tensor, "batch size"]) -> tuple[Obs, State, Tensor]:
        """Named observations, state, and start flags (batch,)."""
        n = self.spec.observation_size
        state = self.states.unpack(carried[:, n : n + self.states.size]) if self.states.size else {}
        return self.spec.split(carried[:, :n]), state, carried[:, -1]
