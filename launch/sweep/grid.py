"""The points of a sweep, in the words of `innervate train`."""

import re
from collections.abc import Mapping, Sequence
from itertools import product

from innervate.errors import ConfigError

Point = Mapping[str, str]
"""Option of `innervate train` (without dashes) to its value, as typed."""

RESERVED = ("seed", "out", "resume", "video", "track", "preset")
"""Options of `innervate train` that a sweep decides itself."""


def parse_axis(text: str) -> tuple[str, list[str]]:
    """`cma.sigma=0.3,1.0` as the option and its values; a value in brackets is a list: `mlp.hidden=[64,64],[256]`."""
    option, equals, values = text.partition("=")
    found = [v.strip() for v in re.split(r",(?![^\[]*\])", values)]
    if not equals or not option or not all(found):
        raise ConfigError(f"--grid takes option=value,value,... (as in cma.sigma=0.3,1.0), got {text!r}.")
    option = option.lstrip("-")
    if option in RESERVED:
        raise ConfigError(f"--grid cannot vary {option}: the sweep decides it (for seeds there is --seeds).")
    if len(set(found)) < len(found):
        raise ConfigError(f"--grid {text} names a value twice.")
    return option, found


def grid(axes: Sequence[str]) -> list[Point]:
    """Every combination, the last axis fastest; one empty point where there are no axes."""
    parsed = [parse_axis(axis) for axis in axes]
    options = [option for option, _ in parsed]
    if len(set(options)) < len(options):
        raise ConfigError(f"--grid names an option twice: {', '.join(options)}.")
    return [dict(zip(options, values, strict=True)) for values in product(*(values for _, values in parsed))]


def words(point: Point) -> list[str]:
    """The point as `innervate train` takes it."""
    result = list[str]()
    for option, value in point.items():
        listed = value.startswith("[") and value.endswith("]")
        result += [f"--{option}", *(v.strip() for v in value[1:-1].split(","))] if listed else [f"--{option}", value]
    return result


def trial_name(point: Point, seed: int) -> str:
    """A folder name that tells the point: `cma.sigma-0.3_seed-0`."""
    parts = [*point.items(), ("seed", str(seed))]
    return "_".join(re.sub(r"[^\w.+-]+", "-", f"{option}-{value}") for option, value in parts)
