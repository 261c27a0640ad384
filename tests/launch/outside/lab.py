"""A package as a lab would have it: importing it registers environments that each have one peculiarity."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

FREE = spaces.Box(-np.inf, np.inf, (2,), np.float32)
SPACES: dict[str, spaces.Space[Any]] = {
    "dict": spaces.Dict(place=FREE, target=FREE),
    "matrix": spaces.Box(-np.inf, np.inf, (2, 2), np.float32),
    "mixed": spaces.Tuple((FREE, spaces.Dict(b=spaces.Discrete(3, start=2), a=spaces.MultiBinary(2)))),
    "picture": spaces.Box(0, 255, (8, 8, 3), np.uint8),
}
ACTIONS: dict[str, spaces.Space[Any]] = {
    "unlimited": spaces.Box(-np.inf, np.inf, (2,), np.float32),
    "choice": spaces.Discrete(4, start=-1),
    "choices": spaces.MultiDiscrete([3, 2]),
    "levels": spaces.Box(0, 5, (2,), np.int64),
    "parts": spaces.Dict(x=spaces.Box(-1, 1, (1,), np.float32), y=spaces.Box(-2, 2, (1, 1), np.float32)),
    "both": spaces.Tuple((spaces.Discrete(2), spaces.Box(-1, 1, (1,), np.float32))),
}


class Point(gym.Env[Any, Any]):
    """A point in the plane that is paid for being near a target."""

    def __init__(self, kind: str = "plain", speed: float = 0.1, render_mode: str | None = None) -> None:
        self.kind, self.speed, self.render_mode = kind, speed, render_mode
        self.observation_space = SPACES.get(kind, spaces.Box(-np.inf, np.inf, (4,), np.float32))
        self.action_space = ACTIONS.get(kind, spaces.Box(-1.0, 1.0, (2,), np.float32))

    def _observe(self) -> Any:
        place, target = self.place.astype(np.float32), self.target.astype(np.float32)
        flat = np.concatenate([place, target])
        if self.kind == "late-nan" and self.count == 7:
            flat[3] = np.nan
        return {
            "dict": {"place": place, "target": target},
            "matrix": flat.reshape(2, 2),
            "mixed": (place, {"b": 2 + self.count % 3, "a": np.array([1, 0], np.int8)}),
            "picture": np.zeros((8, 8, 3), np.uint8),
            "liar": flat[:3],
        }.get(self.kind, flat)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.count, self.place = 0, np.zeros(2)
        self.target = self.np_random.uniform(-1, 1, 2)
        return self._observe(), {}

    def step(self, action: Any) -> Any:
        if self.kind in ACTIONS:
            assert self.action_space.contains(action) or self.kind == "unlimited", action
        self.count += 1
        self.place = self.place + self.speed * np.clip(np.ravel(action) if self.kind == "plain" else 0, -1, 1)
        far = float(np.linalg.norm(self.place - self.target))
        odd = {"nan-reward": np.nan, "infinite": np.inf, "array-reward": np.array([1.0, 2.0]), "none-reward": None}
        reward = odd[self.kind] if self.kind in odd and self.count == 7 else -far
        info: dict[str, Any] = {"is_success": far < 5.0} if self.kind == "success" else {"note": [self.count]}
        if self.kind == "odd-success":
            info["success"] = float("nan")
        if self.kind == "old":
            return self._observe(), reward, False, info
        if self.kind == "no-info":
            return self._observe(), reward, False, False, None
        return self._observe(), reward, False, False, info


class Unseeded(Point):
    """One written before environments were seeded at reset."""

    def reset(self) -> tuple[Any, dict[str, Any]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().reset()


KINDS = (
    "plain", "nan-reward", "infinite", "array-reward", "none-reward", "late-nan", "liar", "success", "odd-success",
    "old", "no-info", *SPACES, *ACTIONS,
)  # fmt: skip
for one in KINDS:
    gym.register(id=f"lab/{one}-v0", entry_point="lab:Point", kwargs={"kind": one}, max_episode_steps=20)
gym.register(id="lab/endless-v0", entry_point="lab:Point")
gym.register(id="lab/unseeded-v0", entry_point="lab:Unseeded", max_episode_steps=20)
