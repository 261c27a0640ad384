"""One module of the paper: 784 Poisson inputs, 400 excitatory and 400 inhibitory neurons, triplet STDP."""

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from .conductance_kernel import MAX_DELAY_STEPS, NEVER, REST_EXC, REST_INH, advance, poisson_spikes, scale_columns

PRESENTATION_STEPS, REST_STEPS, WARM_UP_STEPS = 3500, 1500, 5000
"""350 ms of an image, 150 ms of nothing, and 500 ms of nothing before the first image."""
INTENSITY = 4.0
"""Grey levels a hertz: a white pixel fires at 63.75 Hz."""
COLUMN_SUM = 78.0
THETA_START_MV = 20.0


class InputSpikes:
    """A 350 ms Poisson rendering of one image; every module that is shown it sees the same spikes."""

    def __init__(self, pixels: UInt8[np.ndarray, "height width"], rng: np.random.Generator) -> None:
        self.start, self.who = poisson_spikes(pixels.ravel(), INTENSITY, PRESENTATION_STEPS, rng)

    def __len__(self) -> int:
        return len(self.who)


class ConductanceNetwork:
    """Weights, thresholds and the moving state of one module. Potentials in mV, conductances relative to the leak."""

    def __init__(self, rng: np.random.Generator, inputs: int = 784, neurons: int = 400) -> None:
        self.weight = (0.3 * (rng.random((inputs, neurons)) + 0.01)).astype(np.float32)  # U(0.003, 0.303)
        self.theta = np.full(neurons, THETA_START_MV)
        self.restart(rng)

    @classmethod
    def frozen(
        cls, weight: Float32[np.ndarray, "input neuron"], theta: Float64[np.ndarray, "neuron"]
    ) -> "ConductanceNetwork":
        """A trained network from its weights and thresholds; `restart` it before use."""
        network = cls.__new__(cls)
        network.weight, network.theta = weight.copy(), theta.copy()
        return network

    def restart(self, rng: np.random.Generator) -> None:
        """Start a run as the published scripts do: 40 mV below rest, new delays U(0, 10) ms, 500 ms of nothing."""
        inputs, neurons = self.weight.shape
        delay = np.rint(rng.random((inputs, neurons)) * MAX_DELAY_STEPS).astype(np.int64)
        self._target = np.argsort(delay, axis=1, kind="stable").astype(np.uint16)
        self._position = np.argsort(self._target, axis=1, kind="stable").astype(np.uint16)
        ordered = np.take_along_axis(delay, self._target.astype(np.int64), 1)
        edges = np.arange(MAX_DELAY_STEPS + 2)
        self._first = np.stack([np.searchsorted(row, edges) for row in ordered]).astype(np.uint16)
        self._by_delay = np.take_along_axis(self.weight, self._target.astype(np.int64), 1)
        self._arrived = np.full((inputs, neurons), NEVER, np.int32)
        self._v = np.stack([np.full(neurons, REST_EXC - 40), np.full(neurons, REST_INH - 40)])
        self._g = np.zeros((4, neurons))
        self._post = np.zeros((2, neurons), np.float32)
        # The published timer starts at 0, so nobody fires in the first 50 ms either; refractoriness has no past.
        self._fired = np.stack([np.full(neurons, -1), np.full(neurons, NEVER)]).astype(np.int64)
        self._clock = 0
        nothing = np.zeros(1, np.int32), np.zeros(0, np.uint16)
        self._advance(WARM_UP_STEPS, False, *nothing)

    def present(self, spikes: InputSpikes, *, learn: bool) -> Int64[np.ndarray, "neuron"]:
        """Show one image for 350 ms and nothing for 150 ms; spikes of each excitatory neuron.

        With `learn`, weights onto each neuron are first scaled to sum to 78, and STDP and the adaptive threshold act;
        `weight` and `theta` are frozen otherwise.
        """
        if learn:
            scale_columns(self._by_delay, self._target, COLUMN_SUM)
        return self._advance(PRESENTATION_STEPS + REST_STEPS, learn, spikes.start, spikes.who)

    def freeze(self) -> None:
        """Take over what was learnt since `restart` into `weight`."""
        np.put_along_axis(self.weight, self._target.astype(np.int64), self._by_delay, 1)

    def _advance(self, steps: int, learn: bool, start: np.ndarray, who: np.ndarray) -> Int64[np.ndarray, "neuron"]:
        counts = advance(
            self._clock, steps, learn, start, who, self._by_delay, self._target, self._position, self._first,
            self._arrived, self._v, self._g, self.theta, self._post, self._fired,
        )  # fmt: skip
        self._clock += steps
        return counts

    @property
    def potential(self) -> Float64[np.ndarray, "2 neuron"]:
        """Membrane potentials in mV: excitatory, inhibitory."""
        return self._v

    @property
    def live_weight(self) -> Float32[np.ndarray, "input neuron"]:
        """Weights as they are now, learning included."""
        weight = np.empty_like(self.weight)
        np.put_along_axis(weight, self._target.astype(np.int64), self._by_delay, 1)
        return weight
