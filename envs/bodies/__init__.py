"""Bodies built with `mujoco.MjSpec`."""
