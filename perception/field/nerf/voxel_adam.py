"""Adam that moves only the vertices a batch has touched, as an optimiser of torch."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..radiance.voxel_kernel import adam


class VoxelAdam(torch.optim.Optimizer):
    """Rows (vertices) of parameters `[vertex, 4]` without gradient stay as they are, and so do their averages.

    `lr` scales `rates`, the step sizes of density and of colour. On the CPU a fused kernel does it, which also pulls
    vertices to their neighbours' mean; elsewhere plain torch, without that pull.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1.0, eps: float = 1e-12,
        betas: tuple[float, float] = (0.8, 0.98), rates: tuple[float, float] = (1.5, 0.04),
        smooth: tuple[float, float] = (0.02, 0.002),
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "eps": eps, "betas": betas, "rates": rates, "smooth": smooth})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update from the gradients that are there."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for grid in group["params"]:
                if grid.grad is not None:
                    self._update(grid, group)
        return loss

    def _update(self, grid: Tensor, group: dict[str, Any]) -> None:
        state = self.state[grid]
        if not state:
            state["first"], state["second"] = torch.zeros_like(grid), torch.zeros_like(grid)
            state["times"] = torch.zeros(len(grid), dtype=torch.uint8, device=grid.device)
        if grid.device.type != "cpu":
            _torch_update(grid, state, group)
            return
        gradient = grid.grad.numpy()  # pyright: ignore[reportOptionalMemberAccess]
        touched = np.flatnonzero(gradient.any(1)).astype(np.int32)
        betas = np.array(group["betas"], np.float32)
        settled = (1 - betas.astype(float) ** np.arange(256)[:, None]).astype(np.float32)
        shape = getattr(grid, "voxels", None)
        smooth = np.array(group["smooth"] if shape is not None else (0, 0), np.float32) * np.float32(group["lr"])
        adam(
            grid.numpy(), gradient, state["first"].numpy(), state["second"].numpy(), state["times"].numpy(), touched,
            np.zeros(len(grid), np.uint8), len(touched), np.array(shape or (1, 1, 1), np.int32),
            np.array(group["rates"], np.float32) * np.float32(group["lr"]), smooth, betas, settled,
        )  # fmt: skip


def _torch_update(grid: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    gradient = grid.grad
    assert gradient is not None
    rows = gradient.any(1).nonzero()[:, 0]
    g, (b1, b2) = gradient[rows], group["betas"]
    state["times"][rows] = (state["times"][rows].int() + 1).clamp(max=255).to(torch.uint8)
    n = state["times"][rows, None].float()
    first = b1 * state["first"][rows] + (1 - b1) * g
    second = b2 * state["second"][rows] + (1 - b2) * g * g
    state["first"][rows], state["second"][rows] = first, second
    density, colour = group["rates"]
    rate = group["lr"] * torch.tensor([density, colour, colour, colour], device=grid.device)
    grid[rows] -= rate * (first / (1 - b1**n)) / ((second / (1 - b2**n)).sqrt() + group["eps"])
