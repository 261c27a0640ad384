"""Parameters between the torch networks and the flat array of the kernels."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ....controllers.paper_nets import PaperNets
from .buffers import Flat, Net, Shape, count, net_of
from .image_buffers import CHANNELS, image_count, image_net_of

Pairs = Iterator[tuple[Tensor, Callable[[Tensor], Tensor], np.ndarray]]
"""Each parameter, how to look at it, and the part of the array that holds it in that shape."""


def from_torch(nets: PaperNets, shape: Shape, *, gradients: bool = False) -> Flat:
    """The networks' parameters, or their gradients, in the order of the kernels."""
    size = image_count(shape) if nets.config.channels == (CHANNELS,) else count(shape)
    flat = np.zeros(size, np.float32)
    for parameter, view, part in _pairs(nets, flat, shape):
        source = parameter.grad if gradients else parameter
        if source is not None:
            part[...] = view(source.detach()).numpy()
    return flat


def to_torch(flat: Flat, shape: Shape, nets: PaperNets) -> None:
    """Write the kernels' parameters into the networks."""
    for parameter, view, part in _pairs(nets, flat, shape):
        view(parameter.detach()).copy_(torch.from_numpy(part))


def _pairs(nets: PaperNets, flat: Flat, shape: Shape) -> Pairs:
    convolutions = [module for module in nets.encoder if isinstance(module, nn.Conv2d)]
    layers = [module for module in nets.encoder[-1].children() if isinstance(module, nn.Linear)]
    if len(convolutions) == 1:
        net = image_net_of(flat, shape)
        yield from _convolution(convolutions[0], net.conv, net.conv_bias)
    else:
        net = net_of(flat, shape)
        yield from _convolutions_and_dense(convolutions, layers.pop(0), net)
    for stack, part in ((layers, net.latent), (nets.value, net.value), (nets.transition, net.transition)):
        at = 0
        for parameter in (p for module in stack for p in module.parameters()):
            size = parameter.numel()
            yield parameter, _same, part[at : at + size].reshape(tuple(parameter.shape))
            at += size


def _convolution(module: nn.Conv2d, weight: np.ndarray, bias: np.ndarray) -> Pairs:
    """The one that reads the image."""
    yield module.weight, lambda w: w.view(-1, 4).T, weight
    assert module.bias is not None
    yield module.bias, _same, bias


def _convolutions_and_dense(convolutions: list[nn.Conv2d], dense: nn.Linear, net: Net) -> Pairs:
    """What the kernels hold in an order of their own where there are two convolutions."""
    first, second = convolutions
    yield from _convolution(first, net.conv1, net.conv1_bias)
    _, c2, c1 = net.conv2.shape
    yield second.weight, lambda w: w.permute(2, 3, 0, 1), net.conv2.reshape(2, 2, c2, c1)
    assert second.bias is not None
    yield second.bias, _same, net.conv2_bias
    cells, _, hidden = net.dense.shape
    yield dense.weight, lambda w: w.view(hidden, c2, cells).permute(2, 1, 0), net.dense
    yield dense.bias, _same, net.dense_bias


def _same(parameter: Tensor) -> Tensor:
    return parameter
