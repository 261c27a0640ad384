"""A generalised linear model whose interactions switch with a hidden state (GLM-HMM), fitted by EM.

    x_n(t) ~ p(b_n + sum_m W[z_t]_nm h_m(t)),   h the filtered past of the neurons (`history`),   z a Markov chain

After Li et al. (ICLR 2024, arXiv 2310.15263), with the transitions pooled over all sequences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError

from .chain import counted, smooth, sticky
from .emissions import Emission, Gaussian, Poisson
from .history import design
from .onehot import OneHot
from .priors import Anatomy, NoPrior, Prior, SharedGaussian, Weights

STILL = 1e-5
"""Relative gain of the likelihood in a round, below which a fit has ended."""
Belief = Literal["none", "gaussian", "onehot", "anatomy"]


@dataclass(frozen=True, kw_only=True)
class SwitchingConfig:
    """How states are sought."""

    states: int = 4
    """How many circuits take turns."""
    prior: Belief = "gaussian"
    """What is believed of their interactions: nothing, a graph that they share, that with signs, or a given wiring."""
    counts: bool = True
    """Spikes in a step (a bounded Poisson rate); else rates, standardised, with Gaussian noise."""
    own_past: bool = False
    """Let a neuron's own past act on it."""
    rounds: int = 40
    """Of expectation and maximisation, at most."""
    starts: int = 2
    """Random beginnings; the best by the likelihood of what is held out is kept."""
    held_out: float = 0.2
    """Share at the end of each sequence that no start is fitted to."""
    seed: int = 0
    """Of the beginnings."""

    def __post_init__(self) -> None:
        if self.states < 1 or self.rounds < 1 or self.starts < 1:
            raise ConfigError("states, rounds and starts are numbers of 1 or more.")
        if not 0 < self.held_out < 0.9:
            raise ConfigError(f"held_out is the share kept from the fit, above 0 and below 0.9, got {self.held_out}.")
        if self.prior == "onehot" and not self.counts:
            raise ConfigError("The one-hot prior is of spike counts; for rates take prior='gaussian' or 'none'.")


@dataclass(frozen=True)
class Switching:
    """States that were found."""

    weights: Float[np.ndarray, "state neuron neuron"]
    """Interactions in each state, from column to row."""
    constant: Float[np.ndarray, "state neuron"]
    """Drive of each neuron in each state."""
    transition: Float[np.ndarray, "state state"]
    """A row is where a state goes in a step."""
    posterior: tuple[Float[np.ndarray, "_ state"], ...]
    """Probability of each state at each step, for each sequence whole."""
    held_out: float
    """Log-likelihood a step of what was not fitted."""
    rounds: int
    """Of the start that was kept."""

    @property
    def state(self) -> tuple[Int[np.ndarray, "_"], ...]:
        """The likeliest state at each step of each sequence."""
        return tuple(p.argmax(axis=1) for p in self.posterior)


def fit(
    sequences: Sequence[Float[np.ndarray, "_ neuron"]],
    config: SwitchingConfig | None = None,
    wiring: Float[np.ndarray, "neuron neuron"] | None = None,
) -> Switching:
    """Find the states of some recordings of the same neurons.

    Args:
        sequences: activity, a row a step; each of at least 50 steps.
        config: how.
        wiring: for `prior="anatomy"`: synapse from column to row, signed.

    Raises:
        ConfigError: too little, or not finite; a prior that lacks what it needs.
    """
    config = config or SwitchingConfig()
    whole = [np.ascontiguousarray(one, np.float64) for one in sequences]
    _check(whole, config, wiring)
    if not config.counts:
        mean, scale = np.concatenate(whole).mean(axis=0), np.concatenate(whole).std(axis=0)
        whole = [(one - mean) / scale for one in whole]
    parts = [int(len(one) * (1 - config.held_out)) for one in whole]
    prior: Prior = NoPrior()
    if config.prior == "gaussian":
        prior = SharedGaussian()
    elif wiring is not None and config.prior == "anatomy":
        prior = Anatomy(np.asarray(wiring, np.float64))
    rng = np.random.default_rng(config.seed)
    found = [_Fit(whole, parts, config, prior, rng).run() for _ in range(config.starts)]
    return max(found, key=lambda one: one.held_out)


