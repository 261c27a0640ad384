"""A trained controller drives a robot; a simulation poses as one."""

import contextlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError, InnervateError
from innervate.launch.commands._tables import print_table
from innervate.launch.ros.robot_file import load_robot, save_robot
from innervate.launch.ros.session.ending import Ending
from innervate.launch.ros.session.pace import SWITCH_S
from innervate.launch.ros.session.wires import Transport

SMOKE = (["robot", "{run}", "--out", "{folder}/robot.toml"],)

Name = Literal[tuple(CONTROLLERS)]  # pyright: ignore[reportInvalidTypeForm]


@dataclass(frozen=True, kw_only=True)
class RobotOptions:
    """Write the robot file of a simulation, the start for that of a real robot."""

    what: Annotated[str, tyro.conf.Positional]
    """A task or a run folder."""
    out: Path = Path("robot.toml")
    """File to write, .toml or .json."""
    lockstep: bool = False
    """For `serve --pace lockstep`: wait for the simulation however slow it is."""


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """A simulation poses as a robot: topics, services and clock of ROS, with no ROS installed."""

    what: Annotated[str, tyro.conf.Positional]
    """A task or a run folder."""
    bind: str = "127.0.0.1"
    """Address of the embedded server; another one lets every machine that reaches it command the robot."""
    port: int = 9090
    """Port of the embedded server; 0 for any free one."""
    attach: str | None = None
    """Be a client of the rosbridge at this ws:// or wss:// address instead of a server."""
    dialect: Literal["ros2", "ros1"] = "ros2"
    """Of the rosbridge that is attached to."""
    transport: Transport = "rosbridge"
    """`rclpy` to be a ROS 2 node, where this Python has rclpy."""
    namespace: str = ""
    """Before all topics and services of the robot but /clock and /tf: `left` makes /left/joint_states."""
    remap: tuple[str, ...] = ()
    """Topics and services under other names, OLD:=NEW each: `/joint_states:=/arm/states`."""
    pace: Literal["real", "fast", "lockstep"] = "real"
    """Real time, as fast as it goes, or one step for each command."""
    speed: float = 1.0
    """Times real time."""
    seed: int = 0
    """Of the first episode; each further one has the next."""
    on_end: Literal["wait", "reset"] = "wait"
    """When an episode has ended: rest until /reset is called, or begin the next."""
    watchdog_s: float = 0.5
    """Without a command for so long the robot rests."""
    foxglove: int | None = None
    """Show the same topics to Foxglove on this port of the same address; 0 for any free one."""
    camera_hz: float = 0.0
    """Pictures a second on /camera/image_raw/compressed; 0 for none."""
    camera_size: tuple[int, int] = (640, 480)
    """Width and height."""
    delay: Path | None = None
    """A recording of `innervate ros drive`: the simulation's senses become as late and as noisy as measured there."""
    certificate: Path | None = None
    """PEM; with --key the server speaks wss://."""
    key: Path | None = None
    """PEM."""
    ca: Path | None = None
    """Certificate authority of the server that is attached to."""
    allow_publish: tuple[str, ...] = ("*",)
    """Topics that clients may publish on (glob patterns)."""
    allow_subscribe: tuple[str, ...] = ("*",)
    """Topics that clients may read."""
    allow_services: tuple[str, ...] = ("*",)
    """Services that clients may call."""
    allow_origin: tuple[str, ...] = ()
    """Web origins, besides this machine's, whose pages may connect."""
    log: Path | None = None
    """File that gets one line of JSON an episode."""


@dataclass(frozen=True, kw_only=True)
class DriveOptions:
    """An agent drives a robot."""

    what: Annotated[str, tyro.conf.Positional]
    """A run folder, or a task for an untrained controller."""
    robot: Path = Path("robot.toml")
    """The robot file."""
    controller: Name = "zero"  # pyright: ignore[reportInvalidTypeForm]
    """The controller, where `what` is a task."""
    uri: str | None = None
    """Of the rosbridge, in place of the robot file's."""
    transport: Transport = "rosbridge"
    """`rclpy` to be a ROS 2 node, where this Python has rclpy."""
    ca: Path | None = None
    """Certificate authority of a wss:// server."""
    steps: int | None = None
    """Control steps; without a number until the episode ends or you stop it."""
    node: str | None = None
    """Name of this drive in its services, in place of the robot file's."""
    reset: bool = True
    """Call the robot file's reset service first, if it has one."""
    dry_run: bool = False
    """Compute, check and record everything, send nothing."""
    realtime: bool = False
    """At real-time priority (SCHED_FIFO), for hundreds of control steps a second beside other programs."""
    record: Path | None = None
    """MCAP file of observations, actions, state and safety events."""


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Compare a robot file with the live robot, before anything moves; exit status 1 if they do not fit."""

    robot: Path = Path("robot.toml")
    """The robot file."""
    what: str | None = None
    """A run folder or a task whose observations and rate should fit, too."""
    uri: str | None = None
    """Of the rosbridge, in place of the robot file's."""
    transport: Transport = "rosbridge"
    """`rclpy` to be a ROS 2 node, where this Python has rclpy."""
    ca: Path | None = None
    """Certificate authority of a wss:// server."""
    seconds: float = 3.0
    """How long to listen."""
    estop: bool = False
    """Wait for the emergency stop to be pressed, too, and show that it arrives."""
    estop_s: float = 30.0
    """How long to wait for it."""


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """Feed a recording back to the controller offline, and show the first difference."""

    recording: Annotated[Path, tyro.conf.Positional]
    """MCAP file of `innervate ros drive --record`."""
    what: Annotated[str, tyro.conf.Positional]
    """The run folder, or the task of an untrained controller."""
    controller: Name = "zero"  # pyright: ignore[reportInvalidTypeForm]
    """The controller, where `what` is a task."""
    tolerance: float = 0.0
    """Largest difference of an action that counts as none."""


