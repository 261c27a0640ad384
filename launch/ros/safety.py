"""The layer between a controller and the wire: a command leaves it finite, within limits, in time, or not at all.

Time is an argument (`now_s`, any monotonic clock), so the whole layer is a function of what it is given. Commands are
`(joint,)` float64 in the order of `Limits.joints` and in the units on the wire.
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
    dry_run: bool = False
    """Compute and record everything, send nothing."""

    def __post_init__(self) -> None:
        for name in ("max_age_s", "watchdog_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a positive number of seconds, got {getattr(self, name)}.")
        if self.max_stamp_age_s is not None and not 0 < self.max_stamp_age_s < math.inf:
            raise ConfigError(f"max_stamp_age_s must be a positive number of seconds, got {self.max_stamp_age_s}.")
        if not 0 <= self.soft_start_s < math.inf:
            raise ConfigError(f"soft_start_s must be 0 or more seconds, got {self.soft_start_s}.")


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
        self.limits, self.config = limits, config
        self.max_ages_s = max_ages_s or {}
        """By observation, in place of the configuration's one for all."""
        self.low, self.high = np.array(limits.low), np.array(limits.high)
        self.step = np.array(limits.rate_per_s) * control_step_s
        """Largest change of a command from one control step to the next."""
        self.travel = np.array(limits.travel) if limits.travel else None
        self.events: Counter[str] = Counter()
        """How often each kind of intervention happened."""
        self.latched = ""
        """Why the emergency stop is on; empty if it is off."""
        self._sent: Joints | None = None
        self._began_s: float | None = None

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
        """The command that stops: zero, or for positions the last one sent, or else the measured one."""
        if self.limits.kind != "position":
            return np.zeros(len(self.limits.joints))
        if self._sent is not None:
            return self._sent.copy()
        if position is not None and np.isfinite(position).all():
            return np.clip(position, self.low, self.high)
        return None

    def stop(self, reason: str, position: Joints | None = None) -> Verdict:
        """Rest at this step; the next wishes start softly."""
        self._began_s = None
        self.events[f"stop: {reason.split(':')[0]}"] += 1
        rest = self.rest(position)
        self._sent = rest
        return Verdict(rest, reason, ())

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
            return self.stop(self.latched, position)
        if stale:
            return self.stop(stale, position)
        rest = self.rest(position)
        if rest is None:
            return self.stop("no position of the joints is known", position)
        if self._began_s is None:
            self._began_s = now_s
            if self.limits.kind == "position" and position is not None:
                self._sent = rest = np.clip(position, self.low, self.high)  # where it was moved to while it rested
        return Verdict(*self._limited(wish, rest, now_s - self._began_s, position))

    def _limited(
        self, wish: Joints, rest: Joints, running_s: float, position: Joints | None
    ) -> tuple[Joints, str, tuple[str, ...]]:
        changed: list[str] = []

        def note(what: str, where: Bool[np.ndarray, "joint"]) -> None:
            if where.any():
                self.events[what] += 1
                changed.extend(f"{what}: {self.limits.joints[i]}" for i in np.flatnonzero(where))

        command = np.clip(wish, self.low, self.high)
        note("limit", command != wish)
        if running_s < self.config.soft_start_s:
            share = running_s / self.config.soft_start_s
            command = share * command + (1 - share) * rest if self.limits.kind == "position" else share * command
        last = rest if self._sent is None else self._sent
        slowed = np.clip(command, last - self.step, last + self.step)
        note("rate", slowed != command)
        if self.travel is not None and position is not None and self.limits.kind != "position":
            pushing = beyond_travel(slowed, position, self.travel)
            slowed = np.where(pushing, 0.0, slowed)  # at once: no rate limit keeps pushing
            note("end of travel", pushing)
        # A share of two numbers within the limits may leave them by a rounding.
        self._sent = np.clip(slowed, self.low, self.high)
        return self._sent.copy(), "", tuple(changed)
