"""What a single environment and a batch say of the world they are made of."""

import mujoco

from innervate.signals import Channel

from ..task import Task
from ..world import World


class OfWorld:
    """Mixed into environments; reads `world`."""

    world: World

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The parts of one observation, in order."""
        return self.world.channels

    @property
    def control_step_s(self) -> float:
        """Time between two actions."""
        return self.world.control_step_s

    @property
    def task(self) -> Task:
        """What is perceived and rewarded."""
        return self.world.task

    @property
    def model(self) -> mujoco.MjModel:
        """The whole model; to look at. Changing it changes what is drawn, not the physics."""
        return self.world.model
