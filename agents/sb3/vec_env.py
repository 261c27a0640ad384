"""The batch of bodies as stable-baselines3 sees it when a controller drives them: observations carry its state."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv

from ...controllers import Controller, State
from ..experience.efference import tell_senses
from ..experience.guard import check_observation
from ..experience.worlds import action_scale
from .batch_vec_env import BatchVecEnv
from .carry import Carrier


class NervousVecEnv(BatchVecEnv):
    """Steps the controller's state beside the bodies and hands both out as one carried observation.

    Actions are in [-1, 1] whatever the actuators' limits, or numbers of alternatives. The state advances by what the
    body sensed, never by the action that exploration drew, so warm-up by random actions leaves it right.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any], controller: Controller) -> None:
        self.controller, self.carrier = controller, Carrier.of(controller)
        self._centre, self._half = action_scale(env)
        self._flat = np.zeros((env.num_envs, controller.spec.observation_size), np.float32)
        self._state: State = controller.initial_state(env.num_envs)
        self._after: State = self._state
        choices = controller.spec.choices
        size = controller.spec.action_size
        actions = spaces.MultiDiscrete(list(choices)) if choices else spaces.Box(-1.0, 1.0, (size,), np.float32)
        super().__init__(env, self.carrier.space(), actions)

    def _join(self, flat: np.ndarray, state: State, starts: np.ndarray) -> np.ndarray:
        check_observation(flat, self.controller.spec)
        return self.carrier.join(torch.from_numpy(flat), state, torch.from_numpy(starts.astype(np.float32))).numpy()

    def reset(self) -> np.ndarray:
        """Begin new episodes everywhere."""
        self._after = self.controller.initial_state(self.num_envs)
        return super().reset()

    @torch.no_grad()
    def command(self, actions: np.ndarray) -> np.ndarray:
        """Advance the controller's state by what was sensed, and scale the actions to the actuators' limits.

        Where the body chooses, `actions` are numbers of alternatives, (env, choice).
        """
        sensed = self.controller.spec.split(torch.from_numpy(self._flat))
        self._after = self.controller.advance(sensed, self._state)
        tell_senses(self.env, self._after)
        command = self._centre + self._half * actions
        return command.astype(np.int64 if self.controller.spec.choices else np.float32)

    def present(self, flat: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Carried observations, with the state of a new episode where one begins."""
        self._flat = flat
        self._state = self._after
        if starts.any():
            self._state = self.controller.reset_state(self._after, torch.from_numpy(starts))
        return self._join(flat, self._state, starts)

    def present_terminal(self, i: int, flat: np.ndarray) -> np.ndarray:
        """The last observation with the state that the controller would have gone on with."""
        state = {name: value[i : i + 1] for name, value in self._after.items()}
        return self._join(flat[None], state, np.zeros(1))[0]

    def snapshot(self) -> dict[str, np.ndarray] | None:
        """The bodies and the controller's state."""
        bodies = super().snapshot()
        if bodies is None:
            return None
        states = {f"state.{k}": v.numpy().copy() for k, v in self._state.items()}
        return {**bodies, **states, "flat": self._flat.copy()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on where `snapshot` was taken."""
        super().restore(snapshot)
        states = {k.removeprefix("state."): v for k, v in snapshot.items() if k.startswith("state.")}
        self._state = {k: torch.from_numpy(v.copy()) for k, v in states.items()}
        self._flat = snapshot["flat"].copy()
