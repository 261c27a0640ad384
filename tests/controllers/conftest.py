"""Bodies to wire, as a controller sees them."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from innervate.controllers import Controller, ControllerConfig, ControllerSpec
from innervate.signals import Channel

torch.set_num_threads(1)

MakeSpec = Callable[..., ControllerSpec]
Build = Callable[..., Controller]
RandomObs = Callable[[ControllerSpec, int], dict[str, Tensor]]


@pytest.fixture
def swimmer_spec() -> MakeSpec:
    """An n-joint swimmer, with speed and turn commands."""

    def make(joints: int = 5) -> ControllerSpec:
        ports = (
            Channel(name="joint_angle", size=joints, unit="rad", limit=2 * math.pi / (joints + 1)),
            Channel(name="body_velocity", size=3 * (joints + 1), unit="m/s, rad/s"),
            Channel(name="speed", size=1),
            Channel(name="turn", size=2),
        )
        return ControllerSpec(observations=ports, action_size=joints, control_step_s=0.03)

    return make


@pytest.fixture
def build() -> Build:
    """Builds a controller with a generator of its own."""

    def make(config: ControllerConfig, spec: ControllerSpec, seed: int = 0) -> Controller:
        return config.build(spec, torch.Generator().manual_seed(seed))

    return make


@pytest.fixture
def random_obs() -> RandomObs:
    """Observations of a body in motion; successive calls differ."""
    generator = torch.Generator().manual_seed(7)

    def make(spec: ControllerSpec, batch: int) -> dict[str, Tensor]:
        return {p.name: torch.randn(batch, p.size, generator=generator) for p in spec.observations}

    return make
