"""The heading as a bump of activity on a ring, turned by the gyroscope and drawn to the compass.

Ring attractor (Skaggs et al. 1995; Zhang 1996; in the fly, Kim et al. 2017, Turner-Evans et al. 2017). Cells excite
their neighbours by a cosine; two more rings, shifted to either side and driven by the turn rate, push the bump around;
inhibition keeps its height.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec
from .._noise import keys, normal


@dataclass(frozen=True, kw_only=True)
class RingConfig:
    """A ring attractor of the heading."""

    cells: int = 16
    """Around the ring."""
    gyro_bias_rad_s: float = 0.002
    """Standard deviation of the bias of the turn rate, drawn once a life."""
    compass_noise_rad: float = 0.03
    """Standard deviation of the compass, where the body has one."""
    compass_gain: float = 0.1
    """Share by which the compass draws the bump in a control step; 0 leaves it alone."""
    lost_rad: float = 0.5
    """A compass further from the bump than this makes it jump there, as a strong landmark does (Kim et al. 2017)."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Ring":
        """For a body that tells `turn_rate`, or `body_velocity`. Raises `ConfigError` for one that does not."""
        return Ring(self, spec, num_envs)


class Ring(Sense):
    """Gives `bump` (the cells' activity, of the ring from 0 on) and `bump_heading` (cosine, sine, read out)."""

    remembers = "life"

    def __init__(self, config: RingConfig, spec: ControllerSpec, num_envs: int) -> None:
        c = self.config = config
        if c.cells < 6:
            raise ConfigError(f"A ring holds a bump with 6 cells or more; cells={c.cells}.")
        told = {channel.name: channel for channel in spec.observations}
        source = next((name for name in ("turn_rate", "body_velocity") if name in told), None)
        if source is None:
            raise ConfigError(f"A ring is turned by turn_rate or body_velocity; this body tells {', '.join(told)}.")
        self._source, self._step_s = source, spec.control_step_s
        self.takes = (told[source], *((told["compass"],) if "compass" in told else ()))
        self._compass = "compass" in told
        self.gives = (
            Channel("bump", c.cells, "1", 1.0, "activity of the cells of the ring, the first for heading 0"),
            Channel("bump_heading", 2, "1", 1.0, "where the bump stands", ("its cosine", "its sine")),
        )
        self._prefers = 2 * np.pi * np.arange(c.cells) / c.cells
        between = self._prefers[:, None] - self._prefers
        self._around = 2 / c.cells * np.cos(between)
        """From cell to cell: what is no bump dies in one step."""
        self._aside = 2 / c.cells * np.sin(between)
        """The two shifted rings together: they push the bump to where their drive differs."""
        self._cells = np.tile(self._bump(np.zeros(1)), (num_envs, 1))
        self._key, self._count = np.zeros(num_envs, np.uint64), np.zeros(num_envs, np.int64)
        self._bias, self._lived = np.zeros(num_envs), np.zeros(num_envs, bool)

    def _bump(self, heading: Float[np.ndarray, "env"]) -> Float[np.ndarray, "env cell"]:
        return 0.5 + 0.5 * np.cos(self._prefers - heading[:, None])

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """A new gyroscope."""
        self._lived[ids] = False

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """The bump stands at 0 until the compass draws it."""
        self._key[ids], self._count[ids] = keys(list(rngs)), 0
        drawn = normal(self._key[ids], self._count[ids], 1)[:, 0] * self.config.gyro_bias_rad_s
        self._bias[ids] = np.where(self._lived[ids], self._bias[ids], drawn)
        self._lived[ids] = True
        self._cells[ids] = self._bump(np.zeros(1))

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """One more step of the ring."""
        self._count[ids] += 1
        first = self._count[ids] == 1  # nothing has turned yet
        rate = values[self._source].astype(np.float64)
        turn = rate[:, 0] if self._source == "turn_rate" else rate[:, 2]
        turned = np.where(first, 0.0, (turn + self._bias[ids]) * self._step_s)
        excess = self._cells[ids] - 0.5
        # The shifted rings are driven by tan of the turn, so that the bump turns by just that; rates saturate at 80
        # degrees a step.
        pushed = np.tan(np.clip(turned, -1.4, 1.4))[:, None] * _through(self._aside, excess)
        drive = _through(self._around, excess) + pushed
        if self._compass:
            north = values["compass"].astype(np.float64)
            off = normal(self._key[ids], self._count[ids], 1)[:, 0] * self.config.compass_noise_rad
            read = np.arctan2(north[:, 1], north[:, 0]) + off
            off = (read - self.heading_rad(self._cells[ids]) - turned + np.pi) % (2 * np.pi) - np.pi
            lost = first | ((np.abs(off) > self.config.lost_rad) & (self.config.compass_gain > 0))
            pull = np.where(lost, 1e3, self.config.compass_gain)[:, None]
            drive = drive + pull * (self._bump(read) - 0.5)
        height = np.abs(drive).max(axis=1, keepdims=True)
        self._cells[ids] = np.where(height > 1e-12, 0.5 + 0.5 * drive / np.maximum(height, 1e-12), self._cells[ids])
        angle = self.heading_rad(self._cells[ids])
        return {"bump": self._cells[ids].copy(), "bump_heading": np.stack([np.cos(angle), np.sin(angle)], axis=1)}

    def heading_rad(self, cells: Float[np.ndarray, "env cell"]) -> Float[np.ndarray, "env"]:
        """Where the bump stands: the angle of the population vector."""
        sine, cosine = _through(np.stack([np.sin(self._prefers), np.cos(self._prefers)]), cells).T
        return np.arctan2(sine, cosine)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Ring and flaws."""
        return {
            "cells": self._cells.copy(), "key": self._key.view(np.int64).copy(), "count": self._count.copy(),
            "bias": self._bias.copy(), "lived": self._lived.copy(),
        }  # fmt: skip

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there."""
        self._key[:] = np.asarray(arrays["key"]).view(np.uint64)
        for name in ("cells", "count", "bias", "lived"):
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The bump."""
        return {"bump": self._cells.copy()}


def _through(weights: Float[np.ndarray, "to cell"], cells: Float[np.ndarray, "env cell"]) -> np.ndarray:
    """The product with a matrix, summed row by row: a row is the same in any batch, to the last bit."""
    return (cells[:, None, :] * weights).sum(axis=2)
