"""A world of one's own in a file."""

from typing import Any

from innervate.envs.engine.single import BodyEnv
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.signals import Channel

EPISODE_STEPS = 15
SWING = """<mujoco><worldbody><body><joint name="hinge" axis="0 1 0"/><geom size=".1" pos="0 0 -.3"/></body></worldbody>
<actuator><motor name="m" joint="hinge" ctrlrange="-1 1" gear="{}"/></actuator>
<sensor><jointpos name="angle" joint="hinge"/></sensor></mujoco>"""


class Still(Task):
    """Hangs."""

    control_step_s = 0.02
    channels = (Channel("angle", 1, "rad", None, "hinge"),)

    def observe(self, s: Any) -> Any:
        return {"angle": s["angle"]}

    def rewards(self, s: Any, action: Any) -> Any:
        return {"still": -(s["angle"][:, 0] ** 2)}

    def begin(self, rng: Any, n: int) -> Any:
        return {"qpos": rng.uniform(-1, 1, (n, 1))}


def swing(gear: float = 1.0) -> World:
    """A pendulum with a motor of that gear."""
    return World(SWING.format(gear), Still())


hanging = World(SWING.format(2), Still())


class Alone(BodyEnv):
    """The same as an environment class."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(World(SWING.format(3), Still()), render_mode=render_mode)
