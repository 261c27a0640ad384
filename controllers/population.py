"""One controller, many parameter sets: a population evaluated in one call."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.func import functional_call, vmap  # pyright: ignore[reportPrivateImportUsage]
from torch.fx.experimental.proxy_tensor import make_fx

from .controller import Controller
from .spec import Obs, State

__all__ = ["Population"]


class Population:
    """Runs member m with its own parameters on its own share of the batch.

    The batch is ordered by member: rows `m * share .. (m + 1) * share - 1` belong to member m. Buffers (normalisers,
    wave tables) are common to all members, and may only be changed in place.
    """

    def __init__(self, controller: Controller, parameters: Float[Tensor, "member parameter"]) -> None:
        self.controller = controller
        self._call = vmap(self._one)
        self._flat: dict[tuple[int, int], Callable[..., tuple[Tensor, State]]] = {}
        self.load(parameters)

    def load(self, parameters: Float[Tensor, "member parameter"]) -> None:
        """Exchange the members."""
        self.members = parameters.shape[0]
        self._stacked: dict[str, Tensor] = {}
        start = 0
        for name, value in self.controller.named_parameters():
            part = parameters[:, start : start + value.numel()]
            self._stacked[name] = part.reshape(self.members, *value.shape)
            start += value.numel()

    def _one(self, parameters: dict[str, Tensor], obs: Obs, state: State) -> tuple[Tensor, State]:
        return functional_call(self.controller, parameters, (obs, state))

    def initial_state(self, batch: int) -> State:
        """The state of all members' shares at the beginning of an episode."""
        return self.controller.initial_state(batch)

    def reset_state(self, state: State, done: Bool[Tensor, "batch"]) -> State:
        """`state` with the initial values where `done`."""
        return self.controller.reset_state(state, done)

    def __call__(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The actions of all members, and the next state; gradients flow back to a matrix that asks for them."""
        # vmap interprets the controller anew at every call, which costs a small circuit several times its arithmetic:
        # the tensor operations that it arrives at are written down once for each size and run from there.
        key = self.members, next(iter(obs.values())).shape[0]
        call = self._flat.get(key)
        if call is None:

            def mapped(stacked: dict[str, Tensor], obs: Obs, state: State) -> tuple[Tensor, State]:
                return self._mapped(stacked, obs, state)

            with torch.no_grad():
                call = self._flat[key] = make_fx(mapped)(self._stacked, dict(obs), state)
        return call(self._stacked, dict(obs), state)

    def differentiable(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The same without the record, as `torch.compile` wants it."""
        return self._mapped(self._stacked, obs, state)

    def _mapped(self, stacked: dict[str, Tensor], obs: Obs, state: State) -> tuple[Tensor, State]:
        m = next(iter(stacked.values())).shape[0]
        action, after = self._call(
            stacked,
            {name: value.unflatten(0, (m, -1)) for name, value in obs.items()},
            {name: value.unflatten(0, (m, -1)) for name, value in state.items()},
        )
        return action.flatten(0, 1), {name: value.flatten(0, 1) for name, value in after.items()}
