"""Many bodies as one Gymnasium vector environment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from jaxtyping import Bool, Float, Float32, Int, UInt8

from innervate.errors import ConfigError, UnknownNameError

from ..contract import check_contract
from ..manual import settle
from ..randomisation import Randomisation
from ..sight.eye import Eye
from ..world import World
from . import seeding, snapshots
from .engine import Engine, Outcome
from .of_world import OfWorld
from .pictures import Pictures


class BodyVectorEnv(OfWorld, gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """`num_envs` bodies of a world, stepped together.

    Args:
        world: body and task.
        num_envs: how many.
        max_episode_steps: control steps after which an episode is truncated; None, or -1 as in Gymnasium, for never.
        threads: threads to step on; the results do not depend on it.
        randomisation: how bodies and senses vary from episode to episode; None for not at all.
        device: `cpu`, or a GPU such as `cuda:0` for MuJoCo Warp (extra `[gpu]`), equal to single precision only.
        replay_folder: where the last states of exploded bodies go; None for the system's temporary folder.
        autoreset_mode: what happens to an episode that has ended: a new one begins in the next step (whose action is
            ignored), as in Gymnasium; or in the same step (its last observation and info are then in `final_obs` and
            `final_info`); or not until `reset(options={"reset_mask": mask})`.
        render_mode: `rgb_array`, `depth_array` (metres) or `rgbd_tuple` (both) to get frames from `render`.
        render_envs: which environments `render` draws.
        width, height: size of a frame in pixels.
        camera_name, camera_id: which of the model's cameras, one of the two; None for its tracking one.
    """

    def __init__(
        self,
        world: World,
        num_envs: int = 1,
        *,
        max_episode_steps: int | None = None,
        threads: int = 1,
        randomisation: Randomisation | None = None,
        replay_folder: str | Path | None = None,
        device: str = "cpu",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        render_envs: Sequence[int] = (0,),
        width: int = 640,
        height: int = 480,
        camera_name: str | None = None,
        camera_id: int | None = None,
    ) -> None:
        check_contract(world)
        settle(world)
        self.world = world
        self.engine = Engine(
            world, num_envs, threads, randomisation, None if replay_folder is None else Path(replay_folder), device
        )
        self.num_envs = num_envs
        self.single_observation_space = world.observation_space
        self.single_action_space = world.action_space
        self.observation_space = batch_space(world.observation_space, num_envs)
        self.action_space = batch_space(world.action_space, num_envs)
        self.autoreset_mode = _mode(autoreset_mode)
        self._pictures = Pictures(
            world.model, render_mode, (width, height), camera_name, camera_id, world.control_step_s, window=False
        )
        self.render_mode = render_mode
        self.metadata = {
            "render_modes": self._pictures.modes,
            "render_fps": round(1 / world.control_step_s),
            "autoreset_mode": self.autoreset_mode,
        }
        self.max_episode_steps = _limit(max_episode_steps)
        self._ended = np.ones(num_envs, bool)  # until the first reset
        self._everyone = np.arange(num_envs)
        self._all = np.ones(num_envs, bool)
        self._render_envs = self._checked_envs(render_envs)

    @property
    def elapsed(self) -> Int[np.ndarray, "env"]:
        """Control steps since each episode began."""
        return self.engine.elapsed

    @property
    def threads(self) -> int:
        """Threads that the physics runs on."""
        return self.engine.threads

    def reset(  # pyright: ignore[reportIncompatibleMethodOverride]  (Gymnasium's own vector environments widen seed)
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "env observation"], dict[str, Any]]:
        """Begin episodes in all environments, or in those of `options["reset_mask"]` (bool, one per environment).

        `seed` is one number (environment i gets `seed + i`) or one per environment; None goes on with the random
        generators as they are.
        """
        mask = self._checked_mask((options or {}).get("reset_mask"))
        for i, own in enumerate(seeding.seeds_of(seed, self.num_envs)):
            if own is not None and mask[i]:
                self.engine.rngs[i] = seeding.generators([own])[0]
        self.engine.begin(self._everyone[mask])
        self._ended[mask] = False
        return self.engine.observation.copy(), {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[
        Float32[np.ndarray, "env observation"],
        Float[np.ndarray, "env"],
        Bool[np.ndarray, "env"],
        Bool[np.ndarray, "env"],
        dict[str, Any],
    ]:
        """One control step of every environment; `info` has an array and a mask `_name` for each name."""
        actions = np.asarray(actions)
        if not self._ended.any():
            out = self.engine.step(actions)
            terminated, truncated, reward, shown = out.terminated, self._too_long(), out.reward, self._all
        else:
            fresh = self._ended.copy()
            out = self._step_with_fresh(actions, fresh)
            shown = ~fresh
            terminated, truncated = out.terminated & shown, self._too_long() & shown
            reward = np.where(fresh, 0.0, out.reward)
        self._ended = terminated | truncated
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._ended.any():
            info = self._begin_again(out)
        else:
            info = self._info(out, shown)
        return self.engine.observation.copy(), reward, terminated, truncated, info

    def _too_long(self) -> Bool[np.ndarray, "env"]:
        if self.max_episode_steps is None:
            return np.zeros(self.num_envs, bool)
        return self.elapsed >= self.max_episode_steps

    def _step_with_fresh(self, actions: np.ndarray, fresh: Bool[np.ndarray, "env"]) -> Outcome:
        """The step after an end that was not reset at once: those begin anew, the others go on."""
        if self.autoreset_mode is not AutoresetMode.NEXT_STEP or not self.elapsed.any():
            raise ConfigError(
                f"Environments {np.flatnonzero(fresh)[:10].tolist()} have ended or were never reset; call reset(), or "
                'reset(options={"reset_mask": mask}) for those alone, before the next step.'
            )
        going = self._everyone[~fresh]
        out = self.engine.step(actions, going)
        self.engine.begin(self._everyone[fresh])
        return out

    def _begin_again(self, out: Outcome) -> dict[str, Any]:
        """Reset what has ended within the step; returns the info, with `final_obs` and `final_info`."""
        ended = self._ended.copy()
        chosen = self._everyone[ended]
        final = np.full(self.num_envs, None, object)
        for i in chosen:
            final[i] = self.engine.observation[i].copy()
        self.engine.begin(chosen)
        self._ended[:] = False
        return {
            **self._info(out, ~ended),
            "final_obs": final,
            "_final_obs": ended,
            "final_info": self._info(out, ended),
            "_final_info": ended.copy(),
        }

    def _info(self, out: Outcome, shown: Bool[np.ndarray, "env"]) -> dict[str, Any]:
        hidden = None if shown is self._all else ~shown
        if hidden is not None and hidden.all():
            return {}
        values = {f"reward/{name}": term for name, term in out.terms.items()}
        values["exploded"] = out.exploded
        values.update(out.info)
        info: dict[str, Any] = {}
        mask = shown.copy()  # one for all names, new at each step
        for name, value in values.items():
            array = value.copy()
            if hidden is not None:
                array[hidden] = None if array.dtype == object else 0
            info[name] = array
            info[f"_{name}"] = mask
        return info

    def render(self) -> tuple[Any, ...] | None:
        """A frame of each of `render_envs`, as `BodyEnv.render` has it; None without a render mode."""
        if self.render_mode is None:
            return None
        weather = self.engine.weather()
        seen = [(self.engine.state(i), weather[i] if weather else None) for i in self._render_envs]
        return tuple(self._pictures.take(*one) for one in seen)

    def look(
        self, eye: Eye, ids: Int[np.ndarray, "chosen"], turn_rad: Float[np.ndarray, "chosen"] | None = None
    ) -> UInt8[np.ndarray, "chosen height width 3"]:
        """What these bodies see through an eye of this world, each in its weather; see `Eye.look`."""
        states = np.stack([self.engine.state(int(i)) for i in ids])
        weather = self.engine.weather()
        return eye.look(states, turn_rad, None if weather is None else [weather[i] for i in ids])

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next steps depend on, as plain arrays with a leading environment axis."""
        return {**self.engine.snapshot(), "ended": self._ended.copy()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on bit for bit from a snapshot of the same world and number of environments, on any number of threads."""
        snapshots.check(snapshot, self.snapshot())
        self.engine.restore(snapshot)
        self._ended[:] = snapshot["ended"]

    def close_extras(self, **kwargs: Any) -> None:
        """Free the camera."""
        self._pictures.close()

    def _checked_envs(self, chosen: Sequence[int]) -> tuple[int, ...]:
        for i in chosen:
            if not 0 <= i < self.num_envs:
                raise ConfigError(f"render_envs names environment {i}; there are {self.num_envs}, counted from 0.")
        return tuple(chosen)

    def _checked_mask(self, mask: Any) -> Bool[np.ndarray, "env"]:
        if mask is None:
            return np.ones(self.num_envs, bool)
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise ConfigError(f"options['reset_mask'] must be a bool array of shape ({self.num_envs},); {mask!r} came.")
        if not mask.any():
            raise ConfigError("options['reset_mask'] chooses no environment.")
        return mask


def _limit(steps: Any) -> int | None:
    if steps is None or steps == -1:
        return None
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ConfigError(f"max_episode_steps is a whole number of 1 or more, or -1 for no limit; {steps!r} came.")
    return int(steps)


def _mode(mode: AutoresetMode | str) -> AutoresetMode:
    if isinstance(mode, AutoresetMode):
        return mode
    known = {m.value: m for m in AutoresetMode}
    if mode not in known:
        raise UnknownNameError("autoreset mode", mode, known)
    return known[mode]
