"""Whether a message is newer than the last one, by the stamps of their headers, as far as these mean anything."""

import math
from dataclasses import dataclass

REORDERED_S = 1.0
"""A stamp that is older than the last one by less is a late message; by more, the robot's clock was set back."""


@dataclass(frozen=True)
class Judgement:
    """Of one message."""

    taken: bool
    what: str = ""
    """What is wrong with the stamp, as a count; empty if nothing is."""
    text: str = ""


_GOOD = Judgement(True)


class Stamps:
    """The stamps of one observation: those that move by fractions of a second tell old messages from new ones.

    Drivers whose stamps stand still, or have whole seconds only, are known by that they never did.
    """

    def __init__(self) -> None:
        self._fraction = self._moved = self._still = False

    @property
    def telling(self) -> bool:
        """Whether the stamps tell when something was measured, as far as was seen."""
        return self._fraction and (self._moved or not self._still)

    def judge(
        self, stamp_s: float | None, last_s: float, passed_s: float, clock_s: float | None = None
    ) -> Judgement:
        """A message of this stamp (None without one) after one of `last_s` (or NaN) that came `passed_s` before it.

        `clock_s` is a simulation's time, as far as it was told: while it stands, a state told again is no news.
        """
        if stamp_s is None:
            return _GOOD
        self._fraction = self._fraction or stamp_s % 1 != 0
        if math.isnan(last_s):
            return _GOOD
        back_s = last_s - stamp_s
        stands = clock_s is not None and self._fraction and clock_s <= stamp_s
        if back_s == 0 and not (stands or (self._fraction and self._moved)):
            self._still = True
            return Judgement(True, "stamp stands still", f"stamps stand still at {stamp_s:.3f} s; go by arrival")
        if 0 <= back_s < REORDERED_S:
            return Judgement(False, "late or twice", f"a stamp {back_s:.3f} s before the last")
        self._moved = True
        if abs(back_s + passed_s) > REORDERED_S and self._fraction:
            return Judgement(True, "clock jump", f"the stamps jumped by {-back_s:.3f} s")
        return _GOOD
