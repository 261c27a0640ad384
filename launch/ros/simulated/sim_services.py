"""Services of a simulated robot: std_srvs' reset, pause and step, and the useful part of simulation_interfaces."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any

from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.wire import Wire

STOPPED, PLAYING, PAUSED, QUITTING = 0, 1, 2, 3
"""simulation_interfaces/msg/SimulationState."""
RESULT_OK, INCORRECT_STATE, OPERATION_FAILED = 1, 3, 4
"""simulation_interfaces/msg/Result."""
FEATURES = (20, 24, 25, 26, 31, 32)
"""simulation_interfaces/msg/SimulatorFeatures: reset; get and set the state, with pauses; one and many steps."""
MAX_STEPS = 100_000


@dataclass
class Request:
    """Something asked of the simulation, answered by its own thread."""

    what: str
    steps: int = 0
    answer: "Future[str]" = field(default_factory=Future)


class SimServices:
    """Turns service calls into requests that the simulation's loop performs between two steps."""

    def __init__(self, wire: Wire, news: threading.Condition, paused: Callable[[], bool]) -> None:
        self._news, self._paused = news, paused
        self._queue: list[Request] = []
        for name, type_, handler in (
            ("/reset", "std_srvs/srv/Trigger", self._trigger("reset")),
            ("/pause", "std_srvs/srv/SetBool", self._pause),
            ("/step", "std_srvs/srv/Trigger", self._trigger("step")),
            ("/reset_simulation", "simulation_interfaces/srv/ResetSimulation", self._resulting("reset")),
            ("/step_simulation", "simulation_interfaces/srv/StepSimulation", self._step_simulation),
            ("/get_simulation_state", "simulation_interfaces/srv/GetSimulationState", self._get_state),
            ("/set_simulation_state", "simulation_interfaces/srv/SetSimulationState", self._set_state),
            ("/get_simulator_features", "simulation_interfaces/srv/GetSimulatorFeatures", self._get_features),
        ):
            wire.offer(name, type_, handler)

    def pending(self) -> bool:
        """Whether a request waits."""
        return bool(self._queue)

    def take(self) -> Request | None:
        """The oldest request."""
        with self._news:
            return self._queue.pop(0) if self._queue else None

    def _ask(self, what: str, steps: int = 1, timeout_s: float = 60.0) -> str:
        request = Request(what, steps)
        with self._news:
            if len(self._queue) >= 64:
                raise WireError("Too many requests are waiting.")
            self._queue.append(request)
            self._news.notify_all()
        try:
            return request.answer.result(timeout_s)
        except FutureTimeout:
            raise WireError(f"The simulation did not {what} within {timeout_s:g} s.") from None

    def _trigger(self, what: str) -> Callable[[Message], Mapping[str, Any]]:
        def handler(request: Message) -> dict[str, Any]:
            if what == "step" and not self._paused():
                return {"success": False, "message": "Pause the simulation first."}
            return {"success": True, "message": self._ask(what)}

        return handler

    def _pause(self, request: Message) -> dict[str, Any]:
        wanted = request.get("data")
        if not isinstance(wanted, bool):
            return {"success": False, "message": "data should be true or false."}
        return {"success": True, "message": self._ask("pause" if wanted else "resume")}

    def _resulting(self, what: str) -> Callable[[Message], Mapping[str, Any]]:
        def handler(request: Message) -> dict[str, Any]:
            self._ask(what)
            return _result()

        return handler

    def _step_simulation(self, request: Message) -> dict[str, Any]:
        steps = request.get("steps", 1)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
            return _result(OPERATION_FAILED, f"steps should be 1 to {MAX_STEPS}.")
        if not self._paused():
            return _result(INCORRECT_STATE, "Steps are taken while the simulation is paused.")
        self._ask("step", steps)
        return _result()

    def _get_state(self, request: Message) -> dict[str, Any]:
        return {**_result(), "state": {"state": PAUSED if self._paused() else PLAYING}}

    def _set_state(self, request: Message) -> dict[str, Any]:
        state = request.get("state")
        wanted = state.get("state") if isinstance(state, Mapping) else None
        actions = {STOPPED: ("reset", "pause"), PLAYING: ("resume",), PAUSED: ("pause",), QUITTING: ("quit",)}
        if isinstance(wanted, bool) or wanted not in actions:
            return _result(OPERATION_FAILED, f"There is no state {str(wanted)[:20]}.")
        for action in actions[wanted]:
            self._ask(action)
        return _result()

    def _get_features(self, request: Message) -> dict[str, Any]:
        return {"features": {"features": list(FEATURES), "spawn_formats": [], "custom_info": "innervate"}}


def _result(code: int = RESULT_OK, message: str = "") -> dict[str, Any]:
    return {"result": {"result": code, "error_message": message}}
