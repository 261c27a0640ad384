"""VPRTempo's network: two layers, one amplitude a pixel, one time step (Hines et al., ICRA 2024).

The rule is that of the package `vprtempo` 1.1.10 (QVPR, MIT licence), faults included, because the weights must be the
same: thresholds that decay to zero and stay there, a clamp without effect, inhibitory synapses that move the same way
as excitatory ones. What differs is the work: one pass over the weights an update, features computed once an image,
and at query time both layers folded into one matrix (no threshold acts between them, see `VPRTempo.evaluate`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int8, UInt8

from ..images.preprocess import grey, patch_normalise, resize
from ..percept import Recogniser
from ..spiking.tempo_kernel import draw_towards_half, force_target

FEATURES_PER_PIXEL = 2
SPIKE_CEILING = np.float32(0.9)
FORCED = np.float32(0.5)
"""Amplitude forced upon the output neuron of the place shown."""
STDP_RATE = np.float32(0.005)
THRESHOLD_RATE = np.float32(0.15)
FIRE_RATE_RANGE = (0.2, 0.9)
ANNEAL_EVERY = 100
"""Updates between two steps of the learning rates, which fall as (1 - t/T)^2."""


@dataclass
class TempoLayer:
    """One layer: its weights, thresholds, and which synapses excite (1), inhibit (-1) or do not exist (0)."""

    weight: Float32[np.ndarray, "post pre"]
    threshold: Float32[np.ndarray, "post"]
    sign: Int8[np.ndarray, "post pre"]
    fire_rate: Float32[np.ndarray, "post"]
    """Target rates; all 0 where there is none (output layer)."""

    @classmethod
    def from_weights(
        cls, weight: Float32[np.ndarray, "post pre"], threshold: Float32[np.ndarray, "post"], *, rated: bool
    ) -> "TempoLayer":
        """A layer before training; `rated` gives it the feature layer's ladder of target rates."""
        low, high = FIRE_RATE_RANGE
        step = (high - low) / len(weight)
        rate = low + step * (np.arange(len(weight)) + 1) if rated else np.zeros(len(weight))
        return cls(weight.copy(), threshold.copy(), np.sign(weight).astype(np.int8), rate.astype(np.float32))

    @classmethod
    def random(cls, pre: int, post: int, rng: np.random.Generator, *, feature: bool) -> "TempoLayer":
        """As the package draws it: half-normal weights, sparse in the feature layer (10 % exc, 50 % inh)."""
        excitatory, inhibitory = (0.1, 0.5) if feature else (1.0, 1.0)
        weight = _half_normal(pre, post, excitatory, rng) - _half_normal(pre, post, inhibitory, rng)
        threshold = rng.uniform(0.0, 0.5, post) if feature else np.zeros(post)
        return cls.from_weights(weight, threshold.astype(np.float32), rated=feature)

    def clamped(self, current: Float32[np.ndarray, "*batch post"]) -> Float32[np.ndarray, "*batch post"]:
        """Output amplitudes of the training network."""
        return np.clip(current - self.threshold, np.float32(0), SPIKE_CEILING)


def _half_normal(pre: int, post: int, p: float, rng: np.random.Generator) -> Float32[np.ndarray, "post pre"]:
    weight = np.maximum(rng.normal(0.5, 1 / 6, (post, pre)), 0.0) * (rng.random((post, pre)) <= p)
    norm = weight[-1].sum()  # of the last neuron only, as in the package
    return (weight / (norm if norm > 0 else 1.0)).astype(np.float32)


def _rate(base: np.float32, update: int, total: int) -> np.float32:
    """The annealed rate in force at an update; it is renewed after every 100th."""
    if update == 0:
        return base
    start = (update - 1) // ANNEAL_EVERY * ANNEAL_EVERY
    return np.float32(base * np.float32(((total - start) / total) ** 2))


