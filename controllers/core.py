"""What a layer of a circuit is made of: the next activity and state from the input and the last state."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError
from innervate.registry import Catalogue, picker

from .spec import State
from .timescales import AUTO_STEPS, Slowest

__all__ = ["CORES", "Core", "CoreConfig", "make_core"]


class Core(nn.Module, ABC):
    """A layer of units with whatever they remember.

    Args:
        inputs: numbers that it reads.
        units: numbers that it gives.
        generator: its initial weights are drawn from it.
        dt_s: time between two steps.
        slowest_s: a core that has `spreads` also takes this: its time constants then begin spread evenly in their
            logarithm from `dt_s` to it, or at it where they are all one; None for the core's own beginning.
    """

    spreads: bool = False
    """Whether it takes `slowest_s`."""
    spreads_unasked: bool = False
    """Whether a configuration that leaves `slowest_s` to it spreads: its own beginning forgets within a few steps."""
    remembers_activity_only: bool = True
    """Whether the state is the last activity and nothing else, as `zero` here has it."""
    summarised: tuple[str, ...] = ()
    """Entries of the state that a critic reads, where the others are many numbers that only travel; none for all."""

    @abstractmethod
    def __init__(self, inputs: int, units: int, generator: torch.Generator, dt_s: float) -> None:
        super().__init__()
        self.inputs, self.units, self.dt_s = inputs, units, dt_s

    @classmethod
    def trainable(cls, inputs: int, units: int, dt_s: float) -> int:
        """How many numbers learn in a core of this size. Here: one is built and counted."""
        with torch.random.fork_rng(devices=()):
            core = cls(inputs, units, torch.Generator().manual_seed(0), dt_s)
        return sum(p.numel() for p in core.parameters() if p.requires_grad)

    def zero(self, batch: int) -> State:
        """The state at rest; every tensor has a leading batch axis. Here: one silent activity."""
        like = next(iter(self.state_dict(keep_vars=True).values()))
        return {"activity": like.new_zeros(batch, self.units)}

    @abstractmethod
    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """The activity now, and the state that the next step begins from."""


def make_core(
    name: str, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
) -> Core:
    """A core of the catalogue.

    Raises:
        UnknownNameError: there is none of that name.
        ConfigError: `slowest_s` for a core without time constants to spread.
    """
    core = CORES[name]
    if slowest_s is None:
        return core(inputs, units, generator, dt_s)
    if not core.spreads:
        able = ", ".join(known for known in CORES if CORES[known].spreads)
        raise ConfigError(
            f"The core {name!r} has no time constants to spread; leave slowest_s={slowest_s} out, or take one of "
            f"{able}."
        )
    return core(inputs, units, generator, dt_s, slowest_s)  # pyright: ignore[reportCallIssue]


def _is_core(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Core) and thing is not Core


CORES: Catalogue[type[Core]] = Catalogue(
    "core",
    group="innervate.cores",
    package="innervate.controllers.cores",
    folder=Path(__file__).parent / "cores",
    pick=picker("core", _is_core, "Core"),
)
"""By name, as configurations of circuits have it: the files of `cores/`, and what others bring."""


@dataclass(frozen=True, kw_only=True)
class CoreConfig:
    """Which core, how large, and how far its memory reaches at first."""

    kind: str = "gru"
    """What it is made of (`innervate list cores`)."""
    units: int | None = None
    """How many; None for as many as make the parameters, readout included, come nearest to `parameters`."""
    parameters: int = 4000
    """Trainable numbers, so that cores can be compared at equal size; only where `units` is None. Fixed weights do not
    count: a `reservoir` or `gain` of this many would be large, so give these `units`."""
    slowest_s: Slowest = "auto"
    """The slowest time constant at first; the others are spread evenly in their logarithm down to the control step.
    "auto" is 100 control steps for `gru`, and the core's own beginning for the others; None for that of all."""

    def size(self, inputs: int, outputs: int, dt_s: float) -> int:
        """Units of a core that reads `inputs` numbers and is read by a linear readout of `outputs`.

        Raises:
            UnknownNameError: there is no such core.
            ConfigError: no unit was asked for, or one alone has more parameters than were asked for.
        """
        core = CORES[self.kind]
        if self.units is not None:
            if self.units < 1:
                raise ConfigError(f"A core needs at least one unit; units={self.units} was given.")
            return self.units

        def count(units: int) -> int:
            return core.trainable(inputs, units, dt_s) + (units + 1) * outputs

        low, high = 1, 2
        if count(low) > self.parameters:
            raise ConfigError(
                f"One unit of {self.kind!r} on {inputs} inputs has {count(low)} parameters with its readout; "
                f"parameters={self.parameters} was given. Give more, or set `units`."
            )
        while count(high) < self.parameters:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(middle) < self.parameters else (low, middle)
        return min((low, high), key=lambda units: abs(count(units) - self.parameters))

    def build(self, inputs: int, outputs: int, generator: torch.Generator, dt_s: float) -> Core:
        """The core for a readout of `outputs` numbers."""
        slowest_s = self.slowest_s
        if slowest_s == "auto":
            slowest_s = AUTO_STEPS * dt_s if CORES[self.kind].spreads_unasked else None
        return make_core(self.kind, inputs, self.size(inputs, outputs, dt_s), generator, dt_s, slowest_s)
