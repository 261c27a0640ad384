"""Numbers of a command that lie outside what they mean, refused before anything is done."""

import math
from typing import Any

from innervate.errors import ConfigError


def check_numbers(options: Any, *, above: tuple[str, ...] = (), **lowest: float) -> None:
    """Raise `ConfigError` for an option below its lowest value, not above 0 where that is asked, or not finite.

    Options that are not given (None), or that these do not have, are left alone.
    """
    for name in (*lowest, *above):
        value = getattr(options, name, None)
        if value is None:
            continue
        least = lowest.get(name)
        if not math.isfinite(value) or (value <= 0 if least is None else value < least):
            wanted = "above 0" if least is None else f"from {least:g}"
            raise ConfigError(f"--{name.replace('_', '-')} is a number {wanted}; {value:g} was asked.")
