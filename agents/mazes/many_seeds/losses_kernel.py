"""Losses of a batch of two-step samples, and all gradients (numba): `paper.paper_losses` over tables of places."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64

from innervate.kernels import fast

from ...objectives._losses import STEEPNESS
from ..paper import PaperWeights
from .buffers import Flat, Net, Shape, Work
from .encoder_backward import encode_backward
from .encoder_kernel import encode
from .heads_kernel import stack_backward, stack_forward
from .image_buffers import Columns, Heads

ZERO = np.float32(0)
STEEP = np.float32(STEEPNESS)


class Loss(NamedTuple):
    """Weights of the terms and the two discounts, as in `PaperWeights`."""

    prediction: np.float32
    negatives: np.float32
    value: np.float32
    horizon: np.float32
    discount: np.float32
    frozen: bool
    """The encoder keeps its weights, and its latents are those of the last full forward."""


def loss_of(weights: PaperWeights, discount: float, *, frozen: bool = False) -> Loss:
    """As the kernels need it."""
    w = weights
    terms = (np.float32(x) for x in (w.prediction, w.negatives, w.value, w.horizon, discount))
    return Loss(*terms, frozen=frozen)


class Batch(NamedTuple):
    """Two consecutive transitions by number of place (or of column); `carry_on` is 0 where nothing follows."""

    first: Int64[np.ndarray, "batch"]
    first_action: Int64[np.ndarray, "batch"]
    second: Int64[np.ndarray, "batch"]
    second_action: Int64[np.ndarray, "batch"]
    reward: Float32[np.ndarray, "batch"]
    carry_on: Float32[np.ndarray, "batch"]
    third: Int64[np.ndarray, "batch"]


@fast
def latents(
    net: Net, shape: Shape, work: Work, background: Float32[np.ndarray, "side side"], pixel: Int64[np.ndarray, "place"]
) -> None:
    """The latent of every place."""
    encode(net, work, background, pixel)
    widths, acts = shape.latent, work.latent_acts
    acts[: widths[0]] = work.hidden
    top = stack_forward(net.latent, widths, acts)
    work.z[:] = acts[top : top + len(work.z)]


@fast
def values(net: Heads, shape: Shape, work: Columns) -> None:
    """The action values of every place (or column), from the latents."""
    acts = work.value_acts
    _read(shape, work.z, acts)
    top = stack_forward(net.value, shape.value, acts)
    work.q[:] = acts[top : top + len(work.q)]


@fast
def _read(shape: Shape, z: Float32[np.ndarray, "latent column"], acts: Float32[np.ndarray, "unit column"]) -> None:
    for k in range(z.shape[0]):
        for b in range(z.shape[1]):
            acts[k, b] = max(z[k, b], ZERO) if shape.rectified else z[k, b]


@fast
def gradients(
    net: Net,
    shape: Shape,
    work: Work,
    background: Float32[np.ndarray, "side side"],
    pixel: Int64[np.ndarray, "place"],
    target: Float32[np.ndarray, "action place"],
    batch: Batch,
    loss: Loss,
    gradient: Net,
    terms: Float32[np.ndarray, "three"],
) -> None:
    """Set `gradient` and `terms` (value, prediction, negatives), after `latents` and `values` of these parameters."""
    losses(net, shape, work, target, batch, loss, gradient, terms)
    if loss.frozen:
        return
    half = latent_backward(net, shape, work, gradient)
    work.d_hidden[:] = work.scratch[half, : len(work.d_hidden), : work.d_hidden.shape[1]]
    encode_backward(net, work, background, pixel, gradient)


@fast
def latent_backward(net: Heads, shape: Shape, work: Columns, gradient: Heads) -> int:
    """Set the gradient of the layers up to the latent, from `work.d_z`; returns which scratch holds their input's."""
    gradient.latent[:] = ZERO
    work.scratch[0, : len(work.d_z), : work.d_z.shape[1]] = work.d_z
    return stack_backward(net.latent, shape.latent, work.latent_acts, gradient.latent, work.scratch)


@fast
def highest(q: Float32[np.ndarray, "action column"], column: int) -> int:
    """The action of the highest value in a column, the first of several."""
    action = 0
    for a in range(1, len(q)):
        if q[a, column] > q[action, column]:
            action = a
    return action


@fast
def losses(
    net: Heads,
    shape: Shape,
    work: Columns,
    target: Float32[np.ndarray, "action column"],
    batch: Batch,
    loss: Loss,
    gradient: Heads,
    terms: Float32[np.ndarray, "three"],
) -> None:
    """Set `terms`, the gradients of both heads, and that of the latents, `work.d_z`; a batch names columns of it."""
    work.d_z[:] = ZERO
    gradient.value[:] = ZERO
    gradient.transition[:] = ZERO
    terms[:] = ZERO
    terms[0] = _value(net, shape, work, target, batch, loss, gradient)
    if loss.prediction > 0:
        terms[1] = _prediction(net, shape, work, batch, loss, gradient)
    if loss.negatives > 0 and not loss.frozen:
        terms[2] = _negatives(work, batch, loss)


