"""What a viewer needs of an environment: the model, and a state to look at."""

from collections.abc import Callable
from typing import Any

import mujoco
from gymnasium.vector import VectorEnv

from innervate.envs.engine.vector import BodyVectorEnv
from innervate.errors import ConfigError


def physics(env: VectorEnv[Any, Any, Any]) -> tuple[mujoco.MjModel, Callable[[], mujoco.MjData]]:
    """The compiled model of the first environment, and a function that gives its present state."""
    inner: Any = env.unwrapped
    if isinstance(inner, BodyVectorEnv):
        data = mujoco.MjData(inner.model)

        def present() -> mujoco.MjData:
            mujoco.mj_setState(inner.model, data, inner.engine.state(0), mujoco.mjtState.mjSTATE_INTEGRATION)
            mujoco.mj_forward(inner.model, data)
            return data

        return inner.model, present
    first: Any = inner.envs[0].unwrapped if getattr(inner, "envs", None) else None
    if not isinstance(getattr(first, "model", None), mujoco.MjModel):
        raise ConfigError(f"{env.spec.id if env.spec else env} has no MuJoCo model to show; use --show text.")
    return first.model, lambda: first.data
