"""A keeper hung on an optimiser's step: no training loop is copied, and `plain` leaves its steps bit for bit."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .keeper import Data, Keeper, Learned

__all__ = ["Protection"]


class Protection:
    """Transforms gradients before each step, and hears for that what the linear layers are given.

    Args:
        keeper: what protects.
        optimizer: of the keeper's model; it forgets its momentum where a task begins, since that was another's.
    """

    def __init__(self, keeper: Keeper, optimizer: Optimizer) -> None:
        self.keeper, self._optimizer = keeper, optimizer
        self._heard: dict[str, list[Tensor]] = {}
        self._listening = False
        for name, module in keeper.model.named_modules():
            if isinstance(module, nn.Linear):
                module.register_forward_hook(self._hook(name))
        optimizer.register_step_pre_hook(self._before_step)

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hear(layer: nn.Module, given: tuple[Tensor, ...], _: Tensor) -> None:
            learns = torch.is_grad_enabled() and self.keeper.reads_activity
            if learns or self._listening:
                rows = given[0].detach().flatten(0, -2)
                one = [] if layer.bias is None else [rows.new_ones(len(rows), 1)]  # pyright: ignore[reportUnnecessaryComparison]
                self._heard.setdefault(name, []).append(torch.cat([rows, *one], 1))

        return hear

    def _taken(self) -> dict[str, Tensor]:
        heard = {name: torch.cat(parts) for name, parts in self._heard.items()}
        self._heard.clear()
        return heard

    @torch.no_grad()
    def _before_step(self, *_: Any) -> None:
        parameters = self.keeper.parameters()
        grads = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in parameters.items()}
        for name, grad in self.keeper.transform(grads, self._taken()).items():
            parameters[name].grad = grad

    def begin_task(self, task: int) -> None:
        """The next task."""
        for state in self._optimizer.state.values():
            state.clear()
        self._heard.clear()
        self.keeper.begin_task(task)

    def end_task(self, data: Data, loss: Callable[[Data], Tensor]) -> None:
        """A task is over; `data` are samples of it."""

        def activity(data: Data) -> dict[str, Tensor]:
            self._heard.clear()
            self._listening = True
            try:
                with torch.no_grad():
                    loss(data)
            finally:
                self._listening = False
            return self._taken()

        self.keeper.end_task(Learned(data, loss, activity))
        self._heard.clear()
