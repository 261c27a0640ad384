"""Parameters between the torch networks and the flat array of the kernels."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ..paper_nets import PaperNets
from .buffers import Flat, Shape, count, net_of


def from_torch(nets: PaperNets, shape: Shape, *, gradients: bool = False) -> Flat:
    """The networks' parameters, or their gradients, in the order of the kernels."""
    flat = np.zeros(count(shape), np.float32)
    for parameter, view, part in _pairs(nets, flat, shape):
        source = parameter.grad if gradients else parameter
        if source is not None:
            part[...] = view(source.detach()).numpy()
    return flat


def to_torch(flat: Flat, shape: Shape, nets: PaperNets) -> None:
    """Write the kernels' parameters into the networks."""
    for parameter, view, part in _pairs(nets, flat, shape):
        view(parameter.detach()).copy_(torch.from_numpy(part))


def _pairs(
    nets: PaperNets, flat: Flat, shape: Shape
) -> Iterator[tuple[Tensor, Callable[[Tensor], Tensor], np.ndarray]]:
    """Each parameter, how to look at it, and the part of the array that holds it in that shape."""
    net = net_of(flat, shape)
    conv1, conv2 = (module for module in nets.encoder if isinstance(module, nn.Conv2d))
    dense, _, latent = nets.encoder[-1].children()
    assert isinstance(dense, nn.Linear) and isinstance(latent, nn.Linear)
    yield conv1.weight, lambda w: w.view(-1, 4).T, net.conv1
    assert conv1.bias is not None and conv2.bias is not None
    yield conv1.bias, _same, net.conv1_bias
    _, c2, c1 = net.conv2.shape
    yield conv2.weight, lambda w: w.permute(2, 3, 0, 1), net.conv2.reshape(2, 2, c2, c1)
    yield conv2.bias, _same, net.conv2_bias
    cells, _, hidden = net.dense.shape
    yield dense.weight, lambda w: w.view(hidden, c2, cells).permute(2, 1, 0), net.dense
    yield dense.bias, _same, net.dense_bias
    for stack, part in (((latent,), net.latent), (nets.value, net.value), (nets.transition, net.transition)):
        at = 0
        for parameter in (p for module in stack for p in module.parameters()):
            size = parameter.numel()
            yield parameter, _same, part[at : at + size].reshape(tuple(parameter.shape))
            at += size


def _same(parameter: Tensor) -> Tensor:
    return parameter
