"""Places by one-shot Hebbian imprinting on spikes of an oriented front end: the system that is meant to win.

Complex cells adapt to the mean of the traverse; an ON and an OFF neuron each integrate what deviates upwards and
downwards and fire for ten steps. Seeing a place once imprints it: a place neuron's synapse from every cell *is* the
number of spikes that the cell fired (ON less OFF), an integer of 8 bits, scaled by one gain per neuron so that no
place is louder than another. Inhibition is global: one pool hears all spikes of the front end and divides every place
neuron alike, whichever module it belongs to, so that modules share one scale and cutting the map changes nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int8, UInt8

from innervate.errors import ConfigError
from innervate.files import load_arrays, save_arrays
from innervate.kernels import exact

from ..calibration import from_array, to_array
from ..images.encoder import Encoder
from ..images.v1 import V1Config, complex_cells
from ..percept import Place, Recogniser
from ..spiking.adaptation import Adaptation


@dataclass(frozen=True, kw_only=True)
class SpikingMapConfig:
    """Front end, time, adaptation and the cut into modules."""

    v1: V1Config = field(default_factory=V1Config)
    steps: int = 10
    """Steps for which the front end fires; at most one spike a cell and step."""
    drive: float = 1 / 3
    """Spikes a step of a cell that deviates by the root mean square of all cells."""
    memory_frames: int = 500
    """Frames over which the cells adapt during a traverse; 0 takes the adaptation away."""
    map_frames: int = 5
    """Frames that the mean of the map counts for when a traverse begins."""
    module_size: int | None = None
    """Places whose neurons form one module; all in one if None."""


@exact
def integrate_and_fire(
    deviation: Float32[np.ndarray, "cell"], phase: Float32[np.ndarray, "cell"], steps: int, drive: float
) -> Int8[np.ndarray, "cell"]:
    """Spikes of the ON neuron (positive) or OFF neuron (negative) of each cell in `steps` steps.

    A neuron that starts at potential `phase` (0 to 1), adds a constant input each step, fires at 1 and is reset by
    subtraction has fired floor(steps * input + phase) times, at most once a step. Input is `drive` times the
    deviation relative to the root mean square of all cells.
    """
    power = np.float32(0)
    for x in deviation:
        power += x * x
    spikes = np.zeros(deviation.size, np.int8)
    if power <= 1e-12 * deviation.size:
        return spikes  # nothing deviates
    gain = np.float32(steps * drive / np.sqrt(power / deviation.size))
    for i in range(deviation.size):
        x = deviation[i] * gain
        count = min(int(np.floor(abs(x) + phase[i])), steps)
        spikes[i] = count if x > 0 else -count
    return spikes


@exact
def membrane_drive(
    synapses: Int8[np.ndarray, "place cell"], gain: Float32[np.ndarray, "place"], spikes: Int8[np.ndarray, "cell"]
) -> Float32[np.ndarray, "place"]:
    """What reaches each place neuron in the whole presentation, divided by the global pool: -1 to 1.

    The pool's inhibition is the root of the summed squares of all spike counts.
    """
    pool = 0
    for s in spikes:
        pool += np.int32(s) * np.int32(s)
    out = np.zeros(gain.size, np.float32)
    if pool == 0:
        return out
    scale = np.float32(1 / np.sqrt(pool))
    for p in range(gain.size):
        total = np.int32(0)
        row = synapses[p]
        for i in range(spikes.size):
            total += np.int32(row[i]) * np.int32(spikes[i])
        out[p] = np.float32(total) * gain[p] * scale
    return out


@dataclass(frozen=True)
class _Module:
    synapses: Int8[np.ndarray, "place cell"]
    gain: Float32[np.ndarray, "place"]


class SpikingMap(Recogniser):
    """One-shot spiking places; score -1 to 1, the drive of a place neuron after inhibition.

    `scores` takes its images as one traverse in order of time, which adapts as it goes and never looks ahead;
    `begin` and `step` do the same one image at a time.
    """

    def __init__(
        self, seed: int = 0, config: SpikingMapConfig | None = None, encoder: Encoder | None = None
    ) -> None:
        self.seed, self.config = seed, config or SpikingMapConfig()
        self.encoder = encoder
        """What takes the place of the complex cells: each of its features drives an ON and an OFF neuron."""
        self._learnt_by = "" if encoder is None else f"{encoder.digest} {encoder.name}"
        self.names: tuple[str, ...] = ()
        """What to call the places, in their order; empty if they have numbers only."""

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        activity = self._activity(images)
        adapts = self.config.memory_frames > 0
        self.mean = activity.mean(0) if adapts else np.zeros(activity.shape[1], np.float32)
        if len(images) == 1:
            self.mean = np.zeros_like(self.mean)  # one place does not differ from the mean of all places
        synapses = np.stack([self._fire(a - self.mean, "map", k) for k, a in enumerate(activity)])
        size = self.config.module_size or len(images)
        self.modules = [self._imprint(synapses[i : i + size]) for i in range(0, len(images), size)]

    def _activity(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float32[np.ndarray, "image cell"]:
        if self.encoder is not None:
            return self.encoder(images)
        if self._learnt_by:
            raise ConfigError(f"This map was learnt through the encoder {self._learnt_by.split(' ', 1)[1]}, which does "
                              "not lie in the map: give it (--encoder, or `SpikingMap.load(path, encoder)`).")
        return complex_cells(images, self.config.v1)

    def _imprint(self, spikes: Int8[np.ndarray, "place cell"]) -> _Module:
        length = np.sqrt(np.square(spikes, dtype=np.int32).sum(1))
        return _Module(spikes, (1 / np.maximum(length, 1)).astype(np.float32))

    def _fire(self, deviation: Float32[np.ndarray, "cell"], stream: str, frame: int) -> Int8[np.ndarray, "cell"]:
        phase = self._phase(stream, frame, deviation.size)
        return integrate_and_fire(deviation, phase, self.config.steps, self.config.drive)

    def _phase(self, stream: str, frame: int, cells: int) -> Float32[np.ndarray, "cell"]:
        """Starting potentials, 0 to 1."""
        # Counter-based, so that the noise of a frame depends on nothing but the seed and its number.
        key = np.array([self.seed, int.from_bytes(stream.encode(), "big")], np.uint64)
        noise = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, frame]))
        return noise.random(cells, dtype=np.float32)

    def begin(self) -> "Traverse":
        """The state at the start of a traverse: adapted to the map, no image seen."""
        self._check_fitted()
        return Traverse(Adaptation(self.mean, self.config.map_frames), 0)

    def step(self, image: UInt8[np.ndarray, "height width *rgb"], state: "Traverse") -> tuple[Place, "Traverse"]:
        """The place that the next image of a traverse shows, and the state after it."""
        spikes, state = self.spikes(image, state)
        return self.place(self.drive(spikes)), state

    def spikes(
        self, image: UInt8[np.ndarray, "height width *rgb"], state: "Traverse"
    ) -> tuple[Int8[np.ndarray, "cell"], "Traverse"]:
        """What the front end fires for the next image: ON spikes positive, OFF spikes negative."""
        deviation, after = self._deviation(image, state)
        return self._fire(deviation, "query", state.frame), after

    def currents(
        self, image: UInt8[np.ndarray, "height width *rgb"], state: "Traverse"
    ) -> tuple[Float64[np.ndarray, "step cell"], "Traverse"]:
        """What flows into each ON neuron in each step for the next image, and the negative of it into the OFF neuron.

        The starting potential arrives with the first step, so that neurons that start at 0 fire the same spikes.
        """
        deviation, after = self._deviation(image, state)
        power = np.square(deviation, dtype=np.float64).mean()
        current = deviation.astype(np.float64) * (self.config.drive / np.sqrt(power) if power > 1e-12 else 0.0)
        out = np.tile(current, (self.config.steps, 1))
        out[0] += np.sign(current) * self._phase("query", state.frame, deviation.size)
        return out, after

    def trains(
        self, image: UInt8[np.ndarray, "height width *rgb"], state: "Traverse"
    ) -> tuple[UInt8[np.ndarray, "step neuron"], "Traverse"]:
        """The same spikes as `spikes`, one by one: which neurons fire in each step, all ON before all OFF ones."""
        deviation, after = self._deviation(image, state)
        spikes = self._fire(deviation, "query", state.frame)
        power = np.square(deviation, dtype=np.float64).mean()
        steps = np.arange(self.config.steps + 1)[:, None]
        rate = np.abs(deviation) * (self.config.drive / np.sqrt(power) if power > 1e-12 else 0.0)
        fired = np.minimum(np.floor(steps * rate + self._phase("query", state.frame, deviation.size)), steps)
        fired[-1] = np.abs(spikes)  # where rounding decides, as it did there
        now = np.diff(np.minimum(fired, fired[-1]), axis=0)
        # One too many at the end, if rounding gave one more than the floor: it fires in a step that was silent.
        for cell in np.flatnonzero(now.max(0) > 1):
            now[-1, cell] = 1
            now[np.flatnonzero(now[:, cell] == 0)[-1], cell] = 1
        return np.concatenate([now * (spikes > 0), now * (spikes < 0)], 1).astype(np.uint8), after

    def _deviation(
        self, image: UInt8[np.ndarray, "height width *rgb"], state: "Traverse"
    ) -> tuple[Float32[np.ndarray, "cell"], "Traverse"]:
        (activity,) = self._activity(image[None])
        if self.config.memory_frames > 0:
            deviation, adaptation = state.adaptation.step(activity, self.config.memory_frames)
        else:
            deviation, adaptation = activity, state.adaptation
        return deviation, Traverse(adaptation, state.frame + 1)

    def drive(self, spikes: Int8[np.ndarray, "cell"]) -> Float32[np.ndarray, "place"]:
        """Drive of every place neuron, modules side by side."""
        return np.concatenate([membrane_drive(m.synapses, m.gain, spikes) for m in self.modules])

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float32[np.ndarray, "query place"]:
        state = self.begin()
        out = np.empty((len(images), sum(len(m.gain) for m in self.modules)), np.float32)
        for k, image in enumerate(images):
            spikes, state = self.spikes(image, state)
            out[k] = self.drive(spikes)
        return out

    def save(self, path: Path) -> None:
        """Write the map to one `.npz`, atomically."""
        self._check_fitted()
        c = self.config
        save_arrays(path, {
            "kind": np.array("spiking-map"),
            "numbers": np.array([self.seed, c.v1.side, c.v1.patch, c.v1.orientations, c.v1.pool, c.steps,
                                 c.memory_frames, c.map_frames, c.module_size or 0]),
            "drive": np.array(c.drive),
            "mean": self.mean,
            "encoder": np.array(self._learnt_by),
            "names": np.array(self.names, dtype=np.str_),
            "calibration": to_array(self.calibration),
            "synapses": np.concatenate([m.synapses for m in self.modules]),
        })  # fmt: skip

    @classmethod
    def load(cls, path: Path, encoder: Encoder | None = None) -> "SpikingMap":
        """Read what `save` wrote; answers are those of the saved map, bit for bit.

        A map learnt through an encoder needs the same to be asked, and `ConfigError` tells of another.
        """
        arrays = load_arrays(path, "spiking-map")
        seed, side, patch, orientations, pool, steps, memory, start, size = (int(x) for x in arrays["numbers"])
        config = SpikingMapConfig(
            v1=V1Config(side=side, patch=patch, orientations=orientations, pool=pool), steps=steps,
            drive=float(arrays["drive"]), memory_frames=memory, map_frames=start, module_size=size or None,
        )  # fmt: skip
        places, learnt_by = cls(seed, config, encoder), str(arrays.get("encoder", ""))
        if encoder is not None and learnt_by != places._learnt_by:
            by = f"through {learnt_by.split(' ', 1)[1]}" if learnt_by else "without an encoder"
            raise ConfigError(f"The map {path} was learnt {by}, and not through this {encoder.name}: their features "
                              "do not mean the same.")
        places._learnt_by = learnt_by
        places.mean, synapses = arrays["mean"], arrays["synapses"]
        places.n_places, places.names = len(synapses), tuple(str(name) for name in arrays["names"])
        places.calibration = from_array(arrays["calibration"])
        step = size or len(synapses)
        places.modules = [places._imprint(synapses[i : i + step]) for i in range(0, len(synapses), step)]
        return places


@dataclass(frozen=True)
class Traverse:
    """What a traverse carries from image to image."""

    adaptation: Adaptation
    frame: int
    """Images seen; the neurons' starting potentials are drawn from the seed and this number."""
