"""The account of any torch module, from the products that it really takes."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from innervate.errors import ConfigError
from innervate.launch.analysis.energy.account import FLOAT_BITS, Account, Layer

ATEN = torch.ops.aten
FUSED = ("fused", "rnn_layer", "attention", "embedding_bag", "cdist", "quantized", "_cudnn", "bilinear", "_sparse")
"""In the names of torch's operations that multiply within."""


class _Sum:
    """A layer while it is being counted."""

    def __init__(self, weights: int) -> None:
        self.weights, self.macs, self.effective, self.calls = weights, 0, 0, 0
        self.inputs, self.active = 0, 0
        self.sizes: set[float] = set()

    def add(self, activity: Tensor, macs: int, effective: int) -> None:
        """One product."""
        self.macs, self.effective, self.calls = self.macs + macs, self.effective + effective, self.calls + 1
        self.inputs += activity.numel()
        here = activity[activity != 0]
        self.active += here.numel()
        if len(self.sizes) < 2:
            self.sizes |= set(torch.unique(here.abs())[:2].tolist())


class _Counting(TorchDispatchMode):
    """Sees matrix products and convolutions, and which parameter each one reads."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.names = {p.untyped_storage().data_ptr(): name for name, p in module.named_parameters()}
        self.names |= {b.untyped_storage().data_ptr(): name for name, b in module.named_buffers()}
        self.sizes = {name: p.numel() for name, p in (*module.named_parameters(), *module.named_buffers())}
        self.layers: dict[str, _Sum] = {}
        self._inside = False

    def _layer(self, weight: Tensor | None) -> _Sum:
        name = "activity x activity" if weight is None else self.names[weight.untyped_storage().data_ptr()]
        return self.layers.setdefault(name, _Sum(0 if weight is None else self.sizes[name]))

    def _is_weight(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage().data_ptr() in self.names

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self._inside:
            self._inside = True
            try:
                self._count(func, args)
            finally:
                self._inside = False
        return func(*args, **(kwargs or {}))

    def _count(self, func: Any, args: Any) -> None:
        packet = func.overloadpacket
        if packet in (ATEN.mm, ATEN.bmm, ATEN.mv, ATEN.dot):
            self._product(args[0], args[1])
        elif packet in (ATEN.addmm, ATEN.baddbmm, ATEN.addmv):
            self._product(args[1], args[2])
        elif packet in (ATEN.convolution, ATEN._convolution):
            self._convolution(args)
        elif any(mark in str(packet) for mark in FUSED):
            raise ConfigError(
                f"The net runs {packet}, which hides the products in it, so they would not be counted; write that "
                "layer out in matrix products and convolutions."
            )

    def _product(self, a: Tensor, b: Tensor) -> None:
        left = self._is_weight(a)
        weight = a if left else b if self._is_weight(b) else None
        activity = b if left else a
        rows = a.shape[0] if a.dim() < 3 else a.shape[0] * a.shape[1]
        macs = a.numel() if b.dim() == 1 else rows * a.shape[-1] * b.shape[-1]
        effective = int(((a != 0).double() @ (b != 0).double()).sum().item())
        self._layer(weight).add(activity, macs, effective)

    def _convolution(self, args: Any) -> None:
        x, weight, _, stride, padding, dilation, transposed, output_padding, groups = args[:9]
        how = (None, stride, padding, dilation, transposed, output_padding, groups)

        def total(of_x: Tensor, of_weight: Tensor) -> int:
            return int(ATEN.convolution(of_x.double(), of_weight.double(), *how).sum().item())

        macs = total(torch.ones_like(x), torch.ones_like(weight))
        known = weight if self._is_weight(weight) else None
        self._layer(known).add(x, macs, total(x != 0, weight != 0))


def account(
    module: nn.Module, run: Callable[[], object], *, weight_bits: int = FLOAT_BITS, activity_bits: int = FLOAT_BITS
) -> Account:
    """Count what `run` makes `module` do.

    Args:
        module: whose parameters and buffers are the weights.
        run: one answer: a forward pass, or all steps of a spiking net.
        weight_bits: in which a weight is held; of the hardware, where it is not this one's.
        activity_bits: of an input that is no spike.

    Raises:
        ConfigError: nothing is multiplied by a weight of this module, or bits are below 1.
    """
    if weight_bits < 1 or activity_bits < 1:
        raise ConfigError(f"A number is held in at least one bit, got {weight_bits} and {activity_bits}.")
    counting = _Counting(module)
    with torch.no_grad(), counting:
        run()
    if not any(name in counting.sizes for name in counting.layers):
        raise ConfigError(
            f"The run took no product with a weight of {type(module).__name__}: all its operations are elementwise, or "
            "another module ran."
        )
    layers = tuple(
        Layer(
            name=name, macs=s.macs, effective=s.effective, active=s.active / s.inputs if s.inputs else math.nan,
            spiking=len(s.sizes) <= 1, calls=s.calls, weights=s.weights, weight_bits=weight_bits,
            activity_bits=activity_bits,
        )
        for name, s in counting.layers.items()
    )  # fmt: skip
    unread = tuple(name for name, _ in module.named_parameters() if name not in counting.layers)
    return Account(layers, unread)
