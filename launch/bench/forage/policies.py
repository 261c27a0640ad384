"""Who searches for hidden food: bounds that know it, cheap ones that do not, and the plain baseline with a memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from innervate.controllers.circuits.search import lanes, spiral

CLOSE_M = 0.35
"""A way point is reached."""


def steer(
    place: Float[np.ndarray, "env 2"], heading_rad: Float[np.ndarray, "env"], to: Float[np.ndarray, "env 2"]
) -> Float[np.ndarray, "env 2"]:
    """Wheels of a vehicle that turns to a point and drives: the same steering for all of them."""
    way = to - place
    off = (np.arctan2(way[:, 1], way[:, 0]) - heading_rad + np.pi) % (2 * np.pi) - np.pi
    ahead, turn = np.maximum(np.cos(off), 0.0) ** 2, np.clip(0.6 * off, -0.35, 0.35)
    wheels = np.stack([ahead - turn, ahead + turn], axis=1)
    return wheels / np.maximum(np.abs(wheels).max(axis=1, keepdims=True), 1.0)


class Oracle:
    """Knows where it is and where the food is."""

    def __call__(
        self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "env action"]:
        """Straight there."""
        if not truth:
            return np.zeros((len(obs["taste"]), 2))
        return steer(truth["position_m"], truth["heading_rad"], truth["goal_m"][:, :2])


class RandomWalk:
    """Straight on, a new direction now and then and wherever a wall is near; knows nothing, remembers nothing."""

    def __init__(self, envs: int, seed: int, mean_s: float = 4.0, step_s: float = 0.1) -> None:
        self._rng = np.random.default_rng(seed)
        self._turn, self._chance = np.zeros(envs), step_s / mean_s

    def __call__(
        self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "env action"]:
        """Turn while there is something to turn by, else on."""
        del truth
        ray = obs["ray"]
        n, eighth = ray.shape[1], max(1, ray.shape[1] // 8)
        ahead = np.concatenate([ray[:, :eighth], ray[:, n - eighth + 1 :]], axis=1)
        blocked = (np.where(ahead < 0, np.inf, ahead).min(axis=1) < 0.6) | (obs["touch"][:, 0] > 1)
        new = (self._rng.random(len(ray)) < self._chance) | (blocked & (np.abs(self._turn) < 0.1))
        self._turn = np.where(new, self._rng.uniform(-np.pi, np.pi, len(ray)), self._turn)
        turning = np.abs(self._turn) > 0.1
        rate = np.sign(self._turn) * 0.35 * turning
        self._turn -= obs["turn_rate"][:, 0] * 0.1 * turning
        on = np.where(turning, np.where(blocked, -0.1, 0.1), 1.0)
        return np.clip(np.stack([on - rate, on + rate], axis=1), -1, 1)


@dataclass
class Sweep:
    """Knows where it is, not where the food is: goes over the ground lane by lane, from the nearer end."""

    envs: int
    reach_m: float

    def __post_init__(self) -> None:
        self.points = lanes(self.reach_m)
        self.at = np.zeros(self.envs, int)
        self.step = np.ones(self.envs, int)

    def restart(self, rows: Bool[np.ndarray, "env"], place: Float[np.ndarray, "env 2"]) -> None:
        """Begin at the nearest way point, towards the longer part of the ground that is left."""
        for i in np.flatnonzero(rows).tolist():
            first = np.linalg.norm(self.points[0] - place[i])
            last = np.linalg.norm(self.points[-1] - place[i])
            self.at[i], self.step[i] = (0, 1) if first <= last else (len(self.points) - 1, -1)

    def target(self, place: Float[np.ndarray, "env 2"]) -> Float[np.ndarray, "env 2"]:
        """The way point to go to now."""
        reached = np.linalg.norm(self.points[self.at] - place, axis=1) < CLOSE_M
        beyond = (self.at + self.step < 0) | (self.at + self.step >= len(self.points))
        self.step = np.where(reached & beyond, -self.step, self.step)
        self.at = np.where(reached, self.at + self.step, self.at)
        return self.points[self.at]

    def __call__(
        self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "env action"]:
        """On along the lanes, by the true place."""
        if not truth:
            return np.zeros((len(obs["taste"]), 2))
        self.restart(obs["moved"][:, 0] > 0.5, truth["position_m"])
        return steer(truth["position_m"], truth["heading_rad"], self.target(truth["position_m"]))


class Dictionary:
    """The plain baseline: believes the senses of place and odometry, keeps in a dictionary where there was food.

    Goes to the newest place that it remembers, searches around it in a spiral, and sweeps where that fails or where it
    remembers nothing.
    """

    def __init__(self, envs: int, reach_m: float, search_m: float = 1.2) -> None:
        self.memory: list[np.ndarray | None] = [None] * envs
        self._sweep = Sweep(envs, reach_m)
        self._spiral, self._at = spiral(search_m), np.full(envs, -1)
        self._sweeping = np.zeros(envs, bool)
        self._begun = np.zeros(envs, bool)

    def __call__(
        self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "env action"]:
        """By what is sensed alone; `truth` is not looked at."""
        del truth
        place = obs["belief"].astype(np.float64)
        heading = np.arctan2(obs["heading"][:, 1], obs["heading"][:, 0]).astype(np.float64)
        knows = obs["belief_spread"][:, 0] < 1.5
        moved = obs["moved"][:, 0] > 0.5
        to = place.copy()
        for i in range(len(place)):
            if obs["taste"][i, 0] > 0.5 and knows[i]:
                self.memory[i] = place[i].copy()
            if moved[i]:
                self._at[i], self._sweeping[i], self._begun[i] = 0, self.memory[i] is None, False
            if not knows[i]:
                continue
            known = self.memory[i]
            if not self._sweeping[i] and known is not None:
                to[i] = known + self._spiral[self._at[i]]
                if np.linalg.norm(to[i] - place[i]) < CLOSE_M:
                    self._at[i] += 1
                    self._sweeping[i] = self._at[i] >= len(self._spiral)
                    self._at[i] = min(self._at[i], len(self._spiral) - 1)
        start = self._sweeping & knows & ~self._begun
        self._sweep.restart(start, place)
        self._begun |= start
        to = np.where((self._sweeping & knows)[:, None], self._sweep.target(place), to)
        action = steer(place, heading, to)
        return np.where(knows[:, None], action, 0.0)
