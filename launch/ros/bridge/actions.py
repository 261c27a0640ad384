"""Actions of ROS 2 over a rosbridge: goals of clients, followed by the local node, with feedback and a result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from innervate.launch.ros.bridge.messages import Message

SUCCEEDED, CANCELED, ABORTED = 4, 5, 6
"""action_msgs/msg/GoalStatus."""


def _nothing() -> None:
    pass


@dataclass(eq=False)
class Goal:
    """One goal under way; whoever follows it tells feedback, and finishes it once, from any thread."""

    action: str
    values: Message
    """As the client sent them."""
    send: Callable[[dict[str, Any]], None]
    """Takes a frame's operation to the client, or to nowhere once it is gone."""
    wants_feedback: bool = False
    cancel: Callable[[], None] = _nothing
    """What a request to cancel does."""
    over: bool = False

    def tell(self, values: Message) -> None:
        """Feedback, where it was asked for."""
        if self.wants_feedback and not self.over:
            self.send({"op": "action_feedback", "values": values})

    def finish(self, status: int, values: Message | str, *, good: bool = True) -> None:
        """The result; a second one is not sent. Where it is no `good`, the goal was refused, and `values` says why."""
        if not self.over:
            self.over = True
            self.send({"op": "action_result", "values": values, "status": status, "result": good})


OnGoal = Callable[[Goal], object]
"""Takes a goal; a string in return says why it is refused."""


@runtime_checkable
class ActionServing(Protocol):
    """What a wire adds that can serve actions."""

    def act(self, action: str, type_: str, on_goal: OnGoal) -> None:
        """Take goals from now on, in the wire's own thread."""
        ...


@runtime_checkable
class ActionCalling(Protocol):
    """What a wire adds that can send goals to others' actions."""

    def send_goal(self, action: str, type_: str, goal: Message) -> bool:
        """Send now or not at all, as `Wire.publish`; the newest goal is meant to take the place of the one before."""
        ...

    def actions(self) -> tuple[str, ...] | None:
        """Names of the actions that are served there; None where nobody can say."""
        ...
