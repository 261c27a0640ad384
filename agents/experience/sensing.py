"""Runs senses beside a batch of bodies: what they give stands in the observation, after what the body tells.

A percept is thus paid for once a control step, and replay buffers hold its channels and never its pictures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from jaxtyping import Float, Int

from innervate.errors import ConfigError, UnknownNameError
from innervate.sense import VIEW, Sense, check_given
from innervate.signals import Channel, slices, total

from ...envs.engine.seeding import from_words, seeds_of, to_words
from ...envs.engine.vector import BodyVectorEnv
from ...envs.sight.eye import Eye

ACTION = "action"
"""What every controller gives: a sense may hear it as it was done, from -1 to 1."""
OWN = 1
"""Sets the senses' random streams apart from the bodies'."""


class Sensing(VectorWrapper[Any, Any, Any, Any]):
    """A batch whose observation goes on with the channels that the senses give, in the order of the senses.

    Args:
        env: tells `channels`, and begins again in the step in which an episode ends (Gymnasium's SAME_STEP).
        channels: what its flat observation consists of.
        control_step_s: time between two actions.
        senses: each may read what the body and the senses before it tell.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        channels: Sequence[Channel],
        control_step_s: float,
        senses: Sequence[Sense],
    ) -> None:
        super().__init__(env)
        self.control_step_s = control_step_s
        self.senses = tuple(senses)
        self._body = tuple(channels)
        known = {channel.name: channel for channel in channels}
        self._hears = {channel.name: channel for sense in self.senses for channel in sense.hears}
        self._heard: dict[str, np.ndarray] = {}
        for sense in self.senses:
            for channel in sense.takes:
                if channel.name != VIEW and channel.name not in known:
                    raise UnknownNameError(f"channel for {type(sense).__name__} to take", channel.name, known)
            for channel in sense.gives:
                if channel.name in known:
                    raise ConfigError(f"{type(sense).__name__} gives {channel.name!r}, which is there already.")
                known[channel.name] = channel
        self.channels = tuple(known.values())
        """What the observation consists of, the body's own first."""
        self._place = slices(self._body)
        space = env.single_observation_space
        if not isinstance(space, Box):
            raise ConfigError(f"Senses stand beside a body with a flat observation, not {space}.")
        more = np.full(total(self.channels) - total(self._body), np.inf, np.float32)
        low, high = np.concatenate([space.low, -more]), np.concatenate([space.high, more])
        self.single_observation_space = Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self.unwatched = np.zeros(env.num_envs, bool)
        """Environments whose pictures nobody needs any more: they see black. For who counts an environment's first
        episode alone and waits for the others."""
        self._everyone = np.arange(env.num_envs)
        self._rngs = [np.random.default_rng() for _ in range(env.num_envs)]
        self._eyes = {k: self._eye(sense) for k, sense in enumerate(self.senses) if sense.camera}

    def _eye(self, sense: Sense) -> Eye | None:
        """What it looks through: an eye that all bodies of a world share; None where frames are rendered instead."""
        within: Any = self.env.unwrapped
        if not isinstance(within, BodyVectorEnv):
            if sense.views > 1:
                raise ConfigError(f"{type(sense).__name__} looks around, which needs a body of innervate's engine.")
            return None
        assert sense.camera is not None
        return Eye(within.world, *sense.camera, views=sense.views, shadows=False)

    @property
    def hears(self) -> tuple[str, ...]:
        """Names of the controller's outputs that `hear` must be told before each step; `action` is known anyhow."""
        return tuple(name for name in self._hears if name != ACTION)

    def hear(self, outputs: Mapping[str, np.ndarray]) -> None:
        """What the controller gave in the step that is about to be done, (env, size) by name.

        Raises:
            UnknownNameError: a sense hears what the controller does not give.
            ConfigError: it is of another size.
        """
        for name in self.hears:
            if name not in outputs:
                raise UnknownNameError("output of the controller for a sense to hear", name, outputs)
            value = np.asarray(outputs[name], np.float32)
            if value.shape != (self.num_envs, self._hears[name].size):
                raise ConfigError(
                    f"A sense hears {name!r} as {self._hears[name].size} numbers; the controller gives {value.shape}."
                )
            self._heard[name] = value.copy()

    def _efference(self, actions: np.ndarray) -> dict[str, np.ndarray]:
        missing = [name for name in self.hears if name not in self._heard]
        if missing:
            raise ConfigError(
                f"A sense hears {missing[0]!r} of the controller, and nobody told it: call hear(outputs) before step."
            )
        heard, self._heard = self._heard, {}
        if ACTION in self._hears:
            space = self.env.single_action_space
            if not isinstance(space, Box):
                raise ConfigError(f"A sense that hears the action needs one of real numbers, not {space}.")
            middle, half = (space.high + space.low) / 2, (space.high - space.low) / 2
            heard[ACTION] = ((np.asarray(actions) - middle) / half).astype(np.float32)
        return heard

    def _silence(self, ids: Int[np.ndarray, "env"]) -> dict[str, np.ndarray]:
        return {name: np.zeros((len(ids), channel.size), np.float32) for name, channel in self._hears.items()}

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float[np.ndarray, "env size"], dict[str, Any]]:
        """New episodes, and, with a seed, new lives."""
        flat, info = self.env.reset(seed=seed, options=options)  # pyright: ignore[reportArgumentType]
        if seed is not None:
            own = [None if s is None else [s, OWN] for s in seeds_of(seed, self.num_envs)]
            self._rngs = [np.random.default_rng(s) for s in own]
            for sense in self.senses:
                sense.born(self._everyone)
        self._begin(self._everyone)
        everyone = self._everyone
        return self._sensed(everyone, np.asarray(flat, np.float32), self._silence(everyone)), info

    def step(self, actions: np.ndarray) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One control step; where an episode has ended, its last moment is sensed before the next one begins."""
        heard = self._efference(actions)
        flat, reward, terminated, truncated, info = self.env.step(actions)
        flat = np.asarray(flat, np.float32)
        ended = np.asarray(terminated | truncated)
        if not ended.any():
            return self._sensed(self._everyone, flat, heard), reward, terminated, truncated, info
        last = flat.copy()
        last[ended] = np.stack([np.asarray(info["final_obs"][i], np.float32) for i in np.flatnonzero(ended)])
        observation = self._sensed(self._everyone, last, heard)
        final = np.array(info["final_obs"], dtype=object)
        for i in np.flatnonzero(ended):
            final[i] = observation[i].copy()
        fresh = self._everyone[ended]
        self._begin(fresh)
        observation[ended] = self._sensed(fresh, flat[ended], self._silence(fresh))
        return observation, reward, terminated, truncated, {**info, "final_obs": final}

    def _begin(self, ids: Int[np.ndarray, "env"]) -> None:
        for sense in self.senses:
            sense.begin(ids, [self._rngs[i] for i in ids])

    def _views(self, k: int, ids: Int[np.ndarray, "env"], taken: Mapping[str, np.ndarray]) -> np.ndarray:
        """Pictures of these bodies for a sense, (env, height, width, 3), black where it does not want one.

        Of the new episode where one has begun in this step: the old one's bodies are gone.
        """
        sense, eye = self.senses[k], self._eyes[k]
        wanted, turn_rad = sense.looks(ids, taken)
        wanted = wanted & ~self.unwatched[ids]
        if eye is None:
            frames = self.env.render() if wanted.any() else None
            if wanted.any() and (frames is None or len(frames) != self.num_envs):
                raise ConfigError("A sense with a camera needs a frame of every environment (render_envs, rgb_array).")
            seen = None if frames is None else np.stack(list(frames))[ids[wanted]]
        else:
            body: Any = self.env.unwrapped
            turn = None if turn_rad is None else turn_rad[wanted]
            seen = body.look(eye, ids[wanted], turn) if wanted.any() else None
        assert sense.camera is not None
        width, height = sense.camera
        view = np.zeros((len(ids), height, width * sense.views, 3), np.uint8)
        if seen is not None:
            view[wanted] = seen
        return view

    def _sensed(
        self, ids: Int[np.ndarray, "env"], flat: Float[np.ndarray, "env size"], heard: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        values = {name: flat[:, where] for name, where in self._place.items()}
        parts = [flat]
        for k, sense in enumerate(self.senses):
            taken = {c.name: values[c.name] for c in sense.takes if c.name != VIEW}
            if sense.camera:
                taken[VIEW] = self._views(k, ids, taken)
            taken.update({c.name: heard[c.name] for c in sense.hears})
            given = sense.sense(ids, taken)
            check_given(sense, given, len(ids))
            for channel in sense.gives:
                values[channel.name] = np.asarray(given[channel.name], np.float32)
                parts.append(values[channel.name])
        return np.concatenate(parts, axis=1)

    def learnt(self) -> dict[str, np.ndarray]:
        """What the senses have learnt, under `I.name`, I counting the senses."""
        return {f"{i}.{k}": v for i, sense in enumerate(self.senses) for k, v in sense.learnt().items()}

    def teach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Let every life begin with what `learnt` told."""
        for i, sense in enumerate(self.senses):
            mark = f"{i}."
            sense.teach({k.removeprefix(mark): v for k, v in arrays.items() if k.startswith(mark)})

    def snapshot(self) -> dict[str, np.ndarray]:
        """The bodies', the senses' and their generators' state. Raises `ConfigError` for bodies without one."""
        inner: Any = self.env
        if not hasattr(inner, "snapshot"):
            raise ConfigError("These environments cannot be stopped in the middle of an episode.")
        found = {f"body.{k}": v for k, v in inner.snapshot().items()}
        for i, sense in enumerate(self.senses):
            found.update({f"sense.{i}.{k}": v for k, v in sense.snapshot().items()})
        found["sense.rngs"] = to_words(self._rngs)
        return found

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on bit for bit from a snapshot."""
        inner: Any = self.env
        inner.restore({k.removeprefix("body."): v for k, v in snapshot.items() if k.startswith("body.")})
        for i, sense in enumerate(self.senses):
            mark = f"sense.{i}."
            sense.restore({k.removeprefix(mark): v for k, v in snapshot.items() if k.startswith(mark)})
        self._rngs = from_words(snapshot["sense.rngs"])

    def close(self, **kwargs: Any) -> None:
        """Free bodies and senses."""
        for sense in self.senses:
            sense.close()
        for eye in self._eyes.values():
            if eye is not None:
                eye.close()
        super().close(**kwargs)
