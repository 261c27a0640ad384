"""The voxel kernel as a differentiable function of torch, with a torch path of the same values off the CPU."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from . import ray_kernel
from .march import STEP_VOXELS
from .voxel_torch import torch_rays

sums_of: Any = ray_kernel.ray_sums
gradients_of: Any = ray_kernel.ray_gradients


@dataclass(frozen=True)
class Lattice:
    """Where a grid lies, and which of its cells are looked at."""

    shape: tuple[int, int, int]
    origin: tuple[float, float, float]
    voxel_m: float
    leap: UInt8[Tensor, "vertex"]
    near_m: float
    damp_m: float = 0.0
    """Nearer than this, the kernel damps gradients (see `march.scatter`); the torch path does not."""

    def arguments(self) -> tuple[Any, ...]:
        """The kernel's, between the grid and the rays."""
        return (self.leap.numpy(), np.array(self.shape, np.int32), np.array(self.origin, np.float32),
                np.float32(self.voxel_m), np.float32(self.near_m))  # fmt: skip

    @property
    def max_samples(self) -> int:
        """Room for the longest ray."""
        return int(np.ceil(np.linalg.norm(self.shape) / STEP_VOXELS)) + 4


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, grid: Tensor, lattice: Lattice, rays: tuple[Tensor, ...], band: float) -> Tensor:
        sums = torch.empty(len(rays[0]), 6)
        arrays = tuple(r.detach().contiguous().numpy() for r in rays)
        place = (np.float32(band), lattice.max_samples)
        sums_of(grid.detach().numpy(), *lattice.arguments(), *arrays, *place, sums.numpy())
        ctx.save_for_backward(grid.detach())
        ctx.rest = (lattice, arrays, band)
        return sums

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None, None]:
        (grid,) = ctx.saved_tensors
        lattice, arrays, band = ctx.rest
        gradient = torch.zeros_like(grid)
        n = len(grid)
        gradients_of(
            grid.numpy(), *lattice.arguments(), *arrays, np.float32(band), lattice.max_samples,
            upstream[0].contiguous().numpy(), np.float32(lattice.damp_m), gradient.numpy(), np.empty(n, np.int32),
            np.zeros(n, np.uint8),
        )  # fmt: skip
        return gradient, None, None, None


def cast_rays(
    grid: Float[Tensor, "vertex 4"],
    lattice: Lattice,
    eyes: Float[Tensor, "ray 3"],
    directions: Float[Tensor, "ray 3"],
    jitter: Float[Tensor, "ray"],
    readings: Float[Tensor, "ray"],
    band_m: float,
) -> Float[Tensor, "ray 6"]:
    """Colour without background (3), weighted t, light left, and light that ends farther than `band_m` from `readings`.

    Differentiable with respect to `grid` alone. Eyes and directions in the world; t counts lengths of a direction.
    """
    if grid.device.type == "cpu":
        return _Sums.apply(grid, lattice, (eyes, directions, jitter, readings), band_m)  # pyright: ignore[reportReturnType]
    origin = torch.tensor(lattice.origin, device=grid.device, dtype=grid.dtype)
    return torch_sums(grid, lattice, origin, eyes, directions, jitter, readings, band_m)


def torch_sums(
    grid: Float[Tensor, "vertex 4"],
    lattice: Lattice,
    origin: Float[Tensor, "3"],
    eyes: Float[Tensor, "ray 3"],
    directions: Float[Tensor, "ray 3"],
    jitter: Float[Tensor, "ray"],
    readings: Float[Tensor, "ray"],
    band_m: float,
) -> Float[Tensor, "ray 6"]:
    """`cast_rays` in plain torch."""
    colour, weight, t, left = torch_rays(
        grid, lattice.leap, lattice.shape, origin, lattice.voxel_m, lattice.near_m, eyes, directions, jitter
    )
    away = (t - readings[:, None]).abs() > band_m
    parts = ((weight * t).sum(1), left, (weight * away).sum(1))
    return torch.cat([colour, torch.stack(parts, 1)], 1)
