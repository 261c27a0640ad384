"""The layer between a controller and the wire: a command leaves it finite, within limits, in time, or not at all.

Time is an argument (`now_s`, any monotonic clock), so the whole layer is a function of what it is given, and no limit
depends on how often it is asked. Commands are `(joint,)` float64 in the order of `Limits.joints` and in the units on
the wire.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError

Kind = Literal["position", "velocity", "effort"]
Hold = Literal["measured", "target"]
Joints = Float[np.ndarray, "joint"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the robot's joints may be told."""

    joints: tuple[str, ...]
    kind: Kind
    """What a command means. At rest a position is held; a velocity or an effort is zero."""
    low: tuple[float, ...]
    high: tuple[float, ...]
    """Bounds of a command, one a joint."""
    rate_per_s: tuple[float, ...]
    """Largest change of a command in a second, one a joint; infinity for no bound."""
    travel: tuple[tuple[float, float], ...] = ()
    """Bounds of the measured position, one pair a joint, beyond which no velocity or effort pushes on; or empty."""

    def __post_init__(self) -> None:
        n = len(self.joints)
        for name in ("low", "high", "rate_per_s"):
            if len(getattr(self, name)) != n:
                raise ConfigError(f"{name} needs one number for each of {n} joints, got {len(getattr(self, name))}.")
        if self.travel and len(self.travel) != n:
            raise ConfigError(f"travel needs one pair for each of {n} joints, got {len(self.travel)}.")
        for joint, low, high, rate in zip(self.joints, self.low, self.high, self.rate_per_s, strict=True):
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ConfigError(f"The limits of {joint} must be finite with low <= high, got {low} and {high}.")
            if not rate > 0:
                raise ConfigError(f"The rate limit of {joint} must be above 0, got {rate}.")
            if self.kind != "position" and not low <= 0 <= high:
                raise ConfigError(f"{joint} could not be stopped: a {self.kind} of 0 is outside {low} to {high}.")
        for joint, (low, high) in zip(self.joints, self.travel, strict=False):
            if not low < high:
                raise ConfigError(f"The travel of {joint} must be low < high, got {low} and {high}.")


@dataclass(frozen=True, kw_only=True)
class SafetyConfig:
    """How careful to be; the defaults are for a robot, and none of the layer can be left out."""

    max_age_s: float = 0.2
    """Observations that arrived longer ago stop the robot until newer ones come."""
    max_stamp_age_s: float | None = None
    """The same for the time in their header, where the clocks agree; None to go by arrival alone."""
    watchdog_s: float = 0.5
    """Without a new command for so long the robot is told to stop."""
    soft_start_s: float = 1.0
    """Time over which commands grow to full size after a start or a stop."""
    jitter_s: float = 0.004
    """By how much two commands may come closer together at the robot than they were sent; at most a quarter of the
    control step. Rate limits count on so much less time, so that none is passed where the robot is either."""
    hold: Hold = "measured"
    """Where a position is held at rest: where it is measured, or, for arms that would sink under their weight, at the
    last target, which is further on by whatever the joint lags behind."""
    dry_run: bool = False
    """Compute and record everything, send nothing."""

    def __post_init__(self) -> None:
        for name in ("max_age_s", "watchdog_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a positive number of seconds, got {getattr(self, name)}.")
        if self.max_stamp_age_s is not None and not 0 < self.max_stamp_age_s < math.inf:
            raise ConfigError(f"max_stamp_age_s must be a positive number of seconds, got {self.max_stamp_age_s}.")
        for name in ("soft_start_s", "jitter_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be 0 or more seconds, got {getattr(self, name)}.")


def not_finite(values: Joints, names: tuple[str, ...]) -> str:
    """The entries of `values` that are NaN or infinite, by name; empty if all are finite."""
    return ", ".join(f"{names[i]} is {values[i]}" for i in np.flatnonzero(~np.isfinite(values)))


def beyond_travel(command: Joints, position: Joints, travel: Float[np.ndarray, "joint 2"]) -> Bool[np.ndarray, "joint"]:
    """Where a velocity or an effort would push a joint on that is at or past the end of its travel."""
    return ((position <= travel[:, 0]) & (command < 0)) | ((position >= travel[:, 1]) & (command > 0))


