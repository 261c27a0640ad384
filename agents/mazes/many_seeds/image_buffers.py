"""The same for an encoder of one convolution on any images: parameters as views, and activations of a column each."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from innervate.errors import ConfigError

from ....controllers.paper_nets import PaperNetsConfig
from .buffers import Flat, Net, Shape, Work, size_of, sized, views

CHANNELS = 32
"""Of the convolution, fixed so that its loops vectorise."""


class ImageNet(NamedTuple):
    """Views into a flat array of parameters (or of their gradients)."""

    conv: Float32[np.ndarray, "tap channel"]
    conv_bias: Float32[np.ndarray, "channel"]
    latent: Float32[np.ndarray, "part"]
    """Layers from the pooled features, by channel and cell, to the latent."""
    value: Float32[np.ndarray, "part"]
    transition: Float32[np.ndarray, "part"]


class ImageWork(NamedTuple):
    """Activations and their gradients; a column is an image."""

    where: Float32[np.ndarray, "column cell channel"]
    """Which of the four positions of a cell is its maximum, 0 to 3."""
    row: Float32[np.ndarray, "channel"]
    z: Float32[np.ndarray, "latent column"]
    q: Float32[np.ndarray, "action column"]
    d_z: Float32[np.ndarray, "latent column"]
    d_q: Float32[np.ndarray, "action column"]
    latent_acts: Float32[np.ndarray, "unit column"]
    """Its first rows are the pooled features."""
    value_acts: Float32[np.ndarray, "unit column"]
    transition_acts: Float32[np.ndarray, "unit batch"]
    there_acts: Float32[np.ndarray, "unit batch"]
    scratch: Float32[np.ndarray, "two unit column"]


Heads = Net | ImageNet
Columns = Work | ImageWork
"""What the losses work on, whichever encoder made the latents."""


def image_shape_of(config: PaperNetsConfig, side: int, actions: int) -> Shape:
    """The run-time sizes; raises where there is another convolution."""
    if config.channels != (CHANNELS,):
        raise ConfigError(f"This trainer is compiled for one convolution of {CHANNELS}, not {config.channels}.")
    cells = ((side - 1) // 2) ** 2
    return sized(config, side, actions, (CHANNELS * cells, *config.encoder))


def image_net_of(flat: Flat, shape: Shape) -> ImageNet:
    """The views."""
    return ImageNet(*views(flat, _parts(shape)))


def image_count(shape: Shape) -> int:
    """How many parameters there are."""
    return sum(int(np.prod(part)) for part in _parts(shape))


def _parts(shape: Shape) -> list[tuple[int, ...]]:
    stacks = [(size_of(widths),) for widths in (shape.latent, shape.value, shape.transition)]
    return [(4, CHANNELS), (CHANNELS,), *stacks]


def image_work_of(shape: Shape, columns: int, batch: int) -> ImageWork:
    """Zeros."""
    cells, z, actions = ((shape.side - 1) // 2) ** 2, int(shape.latent[-1]), int(shape.value[-1])
    heads = (shape.latent, shape.value, shape.transition)
    units = [int(widths.sum()) for widths in heads]
    widest = max(int(widths.max()) for widths in heads)

    def zeros(*size: int) -> np.ndarray:
        return np.zeros(size, np.float32)

    return ImageWork(
        zeros(columns, cells, CHANNELS), zeros(CHANNELS), zeros(z, columns), zeros(actions, columns),
        zeros(z, columns), zeros(actions, columns), zeros(units[0], columns), zeros(units[1], columns),
        zeros(units[2], batch), zeros(units[2], batch), zeros(2, widest, max(columns, batch)),
    )  # fmt: skip