def _check(whole: list[Float[np.ndarray, "_ neuron"]], config: SwitchingConfig, wiring: np.ndarray | None) -> None:
    if not whole:
        raise ConfigError("There is no recording to find states in.")
    sizes = {one.shape[1] for one in whole}
    if len(sizes) > 1:
        raise ConfigError(f"The recordings are of {sorted(sizes)} neurons; states need the same neurons in all.")
    neurons = sizes.pop()
    if neurons < 2:
        raise ConfigError("One neuron has no interactions; states need at least two.")
    if (shortest := min(map(len, whole))) < 50:
        raise ConfigError(f"A recording of {shortest} steps is too short to find states in; at least 50 are needed.")
    together = np.concatenate(whole)
    if not np.isfinite(together).all():
        raise ConfigError(f"The activity of neuron {np.argwhere(~np.isfinite(together))[0][1]} is not finite.")
    if (still := np.flatnonzero(together.std(axis=0) == 0)).size:
        raise ConfigError(f"Neuron {still[0]} never changes; leave it out of the recording.")
    if config.counts and ((together < 0).any() or (together != np.round(together)).any()):
        raise ConfigError("Spike counts are whole numbers of 0 or more; for rates set counts=False.")
    if config.prior == "anatomy" and (wiring is None or np.shape(wiring) != (neurons, neurons)):
        given = "none was given" if wiring is None else f"got {np.shape(wiring)}"
        raise ConfigError(f"prior='anatomy' needs a wiring of {neurons} x {neurons} neurons; {given}.")


class _Fit:
    """One beginning, followed to its end."""

    def __init__(
        self, whole: list[Float[np.ndarray, "_ neuron"]], parts: list[int], config: SwitchingConfig, prior: Prior,
        rng: np.random.Generator,
    ) -> None:
        self.config, self.prior, self.parts, self.lengths = config, prior, parts, [len(one) for one in whole]
        self.seen, self.inputs = np.concatenate(whole), design(whole)
        self.train = np.concatenate([np.arange(n) < part for n, part in zip(self.lengths, parts, strict=True)])
        neurons, states = self.seen.shape[1], config.states
        self.kept = np.ones((neurons, neurons + 1))
        if not config.own_past:
            self.kept[np.arange(neurons), np.arange(neurons)] = 0.0
        self.emission: Emission = Poisson() if config.counts else Gaussian(self.seen[self.train])
        self.transition, self.first = sticky(states), np.full(states, 1 / states)
        # All states begin near the one circuit that fits everything.
        start = np.zeros((1, neurons, neurons + 1))
        none = np.zeros_like(start)
        share = np.ones((int(self.train.sum()), 1))
        for _ in range(3):
            start = self._improved(share, start, none, none + 1.0)
        self.weights = self.kept * (start + 0.3 * rng.standard_normal((states, neurons, neurons + 1)))
        self.hidden = OneHot(self.weights) if config.prior == "onehot" else None

    def _improved(self, share: np.ndarray, weights: Weights, centre: Weights, precision: Weights) -> Weights:
        barred = np.where(self.kept == 0, 1e9, precision)
        return self.kept * self.emission.improve(
            self.seen[self.train], self.inputs[self.train], share, weights, self.kept * centre, barred
        )

    def expectation(self, *, held_out: bool) -> tuple[np.ndarray, np.ndarray, float]:
        """Posterior of all steps, expected transitions, log-likelihood; of what is fitted, or of everything."""
        logs = self.emission.log_likelihood(self.seen, self.inputs, self.weights)
        posterior, moves, total, begin = np.zeros_like(logs), np.zeros_like(self.transition), 0.0, 0
        for length, part in zip(self.lengths, self.parts, strict=True):
            steps = slice(begin, begin + (length if held_out else part))
            total += smooth(
                np.ascontiguousarray(logs[steps]), self.transition, self.first, posterior[steps], moves
            )  # fmt: skip
            begin += length
        return posterior, moves, total

    def run(self) -> Switching:
        """Until the likelihood stands still."""
        before, rounds = -np.inf, 0
        while rounds < self.config.rounds:
            posterior, moves, total = self.expectation(held_out=False)
            if total - before < STILL * abs(total):
                break
            before, rounds = total, rounds + 1
            share = posterior[self.train]
            if self.hidden is not None:
                self.weights = self.hidden.improve(self.seen[self.train], self.inputs[self.train], share, self.kept)
            else:
                self.weights = self._improved(share, self.weights, *self.prior.around(self.weights))
            self.transition = counted(moves)
        if self.hidden is not None:
            self.weights = self.hidden.hard(self.kept)
        _, _, fitted = self.expectation(held_out=False)
        posterior, _, total = self.expectation(held_out=True)
        later = sum(self.lengths) - sum(self.parts)
        ends = np.cumsum(self.lengths)[:-1]
        return Switching(
            self.weights[:, :, :-1], self.weights[:, :, -1], self.transition, tuple(np.split(posterior, ends)),
            (total - fitted) / later, rounds,
        )  # fmt: skip
