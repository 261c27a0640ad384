"""nerfstudio's hash encoding, fused: the same values and gradients, several times faster on a CPU."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from typing import Any

import torch
from nerfstudio.field_components.encodings import HashEncoding
from torch import Tensor

from .hash_kernel import encode, encode_backward


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, points: Tensor, table: Tensor, scalings: Tensor, size: int) -> Tensor:
        flat, rows = points.detach().contiguous(), table.detach()
        out = torch.empty(len(flat), 2 * len(scalings))
        encode(flat.numpy(), rows.numpy(), scalings.numpy(), size, out.numpy())
        ctx.save_for_backward(flat, scalings)
        ctx.size, ctx.rows = size, rows.shape
        return out

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[None, Tensor, None, None]:
        points, scalings = ctx.saved_tensors
        gradient = torch.zeros(ctx.rows)
        encode_backward(points.numpy(), scalings.numpy(), ctx.size, upstream[0].contiguous().numpy(), gradient.numpy())
        return None, gradient, None, None


class FusedHashEncoding(HashEncoding):
    """The torch encoding with its CPU path fused; elsewhere, or for gradients by position, it is the original."""

    def pytorch_fwd(self, in_tensor: Tensor) -> Tensor:
        """Features of points in [0, 1], levels first."""
        plain = in_tensor.device.type != "cpu" or in_tensor.requires_grad or in_tensor.dtype != torch.float32
        if plain or self.features_per_level != 2:
            return super().pytorch_fwd(in_tensor)
        flat = in_tensor.reshape(-1, 3)
        out = _Encode.apply(flat, self.hash_table, self.scalings.float(), self.hash_table_size)
        return out.reshape(*in_tensor.shape[:-1], -1)  # pyright: ignore[reportOptionalMemberAccess]


def fuse(module: torch.nn.Module) -> int:
    """Turn every torch hash encoding inside `module` into a fused one, in place; how many there were."""
    found = [m for m in module.modules() if type(m) is HashEncoding and not m.tcnn_encoding]  # pyright: ignore
    for encoding in found:
        encoding.__class__ = FusedHashEncoding
    return len(found)
