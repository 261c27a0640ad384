"""Where pictures were taken, as their names or EXIF say it, and the true places that follow."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64
from PIL import Image

from innervate.errors import ConfigError

EARTH_M = 6_371_008.8
"""Mean radius; distances of tens of metres are right within half a percent anywhere."""
_UTM = re.compile(r"^@\s*(\d{5,7}(?:\.\d+)?)@\s*(\d{1,8}(?:\.\d+)?)@")
"""Easting and northing (m) at the beginning of a name, as data sets of places have it: `@0543256.96@4178906.70@...`."""
_GPS, _LATITUDE, _LONGITUDE = 0x8825, (2, 1), (4, 3)
"""EXIF's block of GPS; in it, the keys of degrees, minutes and seconds, and of the hemisphere."""

Positions = Float64[np.ndarray, "_ 2"]


def positions_of(files: Sequence[Path]) -> tuple[str, Positions]:
    """`utm` with easting and northing (m), or `gps` with latitude and longitude (degrees), of every picture.

    Raises:
        ConfigError: a picture that says neither, or the first says one and another the other.
    """
    found = [_in_name(f.name) for f in files]
    kind = "utm"
    if not any(f is not None for f in found):
        found, kind = [_in_exif(f) for f in files], "gps"
    for file, at in zip(files, found, strict=True):
        if at is None:
            where = "`@easting@northing@` in its name, as others have" if kind == "utm" else "GPS in its EXIF, nor "\
                "`@easting@northing@` at the beginning of its name"  # fmt: skip
            raise ConfigError(f"A tolerance in metres needs to know where {file} was taken, and it has no {where}.")
    return kind, np.array(found, float)


def _in_name(name: str) -> tuple[float, float] | None:
    match = _UTM.match(name)
    return (float(match[1]), float(match[2])) if match else None


def _in_exif(path: Path) -> tuple[float, float] | None:
    try:
        with Image.open(path) as picture:
            block = picture.getexif().get_ifd(_GPS)
        values = [_degrees(block[value], block[side]) for value, side in (_LATITUDE, _LONGITUDE)]
    except (OSError, SyntaxError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (values[0], values[1]) if np.isfinite(values).all() and abs(values[0]) <= 90 else None


def _degrees(value: Sequence[object], side: str) -> float:
    degrees, minutes, seconds = (float(v) for v in value)  # pyright: ignore[reportArgumentType]
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if side.strip().upper() in ("S", "W") else 1)


def truth_within(
    queries: tuple[str, Positions], places: tuple[str, Positions], tolerance_m: float
) -> Bool[np.ndarray, "query place"]:
    """Every place within a distance of where a query was taken.

    Raises:
        ConfigError: one is in UTM and the other in degrees, or no query has a place so near.
    """
    if queries[0] != places[0]:
        raise ConfigError(f"The queries say where they were taken in {queries[0]} and the places in {places[0]}; bring "
                          "both to the same, `@easting@northing@` in the names.")
    if not tolerance_m > 0:
        raise ConfigError(f"A tolerance is above 0 m; got {tolerance_m}.")
    a, b = queries[1][:, None], places[1][None]
    if queries[0] == "utm":
        away = np.linalg.norm(a - b, axis=2)
    else:
        a, b = np.deg2rad(a), np.deg2rad(b)
        half = np.sin((a - b) / 2) ** 2
        away = 2 * EARTH_M * np.arcsin(np.sqrt(half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]))
    truth = away <= tolerance_m
    if not truth.any():
        raise ConfigError(f"No query was taken within {tolerance_m:g} m of a place; the nearest is {away.min():.0f} m "
                          "off.")
    return truth
