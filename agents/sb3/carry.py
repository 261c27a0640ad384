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

    @classmethod
    def of(cls, controller: Controller) -> "Carrier":
        """The carrier for a controller."""
        return cls(controller.spec, StateVector(controller))

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
