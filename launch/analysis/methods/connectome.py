"""Dynamic functional connectome: which pairs change together when, and the communities that they form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int
from matplotlib.figure import Figure

from innervate.errors import ConfigError
from innervate.launch.analysis.dynamic.affinity import affinities
from innervate.launch.analysis.dynamic.communities import communities, graph_of
from innervate.launch.analysis.dynamic.components import Components, decompose, stable
from innervate.launch.analysis.recordings.traces import Traces, common

TITLE = "Dynamic functional connectome"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Of affinities and components."""

    components: int | None = None
    """How many; None for the most at which restarts agree, up to 5."""
    smooth_s: float = 0.3
    """Standard deviation of the filter before slopes are taken."""
    over_s: float = 2.0
    """Standard deviation of the window over which two traces change together."""
    seed: int = 0
    """Of the restarts."""


@dataclass(frozen=True)
class Connectome:
    """Components, and the community of every neuron in each."""

    neurons: tuple[str, ...]
    step_s: float
    found: Components
    block: Int[np.ndarray, "component neuron"]

    def told(self) -> list[tuple[str, str]]:
        """When each component is at its height, and who is in its strongest community."""
        how = f"{len(self.block)}, stability {self.found.stability:.2f}, error {self.found.error:.2f}"
        said = [("components", how)]
        for k, block in enumerate(self.block):
            graph = graph_of(self.found.pattern[:, k], len(self.neurons))
            sides = [block == b for b in np.unique(block)]
            strongest = max(sides, key=lambda side, graph=graph: graph[np.ix_(side, side)].sum() / side.sum())
            members = [n for n, inside in zip(self.neurons, strongest, strict=True) if inside]
            peak_s = float(self.found.course[:, k].argmax()) * self.step_s
            named = ", ".join(members[:8]) + (" ..." if len(members) > 8 else "")
            said.append((f"component {k}", f"highest at {peak_s:.1f} s; {len(members)} units: {named}"))
        return said

    def draw(self) -> Figure:
        """Time courses above, the graph of each component below, its neurons in order of community."""
        count = len(self.block)
        figure = Figure(figsize=(9, 5.0), dpi=140, layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=[1, 1.4])
        above, below = parts
        course = above.subplots()
        for k in range(count):
            course.plot(np.arange(len(self.found.course)) * self.step_s, self.found.course[:, k], label=f"{k}", lw=1)
        course.set_xlabel("time, s", fontsize=8)
        course.set_ylabel("affinity", fontsize=8)
        course.legend(fontsize=7, ncols=count)
        course.spines[["top", "right"]].set_visible(False)
        for k, panel in enumerate(np.atleast_1d(below.subplots(1, count))):
            order = np.argsort(self.block[k], kind="stable")
            panel.imshow(graph_of(self.found.pattern[:, k], len(self.neurons))[np.ix_(order, order)], cmap="magma")
            panel.set_title(f"component {k}: {len(set(self.block[k].tolist()))} communities", fontsize=8)
            panel.set_xticks([])
            panel.set_yticks([])
        return figure

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Pair patterns (in the order of `numpy.triu_indices`), courses, shares of the recordings, communities."""
        return {"neurons": np.array(self.neurons), "pattern": self.found.pattern, "course": self.found.course,
                "share": self.found.share, "community": self.block}  # fmt: skip


def analyse(traces: list[Traces], config: Config) -> Connectome:
    """Affinities of all pairs, their components, and a graph's communities for each.

    Raises:
        ConfigError: recordings of unequal length, or in which nothing changes together.
    """
    chosen = common(traces)
    if len({len(one.activity) for one in chosen}) > 1:
        lengths = ", ".join(str(len(one.activity)) for one in chosen)
        raise ConfigError(f"Time courses are of recordings of one length; these have {lengths} steps. Cut them.")
    step_s, neurons = chosen[0].step_s, chosen[0].neurons
    tensor = np.stack([affinities(o.activity, step_s, config.smooth_s, config.over_s) for o in chosen], axis=2)
    if not tensor.any():
        raise ConfigError("No two units change together more than by chance in any recording.")
    found = (
        stable(tensor, seed=config.seed) if config.components is None
        else decompose(tensor, config.components, seed=config.seed)
    )  # fmt: skip
    block = np.stack([communities(graph_of(p, len(neurons)), seed=config.seed) for p in found.pattern.T])
    return Connectome(neurons, step_s, found, block)