def robot(options: RobotOptions) -> None:
    """Write a robot file."""
    from innervate.launch.ros.simulated.describe import describe
    from innervate.launch.ros.simulated.loading import make_body

    env, control_step_s = make_body(options.what)
    described = describe(env, control_step_s, lockstep=options.lockstep)
    env.close()
    save_robot(options.out, described)
    print(f"{options.out}: {len(described.observation)} observations, {len(described.command.joints)} joints")


def serve(options: ServeOptions) -> None:
    """Pose as a robot until told to stop."""
    from innervate.launch.ros.bridge.named_wire import in_namespace, remappings
    from innervate.launch.ros.simulated.loading import make_body
    from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot

    serving = Serving(
        pace=options.pace, speed=options.speed, seed=options.seed, on_end=options.on_end,
        watchdog_s=options.watchdog_s, camera_hz=options.camera_hz, log=options.log,
    )  # fmt: skip
    env, control_step_s = make_body(
        options.what, pictures=options.camera_size if options.camera_hz > 0 else None, delay=options.delay
    )
    served = _serving_wire(options)
    wire, where = _shown(served, options)
    robot_wire = in_namespace(wire, options.namespace, remappings(options.remap))
    try:
        simulated = SimulatedRobot(env, robot_wire, serving, control_step_s, lambda text: print(text, flush=True))
        ending = Ending(lambda why: simulated.stop())
        print(f"{options.what} at {1 / control_step_s:.1f} Hz ({options.pace}): {wire.description}{where}", flush=True)
        simulated.run()
    finally:
        wire.close()
        env.close()
    with contextlib.suppress(OSError):  # a terminal that is gone
        print(f"{simulated.ticks} control steps; commands: {dict(simulated.inbox.counts) or 'none'}")
        if simulated.inbox.last_problem:
            print(f"last command refused: {simulated.inbox.last_problem}")
        print(f"frames dropped: {dict(getattr(getattr(served, 'broker', served), 'counts', {})) or 'none'}")
    ending.close()


def _shown(wire: Any, options: ServeOptions) -> tuple[Any, str]:
    """The wire, with Foxglove beside it where that is asked for, and where Foxglove finds it."""
    if options.foxglove is None:
        return wire, ""
    from innervate.launch.ros.bridge.foxglove import FoxgloveServer, shown

    try:
        server = FoxgloveServer(options.bind, options.foxglove)
    except InnervateError:
        wire.close()
        raise
    return shown(wire, server), f"; Foxglove: {server.uri}"


def _serving_wire(options: ServeOptions) -> Any:
    if options.transport == "rclpy":
        from innervate.launch.ros.bridge.rclpy_wire import RclpyWire

        return RclpyWire("innervate_simulation", reliable=options.pace == "lockstep")
    if options.attach is not None:
        from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient

        return RosbridgeClient(ClientConfig(uri=options.attach, dialect=options.dialect, ca=options.ca))
    from innervate.launch.ros.bridge.limits import Policy
    from innervate.launch.ros.bridge.server import LOOPBACK, Listen, RosbridgeServer

    if options.bind not in LOOPBACK and options.certificate is None:
        print(
            f"Careful: every machine that reaches {options.bind} can command this robot, and read along; "
            "--certificate and --key encrypt, --allow-publish limits.", file=sys.stderr,
        )  # fmt: skip
    listen = Listen(
        bind=options.bind, port=options.port, certificate=options.certificate, key=options.key,
        origins=options.allow_origin,
    )  # fmt: skip
    policy = Policy(
        publish=options.allow_publish, subscribe=options.allow_subscribe, services=options.allow_services
    )
    return RosbridgeServer(listen, policy)


