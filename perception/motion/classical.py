"""Motion of the whole picture by two classical ways: Lucas and Kanade on counts of events, planes on their times.

Both keep what the last ticks told and weigh the older less.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.ndimage import gaussian_filter, uniform_filter

_LEAST = 1e-9


def _solved(
    normal: Float64[np.ndarray, "*place 2 2"], told: Float64[np.ndarray, "*place 2"]
) -> Float64[np.ndarray, "*place 2"]:
    """Least squares from its normal equations; 0 where nothing is told."""
    scale = np.trace(normal, axis1=-2, axis2=-1)[..., None, None]
    return np.linalg.solve(normal + (_LEAST * scale + 1e-300) * np.eye(2), told[..., None])[..., 0]


@dataclass(frozen=True, kw_only=True)
class LucasKanade:
    """Lucas and Kanade (1981) on smoothed counts of events, ON less OFF.

    The counts of a tick slide with the picture, as its brightness would.
    """

    blur: float = 2.0
    """Standard deviation of the smoothing, pixels; it has to be more than the way of a tick."""
    keep: float = 0.8
    """Share of the normal equations that is kept from tick to tick; 0.8 is a mean age of 5."""

    def velocity(
        self, events: Bool[np.ndarray, "tick 2 row column"], block: int = 0
    ) -> Float64[np.ndarray, "tick blockrow blockcolumn 2"]:
        """Columns and rows a tick, of each block of so many pixels a side; of the whole picture where that is 0."""
        count = events[:, 0].astype(np.float64) - events[:, 1]
        smooth = gaussian_filter(count, (0, self.blur, self.blur), mode="nearest")
        before = np.concatenate([smooth[:1], smooth[:-1]])
        middle = (smooth + before) / 2
        down, right = np.gradient(middle, axis=(1, 2))
        change = smooth - before
        products = np.stack([right * right, right * down, down * down, -right * change, -down * change], axis=-1)
        ticks, rows, columns, _ = products.shape
        high, wide = (block, block) if block else (rows, columns)
        pooled = products.reshape(ticks, rows // high, high, columns // wide, wide, 5).sum(axis=(2, 4))
        for tick in range(1, ticks):
            pooled[tick] += self.keep * pooled[tick - 1]
        xx, xy, yy, xt, yt = np.moveaxis(pooled, -1, 0)
        return _solved(np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2), np.stack([xt, yt], -1))


@dataclass(frozen=True, kw_only=True)
class TimePlanes:
    """Planes through the times of the last events (Benosman et al. 2014), and the motion that explains all of them.

    A plane's slope is the time that an edge takes a pixel across it, so each tells the speed along its own normal only;
    the motion of the picture is the one whose parts along the normals are these.
    """

    side: int = 5
    """Pixels of the square through whose events a plane is laid."""
    ticks: int = 6
    """Age beyond which an event is no part of a plane."""
    keep: float = 0.8

    def velocity(self, events: Bool[np.ndarray, "tick 2 row column"]) -> Float64[np.ndarray, "tick 2"]:
        """Columns and rows a tick, of the whole picture."""
        rows, columns = events.shape[2:]
        last = np.full((2, rows, columns), -np.inf)
        y, x = np.mgrid[:rows, :columns].astype(np.float64)
        normal, told = np.zeros((2, 2)), np.zeros(2)
        found = np.zeros((len(events), 2))
        for tick, now in enumerate(events):
            last[now] = tick
            normal, told = self.keep * normal, self.keep * told
            for kind in range(2):
                there = (tick - last[kind] < self.ticks).astype(np.float64)
                age = np.where(there > 0, last[kind] - tick, 0.0)
                slope, good = self._planes(there, age, x, y)
                good &= now[kind]
                size = (slope[good] ** 2).sum(axis=-1)
                unit = slope[good] / np.sqrt(size)[:, None]
                normal = normal + unit.T @ unit
                told = told + (slope[good] / size[:, None]).sum(axis=0)
            found[tick] = _solved(normal, told)
        return found

    def _planes(
        self,
        there: Float64[np.ndarray, "row column"],
        age: Float64[np.ndarray, "row column"],
        x: Float64[np.ndarray, "row column"],
        y: Float64[np.ndarray, "row column"],
    ) -> tuple[Float64[np.ndarray, "row column 2"], Bool[np.ndarray, "row column"]]:
        """Slope of time along columns and rows around each pixel, ticks a pixel, and where there is one."""

        def mean(values: np.ndarray) -> np.ndarray:
            return uniform_filter(values, self.side, mode="constant")

        weight = mean(there)
        enough = weight * self.side**2 > self.side + 0.5
        over = 1 / np.maximum(weight, 0.5 / self.side**2)
        mx, my, mt = (mean(there * v) * over for v in (x, y, age))
        xx, xy, yy = (mean(there * a * b) * over - c for a, b, c in ((x, x, mx * mx), (x, y, mx * my), (y, y, my * my)))
        xt, yt = mean(there * x * age) * over - mx * mt, mean(there * y * age) * over - my * mt
        normal = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
        whole = enough & (np.linalg.det(normal) > 0.1)
        slope = _solved(np.where(whole[..., None, None], normal, np.eye(2)), np.stack([xt, yt], -1))
        return slope, whole & ((slope**2).sum(axis=-1) > 1e-3)
