"""An event camera on rendered images: pixels that report changes of the logarithm of brightness, with the time.

Between two images the logarithm is taken to change evenly, so that events fall between the images, as in ESIM
(Rebecq, Gehrig and Scaramuzza, CoRL 2018). A pixel that has fired is deaf for the refractory time; what crosses the
threshold meanwhile is lost.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from innervate.errors import ConfigError

LUMA = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601."""


@dataclass(frozen=True)
class Events:
    """Events in order of time."""

    t_s: Float64[np.ndarray, "event"]
    x: Int64[np.ndarray, "event"]
    """Column, from the left."""
    y: Int64[np.ndarray, "event"]
    """Row, from the top."""
    brighter: Bool[np.ndarray, "event"]
    """True for ON, False for OFF."""

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True)
class EventState:
    """What the pixels remember."""

    t_s: float
    level: Float64[np.ndarray, "height width"]
    """Logarithm of brightness in the last image."""
    reference: Float64[np.ndarray, "height width"]
    """Level at which the pixel last crossed its threshold."""
    fired_s: Float64[np.ndarray, "height width"]
    """Time of its last event; -inf if there was none."""


@dataclass(frozen=True, kw_only=True)
class EventCamera:
    """A pixel's threshold and dead time; the state travels with the caller."""

    threshold: float = 0.2
    """Change of the natural logarithm of brightness that makes an event."""
    refractory_s: float = 1e-3
    dark: float = 0.02
    """Brightness, as a share of white, that is added to all: what dark current does."""

    def __post_init__(self) -> None:
        if not self.threshold > 0 or not self.refractory_s >= 0 or not self.dark > 0:
            raise ConfigError(
                "An event camera needs a threshold and a dark level above 0 and a refractory time of 0 or more; they "
                f"are {self.threshold}, {self.dark} and {self.refractory_s} s."
            )

    def _level(self, image: UInt8[np.ndarray, "height width *rgb"]) -> Float64[np.ndarray, "height width"]:
        brightness = image.astype(np.float64) if image.ndim == 2 else image.astype(np.float64) @ LUMA
        return np.log(brightness / 255.0 + self.dark)

    def begin(self, image: UInt8[np.ndarray, "height width *rgb"], t_s: float) -> EventState:
        """The state after the first image, which makes no event."""
        level = self._level(image)
        return EventState(t_s, level, level, np.full_like(level, -np.inf))

    def see(
        self, image: UInt8[np.ndarray, "height width *rgb"], t_s: float, state: EventState
    ) -> tuple[Events, EventState]:
        """Events since the last image, and the state after them. Raises `ConfigError` if time does not go on."""
        if not t_s > state.t_s:
            raise ConfigError(f"An image at {t_s} s cannot follow one at {state.t_s} s.")
        level = self._level(image)
        way = level - state.reference
        crossings = np.floor(np.abs(way) / self.threshold + 1e-9).astype(np.int64)
        sign = np.sign(way)
        slope = level - state.level
        fired = state.fired_s.copy()
        found: list[np.ndarray] = []
        for k in range(1, int(crossings.max(initial=0)) + 1):
            rows, columns = np.nonzero(crossings >= k)
            at = state.reference[rows, columns] + k * self.threshold * sign[rows, columns]
            share = (at - state.level[rows, columns]) / slope[rows, columns]
            when = state.t_s + np.clip(share, 0.0, 1.0) * (t_s - state.t_s)
            awake = when - fired[rows, columns] >= self.refractory_s
            rows, columns, when = rows[awake], columns[awake], when[awake]
            fired[rows, columns] = when
            found.append(np.stack([when, columns, rows, sign[rows, columns] > 0]))
        table = np.concatenate(found, axis=1) if found else np.zeros((4, 0))
        table = table[:, np.lexsort((table[1], table[2], table[0]))]
        events = Events(table[0], table[1].astype(np.int64), table[2].astype(np.int64), table[3] > 0)
        reference = state.reference + crossings * self.threshold * sign
        return events, EventState(t_s, level, reference, fired)


def event_image(events: Events, height: int, width: int, full: int = 8) -> UInt8[np.ndarray, "height width"]:
    """Events counted at each pixel, whatever their sign: black for none, white for `full` or more."""
    count = np.zeros((height, width), np.int64)
    np.add.at(count, (events.y, events.x), 1)
    return (np.minimum(count, full) * 255 // full).astype(np.uint8)
