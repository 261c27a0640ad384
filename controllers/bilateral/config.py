"""What a bilateral nervous system can be asked to be; one configuration for every variant."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from innervate.errors import ConfigError, UnknownNameError

from ..spec import ControllerSpec
from .callosum import Callosum
from .cores import CORES, Core

if TYPE_CHECKING:
    from .controller import Bilateral


@dataclass(frozen=True, kw_only=True)
class BilateralConfig:
    """Two hemispheres on the same senses (Rinaldo et al., arXiv 2401.14057, and beyond)."""

    left: tuple[int, ...] = (24, 24)
    """Units of each layer of the left hemisphere; empty for a body without one: a unilateral controller."""
    right: tuple[int, ...] = (24, 24)
    """Units of each layer of the right hemisphere; empty for none."""
    core: Core = "gru"
    """What a layer is made of: `dense` (no memory), `gru` or `leaky`."""
    callosum: Callosum = "linear"
    """What each layer but the first hears of the other side's layer before it: `none`, `released` (the larger of each
    two neighbours, added, untrained), `linear` (learned fibres) or `gated` (fibres that the sender opens)."""
    fibres: int | None = None
    """Numbers that cross each way in a control step, for each layer; None for one per sending unit."""
    callosum_delay_s: float = 0.0
    """How long a message takes; a multiple of the control step."""
    drive: Literal["shared", "crossed"] = "shared"
    """Who moves what: `shared`, a mixture of both sides drives everything; `crossed`, each drives its own arm."""
    contralateral: float = 1.0
    """Gain of a hemisphere on the opposite arm, where `crossed`; actuators come left arm first."""
    ipsilateral: float = 0.0
    """Gain of a hemisphere on the arm of its own side, where `crossed`."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Bilateral":
        """Build for any body; `crossed` needs an even number of actuators."""
        from .controller import Bilateral

        return Bilateral(spec, self, generator)

    def check(self, spec: ControllerSpec) -> int:
        """The delay of the callosum in control steps.

        Raises:
            ConfigError: a combination that cannot work, for this body.
            UnknownNameError: a core, callosum or drive that does not exist.
        """
        for kind, name, known in (
            ("core", self.core, tuple(CORES)),
            ("callosum", self.callosum, ("none", "released", "linear", "gated")),
            ("drive", self.drive, ("shared", "crossed")),
        ):
            if name not in known:
                raise UnknownNameError(kind, name, known)
        sides = [side for side in (self.left, self.right) if side]
        if not sides or any(units < 1 for side in sides for units in side):
            raise ConfigError(f"A hemisphere has layers of at least one unit; left={self.left}, right={self.right}.")
        steps = self.callosum_delay_s / spec.control_step_s
        if not 0 <= steps < 1e6 or abs(steps - round(steps)) > 1e-6:
            raise ConfigError(
                f"The delay of the callosum must be a multiple of the control step, {spec.control_step_s} s; it is "
                f"{self.callosum_delay_s} s."
            )
        if len(sides) == 2:
            self._check_both()
        elif self.drive == "crossed":
            raise ConfigError("Two hemispheres are needed for each to drive an arm of its own; one was given.")
        if self.drive == "crossed" and spec.action_size % 2:
            raise ConfigError(f"Two arms have as many actuators each; {spec.action_size} cannot be halved.")
        return round(steps)

    def _check_both(self) -> None:
        if self.callosum == "none":
            if self.callosum_delay_s:
                raise ConfigError("A delay of the callosum was given, but there is no callosum.")
        elif len(self.left) != len(self.right) or len(self.left) < 2:
            raise ConfigError(
                "A callosum joins each layer to the next of the other side: both hemispheres need as many layers, at "
                f"least two; left={self.left}, right={self.right}."
            )
        if self.callosum == "released" and self.left != self.right:
            raise ConfigError(f"The released callosum needs equal hemispheres; left={self.left}, right={self.right}.")
        if self.drive == "shared" and self.left[-1] != self.right[-1]:
            raise ConfigError(
                f"A shared output mixes the last layers, which must be equally wide; left={self.left}, "
                f"right={self.right}."
            )
        if self.fibres is not None and self.fibres < 1:
            raise ConfigError(f"A callosum has at least one fibre; fibres={self.fibres} was given.")
