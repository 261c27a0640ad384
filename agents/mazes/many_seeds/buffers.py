"""What the kernels work on: parameters of one seed as views into a flat array, and the activations of all places."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64

from innervate.errors import ConfigError

from ....controllers.paper_nets import PaperNetsConfig

C1, C2, HIDDEN = 16, 32, 32
"""Channels of the two convolutions and width of the layer after them, fixed so that their loops vectorise."""

Flat = Float32[np.ndarray, "parameter"]


class Net(NamedTuple):
    """Views into a flat array of parameters (or of their gradients)."""

    conv1: Float32[np.ndarray, "tap c1"]
    conv1_bias: Float32[np.ndarray, "c1"]
    conv2: Float32[np.ndarray, "tap c2 c1"]
    conv2_bias: Float32[np.ndarray, "c2"]
    dense: Float32[np.ndarray, "cell c2 hidden"]
    dense_bias: Float32[np.ndarray, "hidden"]
    latent: Float32[np.ndarray, "part"]
    """Layers from the hidden units to the latent: of each, the weights (out, in), then the biases."""
    value: Float32[np.ndarray, "part"]
    transition: Float32[np.ndarray, "part"]


class Shape(NamedTuple):
    """Sizes that are known only at run time."""

    side: int
    """Of the image, pixels."""
    latent: Int64[np.ndarray, "layer"]
    """Widths of the layers from the hidden units to the latent, both included."""
    value: Int64[np.ndarray, "layer"]
    transition: Int64[np.ndarray, "layer"]
    rectified: bool


class Work(NamedTuple):
    """Activations and their gradients: of the background, and where a lit pixel changes them, of each place."""

    a1: Float32[np.ndarray, "row column c1"]
    """First convolution of the background, before ReLU; the second one below."""
    h1: Float32[np.ndarray, "row column c1"]
    a2: Float32[np.ndarray, "row column c2"]
    conv2: Float32[np.ndarray, "tap c1 c2"]
    """Its weights, transposed."""
    pooled: Float32[np.ndarray, "cell c2"]
    where: Float32[np.ndarray, "cell c2"]
    """Which of the four positions of a cell is its maximum, 0 to 3."""
    a1_lit: Float32[np.ndarray, "place four c1"]
    """First convolution where the lit pixel reaches, at most four positions."""
    change1: Float32[np.ndarray, "place four c1"]
    """What it changes after ReLU."""
    a2_lit: Float32[np.ndarray, "place nine c2"]
    """Second convolution where it reaches; on the way back, its gradient."""
    change2: Float32[np.ndarray, "place four c2"]
    """What it changes after pooling, in at most four cells."""
    pooled_lit: Float32[np.ndarray, "place four c2"]
    where_lit: Float32[np.ndarray, "place four c2"]
    hidden: Float32[np.ndarray, "hidden place"]
    """After ReLU."""
    hidden_of_background: Float32[np.ndarray, "hidden"]
    hidden_row: Float32[np.ndarray, "hidden"]
    """That of the place in hand, or its gradient; likewise the one below."""
    d_pooled: Float32[np.ndarray, "c2"]
    unreached: Float32[np.ndarray, "cell hidden"]
    """Gradient of `hidden` summed over the places whose pixel does not reach a cell."""
    z: Float32[np.ndarray, "latent place"]
    q: Float32[np.ndarray, "action place"]
    d_hidden: Float32[np.ndarray, "hidden place"]
    d_z: Float32[np.ndarray, "latent place"]
    d_q: Float32[np.ndarray, "action place"]
    d_a2: Float32[np.ndarray, "row column c2"]
    d_h1: Float32[np.ndarray, "row column c1"]
    d_a1: Float32[np.ndarray, "row column c1"]
    latent_acts: Float32[np.ndarray, "unit place"]
    value_acts: Float32[np.ndarray, "unit place"]
    transition_acts: Float32[np.ndarray, "unit batch"]
    there_acts: Float32[np.ndarray, "unit batch"]
    scratch: Float32[np.ndarray, "two unit column"]
    """Gradients of a layer's input and output, in turn."""


def shape_of(config: PaperNetsConfig, side: int, actions: int) -> Shape:
    """The run-time sizes; raises where the convolutions are not those of the paper's foraging room."""
    if config.channels != (C1, C2) or config.encoder != (HIDDEN,):
        raise ConfigError(
            f"The many-seed trainer is compiled for channels ({C1}, {C2}) and an encoder layer of {HIDDEN}, "
            f"got {config.channels} and {config.encoder}."
        )
    return sized(config, side, actions, (HIDDEN,))


def sized(config: PaperNetsConfig, side: int, actions: int, below: tuple[int, ...]) -> Shape:
    """The run-time sizes, given the widths of what the layers to the latent begin with."""
    latent, value = np.array([*below, config.latent]), np.array([config.latent, *config.value, actions])
    transition = np.array([config.latent + actions, *config.transition, config.latent])
    return Shape(side, latent, value, transition, config.rectified)


def _parts(shape: Shape) -> list[tuple[int, ...]]:
    cells = ((shape.side - 2) // 2) ** 2
    dense = [(4, C1), (C1,), (4, C2, C1), (C2,), (cells, C2, HIDDEN), (HIDDEN,)]
    return dense + [(size_of(widths),) for widths in (shape.latent, shape.value, shape.transition)]


def size_of(widths: Int64[np.ndarray, "layer"]) -> int:
    """Weights and biases of a stack of layers."""
    return int(((widths[:-1] + 1) * widths[1:]).sum())


def net_of(flat: Flat, shape: Shape) -> Net:
    """The views."""
    return Net(*views(flat, _parts(shape)))


def views(flat: Flat, parts: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The array cut into parts of these shapes, which share its memory."""
    ends = np.cumsum([int(np.prod(part)) for part in parts])
    return [flat[end - int(np.prod(part)) : end].reshape(part) for part, end in zip(parts, ends, strict=True)]


def count(shape: Shape) -> int:
    """How many parameters there are."""
    return sum(int(np.prod(part)) for part in _parts(shape))


def work_of(shape: Shape, places: int, batch: int) -> Work:
    """Zeros."""
    n1, n2 = shape.side - 1, shape.side - 2
    cells, z, actions = (n2 // 2) ** 2, int(shape.latent[-1]), int(shape.value[-1])
    heads = (shape.latent, shape.value, shape.transition)
    units = [int(widths.sum()) for widths in heads]
    widest = max(int(widths.max()) for widths in heads)

    def zeros(*size: int) -> np.ndarray:
        return np.zeros(size, np.float32)

    return Work(
        zeros(n1, n1, C1), zeros(n1, n1, C1), zeros(n2, n2, C2), zeros(4, C1, C2), zeros(cells, C2), zeros(cells, C2),
        zeros(places, 4, C1), zeros(places, 4, C1), zeros(places, 9, C2), zeros(places, 4, C2), zeros(places, 4, C2),
        zeros(places, 4, C2), zeros(HIDDEN, places), zeros(HIDDEN), zeros(HIDDEN), zeros(C2),
        zeros(cells, HIDDEN), zeros(z, places), zeros(actions, places), zeros(HIDDEN, places),
        zeros(z, places), zeros(actions, places), zeros(n2, n2, C2), zeros(n1, n1, C1), zeros(n1, n1, C1),
        zeros(units[0], places), zeros(units[1], places), zeros(units[2], batch), zeros(units[2], batch),
        zeros(2, widest, max(places, batch)),
    )  # fmt: skip
