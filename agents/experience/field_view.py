"""Seeing through a field: an environment whose observation includes what a camera would see there."""

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from innervate.cameras import Pinhole, Pose

from ...perception.field.field import NeuralField


class FieldView(gym.ObservationWrapper[dict[str, Any], Any, Any], gym.utils.RecordConstructorArgs):
    """Adds `view` (8-bit RGB) and `depth` (m, cut off at `far_m`) to an environment's observation.

    The pictures come from a field learnt before, so that neither OpenGL nor the scene's model is needed, and a policy
    trained on them has met the errors of a learnt world. The observation becomes a dict; what was there before is
    under `observation`.

    Args:
        env: any environment.
        field: what is seen.
        camera: through what.
        pose_of: the camera-to-world pose (x right, y up, looking along -z) in the field's frame, from the unwrapped
            environment.
        far_m: the largest depth that is told.
    """

    def __init__(
        self, env: gym.Env[Any, Any], field: NeuralField, camera: Pinhole,
        pose_of: Callable[[Any], Pose], far_m: float = 10.0,
    ) -> None:  # fmt: skip
        gym.utils.RecordConstructorArgs.__init__(self, field=field, camera=camera, pose_of=pose_of, far_m=far_m)
        gym.ObservationWrapper.__init__(self, env)
        self._field, self._camera, self._pose_of, self._far_m = field, camera, pose_of, far_m
        size = (camera.height, camera.width)
        self.observation_space = spaces.Dict({
            "observation": env.observation_space,
            "view": spaces.Box(0, 255, (*size, 3), np.uint8),
            "depth": spaces.Box(0.0, far_m, size, np.float32),
        })  # fmt: skip

    def observation(self, observation: Any) -> dict[str, Any]:
        """The observation with the view from where the camera is now."""
        view = self._field.render(self._pose_of(self.env.unwrapped), self._camera)
        depth = np.minimum(view.depth, np.float32(self._far_m))
        return {"observation": observation, "view": view.image, "depth": depth}
