"""One controller, many parameter sets: a population evaluated in one call."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.func import functional_call, vmap  # pyright: ignore[reportPrivateImportUsage]

from .controller import Controller
from .spec import Obs, State


class Population:
    """Runs member m with its own parameters on its own share of the batch.

    The batch is ordered by member: rows `m * share .. (m + 1) * share - 1` belong to member m. Buffers (normalisers,
    wave tables) are common to all members.
    """

    def __init__(self, controller: Controller, parameters: Float[Tensor, "member parameter"]) -> None:
        self.controller = controller
        self.members = parameters.shape[0]
        self._stacked: dict[str, Tensor] = {}
        start = 0
        for name, value in controller.named_parameters():
            part = parameters[:, start : start + value.numel()]
            self._stacked[name] = part.reshape(self.members, *value.shape)
            start += value.numel()
        self._call = vmap(self._one)

    def _one(self, parameters: dict[str, Tensor], obs: Obs, state: State) -> tuple[Tensor, State]:
        return functional_call(self.controller, parameters, (obs, state))

    def initial_state(self, batch: int) -> State:
        """The state of all members' shares at the beginning of an episode."""
        return self.controller.initial_state(batch)

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """`state` with the initial values where `done`."""
        return self.controller.reset_state(state, done)

    @torch.no_grad()
    def __call__(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of all members, and the next state."""
        return self.differentiable(obs, state)

    def differentiable(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The same, with gradients that flow back to the matrix of parameters."""
        m = self.members
        action, after = self._call(
            self._stacked,
            {name: value.unflatten(0, (m, -1)) for name, value in obs.items()},
            {name: value.unflatten(0, (m, -1)) for name, value in state.items()},
        )
        return action.flatten(0, 1), {name: value.flatten(0, 1) for name, value in after.items()}
