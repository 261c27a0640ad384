"""Representational similarity of several recordings: which moments does each hold apart (RSA, topological RSA)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from innervate.errors import ConfigError
from innervate.launch.analysis.measures.similarity import distances, geo_topological, rsa, trsa
from innervate.launch.analysis.recordings.traces import Traces

TITLE = "Representational similarity"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of the moments that are compared."""

    moments: int = 100
    """How many, evenly spaced."""


@dataclass(frozen=True)
class Similarity:
    """Likeness of each pair of recordings at the same moments."""

    origins: tuple[str, ...]
    apart: tuple[Float[np.ndarray, "moment moment"], ...]
    rank: Float[np.ndarray, "recording recording"]
    topological: Float[np.ndarray, "recording recording"]

    def told(self) -> list[tuple[str, str]]:
        """Mean likeness over pairs."""
        upper = np.triu_indices(len(self.origins), 1)
        return [("RSA, mean over pairs", f"{self.rank[upper].mean():.3f}"),
                ("tRSA, mean over pairs", f"{self.topological[upper].mean():.3f}")]  # fmt: skip

    def draw(self) -> Figure:
        """What each recording holds apart, geo-topologically, and how alike they are."""
        shown = min(len(self.apart), 4)
        figure = Figure(figsize=(2.4 * (shown + 1), 2.8), dpi=140, layout="constrained")
        panels = figure.subplots(1, shown + 1)
        for panel, apart, origin in zip(panels, self.apart, self.origins, strict=False):
            panel.imshow(geo_topological(apart), cmap="viridis")
            panel.set_title(origin[-24:], fontsize=7)
        panels[-1].imshow(self.topological, cmap="magma", vmin=0, vmax=1)
        panels[-1].set_title("tRSA of all pairs", fontsize=7)
        for panel in panels:
            panel.set_xticks([])
            panel.set_yticks([])
        return figure

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Dissimilarities and both likenesses."""
        return {"apart": np.stack(self.apart), "rsa": self.rank, "trsa": self.topological}


def analyse(traces: list[Traces], config: Config) -> Similarity:
    """Compare recordings moment by moment; their units may differ, their lengths may not.

    Raises:
        ConfigError: fewer than two recordings, unequal lengths, or more moments than steps.
    """
    if len(traces) < 2:
        raise ConfigError("Similarity compares recordings; give at least two (--episodes 2, or two files).")
    lengths = {len(one.activity) for one in traces}
    if len(lengths) > 1:
        raise ConfigError(f"Moments are compared in recordings of one length; these have {sorted(lengths)} steps.")
    if len(each := {round(one.step_s, 9) for one in traces}) > 1:
        raise ConfigError(f"Moments are compared in recordings of one step; these have {sorted(each)} s: resample.")
    steps = lengths.pop()
    if not 3 <= config.moments <= steps:
        raise ConfigError(f"moments is a number from 3 to the steps there are, {steps}; got {config.moments}.")
    at = np.linspace(0, steps - 1, config.moments).astype(int)
    apart = tuple(distances(one.activity[at]) for one in traces)
    both = [np.array([[like(a, b) for b in apart] for a in apart]) for like in (rsa, trsa)]
    return Similarity(tuple(one.origin for one in traces), apart, *both)
