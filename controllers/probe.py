"""What of a circuit can be seen and cut: parts by name, touched on their way through a control step.

A circuit hands the activity of each of its named parts to a `Touch` and goes on with what comes back. The one that
changes nothing runs the circuit, one that keeps what it meets probes it, one that interferes lesions it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from innervate.errors import ConfigError

__all__ = ["UNTOUCHED", "Lesion", "LesionKind", "Seen", "Touch"]

LesionKind = Literal["silent", "noise", "frozen", "late"]


class Touch:
    """Changes nothing."""

    def part(self, name: str, activity: Tensor) -> Tensor:
        """The activity (batch, units) of a part whose units are numbered: `left.0`, of which one is `left.0[3]`."""
        del name
        return activity

    def neurons(self, names: Sequence[str], activity: Tensor) -> Tensor:
        """The activity (batch, neurons) of neurons that have names of their own."""
        del names
        return activity

    def within(self, prefix: str) -> "Touch":
        """For a circuit inside a circuit: the same, with every name led by `prefix`."""
        del prefix
        return self


UNTOUCHED = Touch()


class Seen(Touch):
    """Keeps what it meets, in order of meeting."""

    def __init__(self, found: dict[str, Tensor] | None = None, prefix: str = "") -> None:
        self.found: dict[str, Tensor] = {} if found is None else found
        self._prefix = prefix

    def part(self, name: str, activity: Tensor) -> Tensor:
        """Kept as it is, (batch, units)."""
        self.found[self._prefix + name] = activity
        return activity

    def neurons(self, names: Sequence[str], activity: Tensor) -> Tensor:
        """Kept neuron by neuron, (batch,) each."""
        self.found.update(zip((self._prefix + name for name in names), activity.unbind(-1), strict=True))
        return activity

    def within(self, prefix: str) -> "Seen":
        """Keeps into the same place."""
        return Seen(self.found, self._prefix + prefix)


@dataclass(frozen=True, kw_only=True)
class Lesion:
    """Damage to one part of a circuit, for a while or for good."""

    name: str
    """A part, one unit of a part (`left.0[3]`), a neuron, or a class of neurons."""
    kind: LesionKind = "silent"
    """`silent`: the activity times 1 - severity. `noise`: Gaussian noise of that standard deviation added.
    `frozen`: that share of the activity stays as it was when the lesion began. `late`: so many seconds late."""
    severity: float = 1.0
    from_s: float = 0.0
    """When it begins, in seconds of the episode."""
    to_s: float = math.inf
    """When it ends."""

    def __post_init__(self) -> None:
        most = 1.0 if self.kind in ("silent", "frozen") else math.inf
        if not 0 <= self.severity <= most or not math.isfinite(self.severity):
            bound = "lies in [0, 1]" if most == 1.0 else "is a finite number of 0 or more"
            raise ConfigError(f"The severity of a {self.kind} lesion {bound}; {self.severity} came for {self.name}.")
        if not 0 <= self.from_s < self.to_s:
            raise ConfigError(
                f"A lesion ends after it begins, at 0 s or later; {self.from_s:g} s to {self.to_s:g} s came "
                f"for {self.name}."
            )

    @property
    def always(self) -> bool:
        """Whether it lasts from the beginning of an episode to its end."""
        return self.from_s == 0 and math.isinf(self.to_s)

    @classmethod
    def parse(cls, text: str) -> "Lesion":
        """From `NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]`, as `AVB`, `AVB@2s-5s` or `left.0[3]@2s:noise=0.3`."""
        match = _LESION.fullmatch(text.strip())
        if match is None:
            raise ConfigError(
                f"A lesion reads NAME[@FROMs[-TOs]][:KIND[=SEVERITY]], as AVB@2s-5s:noise=0.3; {text!r} does not."
            )
        kind = match["kind"] or "silent"
        if kind not in get_args(LesionKind):
            kinds = ", ".join(get_args(LesionKind))
            raise ConfigError(f"A lesion is of one of the kinds {kinds}; {kind!r} was asked for {match['name']}.")
        given = {k: float(v) for k in ("severity", "from_s", "to_s") if (v := match[k]) is not None}
        return cls(name=match["name"], kind=kind, **given)  # pyright: ignore[reportArgumentType]


_NUMBER = r"[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"
_LESION = re.compile(
    rf"(?P<name>[^@:\s]+)(?:@(?P<from_s>{_NUMBER})s(?:-(?P<to_s>{_NUMBER})s)?)?"
    rf"(?::(?P<kind>[a-z]+)(?:=(?P<severity>{_NUMBER}))?)?"
)
