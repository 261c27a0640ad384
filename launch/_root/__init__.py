"""innervate: nervous systems for simulated bodies, and the bridge that carries them to robots.

Importing it registers the environments (by string) and nothing else: no torch, no mujoco.
"""

from innervate.envs.registry import register_all

register_all()
