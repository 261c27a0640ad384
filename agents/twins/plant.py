"""What every differentiable body is: an initial state, a pure step, and what a controller perceives of it."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from ...controllers import ControllerSpec


class BodyState(NamedTuple):
    """An arm at an instant; any leading axes."""

    angle: Float[Tensor, "*batch 2"]
    """Shoulder and elbow, rad; flexion positive."""
    rate: Float[Tensor, "*batch 2"]
    """rad/s."""
    activation: Float[Tensor, "*batch 6"]
    """Of the muscles, in [0, 1]."""
    force: Float[Tensor, "*batch 6"]
    """Of the muscles, N; what the next step of a scheme that works with stale forces begins with."""
    muscle_angle: Float[Tensor, "*batch 2"]
    """Joint angles that the muscles' lengths belong to, rad: `angle`, but in a scheme that measures muscles before it
    moves the joints."""
    muscle_rate: Float[Tensor, "*batch 2"]
    """Likewise of their velocities, rad/s."""


@runtime_checkable
class Plant(Protocol):
    """A body through which gradients flow."""

    control_step_s: float
    spec: ControllerSpec
    """Observations `muscle_length`, `muscle_velocity`, `hand`, `target`, in this order; 6 excitations."""

    def initial(self, angle: Float[Tensor, "*batch 2"]) -> BodyState:
        """At rest in a posture (rad), muscles inactive."""
        ...

    def step(
        self, state: BodyState, excitation: Float[Tensor, "*batch 6"], force_n: Float[Tensor, "*batch 2"]
    ) -> BodyState:
        """One control step under excitations in [0, 1] and a force on the hand (N, x and y), both held."""
        ...

    def hand(self, angle: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Where the hand is, m."""
        ...

    def proprioception(self, state: BodyState) -> tuple[Float[Tensor, "*batch 6"], Float[Tensor, "*batch 6"]]:
        """Lengths and velocities of the muscles as they are observed."""
        ...

    def senses(
        self, state: BodyState
    ) -> tuple[Float[Tensor, "*batch 6"], Float[Tensor, "*batch 6"], Float[Tensor, "*batch 2"]]:
        """`proprioception` and the hand at once, as a controller gets them in every step."""
        ...
