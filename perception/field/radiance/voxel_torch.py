"""The voxel field's rays in plain torch: the same samples and values as the kernel, on any device.

The kernel leaps over empty cells; here every half voxel of a ray is laid out and masked, which costs memory and is
what a GPU likes. Gradients come from autograd.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from .march import DARK, FAINT, STEP_VOXELS


def torch_rays(
    grid: Float[Tensor, "vertex 4"],
    leap: UInt8[Tensor, "vertex"],
    shape: tuple[int, int, int],
    origin: Float[Tensor, "3"],
    voxel_m: float,
    near: float,
    eyes: Float[Tensor, "ray 3"],
    directions: Float[Tensor, "ray 3"],
    jitter: Float[Tensor, "ray"],
) -> tuple[Float[Tensor, "ray 3"], Float[Tensor, "ray sample"], Float[Tensor, "ray sample"], Float[Tensor, "ray"]]:
    """Colour without background, weight and t of every sample (weight 0 where there is none), and the light left.

    `eyes` and `directions` in the world (m); `t` counts lengths of `directions`.
    """
    eye, ray = (eyes - origin) / voxel_m, directions / voxel_m
    high = torch.tensor(shape, device=grid.device, dtype=grid.dtype) - 1 - 1e-3
    safe = torch.where(ray.abs() < 1e-9, torch.full_like(ray, 1e-9), ray)
    t0, t1 = -eye / safe, (high - eye) / safe
    first = torch.minimum(t0, t1).amax(1).clamp(min=near)
    last = torch.maximum(t0, t1).amin(1)
    dt = float(STEP_VOXELS) / ray.norm(dim=1)
    steps = int(((last - first) / dt).clamp(min=0).max().item()) + 2 if len(eye) else 1
    t = first[:, None] + (torch.arange(steps, device=grid.device)[None] + jitter[:, None]) * dt[:, None]
    inside = t < last[:, None]
    points = eye[:, None] + t[..., None] * ray[:, None]
    points = torch.where(inside[..., None], points, torch.zeros_like(points))
    low = points.to(torch.int64)
    part = points - low
    base = (low[..., 0] * shape[1] + low[..., 1]) * shape[2] + low[..., 2]
    inside = inside & (leap[base] == 0)
    value = torch.zeros(*t.shape, 4, device=grid.device, dtype=grid.dtype)
    rows, cols = inside.nonzero(as_tuple=True)
    chosen, share = base[rows, cols], part[rows, cols]
    packed = torch.zeros(len(rows), 4, device=grid.device, dtype=grid.dtype)
    for k in range(8):
        bit = (k >> 2 & 1, k >> 1 & 1, k & 1)
        step = (bit[0] * shape[1] + bit[1]) * shape[2] + bit[2]
        weight = torch.ones_like(share[:, 0])
        for a in range(3):
            weight = weight * (share[:, a] if bit[a] else 1 - share[:, a])
        packed = packed + weight[:, None] * grid[chosen + step]
    value = value.index_put((rows, cols), packed)
    alpha = torch.where(inside, torch.sigmoid(value[..., 0]), torch.zeros_like(t))
    alpha = torch.where(alpha < float(FAINT), torch.zeros_like(alpha), alpha)
    passed = torch.cumprod(1 - alpha, 1)
    before = torch.cat([torch.ones_like(passed[:, :1]), passed[:, :-1]], 1)
    lit = before >= float(DARK)
    weight = torch.where(lit, alpha * before, torch.zeros_like(alpha))
    left = 1 - weight.sum(1)
    return (weight[..., None] * value[..., 1:]).sum(1), weight, t, left
