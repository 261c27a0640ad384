"""Films of moving noise as an event camera has them, with the motion of every tick: what a layer of delays learns from.

A band-passed random picture slides over the retina and takes another direction and speed now and then, as in Grimaldi
and Perrinet (Biological Cybernetics 2023), who take natural pictures.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex128, Float64, Int64

from innervate.errors import ConfigError


@dataclass(frozen=True)
class Motions:
    """The motions that are told apart: each of `directions` at each speed; class `speed * directions + direction`."""

    directions: int = 12
    """Evenly apart, from rightwards (along the columns) to downwards (along the rows)."""
    speeds: tuple[float, ...] = (0.5, 1.0, 2.0)
    """Pixels a tick."""

    def __post_init__(self) -> None:
        if self.directions < 2 or not self.speeds or min(self.speeds) <= 0:
            raise ConfigError(
                f"Motions have 2 directions or more and speeds above 0; {self.directions} and {self.speeds} came."
            )

    def __len__(self) -> int:
        return self.directions * len(self.speeds)

    @property
    def velocity(self) -> Float64[np.ndarray, "class 2"]:
        """Columns and rows a tick, of each class."""
        angle = 2 * np.pi * np.arange(self.directions) / self.directions
        unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.concatenate([speed * unit for speed in self.speeds])


@dataclass(frozen=True)
class Film:
    """A film of events."""

    events: Bool[np.ndarray, "tick 2 row column"]
    """ON, then OFF."""
    label: Int64[np.ndarray, "tick"]
    """Class of the motion by which the picture came to this tick."""
    since: Int64[np.ndarray, "tick"]
    """Ticks for which it has moved like that."""


@dataclass(frozen=True, kw_only=True)
class FilmConfig:
    """How films are drawn; a tick is a millisecond where the speeds are those of the paper."""

    motions: Motions = Motions()
    size: int = 64
    """Pixels of a side."""
    ticks: int = 120
    jump_ticks: float = 24.0
    """Mean time between two changes of the motion, which come at random (from the paper)."""
    frequency: float = 0.1
    """Middle of the band, periods a pixel."""
    octaves: float = 1.0
    """Standard deviation of the band around it."""
    threshold: float = 0.9
    """Change since a pixel's last event that makes the next, in standard deviations of the picture."""

    def film(self, rng: np.random.Generator) -> Film:
        """One film, of a new picture and new motions."""
        texture = self._texture(rng)
        jump = rng.random(self.ticks) < 1 / self.jump_ticks
        jump[0] = True
        begun = np.flatnonzero(jump)[np.cumsum(jump) - 1]
        label = rng.integers(len(self.motions), size=self.ticks)[begun]
        way = np.concatenate([np.zeros((1, 2)), np.cumsum(self.motions.velocity[label], axis=0)])
        frames = (self._shifted(texture, at) for at in way)
        level = next(frames)
        events = np.zeros((self.ticks, 2, self.size, self.size), bool)
        for tick, frame in enumerate(frames):
            change = frame - level
            events[tick] = change > self.threshold, change < -self.threshold
            fired = events[tick].any(axis=0)
            level = np.where(fired, frame, level)
        return Film(events, label, np.arange(self.ticks) - begun)

    def films(self, number: int, rng: np.random.Generator) -> list[Film]:
        """Films that have nothing in common."""
        return [self.film(rng) for _ in range(number)]

    def _texture(self, rng: np.random.Generator) -> Complex128[np.ndarray, "row half"]:
        """Spectrum of a periodic picture, twice as wide as the retina, of variance 1."""
        side = 2 * self.size
        radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
        radius[0, 0] = 1.0
        # An octave of higher frequencies has more of them: over the radius, each octave weighs alike.
        gain = np.exp(-0.5 * (np.log2(radius / self.frequency) / self.octaves) ** 2) / radius
        gain[0, 0] = 0.0
        spectrum = np.fft.rfft2(rng.standard_normal((side, side))) * gain
        return spectrum / np.fft.irfft2(spectrum).std()

    def _shifted(
        self, texture: Complex128[np.ndarray, "row half"], way: Float64[np.ndarray, "2"]
    ) -> Float64[np.ndarray, "height width"]:
        """What the retina sees once the picture has moved by so many columns and rows, between pixels too."""
        side = len(texture)
        columns = np.exp(-2j * np.pi * np.fft.rfftfreq(side) * way[0])
        rows = np.exp(-2j * np.pi * np.fft.fftfreq(side) * way[1])
        return np.fft.irfft2(texture * rows[:, None] * columns)[: self.size, : self.size]
