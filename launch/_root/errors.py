"""The errors that users meet: each says what was asked, what was expected, what came, and how to mend it."""

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "InnervateError",
    "InnervateWarning",
    "MissingExtraError",
    "ModelError",
    "NonFiniteError",
    "RunError",
    "UnknownNameError",
]


class InnervateError(Exception):
    """Something the user can mend; the command line prints it as one sentence and exits with status 2."""


class UnknownNameError(InnervateError, KeyError):
    """A name that no registry, wiring or body knows; the message gives the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str], way_out: str = "") -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.4)
        original = {k.lower(): k for k in known}
        hint = f" Did you mean {original[near[0]]!r}?" if near else ""
        super().__init__(f"There is no {kind} named {name!r}.{hint} Known: {', '.join(known) or 'none'}.{way_out}")

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0])


class ConfigError(InnervateError, ValueError):
    """An option, or a combination of options, that cannot work."""


class ModelError(InnervateError, ValueError):
    """A body or world that does not compile, or that lacks a named part."""


class NonFiniteError(InnervateError, FloatingPointError):
    """NaN or infinity in an observation, action, gradient or message; the message names the culprit."""


class RunError(InnervateError):
    """A run folder that is incomplete, damaged, or of another version."""


class InnervateWarning(UserWarning):
    """Something that works otherwise than may be expected; the command line prints it as one sentence."""


class MissingExtraError(InnervateError, ImportError):
    """An optional dependency that is not installed; the message says which extra brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; it comes with: pip install 'innervate[{extra}]'")
