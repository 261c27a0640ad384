"""A simulation that poses as a robot: publishes what the robot would, takes its commands, knows no controller."""

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

import gymnasium as gym
import numpy as np

from innervate.errors import ConfigError, NonFiniteError
from innervate.launch.ros.bridge.messages import stamp_of
from innervate.launch.ros.bridge.wire import Parametric, Wire, advertise_latched
from innervate.launch.ros.lifecycle import Lifecycle
from innervate.launch.ros.safety import Watchdog
from innervate.launch.ros.simulated import body_messages
from innervate.launch.ros.simulated.body_messages import BodyMessages, mujoco_of, opening_rad, picture_messages
from innervate.launch.ros.simulated.command_inbox import CommandInbox, DifferentialDrive
from innervate.launch.ros.simulated.sim_services import Request, SimServices
from innervate.launch.ros.simulated.urdf import static_transforms, urdf
from innervate.signals import Channel, slices

OBSERVATION = "/observation"
"""Each channel of the task is published below it, as a JointState: the plainest message of named, stamped numbers."""
REWARD, TERMINATED, TRUNCATED, CLOCK = "/reward", "/terminated", "/truncated", "/clock"
EMERGENCY_STOP = "/emergency_stop"
DESCRIPTION, TF_STATIC, LIFECYCLE = "/robot_description", "/tf_static", "/innervate/state"
AGAIN_S = 0.5
"""In lock-step, after so long without a command the state is told again."""


