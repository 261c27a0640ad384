"""Light and season of the worlds that are recognised by sight; light to import."""

from dataclasses import dataclass
from typing import Literal

from innervate.errors import UnknownNameError

Light = Literal["day", "dusk"]
Season = Literal["summer", "winter"]


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What a camera meets; colours are RGB from 0 to 1."""

    sun: tuple[float, float, float]
    """Colour and strength of the directional light."""
    sun_from: tuple[float, float, float]
    """Direction that the light travels."""
    ambient: float
    """Strength of the light from everywhere."""
    sky: tuple[float, float, float]
    """At the horizon; half as bright overhead."""
    ground: tuple[float, float, float]
    leaves: tuple[float, float, float]


DARKNESS = Weather(
    sun=(0.0, 0.0, 0.0), sun_from=(0.3, 0.2, -1.0), ambient=0.0, sky=(0.0, 0.0, 0.0), ground=(0.35, 0.45, 0.25),
    leaves=(0.15, 0.45, 0.12),
)  # fmt: skip
"""Nothing is seen."""

_SUMMER, _WINTER = ((0.35, 0.45, 0.25), (0.15, 0.45, 0.12)), ((0.9, 0.92, 0.95), (0.45, 0.4, 0.35))
_DUSK_SUN, _DUSK_FROM = (0.55, 0.32, 0.15), (-1.0, 0.4, -0.35)

WEATHER: dict[tuple[str, str], Weather] = {
    ("day", "summer"): Weather(
        sun=(0.9, 0.9, 0.85), sun_from=(0.3, 0.2, -1.0), ambient=0.35, sky=(0.6, 0.75, 0.95),
        ground=_SUMMER[0], leaves=_SUMMER[1],
    ),
    ("dusk", "summer"): Weather(
        sun=_DUSK_SUN, sun_from=_DUSK_FROM, ambient=0.12, sky=(0.35, 0.2, 0.15), ground=_SUMMER[0], leaves=_SUMMER[1]
    ),
    ("day", "winter"): Weather(
        sun=(0.6, 0.65, 0.75), sun_from=(0.8, -0.5, -0.6), ambient=0.4, sky=(0.75, 0.77, 0.8),
        ground=_WINTER[0], leaves=_WINTER[1],
    ),
    ("dusk", "winter"): Weather(
        sun=(0.4, 0.28, 0.2), sun_from=_DUSK_FROM, ambient=0.15, sky=(0.3, 0.22, 0.22),
        ground=_WINTER[0], leaves=_WINTER[1],
    ),
}  # fmt: skip
"""By light and season."""


def weather(light: str, season: str) -> Weather:
    """The weather of a light and a season. Raises `UnknownNameError` for one that there is not."""
    for kind, name, known in (("light", light, ("day", "dusk")), ("season", season, ("summer", "winter"))):
        if name not in known:
            raise UnknownNameError(kind, name, known)
    return WEATHER[light, season]
