"""Place maps of a latent: where in its world the body is when a unit is active."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure

from innervate.agents.rollout import Moment, rollout
from innervate.agents.seeds import Streams
from innervate.agents.worlds import WorldConfig, make_vector_env
from innervate.controllers.latent import Latent

EPISODES = 8
BINS = 12
"""Of a map, along the longer side of what was visited."""
COLUMNS = 8

Activity = Float[np.ndarray, "sample unit"]
Positions = Float[np.ndarray, "sample 2"]
Maps = Float[np.ndarray, "unit y x"]


def roam(controller: Latent, world: WorldConfig, *, episodes: int = EPISODES) -> tuple[Activity, Positions] | None:
    """Latents and the positions (metres) they were had at, over held-out episodes.

    None where the world does not tell where the body is (`info["position_m"]`).
    """
    env = make_vector_env(world, episodes)
    latents, positions = list[np.ndarray](), list[np.ndarray]()
    before: Any = None

    def watch(moment: Moment) -> None:
        nonlocal before
        if before is not None:  # a step's info is of the place that the next observation is had at
            latents.append(controller.encode(torch.from_numpy(moment.observation)).numpy()[moment.running])
            positions.append(np.array(before)[moment.running])
        before = moment.info.get("position_m")

    try:
        rollout(env, controller, controller.spec, Streams.evaluation(episodes), watch=watch)
    finally:
        env.close()
    return (np.concatenate(latents), np.concatenate(positions)) if positions else None


def place_maps(activity: Activity, position: Positions, bins: int = BINS) -> Maps:
    """Mean activity by square bin of the visited rectangle, y upwards; NaN where the body has not been."""
    cell = _cells(position, bins)
    rows, columns = cell.max(axis=0)[::-1] + 1
    flat = cell[:, 1] * columns + cell[:, 0]
    visits = np.bincount(flat, minlength=rows * columns)
    sums = np.array([np.bincount(flat, unit, rows * columns) for unit in activity.T])
    maps = np.divide(sums, visits, out=np.full(sums.shape, np.nan), where=visits > 0)
    return maps.reshape(len(sums), rows, columns)


def explained_by_place(activity: Activity, position: Positions, bins: int = BINS) -> Float[np.ndarray, "unit"]:
    """Share of each unit's variance that lies between the bins, 0 to 1; 0 for a unit that never changes.

    Not below about (visited bins - 1) / samples even where place says nothing.
    """
    maps, cell = place_maps(activity, position, bins), _cells(position, bins)
    rest = activity - maps[:, cell[:, 1], cell[:, 0]].T
    whole = activity.var(axis=0)
    return 1 - np.divide(np.square(rest).mean(axis=0), whole, out=np.ones(len(whole)), where=whole > 1e-12)


def _cells(position: Positions, bins: int) -> np.ndarray:
    low, span = position.min(axis=0), np.ptp(position, axis=0).max()
    return np.minimum(((position - low) / max(span, 1e-9) * bins).astype(int), bins - 1)


def draw_place_maps(activity: Activity, position: Positions) -> Figure:
    """A map for each unit, those that place explains best first."""
    maps, explained = place_maps(activity, position), explained_by_place(activity, position)
    rows = -(-len(maps) // COLUMNS)
    figure = Figure(figsize=(1.35 * min(COLUMNS, len(maps)), 1.6 * rows + 0.3), dpi=140, layout="constrained")
    panels: Any = np.ravel(figure.subplots(rows, min(COLUMNS, len(maps)), squeeze=False))
    for panel in panels[len(maps) :]:
        panel.set_axis_off()
    for panel, unit in zip(panels, np.argsort(-explained), strict=False):
        panel.set(xticks=[], yticks=[], facecolor="#e8e8e8")
        panel.imshow(maps[unit], origin="lower", interpolation="nearest", cmap="viridis")
        panel.set_title(f"unit {unit}: {explained[unit]:.0%}", fontsize=7)
    title = "where each unit of the latent is active, grey: never visited; share of its variance that place explains"
    figure.suptitle(title, fontsize=8)
    return figure
