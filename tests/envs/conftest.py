"""MuJoCo and dm_control look for a screen when they are imported unless told otherwise; the suite has none to offer."""

from innervate.envs.sight import gl

gl.prepare_if_possible()