class Watchdog:
    """Whether something has been silent for too long."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._fed_s = -math.inf

    def feed(self, now_s: float) -> None:
        """It was heard of."""
        self._fed_s = now_s

    def silence_s(self, now_s: float) -> float:
        """Since when; infinite if never."""
        return now_s - self._fed_s

    def expired(self, now_s: float) -> bool:
        """Silent for the timeout or longer."""
        return self.silence_s(now_s) >= self.timeout_s


@dataclass(frozen=True)
class Verdict:
    """What may be sent."""

    command: Joints | None
    """None where nothing can be said safely: a position is asked for while none is known."""
    stopped: str
    """Why this is a command to rest; empty if the controller's wish passed, changed or not."""
    changes: tuple[str, ...]
    """What was changed about the wish, by joint."""


class SafetyLayer:
    """Turns wishes into commands that may be sent; its memory is the last command, the soft start and the latch."""

    def __init__(
        self,
        limits: Limits,
        config: SafetyConfig,
        control_step_s: float,
        max_ages_s: Mapping[str, float] | None = None,
    ) -> None:
        self.limits, self.config, self.control_step_s = limits, config, control_step_s
        self.max_ages_s = max_ages_s or {}
        """By observation, in place of the configuration's one for all."""
        self.low, self.high = np.array(limits.low), np.array(limits.high)
        self.step = np.array(limits.rate_per_s) * control_step_s
        """Largest change of a command over one control step; less time than that allows less, more allows no more."""
        self.jitter_s = min(config.jitter_s, control_step_s / 4)
        self.travel = np.array(limits.travel) if limits.travel else None
        self.events: Counter[str] = Counter()
        """How often each kind of intervention happened."""
        self.latched = ""
        """Why the emergency stop is on; empty if it is off."""
        self._sent: Joints | None = None
        self._sent_s = -math.inf
        self._before: tuple[Joints | None, float] = (None, -math.inf)
        self._held: Joints | None = None
        self._base: Joints | None = None
        """Where the soft start of positions begins."""
        self._began_s: float | None = None
        """When motion began after the last stop."""

    def emergency_stop(self, reason: str) -> None:
        """Rest from now on, whatever the controller wants, until `release`."""
        if not self.latched:
            self.events["emergency stop"] += 1
            self.latched = reason or "emergency stop"

    def release(self) -> None:
        """End the emergency stop; the next commands start softly."""
        self.latched = ""
        self._began_s = None

    def rest(self, position: Joints | None = None) -> Joints | None:
        """The command that stops: zero, or for positions the one that is held, see `SafetyConfig.hold`.

        What is held is found out when the stop begins and stays until the end of it: to follow what is measured would
        let a loaded joint sink, a little at each step.
        """
        if self.limits.kind != "position":
            return np.zeros(len(self.limits.joints))
        if self._held is None:
            measured = position is not None and bool(np.isfinite(position).all())
            if self._sent is not None and (self.config.hold == "target" or not measured):
                self._held = self._sent.copy()
            elif position is not None and measured:
                self._held = np.clip(position, self.low, self.high)
        return None if self._held is None else self._held.copy()

    def stop(self, reason: str, position: Joints | None = None, now_s: float | None = None) -> Verdict:
        """Rest at this step; the next wishes start softly."""
        self._began_s = None
        self.events[f"stop: {reason.split(':')[0]}"] += 1
        rest = self.rest(position)
        self._commit(rest, self._sent_s if now_s is None else now_s)
        return Verdict(rest, reason, ())

    def _commit(self, command: Joints | None, now_s: float) -> None:
        self._before = (self._sent, self._sent_s)
        self._sent, self._sent_s = command, now_s

    def was_sent(self, now_s: float) -> None:
        """The last command is out; by now at the latest, so limits count the time from here."""
        self._sent_s = max(self._sent_s, now_s)

    def not_sent(self) -> None:
        """The last command did not go out: limits go on from the one before it, which is what the robot has."""
        self._sent, self._sent_s = self._before
        if self._held is not None and (self._sent is None or not np.array_equal(self._sent, self._held)):
            self._held = None  # the robot went on: where it is then will be held

    def stale(self, ages_s: Mapping[str, float], stamp_ages_s: Mapping[str, float] | None = None) -> str:
        """The first observation that is too old to act upon, in words; empty if there is none."""
        for name, age_s in ages_s.items():
            limit_s = self.max_ages_s.get(name, self.config.max_age_s)
            if not age_s <= limit_s:
                since = "never came" if math.isinf(age_s) else f"is {age_s:.3f} s old, at most {limit_s:g} s"
                return f"old observation: {name} {since}"
        limit_s = math.inf if self.config.max_stamp_age_s is None else self.config.max_stamp_age_s
        for name, age_s in (stamp_ages_s or {}).items():
            if not abs(age_s) <= limit_s:
                return f"old observation: the stamp of {name} is {age_s:.3f} s old, at most {limit_s:g} s"
        return ""

    def command(self, wish: Joints, *, now_s: float, stale: str = "", position: Joints | None = None) -> Verdict:
        """What may be sent now in place of `wish`.

        Args:
            wish: what the controller wants.
            now_s: the present time.
            stale: why the observations behind the wish are not good enough, see `stale`.
            position: measured positions, where the robot has told them.
        """
        if bad := not_finite(wish, self.limits.joints):
            self.emergency_stop(f"the controller's command is not finite: {bad}")
        if self.latched:
            return self.stop(self.latched, position, now_s)
        if stale:
            return self.stop(stale, position, now_s)
        if self._began_s is None and not self._begin(position):
            return self.stop("no position of the joints is known", position, now_s)
        # A clock that was set back begins the soft start again, and allows no change now.
        self._began_s = now_s if self._began_s is None else min(self._began_s, now_s)
        passed_s = min(max(now_s - self._sent_s - self.jitter_s, 0.0), self.control_step_s)
        command, changes = self._limited(wish, passed_s, now_s - self._began_s, position)
        self._commit(command, now_s)
        return Verdict(command.copy(), "", changes)

    def _begin(self, position: Joints | None) -> bool:
        """From rest into motion; False if positions are asked for and none is known."""
        base = self.rest(position)
        if base is None:
            return False
        if self.limits.kind == "position" and position is not None and self.config.hold == "measured":
            base = np.clip(position, self.low, self.high)  # where it was moved to while it rested
            self._sent = base
        self._base, self._held = base, None
        return True

    def _limited(
        self, wish: Joints, passed_s: float, running_s: float, position: Joints | None
    ) -> tuple[Joints, tuple[str, ...]]:
        changed: list[str] = []

        def note(what: str, where: Bool[np.ndarray, "joint"]) -> None:
            if where.any():
                self.events[what] += 1
                changed.extend(f"{what}: {self.limits.joints[i]}" for i in np.flatnonzero(where))

        command = np.clip(wish, self.low, self.high)
        note("limit", command != wish)
        command = self._softly(command, running_s)
        assert self._base is not None
        last = self._base if self._sent is None else self._sent
        room = self.step.copy()
        room[np.isfinite(room)] *= passed_s / self.control_step_s  # nothing times no bound would be no number
        slowed = np.clip(command, last - room, last + room)
        note("rate", slowed != command)
        if self.travel is not None and position is not None and self.limits.kind != "position":
            pushing = beyond_travel(slowed, position, self.travel)
            slowed = np.where(pushing, 0.0, slowed)  # at once: no rate limit keeps pushing
            note("end of travel", pushing)
        # A share of two numbers within the limits may leave them by a rounding.
        return np.clip(slowed, self.low, self.high), tuple(changed)

    def _softly(self, command: Joints, running_s: float) -> Joints:
        """Grown to its full size over the soft start, linearly in time; a position leaves from where motion began."""
        assert self._base is not None
        if running_s >= self.config.soft_start_s:
            return command
        share = running_s / self.config.soft_start_s
        return share * command + (1 - share) * self._base if self.limits.kind == "position" else share * command