@fast
def _value(
    net: Heads,
    shape: Shape,
    work: Columns,
    target: Float32[np.ndarray, "action column"],
    batch: Batch,
    loss: Loss,
    gradient: Heads,
) -> np.float32:
    n, q, d_q = len(batch.first), work.q, work.d_q
    d_q[:] = ZERO
    total = ZERO
    for b in range(n):
        here, there, action = batch.second[b], batch.third[b], batch.second_action[b]
        chosen = highest(q, there)
        error = q[action, here] - batch.reward[b] - loss.discount * batch.carry_on[b] * target[chosen, there]
        total += error * error
        d_q[action, here] += loss.value * np.float32(2) / np.float32(n) * error
    places = q.shape[1]
    work.scratch[0, : len(q), :places] = d_q
    half = stack_backward(net.value, shape.value, work.value_acts, gradient.value, work.scratch)
    for k in range(len(work.z)):
        for s in range(places):
            if not shape.rectified or work.z[k, s] > 0:
                work.d_z[k, s] += work.scratch[half, k, s]
    return total / np.float32(n)


@fast
def _transition(
    net: Heads,
    shape: Shape,
    work: Columns,
    places: Int64[np.ndarray, "batch"],
    actions: Int64[np.ndarray, "batch"],
    acts: Float32[np.ndarray, "unit batch"],
) -> int:
    """What the transition model adds to the latents of a batch; returns the row of `acts` where it begins."""
    units = len(work.z)
    for k in range(units):
        for b in range(len(places)):
            z = work.z[k, places[b]]
            acts[k, b] = max(z, ZERO) if shape.rectified else z
    acts[units : units + len(work.q)] = ZERO
    for b in range(len(places)):
        acts[units + actions[b], b] = np.float32(1)
    return stack_forward(net.transition, shape.transition, acts)


@fast
def _prediction(net: Heads, shape: Shape, work: Columns, batch: Batch, loss: Loss, gradient: Heads) -> np.float32:
    n, z = len(batch.first), work.z
    units = len(z)
    acts, there = work.transition_acts, work.there_acts
    top = _transition(net, shape, work, batch.first, batch.first_action, acts)
    if loss.horizon > 0:
        _transition(net, shape, work, batch.second, batch.second_action, there)
    total = ZERO
    scale = loss.prediction * np.float32(2) / np.float32(n * units)
    for k in range(units):
        for b in range(n):
            s0, s1 = batch.first[b], batch.second[b]
            error = z[k, s0] + acts[top + k, b] - z[k, s1]
            if loss.horizon > 0:
                error -= loss.horizon * (z[k, s1] + there[top + k, b])
            total += error * error
            g = scale * error
            work.scratch[0, k, b] = g
            work.d_z[k, s0] += g
            work.d_z[k, s1] -= g
    half = stack_backward(net.transition, shape.transition, acts, gradient.transition, work.scratch)
    for k in range(units):
        for b in range(n):
            s0 = batch.first[b]
            if not shape.rectified or z[k, s0] > 0:
                work.d_z[k, s0] += work.scratch[half, k, b]
    return total / np.float32(n * units)


@fast
def _negatives(work: Columns, batch: Batch, loss: Loss) -> np.float32:
    n = len(batch.first)
    total = ZERO
    for b in range(n):
        here = batch.second[b]
        total += _repel(work, here, batch.second[b - 1], loss.negatives / np.float32(n))
        total += _repel(work, here, batch.third[b], loss.negatives / np.float32(n))
    return total / np.float32(n)


@fast
def _repel(work: Columns, one: int, other: int, weight: np.float32) -> np.float32:
    z, square = work.z, ZERO
    for k in range(len(z)):
        d = z[k, one] - z[k, other]
        square += d * d
    if square == 0:
        return np.float32(1)
    distance = np.sqrt(square)
    term = np.exp(-STEEP * distance)
    g = -weight * STEEP * term / distance
    for k in range(len(z)):
        d = g * (z[k, one] - z[k, other])
        work.d_z[k, one] += d
        work.d_z[k, other] -= d
    return term


@fast
def adam(parameters: Flat, gradient: Flat, first: Flat, second: Flat, step: int, rate: float) -> None:
    """One step of Adam with PyTorch's defaults; `step` counts from 1."""
    b1, b2, epsilon = np.float32(0.9), np.float32(0.999), np.float32(1e-8)
    size = np.float32(rate / (1 - 0.9**step))
    root = np.float32(1 / np.sqrt(1 - 0.999**step))
    one = np.float32(1)
    for i in range(len(parameters)):
        g = gradient[i]
        m = b1 * first[i] + (one - b1) * g
        v = b2 * second[i] + (one - b2) * g * g
        first[i], second[i] = m, v
        parameters[i] -= size * m / (np.sqrt(v) * root + epsilon)
