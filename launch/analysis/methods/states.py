"""Switching states: which of several circuits is at work when (Poisson or Gaussian GLM-HMM)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from innervate.errors import ConfigError
from innervate.launch.analysis.recordings.traces import Traces, common
from innervate.launch.analysis.switching.fit import Belief, Switching, SwitchingConfig, fit

TITLE = "Switching states"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of the states that are sought."""

    states: int = 4
    """How many circuits take turns."""
    prior: Belief = "gaussian"
    """What is believed of their interactions: nothing, a graph that they share, that with signs, or the wiring."""
    starts: int = 2
    """Random beginnings."""
    seed: int = 0
    """Of these."""


@dataclass(frozen=True)
class States:
    """Which state each recording was in."""

    neurons: tuple[str, ...]
    step_s: float
    found: Switching
    activity: Float[np.ndarray, "step neuron"]
    """Of the first recording."""

    def told(self) -> list[tuple[str, str]]:
        """Shares and stays of the states, and the likelihood of what was held out."""
        state = np.concatenate(self.found.state)
        share = np.bincount(state, minlength=len(self.found.transition)) / len(state)
        stay = self.step_s / np.maximum(1 - np.diag(self.found.transition), 1e-9)
        each = [f"{s:.0%} of the time, {t:.2g} s at a stretch" for s, t in zip(share, stay, strict=True)]
        return [*((f"state {k}", text) for k, text in enumerate(each)),
                ("held out", f"{self.found.held_out:.4g} nats a step")]  # fmt: skip

    def draw(self) -> Figure:
        """Activity with the states' probabilities below it, and the interactions of each."""
        states = len(self.found.weights)
        figure = Figure(figsize=(9, 5.5), dpi=140, layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=[1.3, 1])
        above, below = parts
        raster, shares = above.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        end = len(self.activity) * self.step_s
        raster.imshow(
            self.activity.T, aspect="auto", interpolation="nearest", cmap="Greys", extent=(0, end, len(self.neurons), 0)
        )
        raster.set_ylabel("unit", fontsize=8)
        times = (np.arange(len(self.activity)) + 0.5) * self.step_s
        shares.stackplot(times, self.found.posterior[0].T, labels=[f"{k}" for k in range(states)], alpha=0.9)
        shares.set_ylim(0, 1)
        shares.set_ylabel("state", fontsize=8)
        shares.set_xlabel("time, s", fontsize=8)
        shares.legend(fontsize=7, ncols=states, loc="upper right")
        top = max(float(np.abs(self.found.weights).max()), 1e-9)
        for k, panel in enumerate(np.atleast_1d(below.subplots(1, states))):
            image = panel.imshow(self.found.weights[k], cmap="RdBu_r", vmin=-top, vmax=top)
            panel.set_title(f"state {k}: from column to row", fontsize=7)
            panel.set_xticks([])
            panel.set_yticks([])
            if k == states - 1:
                below.colorbar(image, ax=panel, fraction=0.05)
        return figure

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Interactions, drives, transitions, and the posterior of each recording."""
        posterior = {f"posterior_{i}": p for i, p in enumerate(self.found.posterior)}
        return {"neurons": np.array(self.neurons), "weights": self.found.weights, "constant": self.found.constant,
                "transition": self.found.transition, **posterior}  # fmt: skip


def analyse(traces: list[Traces], config: Config) -> States:
    """Find the states; spikes are counts where all recordings hold whole numbers of 0 or more."""
    chosen = common(traces)
    how = SwitchingConfig(
        states=config.states, prior=config.prior, starts=config.starts, seed=config.seed,
        counts=all(one.counts for one in chosen),
    )  # fmt: skip
    first = chosen[0]
    wirings = [one.wiring for one in chosen if one.wiring is not None]
    alike = len(wirings) in (0, len(chosen)) and all(np.array_equal(one, wirings[0]) for one in wirings)
    if config.prior == "anatomy" and not alike:
        raise ConfigError(
            "The recordings are of circuits whose wirings differ, and prior='anatomy' believes in one; analyse each by "
            "itself, or take prior='gaussian'."
        )
    return States(first.neurons, first.step_s, fit([o.activity for o in chosen], how, first.wiring),
                  first.activity)  # fmt: skip
