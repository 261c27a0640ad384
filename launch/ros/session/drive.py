"""An agent drives a robot: at the controller's own rate, with its state, through the safety layer."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float

from innervate.agents.experience.guard import check_action, check_observation
from innervate.controllers import Controller, State
from innervate.launch.ros.safety import Verdict
from innervate.launch.ros.session.link import RobotLink, check_control_step
from innervate.launch.ros.session.pace import HURRY, IN_STEP, SLACK
from innervate.launch.ros.session.proof import prove
from innervate.launch.ros.session.senses import check_actions, check_fit

ROUNDING = 1e-6
"""Share of a control step that is no time: simulated clocks come as sums of steps."""
SLICE_S = 0.05
"""Longest wait that does not look whether the drive is to end."""


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
        ConfigError: the controller was trained for another rate, has other actions than the robot file's command takes,
            or needs observations that it lacks.
    """

    def __init__(
        self, controller: Controller, link: RobotLink, watch: Callable[[Tick], None] | None = None
    ) -> None:
        self.controller, self.link, self.watch = controller, link, watch
        check_control_step(link.robot, controller.spec.control_step_s)
        check_fit(link.robot, controller.spec.observations)
        check_actions(link.robot, controller.spec)
        self.clock = link.clock
        self.state: State = controller.initial_state(1)
        self.result = Drive()
        self._in_step = False
        """Whether the robot told its state once since the last command."""
        self.why = ""
        self.stopping = False
        """Whether `run` is to end after the present step."""

    def stop(self, why: str) -> None:
        """End `run` after the present step; from anywhere."""
        self.why, self.stopping = self.why or why, True

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
        now, link, result = self.clock.now_s(), self.link, self.result
        began_s = link.time_s()
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
        link.pace.taken(link.time_s(), IN_STEP if self._in_step else SLACK, began_s)
        result.ticks += 1
        if verdict.stopped:
            result.stops[verdict.stopped.split(":")[0]] += 1
        else:
            result.acted += 1
        if self.watch is not None:
            self.watch(Tick(result.ticks - 1, now, observation, action, self.state, verdict, age_s))
        return verdict

    def run(self, steps: int | None = None) -> Drive:
        """Until `steps` control steps have passed, the episode has ended, or `stopping` is set.

        Raises:
            WireError: nobody listens to the commands, or what is there is not what the robot file says.
        """
        prove(self.link)
        link, result, sent_s = self.link, self.result, -math.inf
        by_state = link.robot.pace == "state" and link.senses.live
        wait = self._await_state if by_state else self._await_clock
        seen = dict.fromkeys(link.senses.live, 0)
        while not self._over(steps):
            newer, late = wait(seen, sent_s)
            if self._over(steps):
                break
            if newer and math.isfinite(sent_s):
                now = self.clock.now_s()
                trip = now - min(link.senses.ages_s(now).values(), default=0.0) - sent_s
                if trip > 0:
                    result.round_trips_s.append(trip)
            seen = link.senses.numbers()
            result.missed += late
            self.tick()
            sent_s = self.clock.now_s()
        result.total, result.ended = link.episode.total, link.episode.done
        return result

    def _over(self, steps: int | None) -> bool:
        return self.stopping or (steps is not None and self.result.ticks >= steps) or self.link.episode.done

    def _halted(self) -> bool:
        """Whether the robot is to rest, whatever comes."""
        return bool(self.link.layer.latched or self.link.stale(self.clock.now_s()))

    def _await_clock(self, seen: dict[str, int], sent_s: float) -> tuple[bool, bool]:
        """Until the next tick of one's own clock: whether observations are newer, and whether it is late."""
        pace = self.link.pace
        while (left_s := pace.left_s(self.clock.now_s())) > 0 and not self.stopping:
            self.clock.sleep(min(left_s, SLICE_S))
        late = pace.left_s(self.clock.now_s()) < -pace.step_s / 2 and math.isfinite(sent_s)
        return self.link.senses.numbers() != seen, late

    def _await_state(self, seen: dict[str, int], sent_s: float) -> tuple[bool, bool]:
        """Until a new set of observations has come and a control step has passed, or until there is reason to rest."""
        senses, pace, period_s = self.link.senses, self.link.pace, self.link.pace.step_s
        began_s = self.clock.now_s()
        while not self.stopping and not self.link.episode.done:
            newer = senses.wait(seen, min(period_s, SLICE_S))
            # A late robot is not a lost one; a lost one is told to rest once a control step.
            if not newer and (not self._halted() or self.clock.now_s() - began_s < period_s):
                continue
            left_s = pace.left_s(self.link.time_s())
            self._in_step = max(n - seen[name] for name, n in senses.numbers().items()) == 1
            early_s = left_s - period_s * (HURRY if self._in_step else ROUNDING)
            if newer and early_s > 0:
                sim_s = senses.sim_s()
                if sim_s is None:
                    self.clock.sleep(min(left_s, SLICE_S))
                    continue
                # A simulated time that stands still may wait for this very command.
                if senses.wait_clock(sim_s + early_s, max(period_s, SLICE_S)):
                    continue
            late = math.isfinite(sent_s) and self.clock.now_s() - sent_s > 1.5 * period_s
            return newer, late
        return False, False
