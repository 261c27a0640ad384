"""Visual cortex, hippocampus and striatum on a small image: a value for each alternative, and what follows it.

The agent of Fang and Stachenfeld (ICLR 2024, arXiv 2310.06089), for mazes that are seen from above.
"""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..controller import Controller, flat_observation
from ..paper_nets import PaperNets, PaperNetsConfig
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State

EXAMPLE = ControllerSpec(observations=(Channel("observation", 36),), action_size=4, control_step_s=0.02, choices=(4,))
"""A body that it can drive: four ways to go, seen in an image of 6 x 6."""


@dataclass(frozen=True, kw_only=True)
class ImageValuesConfig:
    """An encoder of a square image, a value for each alternative, and a model of the latent that follows."""

    nets: PaperNetsConfig = field(default_factory=lambda: PaperNetsConfig(rectified=False))
    """Sizes of the three networks; unlike the paper's, no unit of the latent can be left without a gradient."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "ImageValues":
        """Build for a body that makes one choice and observes one square image."""
        return ImageValues(spec, self, generator)


class ImageValues(Controller):
    """What each alternative is worth, (batch, alternative); the best is taken.

    Raises:
        ConfigError: the body makes no choice, or several, or its observation is no square image.
    """

    def __init__(self, spec: ControllerSpec, config: ImageValuesConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        self.config, self.side = config, math.isqrt(spec.observation_size)
        if len(spec.choices) != 1:
            raise ConfigError(
                f"image_values gives a value to each alternative of one choice; this body makes {len(spec.choices)} "
                "choices. It is for mazes (innervate list mazes); bodies with actuators take mlp, ncap, bilateral, ..."
            )
        if self.side**2 != spec.observation_size:
            raise ConfigError(
                f"image_values sees a square image; {spec.observation_size} numbers are none. Take another controller, "
                "such as mlp."
            )
        self.nets: PaperNets = config.nets.build(self.side, spec.choices[0], generator)

    def image(self, flat: Float[Tensor, "batch size"]) -> Float[Tensor, "batch side side"]:
        """The image in a flat observation."""
        return flat.unflatten(-1, (self.side, self.side))

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Values of the alternatives."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Part: `latent`."""
        latent = touch.part("latent", self.nets.encode(self.image(flat_observation(self.spec, obs))))
        return self.nets.values(latent), state