def train_feature_layer(
    layer: TempoLayer, spikes: Float32[np.ndarray, "image pixel"], order: Int[np.ndarray, "update"]
) -> None:
    """Unsupervised: active features are drawn to an amplitude of one half. Changes `layer`."""
    for t, image in enumerate(order):
        pre, rate = spikes[image], _rate(STDP_RATE, t, len(order))
        current = layer.weight @ pre
        draw_towards_half(layer.weight, layer.sign, pre, layer.clamped(current), current, rate)
        fall = _rate(THRESHOLD_RATE, t, len(order)) * layer.fire_rate
        layer.threshold = np.maximum(layer.threshold - fall, np.float32(0))


def train_output_layer(
    layer: TempoLayer,
    features: Float32[np.ndarray, "image feature"],
    feature_rate: Float32[np.ndarray, "feature"],
    order: Int[np.ndarray, "update"],
) -> None:
    """Spike forcing: output neuron `i` is drawn to one half for image `i`, all others to zero. Changes `layer`."""
    scaled = features / feature_rate  # slow features learn faster
    for t, image in enumerate(order):
        current = layer.weight @ features[image]
        error = -layer.clamped(current)
        error[image] += FORCED
        force_target(layer.weight, layer.sign, scaled[image], error, current, _rate(STDP_RATE, t, len(order)))


def tempo_spikes(
    images: UInt8[np.ndarray, "image height width *rgb"], side: int = 28, patch: int = 7
) -> Float32[np.ndarray, "image pixel"]:
    """One amplitude from 0 to 1 a pixel: gamma to a mean of one half, resized, patch normalised, 256 levels.

    A frame so dark (mean at most 1 of 255) that the gamma is undefined, where the package raises, keeps its grey.
    """
    x = grey(images)
    mean = x.mean((1, 2), keepdims=True)
    dark = mean <= 1.0
    gamma = np.where(dark, 1.0, np.log(127.5) / np.log(np.where(dark, 2.0, mean))).astype(np.float32)
    x = resize(np.clip(x**gamma, 0, 255), (side, side))
    level = (255.0 * (1.0 + patch_normalise(x, patch, ddof=1)) / 2.0).astype(np.uint8)
    amplitude = level.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    scale = np.maximum(amplitude.max(1, keepdims=True), np.float32(1e-6)) / np.float32(255)
    return np.round(amplitude / scale).astype(np.float32) * scale  # the package's FakeQuantize


class VPRTempo(Recogniser):
    """The published recogniser, one or several modules, folded; score in units of the output amplitude."""

    def __init__(
        self, seed: int = 0, *, module_size: int = 1100, epochs: int = 4, side: int = 28, patch: int = 7
    ) -> None:
        self.seed, self.module_size, self.epochs = seed, module_size, epochs
        self.side, self.patch = side, patch

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        spikes = tempo_spikes(images, self.side, self.patch)
        starts = range(0, len(images), self.module_size)
        rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(len(starts))]
        self.folded = np.concatenate(
            [self._module(spikes[i : i + self.module_size], rng) for i, rng in zip(starts, rngs, strict=True)]
        )

    def _module(
        self, spikes: Float32[np.ndarray, "image pixel"], rng: np.random.Generator
    ) -> Float32[np.ndarray, "image pixel"]:
        pixels, count = spikes.shape[1], len(spikes)
        feature = TempoLayer.random(pixels, FEATURES_PER_PIXEL * pixels, rng, feature=True)
        output = TempoLayer.random(FEATURES_PER_PIXEL * pixels, count, rng, feature=False)
        train_feature_layer(feature, spikes, self._order(count, rng))
        features = feature.clamped(spikes @ feature.weight.T)
        train_output_layer(output, features, feature.fire_rate, self._order(count, rng))
        return output.weight @ feature.weight

    def _order(self, count: int, rng: np.random.Generator) -> Int[np.ndarray, "update"]:
        return np.concatenate([rng.permutation(count) for _ in range(self.epochs)])

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return tempo_spikes(images, self.side, self.patch) @ self.folded.T
