"""An encoder of one 2 x 2 convolution, ReLU and 2 x 2 max-pool on a batch of images (numba), both ways.

Taps and corners (i, j) are number 2 i + j; cells are numbered by rows.
"""

import numpy as np
from jaxtyping import Float32

from innervate.kernels import fast

from .buffers import Shape
from .heads_kernel import stack_forward
from .image_buffers import CHANNELS, ImageNet, ImageWork
from .losses_kernel import latent_backward
from .vectors import choose, fill32, plus, put, row32, where_equal

ONE = np.float32(1)
ZERO = np.float32(0)

Images = Float32[np.ndarray, "column side side"]


@fast
def image_latents(net: ImageNet, shape: Shape, work: ImageWork, images: Images) -> None:
    """The latent of every image."""
    _pool(net, work, images)
    top = stack_forward(net.latent, shape.latent, work.latent_acts)
    work.z[:] = work.latent_acts[top : top + len(work.z)]


@fast
def _pool(net: ImageNet, work: ImageWork, images: Images) -> None:
    half = (images.shape[1] - 1) // 2
    bias = row32(net.conv_bias, (0,))
    k0, k1, k2, k3 = row32(net.conv, (0, 0)), row32(net.conv, (1, 0)), row32(net.conv, (2, 0)), row32(net.conv, (3, 0))
    for column in range(len(images)):
        image = images[column]
        for cell in range(half * half):
            best, where = fill32(ZERO), fill32(ZERO)
            for corner in range(4):
                u, v = 2 * (cell // half) + corner // 2, 2 * (cell % half) + corner % 2
                a = plus(plus(bias, image[u, v], k0), image[u, v + 1], k1)
                a = plus(plus(a, image[u + 1, v], k2), image[u + 1, v + 1], k3)
                where = choose(a, best, fill32(np.float32(corner)), where)
                best = choose(a, best, a, best)
            put(work.where, (column, cell, 0), where)
            put(work.row, (0,), best)
            for k in range(CHANNELS):
                work.latent_acts[k * half * half + cell, column] = work.row[k]


@fast
def image_backward(net: ImageNet, shape: Shape, work: ImageWork, images: Images, gradient: ImageNet) -> None:
    """Set `gradient` of the encoder; that of the latents is `work.d_z`."""
    half = latent_backward(net, shape, work, gradient)
    _unpool(work, images, work.scratch[half], gradient)


@fast
def _unpool(
    work: ImageWork, images: Images, d_pooled: Float32[np.ndarray, "feature column"], gradient: ImageNet
) -> None:
    half = (images.shape[1] - 1) // 2
    bias = fill32(ZERO)
    d0, d1, d2, d3 = fill32(ZERO), fill32(ZERO), fill32(ZERO), fill32(ZERO)
    for column in range(len(images)):
        image = images[column]
        for cell in range(half * half):
            for k in range(CHANNELS):
                feature = k * half * half + cell
                work.row[k] = d_pooled[feature, column] if work.latent_acts[feature, column] > 0 else ZERO
            d, where = row32(work.row, (0,)), row32(work.where, (column, cell, 0))
            bias = plus(bias, ONE, d)
            for corner in range(4):
                u, v = 2 * (cell // half) + corner // 2, 2 * (cell % half) + corner % 2
                share = where_equal(d, where, np.float32(corner))
                d0 = plus(d0, image[u, v], share)
                d1 = plus(d1, image[u, v + 1], share)
                d2 = plus(d2, image[u + 1, v], share)
                d3 = plus(d3, image[u + 1, v + 1], share)
    put(gradient.conv_bias, (0,), bias)
    put(gradient.conv, (0, 0), d0)
    put(gradient.conv, (1, 0), d1)
    put(gradient.conv, (2, 0), d2)
    put(gradient.conv, (3, 0), d3)
