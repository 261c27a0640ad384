"""An agent drives a robot: at the controller's own rate, with its state, through the safety layer."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float

from innervate.agents.guard import check_action, check_observation
from innervate.controllers import Controller, State
from innervate.launch.ros.link import RobotLink, check_control_step
from innervate.launch.ros.safety import Verdict
from innervate.launch.ros.senses import check_fit


@dataclass(frozen=True)
class Tick:
    """One control step, as a recorder sees it; arrays are valid during the call only."""

    number: int
    now_s: float
    observation: Float[np.ndarray, "size"] | None
    """None where the robot was stopped without asking the controller."""
    action: Float[np.ndarray, "joint"] | None
    """In [-1, 1]."""
    state: State
    verdict: Verdict
    age_s: float
    """Of the oldest observation, see `Senses.oldest_s`."""


@dataclass
class Drive:
    """What happened."""

    ticks: int = 0
    acted: int = 0
    """Ticks in which the controller's command went out."""
    missed: int = 0
    """Ticks that came more than half a control step late."""
    stops: Counter[str] = field(default_factory=Counter[str])
    """Ticks at rest, by reason."""
    ages_s: list[float] = field(default_factory=list[float])
    """Age of the oldest observation at each command."""
    round_trips_s: list[float] = field(default_factory=list[float])
    """From each command to the first complete observation after it."""
    total: float = 0.0
    """Rewards, where the robot tells them."""
    ended: bool = False

    def lines(self) -> list[tuple[str, str]]:
        """For people."""
        rows = [("control steps", f"{self.ticks}, {self.acted} with the controller's command, {self.missed} late")]
        for name, values in (("age of observations", self.ages_s), ("round trip", self.round_trips_s)):
            if values:
                middle, high = np.percentile(values, [50, 99]) * 1e3
                rows.append((name, f"median {middle:.2f} ms, 99th percentile {high:.2f} ms"))
        rows += [("at rest", f"{n} steps: {reason}") for reason, n in self.stops.items()]
        return rows


class Driver:
    """Runs a controller on a robot.

    Raises:
        ConfigError: the controller was trained for another rate, or needs observations that the robot file lacks.
    """

    def __init__(
        self, controller: Controller, link: RobotLink, watch: Callable[[Tick], None] | None = None
    ) -> None:
        self.controller, self.link, self.watch = controller, link, watch
        check_control_step(link.robot, controller.spec.control_step_s)
        check_fit(link.robot, controller.spec.observations)
        self.state: State = controller.initial_state(1)
        self.result = Drive()
        self.stopping = False
        """Set it from anywhere (a signal) to end `run` after the present step."""

    @torch.no_grad()
    def _decide(self) -> tuple[np.ndarray, np.ndarray]:
        spec = self.controller.spec
        flat = self.link.senses.flat([port.name for port in spec.observations]).astype(np.float32)[None]
        check_observation(flat, spec)
        action, self.state = self.controller(spec.split(torch.from_numpy(flat)), self.state)
        clipped = np.clip(action.numpy().astype(np.float64), -1.0, 1.0)
        return flat[0], clipped[0]

    def tick(self) -> Verdict:
        """One control step with the newest observations."""
        now, link, result = time.monotonic(), self.link, self.result
        age_s = link.senses.oldest_s(now)
        observation = action = None
        reason = link.layer.latched or link.stale(now)
        if reason:
            verdict = link.rest(reason)
        else:
            observation, action = self._decide()
            try:
                check_action(action[None])
            except FloatingPointError:
                link.act(action)  # the layer stops the robot, and latches
                raise
            verdict = link.act(action)
            result.ages_s.append(age_s)
        result.ticks += 1
        if verdict.stopped:
            result.stops[verdict.stopped.split(":")[0]] += 1
        else:
            result.acted += 1
        if self.watch is not None:
            self.watch(Tick(result.ticks - 1, now, observation, action, self.state, verdict, age_s))
        return verdict

    def run(self, steps: int | None = None) -> Drive:
        """Until `steps` control steps have passed, the episode has ended, or `stopping` is set."""
        robot, result = self.link.robot, self.result
        by_state, period_s = robot.pace == "state", robot.control_step_s
        seen = dict.fromkeys(self.link.senses.live, 0)
        due, sent_s = time.monotonic(), -math.inf
        while not self.stopping and (steps is None or result.ticks < steps) and not self.link.episode.done:
            if by_state:
                newer = self.link.senses.wait(seen, period_s)
                late = time.monotonic() - sent_s > 1.5 * period_s and math.isfinite(sent_s)
                if not newer and not (self.link.stale(time.monotonic()) or self.link.layer.latched):
                    continue  # a late robot is not a lost one
            else:
                time.sleep(max(0.0, due - time.monotonic()))
                newer = self.link.senses.numbers() != seen
                late = time.monotonic() - due > period_s / 2
                due = max(due + period_s, time.monotonic())
            if newer and math.isfinite(sent_s):
                ages = self.link.senses.ages_s(time.monotonic())
                trip = time.monotonic() - min(ages.values(), default=0.0) - sent_s
                if trip > 0:
                    result.round_trips_s.append(trip)
            if self.link.episode.done:
                break
            seen = self.link.senses.numbers()
            result.missed += late
            self.tick()
            sent_s = time.monotonic()
        result.total, result.ended = self.link.episode.total, self.link.episode.done
        return result
