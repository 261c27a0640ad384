"""A robot file against the live robot: everything that can be known before anything moves. Nothing is sent."""

from collections.abc import Mapping

import numpy as np

from innervate.controllers import ControllerSpec
from innervate.errors import InnervateError
from innervate.launch.ros.bridge.messages import Message
from innervate.launch.ros.bridge.named_wire import renamed
from innervate.launch.ros.bridge.wire import Wire, graph_of
from innervate.launch.ros.clock import REAL, Clock
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.link import check_control_step
from innervate.launch.ros.session.proof import SETTLE_S, Finding, looked_at
from innervate.launch.ros.session.senses import Senses, check_actions, check_fit


def _heard(robot: Robot, senses: Senses, rates_hz: Mapping[str, float]) -> list[Finding]:
    found: list[Finding] = []
    wanted_hz = 1 / robot.control_step_s
    for observation in senses.observations:
        if observation.constant is not None:
            found.append((observation.name, True, f"always {observation.constant}"))
            continue
        rate_hz = rates_hz[observation.name]
        if rate_hz == 0:
            found.append((observation.name, False, senses.missing().get(observation.name, "came once only")))
        elif rate_hz < 0.85 * wanted_hz:
            text = f"comes at {rate_hz:.1f} Hz; the controller acts at {wanted_hz:.1f} Hz, as it was trained"
            found.append((observation.name, False, text))
        else:
            values = senses[observation.name]
            text = f"{len(values)} numbers at {rate_hz:.1f} Hz, from {values.min():.3g} to {values.max():.3g}"
            found.append((observation.name, True, text))
            found += _paced(robot, observation.name, rate_hz)
    return found


def _paced(robot: Robot, name: str, rate_hz: float) -> list[Finding]:
    """What the rate of the states means for the pace."""
    wanted_hz = 1 / robot.control_step_s
    if robot.pace != "state" or rate_hz < 1.15 * wanted_hz:
        return []
    text = (
        f"{rate_hz:.0f} sets a second for a control step of {robot.control_step_s:g} s: commands go out at "
        f"{wanted_hz:.1f} Hz all the same, each by the newest; pace = \"clock\" says so"
    )
    return [(f"pace by {name}", True, text)]


def _within(robot: Robot, senses: Senses) -> list[Finding]:
    """Joints outside of their limits would jump at the first command."""
    position = senses.get(robot.position.name) if robot.position is not None else None
    if position is None:
        return []
    limits = robot.limits()
    wire = position / robot.command.factor
    ends = np.array(limits.travel) if limits.travel else np.stack([limits.low, limits.high], 1)
    out = np.flatnonzero((wire < ends[:, 0]) | (wire > ends[:, 1]))
    if out.size:
        joints = ", ".join(f"{limits.joints[i]} at {wire[i]:.3g}, not {ends[i, 0]:g} to {ends[i, 1]:g}" for i in out)
        return [("position", False, f"outside the limits: {joints}")]
    return [("position", True, "within the limits")]


def _pressed(robot: Robot, wire: Wire, seconds: float, clock: Clock) -> list[Finding]:
    """Waits for a press of the emergency stop."""
    stop, heard = robot.emergency_stop(), list[Message]()
    wire.subscribe(stop.topic, stop.type, lambda message, now: heard.append(message) if stop.pressed(message) else None)
    until = clock.now_s() + seconds
    while not heard and clock.now_s() < until:
        clock.sleep(0.02)
    waited_s = seconds - (until - clock.now_s())
    if heard:
        return [(stop.topic, True, f"the stop arrived after {waited_s:.1f} s: {dict(heard[0])}")]
    return [(stop.topic, False, f"no stop came within {seconds:g} s ({stop.type}); is it pressed, and on this topic?")]


def check_robot(
    robot: Robot, wire: Wire, spec: ControllerSpec | None, seconds: float, *, estop_s: float = 0.0, clock: Clock = REAL
) -> list[Finding]:
    """Listen for `seconds` and compare; `spec` of the controller that is to drive it, if there is one already.

    With `estop_s` the emergency stop is waited for, for so long, to be pressed.
    """
    wire = renamed(wire, robot.names().full, robot.named())
    found: list[Finding] = [("connection", True, wire.description)]
    if spec is not None:
        try:
            check_control_step(robot, spec.control_step_s)
            check_fit(robot, spec.observations)
            check_actions(robot, spec)
            found.append(("controller", True, f"fits, at {1 / spec.control_step_s:.1f} Hz"))
        except InnervateError as error:
            found.append(("controller", False, str(error)))
    senses = Senses(wire, robot, clock)
    graph = graph_of(wire)
    if graph is not None:
        graph.settle(robot.emergency_stop_topic, SETTLE_S)
    senses.wait(dict.fromkeys(senses.live, 0), seconds)  # discovery does not count as silence
    before, first = clock.now_s(), senses.numbers()
    clock.sleep(seconds)
    heard_s = clock.now_s() - before
    found += looked_at(robot, wire, senses)
    found += _heard(robot, senses, {name: (n - first[name]) / heard_s for name, n in senses.numbers().items()})
    found += _within(robot, senses)
    found += [("stamps", True, problem) for problem in senses.problems.values() if "stand still" in problem]
    if spec is not None:
        for port in spec.observations:
            values = senses.get(port.name)
            if values is not None and len(values) not in (1, port.size):
                text = f"has {len(values)} numbers; the controller wants {port.size}"
                found.append((port.name, False, text))
    if estop_s:
        found += _pressed(robot, wire, estop_s, clock)
    if wire.last_problem:
        found.append(("last problem of the connection", False, wire.last_problem))
    return found
