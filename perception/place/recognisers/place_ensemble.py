"""The paper's recogniser: compact modules, each trained on a region of the route, fused by their best answer.

Hussaini, Milford and Fischer, "Ensembles of Compact, Region-specific & Regularized Spiking Neural Networks for
Scalable Place Recognition", ICRA 2023. Several seeds whose scores are summed: the same authors, T-RO 2025.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int64, UInt8

from innervate.errors import ConfigError
from innervate.files import load_arrays, save_arrays

from ..calibration import from_array, to_array
from ..images.preprocess import patch_normalised_pixels
from ..percept import Recogniser
from ..spiking.conductance import ConductanceNetwork, InputSpikes
from ..spiking.hyperactive import calibrated_threshold, hyperactive, places_fired_for

NO_PLACE = -1
ASSIGNMENT_WINDOW = 250
"""The last training examples that decide which place a neuron stands for (`update_interval`)."""


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig:
    """How much of everything; the published choices unless said otherwise."""

    module_size: int = 25
    """Places per module, consecutive."""
    epochs: int = 30
    """Showings of each reference image (published: 20 to 70)."""
    members: int = 1
    """Networks of different seeds whose scores are summed (published: 1, or 5)."""
    neurons: int = 400


def train_module(
    pixels: UInt8[np.ndarray, "place side side"], config: EnsembleConfig, rng: np.random.Generator
) -> tuple[ConductanceNetwork, Int64[np.ndarray, "neuron"]]:
    """A frozen network and the place, counted within the module, that each neuron stands for (-1: it never fired)."""
    network = ConductanceNetwork(rng, pixels[0].size, config.neurons)
    order = rng.permutation(len(pixels))  # drawn once; every epoch repeats it
    window = -(-ASSIGNMENT_WINDOW // len(pixels))  # in epochs, rounded up
    sums = np.zeros((len(pixels), config.neurons))
    for epoch in range(config.epochs):
        for i in order:
            counts = network.present(InputSpikes(pixels[i], rng), learn=True)
            if epoch >= config.epochs - window:
                sums[i] += counts
    network.freeze()
    return network, np.where(sums.any(0), sums.argmax(0), NO_PLACE)


def place_scores(
    counts: Int[np.ndarray, "query module neuron"],
    assigned: Int64[np.ndarray, "module neuron"],
    silenced: Bool[np.ndarray, "module neuron"],
    sizes: list[int],
) -> Float64[np.ndarray, "query place"]:
    """Mean spikes of the neurons that stand for each place, silenced ones counted as 0; modules side by side.

    `sizes` are the places of each module. A place that no neuron stands for scores 0.
    """
    heard = np.where(silenced, 0, counts)
    parts: list[Float64[np.ndarray, "query part"]] = []
    for m, size in enumerate(sizes):
        member = assigned[m][:, None] == np.arange(size)
        parts.append(heard[:, m] @ member / np.maximum(member.sum(0), 1))
    return np.concatenate(parts, axis=1)


class PlaceEnsemble(Recogniser):
    """Modules of conductance neurons; score in spikes per neuron and presentation, summed over members.

    `fit` trains on one image a place and records who is hyperactive; `calibrate` then sets the threshold from
    queries held back for it. Without `calibrate` nobody is silenced. The same seed gives the same network and the
    same answers: each call of `scores` restarts the networks with the same noise.
    """

    def __init__(self, seed: int = 0, config: EnsembleConfig | None = None) -> None:
        self.seed, self.config = seed, config or EnsembleConfig()
        self.threshold = 0

    def _sizes(self) -> list[int]:
        size = self.config.module_size
        return [min(size, self._count - i) for i in range(0, self._count, size)]

    def _fit(self, images: UInt8[np.ndarray, "place height width *rgb"]) -> None:
        pixels = patch_normalised_pixels(images)
        self._count, self.threshold = len(images), 0
        starts = np.cumsum([0, *self._sizes()])
        self._networks: list[list[ConductanceNetwork]] = []
        assigned: list[Int64[np.ndarray, "module neuron"]] = []
        for member in np.random.SeedSequence([self.seed, 0]).spawn(self.config.members):
            rngs = [np.random.default_rng(s) for s in member.spawn(len(starts) - 1)]
            trained = [
                train_module(pixels[a:b], self.config, rng)
                for a, b, rng in zip(starts[:-1], starts[1:], rngs, strict=True)
            ]
            self._networks.append([network for network, _ in trained])
            assigned.append(np.stack([places for _, places in trained]))
        self.assigned = np.stack(assigned)
        self.activity = np.stack([places_fired_for(c) for c in self._responses(pixels, "record")])

    def _responses(
        self, pixels: UInt8[np.ndarray, "query side side"], run: str
    ) -> Int64[np.ndarray, "member query module neuron"]:
        """Spikes of every neuron to every image; all modules of a member see the same input spikes."""
        seeds = np.random.SeedSequence([self.seed, 1, *run.encode()]).spawn(self.config.members)
        return np.stack([self._member_responses(m, pixels, s) for m, s in zip(self._networks, seeds, strict=True)])

    def _member_responses(
        self, modules: list[ConductanceNetwork], pixels: np.ndarray, seed: np.random.SeedSequence
    ) -> Int64[np.ndarray, "query module neuron"]:
        first, *others = seed.spawn(len(modules) + 1)
        rng = np.random.default_rng(first)
        for network, s in zip(modules, others, strict=True):
            network.restart(np.random.default_rng(s))
        answers: list[Int64[np.ndarray, "module neuron"]] = []
        for image in pixels:
            spikes = InputSpikes(image, rng)
            answers.append(np.stack([network.present(spikes, learn=False) for network in modules]))
        return np.stack(answers)

    def responses(
        self, images: UInt8[np.ndarray, "query height width *rgb"]
    ) -> Int64[np.ndarray, "member query module neuron"]:
        """Spikes of every excitatory neuron to every image, before anyone is silenced."""
        self._check_fitted()
        return self._responses(patch_normalised_pixels(images), "query")

    def fuse(
        self, counts: Int64[np.ndarray, "member query module neuron"], threshold: int
    ) -> Float64[np.ndarray, "query place"]:
        """Scores from responses with the hyperactive neurons of a threshold silenced (0: nobody)."""
        parts = zip(counts, self.assigned, self.activity, strict=True)
        scores = [place_scores(c, a, hyperactive(h, threshold), self._sizes()) for c, a, h in parts]
        return np.sum(scores, axis=0)

    def calibrate(
        self, images: UInt8[np.ndarray, "query height width *rgb"], truth: Bool[np.ndarray, "_ _"]
    ) -> dict[int, float]:
        """Choose the threshold on queries that take no part in any evaluation; recall at 1 for each threshold tried.

        `truth` is (query, place) over all places fitted.
        """
        counts = self.responses(images)
        self.threshold, recalls = calibrated_threshold(lambda t: self.fuse(counts, t), truth)
        return recalls

    def _scores(self, images: UInt8[np.ndarray, "query height width *rgb"]) -> Float[np.ndarray, "query place"]:
        return self.fuse(self.responses(images), self.threshold)

    def save(self, path: Path) -> None:
        """Write what was learnt to one `.npz`, atomically."""
        self._check_fitted()
        config = self.config
        save_arrays(path, {
            "kind": np.array("place-ensemble"),
            "numbers": np.array(
                [self.seed, self._count, self.threshold, config.module_size, config.epochs, config.members,
                 config.neurons]
            ),
            "calibration": to_array(self.calibration),
            "assigned": self.assigned,
            "activity": self.activity,
            "weight": np.stack([[n.weight for n in modules] for modules in self._networks]),
            "theta": np.stack([[n.theta for n in modules] for modules in self._networks]),
        })  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "PlaceEnsemble":
        """Read what `save` wrote; answers are those of the saved ensemble, bit for bit."""
        arrays = load_arrays(path, "place-ensemble")
        seed, count, threshold, size, epochs, members, neurons = (int(x) for x in arrays["numbers"])
        config = EnsembleConfig(module_size=size, epochs=epochs, members=members, neurons=neurons)
        ensemble = cls(seed, config)
        ensemble.n_places = ensemble._count = count
        ensemble.calibration = from_array(arrays["calibration"])
        ensemble.threshold, ensemble.assigned, ensemble.activity = threshold, arrays["assigned"], arrays["activity"]
        ensemble._networks = [
            [ConductanceNetwork.frozen(w, t) for w, t in zip(ws, ts, strict=True)]
            for ws, ts in zip(arrays["weight"], arrays["theta"], strict=True)
        ]
        if ensemble.assigned.shape[:2] != arrays["weight"].shape[:2]:
            raise ConfigError(
                f"{path} is damaged: assignments are of {ensemble.assigned.shape[:2]} networks and "
                f"weights of {arrays['weight'].shape[:2]}."
            )
        return ensemble