def channel_names(channel: Channel) -> tuple[str, ...]:
    """Names of a channel's numbers on its topic."""
    return tuple(f"{channel.name}/{i}" for i in range(channel.size))


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How the simulation behaves as a robot."""

    pace: Literal["real", "fast", "lockstep"] = "real"
    """In real time; as fast as it goes; or one step for each command, and none without."""
    speed: float = 1.0
    """Times real time."""
    seed: int = 0
    """Of the first episode; each further one has the next."""
    on_end: Literal["reset", "wait"] = "wait"
    """When an episode has ended: begin the next, or rest until /reset is called."""
    watchdog_s: float = 0.5
    """Without a command for so long (of this computer's time) the robot rests: servos hold, everything else is zero."""
    camera_hz: float = 0.0
    """Pictures a second of simulated time; 0 for none."""
    log: Path | None = None
    """File that gets one line of JSON an episode."""

    def __post_init__(self) -> None:
        for name in ("speed", "watchdog_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a positive number, got {getattr(self, name)}.")
        if not 0 <= self.camera_hz < 1000:
            raise ConfigError(f"camera_hz must be 0 to 1000, got {self.camera_hz}.")


class SimulatedRobot:
    """One environment on one wire; `run` in the thread that made it, `stop` from any.

    Clock and stamps go on over resets, as a robot's do.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        wire: Wire,
        serving: Serving,
        control_step_s: float,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        space = env.action_space
        if not (isinstance(space, gym.spaces.Box) and len(space.shape) == 1 and np.isfinite(space.low).all()):
            raise ConfigError(f"A robot takes a vector of bounded commands (Box); this environment takes {space}.")
        self.env, self.wire, self.serving, self.control_step_s, self.say = env, wire, serving, control_step_s, say
        found = mujoco_of(env)
        self.body = BodyMessages(found[0]) if found is not None else None
        names = self.body.actuators if self.body is not None else ()
        if len(names) != space.shape[0]:
            names = tuple(f"actuator_{i}" for i in range(space.shape[0]))
        self.inbox = CommandInbox(
            wire, names, space.low.astype(np.float64), space.high.astype(np.float64),
            kind=self.body.kind() if self.body else "effort", max_stamp_age_s=serving.watchdog_s,
            now=self._ros_now, drive=_differential(names),
        )  # fmt: skip
        self.channels: tuple[Channel, ...] = getattr(env.unwrapped, "channels", None) or (
            Channel("observation", int(np.prod(env.observation_space.shape or (1,))), "", None, "as Gymnasium has it"),
        )
        self._parts = slices(self.channels)
        self.watchdog = Watchdog(serving.watchdog_s)
        self.paused = False
        self.stopped_by_message = False
        self.ticks = 0
        """Control steps since the start, over all episodes."""
        self.episode, self.steps, self.total = -1, 0, 0.0
        self.rests = 0
        """How often the watchdog made it rest."""
        self.applied = np.zeros(len(names))
        self._resting: np.ndarray | None = None
        self._ended = self._terminated = False
        self._quit = threading.Event()
        self._log: TextIO | None = None
        self._advertise()
        wire.subscribe(EMERGENCY_STOP, "std_msgs/msg/Bool", self._on_emergency_stop)
        self._begin()
        self.services = SimServices(wire, self.inbox.news, lambda: self.paused)

    # What the robot publishes.

    def _advertise(self) -> None:
        topics = {CLOCK: "rosgraph_msgs/msg/Clock", REWARD: "std_msgs/msg/Float64"}
        topics |= dict.fromkeys((TERMINATED, TRUNCATED), "std_msgs/msg/Bool")
        if self.body is not None:
            topics |= body_messages.TOPICS
        if self.serving.camera_hz > 0:
            if self.env.render_mode != "rgb_array":
                raise ConfigError("A camera needs an environment made with render_mode='rgb_array'.")
            topics |= body_messages.CAMERA_TOPICS
        topics |= {f"{OBSERVATION}/{c.name}": "sensor_msgs/msg/JointState" for c in self.channels}
        for topic, type_ in topics.items():
            self.wire.advertise(topic, type_)
        self.lifecycle = Lifecycle(self.wire, LIFECYCLE)
        self._description = ""
        if self.body is not None:
            self._description = urdf(self.body.model)
            advertise_latched(self.wire, DESCRIPTION, "std_msgs/msg/String")
            advertise_latched(self.wire, TF_STATIC, "tf2_msgs/msg/TFMessage")
            if isinstance(self.wire, Parametric):
                self.wire.parameter(DESCRIPTION, self._description)

    @property
    def time_s(self) -> float:
        """Simulated time; it begins with one step, because a stamp of zero means that there is none."""
        return (self.ticks + 1) * self.control_step_s

    def _ros_now(self) -> float:
        return self.time_s

    def _publish(self, reward: float) -> None:
        """Everything about this instant; what the controller reads comes last."""
        send, stamp = self.wire.publish, stamp_of(self.time_s)
        send(CLOCK, {"clock": stamp})
        send(REWARD, {"data": reward})
        send(TERMINATED, {"data": self._terminated})
        send(TRUNCATED, {"data": self._ended and not self._terminated})
        self._publish_state()

    def _publish_state(self) -> None:
        """What has a stamp, and so may be told twice."""
        send, stamp = self.wire.publish, stamp_of(self.time_s)
        if self.body is not None:
            found = mujoco_of(self.env)
            assert found is not None
            for topic, message in self.body.messages(found[1], self.time_s).items():
                send(topic, message)
        every = self.serving.camera_hz * self.control_step_s
        if every > 0 and math.floor(self.ticks * every) != math.floor((self.ticks - 1) * every):
            self._publish_picture()
        flat = np.asarray(self._observation, np.float64).ravel()
        for channel in self.channels:
            values = flat[self._parts[channel.name]].tolist()
            header = {"stamp": stamp, "frame_id": ""}
            message = {"header": header, "name": list(channel_names(channel)), "position": values}
            send(f"{OBSERVATION}/{channel.name}", message)

    def _publish_picture(self) -> None:
        image: Any = self.env.render()
        opening = opening_rad(self.body.model) if self.body is not None else math.pi / 4
        for topic, message in picture_messages(np.asarray(image), opening, self.time_s).items():
            self.wire.publish(topic, message)

    def _describe(self) -> None:
        """What is kept for those who come later; told at each begin, for bridges that were started anew."""
        if self.body is not None:
            self.wire.publish(DESCRIPTION, {"data": self._description})
            header = {"stamp": stamp_of(self.time_s), "frame_id": "world"}
            self.wire.publish(TF_STATIC, {"transforms": static_transforms(self.body.model, header)})

    # Episodes and steps.

    def _begin(self) -> None:
        """The next episode; one that has not moved yet begins again."""
        if self.episode < 0 or self.steps > 0:
            if not self._ended:
                self._finish()
            self.episode += 1
        self._observation, _ = self.env.reset(seed=self.serving.seed + self.episode)
        self.steps, self.total = 0, 0.0
        self._ended = self._terminated = False
        self._resting = None
        self.applied = np.zeros(len(self.inbox.actuators))
        self.inbox.drop()
        self.inbox.closed = ""
        self._describe()
        self.lifecycle.set("inactive")
        self._publish(0.0)

    def _finish(self) -> None:
        if self.serving.log is None or self.steps == 0:
            return
        if self._log is None:
            self._log = open(self.serving.log, "a", encoding="utf-8")  # noqa: SIM115  (closed when the robot is)
        line = {
            "episode": self.episode, "seed": self.serving.seed + self.episode, "steps": self.steps,
            "return": self.total, "ended": self._ended, "rests": self.rests, **self.inbox.counts,
        }  # fmt: skip
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def step(self) -> None:
        """One control step with the newest command, or at rest if there is none that still counts."""
        now = time.monotonic()
        command = self.inbox.take(self.applied, self.control_step_s)
        if command is not None and not self.stopped_by_message:
            self.applied, self._resting = command.values, None
            self.watchdog.feed(command.arrived_s)
            self.lifecycle.set("active")
        elif self._resting is None and (self.stopped_by_message or self.watchdog.expired(now)):
            self._rest()
            self.lifecycle.set("inactive")
        self._move(self.applied)

    def _rest(self) -> None:
        found = mujoco_of(self.env)
        low, high = self.inbox.low, self.inbox.high
        zero = np.clip(np.zeros(len(low)), low, high)
        self._resting = self.body.rest(found[1]) if self.body is not None and found is not None else zero
        if len(self._resting) != len(low):
            self._resting = zero
        self.applied = self._resting
        if math.isfinite(self.watchdog.silence_s(time.monotonic())):
            self.rests += 1

    def _move(self, action: np.ndarray) -> None:
        space = self.env.action_space
        self._observation, reward, terminated, truncated, _ = self.env.step(action.astype(space.dtype))
        if not np.isfinite(np.asarray(self._observation)).all():
            self.lifecycle.set("error")
            raise NonFiniteError("The simulated body exploded: an observation is not finite.")
        self.ticks += 1
        self.steps += 1
        self.total += float(reward)
        self._terminated, self._ended = bool(terminated), bool(terminated or truncated)
        self._publish(float(reward))
        if self._ended:
            self._finish()
            self.watchdog = Watchdog(self.serving.watchdog_s)
            self.lifecycle.set("inactive")
            self._say_end()

    def _say_end(self) -> None:
        text = f"episode {self.episode} {'terminated' if self._terminated else 'is over'} after {self.steps} steps"
        if self.serving.on_end == "wait":
            self.inbox.closed = "the episode has ended: call /reset, or serve with --on-end reset"
            text += "; at rest, with clock and states, until /reset (with --on-end reset the next begins by itself)"
        self.say(f"{text}; return {self.total:g}")

    def _stand(self) -> None:
        """One control step after the end of an episode: time goes on, the body does not."""
        self.ticks += 1
        self._publish(0.0)

    def _on_emergency_stop(self, message: Any, now_s: float) -> None:
        if message.get("data") is True:
            self.stopped_by_message = True
            self.inbox.drop()

    def _perform(self, request: Request) -> None:
        try:
            if request.what == "reset":
                self.stopped_by_message = False
                self._begin()
            elif request.what == "step":
                for _ in range(request.steps):
                    if not self._ended:
                        self.step()
            elif request.what == "quit":
                self._quit.set()
            else:
                self.paused = request.what == "pause"
            request.answer.set_result(f"episode {self.episode}, step {self.steps}, {self.time_s:.3f} s")
        except Exception as error:
            request.answer.set_exception(error)
            raise

    # The loop.

    def run(self) -> None:
        """Until `stop`, or a request to quit."""
        due = time.monotonic()
        period_s = self.control_step_s / self.serving.speed
        try:
            while not self._quit.is_set():
                while (request := self.services.take()) is not None:
                    self._perform(request)
                    due = time.monotonic() + period_s if request.what != "pause" else due
                if self._ended and self.serving.on_end == "reset":
                    self._begin()
                if self.paused:
                    self._wait(0.1)
                    due = time.monotonic() + period_s
                elif self.serving.pace == "lockstep":
                    if self.inbox.waiting() and not self._ended:
                        self.step()
                    elif not self._wait(AGAIN_S, commands=not self._ended):
                        self._publish_state()  # a network may have lost it, and time stands still until it is known
                elif (self.serving.pace == "fast" and not self._ended) or (left_s := due - time.monotonic()) <= 0:
                    self._stand() if self._ended else self.step()
                    # A step that took too long does not make the next ones hurry.
                    due = max(due + period_s, time.monotonic())
                else:
                    self._wait(left_s)
            if not (self._ended or self.paused or self.serving.pace == "lockstep"):
                self._rest()  # as a robot does whose computer is told to shut down
                self._move(self.applied)
        finally:
            self._finish_log()

    def _finish_log(self) -> None:
        if not self._ended:
            self._finish()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _wait(self, timeout_s: float, *, commands: bool = False) -> bool:
        """Until something is to be done; False if nothing was."""
        news = self.inbox.news
        with news:
            return news.wait_for(
                lambda: self.services.pending() or self._quit.is_set() or (commands and self.inbox.waiting()), timeout_s
            )

    def stop(self) -> None:
        """End `run` after the present step."""
        self._quit.set()
        with self.inbox.news:
            self.inbox.news.notify_all()


def _differential(actuators: tuple[str, ...]) -> DifferentialDrive | None:
    """The vehicle of `innervate/Route-v0` and `Arena-v0` takes twists."""
    if set(actuators) != {"motor_left", "motor_right"}:
        return None
    from innervate.envs.bodies.vehicle import FULL_SPEED_M_S, TRACK_M

    return DifferentialDrive(
        left=actuators.index("motor_left"), right=actuators.index("motor_right"), track_m=TRACK_M,
        full_speed_m_s=FULL_SPEED_M_S,
    )  # fmt: skip
