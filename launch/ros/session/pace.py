"""When the next command is due: one a control step on average, and never two close together."""

import math
from collections import deque

SLACK = 0.1
"""Share of a control step by which a command after a late one may come sooner, so that jitter does not add up."""
IN_STEP = 0.5
"""The same where the robot tells its state once a control step: its next state is not made to wait for a late one."""
HURRY = 0.02
"""Share by which a step may be shortened there besides, to come into step with the robot."""


NEAREST = 0.5
"""Share of a control step that always lies between two commands."""
REMEMBERED = 50
"""Steps whose decisions tell how long the next one takes at least."""

SWITCH_S = 5e-4
"""How long one thread of a drive may keep the others waiting: Python's 5 ms would be the age of every observation."""


class Pace:
    """Keeps to a control step, on whatever clock it is asked by."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.due_s = -math.inf
        self._busy_s: deque[float] = deque(maxlen=REMEMBERED)

    def left_s(self, now_s: float) -> float:
        """Time until the next step begins; a clock that was set back counts as none."""
        left_s = self.due_s - now_s
        return left_s if left_s <= 1.5 * self.step_s else 0.0

    def taken(self, now_s: float, slack: float = SLACK, began_s: float | None = None) -> None:
        """A command went out now, in a step that began at `began_s`, by default now.

        `slack` is the share of a step by which the next command may be sooner. The next step begins earlier than the
        next command is due by what the decision will take at least: a slow controller keeps its rate.
        """
        began_s = now_s if began_s is None else min(began_s, now_s)
        least_s = min(self._busy_s, default=0.0)
        self._busy_s.append(now_s - began_s)
        ahead_s = min(least_s, max(0.0, 1 - slack - NEAREST) * self.step_s)
        due_s = began_s if math.isinf(self.due_s) else min(self.due_s, began_s)
        self.due_s = max(due_s + self.step_s, now_s - ahead_s + (1 - slack) * self.step_s)
