"""What must be known before the first command: that the emergency stop works, that the robot listens, and is one.

Each wire says what it can; what nobody can say is left to the first messages.
"""

from innervate.launch.ros.bridge.actions import ActionCalling
from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.wire import Wire, graph_of
from innervate.launch.ros.command import FOLLOW
from innervate.launch.ros.observation import JOINT_STATE, TRANSFORMS
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.senses import Senses

Finding = tuple[str, bool, str]
"""What was looked at, whether it is good, and what was found."""
SETTLE_S = 3.0
"""How long the emergency stop's publishers are waited for to be connected."""


def prove(link: RobotLink) -> None:
    """Raise `WireError` for everything that would make a drive another one than the robot file says; looks once."""
    if link.proven:
        return
    graph = graph_of(link.wire)
    if graph is not None:
        graph.settle(link.robot.emergency_stop_topic, SETTLE_S)
    found = [*looked_at(link.robot, link.wire, link.senses), *_own_services(link)]
    bad = [f"{what} {text}" for what, good, text in found if not good]
    if bad:
        raise WireError(f"The robot is not driven: {'; '.join(bad)}. Look closer with: innervate ros check")
    link.proven = True


def looked_at(robot: Robot, wire: Wire, senses: Senses) -> list[Finding]:
    """The robot file against who and what is there."""
    found: list[Finding] = []
    try:
        known = wire.topics()
    except WireError:
        found.append(("types of the topics", True, "the server does not tell them; they show when messages come"))
        known = None
    found += _dialect(robot, wire)
    if known is not None:
        found += _states(robot, known)
        found += _stop(robot, known)
        found += _command_type(robot, known)
    return [*found, *_listeners(robot, wire), *_rivals(robot, wire, senses)]


def _dialect(robot: Robot, wire: Wire) -> list[Finding]:
    graph = graph_of(wire)
    spoken = None if graph is None else graph.dialect()
    if spoken is None or spoken == robot.dialect:
        return []
    return [("dialect", False, f'is {spoken!r} on this bridge; the robot file says {robot.dialect!r}: set it there')]


def _states(robot: Robot, known: dict[str, str]) -> list[Finding]:
    found: list[Finding] = []
    names = robot.names()
    for topic, type_ in robot.topics().items():
        full = names.full(topic)
        if full not in known:
            near = ", ".join(t for t, k in known.items() if canonical(k) == type_) or "none"
            found.append((full, False, f"is not there; topics of type {type_}: {near}"))
        elif canonical(known[full]) != type_:
            found.append((full, False, f"is of type {known[full]}; the robot file says {type_}"))
    return found


def _stop(robot: Robot, known: dict[str, str]) -> list[Finding]:
    stop = robot.emergency_stop()
    full = robot.names().full(stop.topic)
    if full in known and canonical(known[full]) != stop.type:
        text = f"is of type {known[full]}, so no stop would arrive; the robot file says {stop.type}"
        return [(full, False, f"{text} (emergency_stop_type)")]
    return []


def _command_type(robot: Robot, known: dict[str, str]) -> list[Finding]:
    command = robot.command
    full = robot.names().full(command.topic)
    if canonical(command.type) == FOLLOW or full not in known:
        return []  # whether anyone listens is asked apart
    if canonical(known[full]) != canonical(command.type):
        return [(full, False, f"is of type {known[full]}; the robot file says {command.type}")]
    return [(full, True, f"takes {command.type}")]


def _listeners(robot: Robot, wire: Wire) -> list[Finding]:
    graph, full = graph_of(wire), robot.names().full(robot.command.topic)
    if canonical(robot.command.type) == FOLLOW:
        served = wire.actions() if isinstance(wire, ActionCalling) else None
        if served is None:
            return []
        there = ", ".join(served) or "none"
        good = full in served
        return [(full, good, "is served" if good else f"is no action that is served there; these are: {there}")]
    listeners = graph.subscribers(robot.command.topic) if graph is not None else None
    if listeners is None:
        return []
    if not listeners:
        return [(full, False, "has no subscriber: nobody listens to the commands")]
    return [(full, True, f"is listened to by {', '.join(listeners)}")]


def _rivals(robot: Robot, wire: Wire, senses: Senses) -> list[Finding]:
    """Several publishers of one state, the last of which would win; those that share the joints among them do not."""
    graph, found = graph_of(wire), list[Finding]()
    if graph is None:
        return found
    for topic, type_ in robot.topics().items():
        full = robot.names().full(topic)
        publishers = graph.publishers(topic) if type_ != TRANSFORMS else None
        if publishers is None or len(publishers) < 2:
            continue
        sets = senses.sources[topic] if type_ == JOINT_STATE else set[tuple[str, ...]]()
        every = [joint for names in sets for joint in names]
        if len(sets) < len(publishers) or len(set(every)) < len(every):
            text = f"has {len(publishers)} publishers, {', '.join(publishers)}, that tell of the same; only one may"
            found.append((full, False, text))
    return found


def _own_services(link: RobotLink) -> list[Finding]:
    """Whether the stop service of this drive is answered by this drive."""
    try:
        answer = link.wire.call(link.owner_service, "std_srvs/srv/Trigger", {}, 2.0)
    except WireError as error:
        return [(link.stop_service, True, f"cannot be called over this wire ({error}); the topic and the key can stop")]
    if answer.get("message") != link.token:
        return [(link.stop_service, False, f"is another drive's: two are called {link.node!r}; set node, or --node")]
    return [(link.stop_service, True, "is answered by this drive")]