def drive(options: DriveOptions) -> None:
    """Drive, and leave the robot at rest."""
    from innervate.launch.ros.session.drive import Driver
    from innervate.launch.ros.session.link import RobotLink, check_control_step, with_options
    from innervate.launch.ros.session.proof import prove
    from innervate.launch.ros.session.realtime import no_collection, real_time
    from innervate.launch.ros.session.senses import check_actions, check_fit
    from innervate.launch.ros.session.wires import connect
    from innervate.launch.ros.simulated.loading import make_controller

    described = with_options(
        load_robot(options.robot), uri=options.uri, dry_run=options.dry_run, node=options.node
    )  # fmt: skip
    controller = make_controller(options.what, options.controller)
    check_control_step(described, controller.spec.control_step_s)
    check_fit(described, controller.spec.observations)
    check_actions(described, controller.spec)
    recorder: Any = None
    if options.record is not None:
        from innervate.launch.ros.session.recording import Recorder

        recorder = Recorder(options.record, described)
    wire = connect(described, options.transport, ca=options.ca)
    link = RobotLink(described, wire)
    driver = Driver(controller, link, recorder.tick if recorder is not None else None)
    ending = Ending(driver.stop)
    sys.setswitchinterval(SWITCH_S)
    try:
        if options.reset:
            link.reset()
        else:
            link.first_observation(5.0)
        prove(link)
        print(f"driving over {link.wire.description}; Enter is the emergency stop, r and Enter its release", flush=True)
        print(f"so are the topic {described.emergency_stop_topic} and the service {link.stop_service}", flush=True)
        _listen_to_keys(link)
        with no_collection(), real_time() if options.realtime else contextlib.nullcontext():
            driver.run(options.steps)
    finally:
        ending.closing()
        link.close()
        if recorder is not None:
            recorder.close()
        ending.close()
    with contextlib.suppress(OSError):  # a terminal that is gone
        _report(described, driver, link)


def _report(described: Any, driver: Any, link: Any) -> None:
    result = driver.result
    rows = result.lines()
    if described.reward_topic:
        rows.append(("return", f"{result.total!r}" + (", episode ended" if result.ended else "")))
    rows += [("commands", f"{n} {what}") for what, n in link.counts.items()]
    rows += [("safety", f"{n} x {what}") for what, n in link.layer.events.items()]
    rows += [("messages", f"{n} {what}") for what, n in link.senses.counts.items()]
    rows += [("last problem", problem) for problem in link.senses.problems.values()]
    if link.wire.last_problem:
        rows.append(("of the connection", link.wire.last_problem))
    if driver.stopping:
        rows.append(("ended by", driver.why))
    print_table("", ("", ""), rows)


def _listen_to_keys(link: Any) -> None:
    if not sys.stdin.isatty():
        return

    def listen() -> None:
        for line in sys.stdin:
            if line.strip().lower() == "r":
                link.release()
            else:
                link.emergency_stop("key")

    threading.Thread(target=listen, name="keys", daemon=True).start()


def check(options: CheckOptions) -> None:
    """Listen to the robot and compare."""
    from innervate.launch.ros.session.check import check_robot
    from innervate.launch.ros.session.link import with_options
    from innervate.launch.ros.session.wires import connect
    from innervate.launch.ros.simulated.loading import make_controller

    if not (0 < options.seconds <= 600 and 0 < options.estop_s <= 600):
        raise ConfigError(f"Listen for 0 to 600 seconds, not {options.seconds} and {options.estop_s}.")
    described = with_options(load_robot(options.robot), uri=options.uri)
    spec = make_controller(options.what).spec if options.what is not None else None
    wire = connect(described, options.transport, ca=options.ca)
    try:
        if options.estop:
            print(f"after {options.seconds:g} s press the stop on {described.emergency_stop_topic}", flush=True)
        found = check_robot(described, wire, spec, options.seconds, estop_s=options.estop_s if options.estop else 0.0)
    finally:
        wire.close()
    print_table(str(options.robot), ("", "", "finding"), [(n, "ok" if ok else "FAILS", text) for n, ok, text in found])
    if not all(ok for _, ok, _ in found):
        raise SystemExit(1)


def replay(options: ReplayOptions) -> None:
    """Run the controller on the recorded observations."""
    from innervate.launch.ros.session.replay import replay_recording
    from innervate.launch.ros.simulated.loading import make_controller

    difference = replay_recording(
        options.recording, make_controller(options.what, options.controller), options.tolerance
    )
    print(difference.text)
    if difference.step is not None:
        raise SystemExit(1)


_COMMANDS = {"serve": serve, "drive": drive, "check": check, "robot": robot, "replay": replay}


def main(argv: Sequence[str]) -> None:
    """Run one of them."""
    tyro.extras.subcommand_cli_from_dict(
        _COMMANDS, args=list(argv), prog="innervate ros", config=(tyro.conf.OmitArgPrefixes,)
    )
