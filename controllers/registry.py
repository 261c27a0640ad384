"""Controllers by name, for the command line and for saved runs."""

from typing import Protocol, runtime_checkable

import torch

from innervate.registry import Registry

from .baselines import LinearConfig, RandomConfig, SineConfig, ZeroConfig
from .bilateral.config import BilateralConfig
from .bilateral.ensemble import EnsembleConfig
from .controller import Controller
from .latent import LatentConfig
from .ncap import NCAPConfig
from .nets import GRUConfig, MLPConfig
from .spec import ControllerSpec
from .wiring.config import WiringConfig


@runtime_checkable
class ControllerConfig(Protocol):
    """A frozen dataclass that builds one kind of controller."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> Controller:
        """The controller for a body, its random initial weights drawn from `generator`."""
        ...


CONTROLLERS: Registry[ControllerConfig] = Registry(
    "controller",
    {
        "ncap": NCAPConfig,
        "zero": ZeroConfig,
        "random": RandomConfig,
        "sine": SineConfig,
        "linear": LinearConfig,
        "mlp": MLPConfig,
        "gru": GRUConfig,
        "latent": LatentConfig,
        "bilateral": BilateralConfig,
        "ensemble": EnsembleConfig,
        "wiring": WiringConfig,
    },
)
