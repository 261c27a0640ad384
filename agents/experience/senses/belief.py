"""Where it takes itself to be: a Bayes filter over a grid, moved by odometry and corrected by the sense of place.

A histogram filter (Thrun, Burgard and Fox, "Probabilistic Robotics", 2005, ch. 8) for each body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError, UnknownNameError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec


@dataclass(frozen=True, kw_only=True)
class BeliefConfig:
    """The grid and the models of motion and evidence; put `odometry` and `place` before it."""

    half_side_m: float = 12.0
    """The grid reaches this far from where the map's frame begins, each way."""
    cell_m: float = 0.25
    evidence_m: float = 0.35
    """Standard deviation of the place that is told."""
    doubt: float = 0.05
    """Chance that a percept is altogether wrong: of a place anywhere."""
    kidnap: float = 0.005
    """Chance per correction of being anywhere."""
    blur: float = 0.08
    """Share that goes over to each neighbour when the belief moves by a cell."""
    around_m: float = 1.5
    """It tells the mean of what lies this near to the likeliest cell, along x and y."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Belief":
        """For a body whose senses before it give `displaced`, `place_at` and `place_age_s`."""
        return Belief(self, spec, num_envs)


class Belief(Sense):
    """Gives `belief` (m, on the map of the sense of place), the mean around the likeliest cell, and `belief_spread`
    (m), the root of the variance there over the share of the belief that lies there.

    Without a sense of place before it, or odometry, it believes what it has; without either there is nothing to it. A
    map that is empty yet begins where the body is.
    """

    remembers = "episode"

    def __init__(self, config: BeliefConfig, spec: ControllerSpec, num_envs: int) -> None:
        c = self.config = config
        if c.cell_m <= 0 or c.half_side_m < 2 * c.cell_m:
            raise ConfigError(f"Cells of {c.cell_m} m, {c.half_side_m} m each way, are no grid to believe in.")
        told = {channel.name: channel for channel in spec.observations}
        names = [n for n in ("displaced", "place_at", "place_age_s", "place_confidence", "moved") if n in told]
        if not {"displaced", "place_at"} & set(names):
            raise UnknownNameError("channel for a belief to take (--sense odometry place belief)", "displaced", told)
        self.takes = tuple(told[name] for name in names)
        self.gives = (
            Channel("belief", 2, "m", None, "where it takes itself to be", ("along x", "along y")),
            Channel("belief_spread", 1, "m", None, "how widely that is spread", ("spread of the belief",)),
        )
        cells = round(2 * c.half_side_m / c.cell_m)
        self._axis = (np.arange(cells) + 0.5) * c.cell_m - c.half_side_m
        n = num_envs
        self._grid = np.full((n, cells, cells), 1 / cells**2)
        self._rest, self._before, self._seen = np.zeros((n, 2)), np.zeros((n, 2)), np.zeros(n, bool)

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """It has no idea."""
        del rngs
        self._grid[ids] = 1 / self._axis.size**2
        self._rest[ids], self._before[ids], self._seen[ids] = 0.0, 0.0, False

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """Move, then believe what was seen in this step."""
        now = values.get("displaced", np.zeros((len(ids), 2))).astype(np.float64)
        fresh = values["place_age_s"][:, 0] < 1e-6 if "place_age_s" in values else np.ones(len(ids), bool)
        sure = values["place_confidence"][:, 0] > 0 if "place_confidence" in values else np.ones(len(ids), bool)
        mean, spread = np.zeros((len(ids), 2)), np.zeros((len(ids), 1))
        for row, i in enumerate(ids):
            if not self._seen[i]:
                if "place_at" not in values or not sure[row]:  # odometry alone, and a new map, begin where it is
                    self._grid[i] = self._bell(now[row], 2 * self.config.cell_m, 0.0)
                self._seen[i] = True
            elif "moved" in values and values["moved"][row, 0] > 0.5:
                self._grid[i], self._rest[i] = 1 / self._axis.size**2, 0.0
            else:
                self._move(int(i), now[row] - self._before[i])
            self._before[i] = now[row]
            if "place_at" in values and fresh[row] and sure[row]:
                self._correct(int(i), values["place_at"][row].astype(np.float64))
            mean[row], spread[row, 0] = self._moments(int(i))
        return {"belief": mean, "belief_spread": spread}

    def _move(self, i: int, way: Float[np.ndarray, "2"]) -> None:
        """Whole cells are moved; what is left of them waits."""
        self._rest[i] += way
        cells = np.rint(self._rest[i] / self.config.cell_m).astype(int)
        if not cells.any():
            return
        self._rest[i] -= cells * self.config.cell_m
        moved = np.zeros_like(self._grid[i])
        n = len(moved)
        to, come = [], []
        for k in cells:
            k = int(np.clip(k, -n, n))
            to.append(slice(max(k, 0), n + min(k, 0)))
            come.append(slice(max(-k, 0), n + min(-k, 0)))
        moved[to[0], to[1]] = self._grid[i][come[0], come[1]]
        b = self.config.blur
        for axis in (0, 1):
            moved = (1 - 2 * b) * moved + b * (np.roll(moved, 1, axis) + np.roll(moved, -1, axis))
        total = moved.sum()
        self._grid[i] = moved / total if total > 0 else 1 / n**2

    def _bell(self, at: Float[np.ndarray, "2"], sd_m: float, doubt: float) -> Float[np.ndarray, "x y"]:
        x, y = (np.exp(-(((self._axis - a) / sd_m) ** 2) / 2) for a in at)
        bell = (x[:, None] * y[None]) / max(float(x.sum() * y.sum()), 1e-300)
        return (1 - doubt) * bell + doubt / bell.size

    def _correct(self, i: int, at: Float[np.ndarray, "2"]) -> None:
        c = self.config
        prior = (1 - c.kidnap) * self._grid[i] + c.kidnap / self._grid[i].size
        after = prior * self._bell(at - self._rest[i], c.evidence_m, c.doubt)
        self._grid[i] = after / after.sum()

    def _moments(self, i: int) -> tuple[Float[np.ndarray, "2"], float]:
        """Far doubt would draw a mean of all of it aside."""
        grid, reach = self._grid[i], round(self.config.around_m / self.config.cell_m)
        at = np.unravel_index(int(grid.argmax()), grid.shape)
        near = tuple(slice(max(0, int(k) - reach), int(k) + reach + 1) for k in at)
        part = grid[near]
        share = float(part.sum())
        mean, variance = np.zeros(2), 0.0
        for axis in (0, 1):
            weight, where = part.sum(axis=1 - axis) / share, self._axis[near[axis]]
            mean[axis] = (weight * where).sum()
            variance += float((weight * (where - mean[axis]) ** 2).sum())
        return mean + self._rest[i], float(np.sqrt(variance)) / share

    def snapshot(self) -> dict[str, np.ndarray]:
        """The belief."""
        return {name: getattr(self, f"_{name}").copy() for name in ("grid", "rest", "before", "seen")}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Believe that."""
        for name in ("grid", "rest", "before", "seen"):
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The belief, cell by cell: x, then y."""
        return {"belief": self._grid.copy()}
