"""A robot file against the live robot: everything that can be known before anything moves. Nothing is sent."""

import time
from collections.abc import Mapping

import numpy as np

from innervate.controllers import ControllerSpec
from innervate.errors import InnervateError
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.errors import WireError
from innervate.launch.ros.link import check_control_step
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.senses import Senses, check_fit

Finding = tuple[str, bool, str]
"""What was looked at, whether it is good, and what was found."""


def _types(robot: Robot, wire: Wire) -> list[Finding]:
    try:
        known = wire.topics()
    except WireError:
        return [("types of the topics", True, "the server does not tell them; they show when messages come")]
    found: list[Finding] = []
    for topic, type_ in robot.topics().items():
        if topic not in known:
            near = ", ".join(t for t, k in known.items() if canonical(k) == type_) or "none"
            found.append((topic, False, f"is not there; topics of type {type_}: {near}"))
        elif canonical(known[topic]) != type_:
            found.append((topic, False, f"is of type {known[topic]}; the robot file says {type_}"))
    command = robot.command
    if command.topic not in known:
        found.append((command.topic, False, "nobody listens to this topic of the commands"))
    elif canonical(known[command.topic]) != canonical(command.type):
        text = f"is of type {known[command.topic]}; the robot file says {command.type}"
        found.append((command.topic, False, text))
    else:
        found.append((command.topic, True, f"takes {command.type}"))
    return found


def _heard(robot: Robot, senses: Senses, rates_hz: Mapping[str, float]) -> list[Finding]:
    found: list[Finding] = []
    wanted_hz = 1 / robot.control_step_s
    for observation in senses.observations:
        if observation.constant is not None:
            found.append((observation.name, True, f"always {observation.constant}"))
            continue
        rate_hz = rates_hz[observation.name]
        if rate_hz == 0:
            said = senses.problems.get(observation.topic, f"nothing came on {observation.topic}")
            found.append((observation.name, False, said))
        elif rate_hz < 0.85 * wanted_hz:
            text = f"comes at {rate_hz:.1f} Hz; the controller acts at {wanted_hz:.1f} Hz, as it was trained"
            found.append((observation.name, False, text))
        else:
            values = senses[observation.name]
            text = f"{len(values)} numbers at {rate_hz:.1f} Hz, from {values.min():.3g} to {values.max():.3g}"
            found.append((observation.name, True, text))
    return found


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


def check_robot(robot: Robot, wire: Wire, spec: ControllerSpec | None, seconds: float) -> list[Finding]:
    """Listen for `seconds` and compare; `spec` of the controller that is to drive it, if there is one already."""
    found: list[Finding] = [("connection", True, wire.description)]
    if spec is not None:
        try:
            check_control_step(robot, spec.control_step_s)
            check_fit(robot, spec.observations)
            found.append(("controller", True, f"fits, at {1 / spec.control_step_s:.1f} Hz"))
        except InnervateError as error:
            found.append(("controller", False, str(error)))
    senses = Senses(wire, robot)
    senses.wait(dict.fromkeys(senses.live, 0), seconds)  # discovery does not count as silence
    before, first = time.monotonic(), senses.numbers()
    time.sleep(seconds)
    heard_s = time.monotonic() - before
    found += _types(robot, wire)
    found += _heard(robot, senses, {name: (n - first[name]) / heard_s for name, n in senses.numbers().items()})
    found += _within(robot, senses)
    if spec is not None:
        for port in spec.observations:
            values = senses.get(port.name)
            if values is not None and len(values) not in (1, port.size):
                text = f"has {len(values)} numbers; the controller wants {port.size}"
                found.append((port.name, False, text))
    if wire.last_problem:
        found.append(("last problem of the connection", False, wire.last_problem))
    return found
