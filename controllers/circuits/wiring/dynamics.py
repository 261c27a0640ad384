"""Neurons with a memory: a clock, a leaky membrane, a plateau potential, a spike and its trace."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ...spec import State
from .activation import ACTIVATIONS
from .circuit import Dynamics, Neuron

SAME_TIME = 1e-6
"""Times nearer to each other than this, in control steps, are the same."""
STEEPNESS = 4.0
"""Slope of the sigmoid through which gradients pass a threshold, per unit of input."""


class Memory(nn.Module, ABC):
    """All neurons of one kind of dynamics."""

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__()
        self.size = len(cells)
        self.dt_s = dt_s

    def initial(self, batch: int) -> State:
        """The state at the beginning of an episode."""
        del batch
        return {}

    @abstractmethod
    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """What the neurons send out during this control step."""

    def potential(self, state: State) -> Float[Tensor, "batch cell"]:
        """Membrane potential, for gap junctions; the activity of neurons that have none."""
        return self.activity(state)

    def advance(self, state: State, drive: Float[Tensor, "batch cell"], load: Float[Tensor, "cell"] | None) -> State:
        """The state after this control step's input; `load` is the conductance of each cell's gap junctions."""
        del state, drive, load
        return {}


class Clock(Memory):
    """Active for a share of each period. The number of the control step is the controller's `clock`."""

    _period: Tensor
    _onset: Tensor
    _active: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        if short := [c for c in cells if (c.period_s or 0.0) < (2 - SAME_TIME) * dt_s]:
            raise ConfigError(
                f"{short[0].name} has a period of {short[0].period_s:g} s, and at a control step of {dt_s:g} s a clock "
                f"can be heard from {2 * dt_s:g} s on."
            )
        told = torch.tensor([_wave(c, dt_s) for c in cells], dtype=torch.float64)
        for name, column in zip(("_period", "_onset", "_active"), told.T, strict=True):
            self.register_buffer(name, column.contiguous(), persistent=False)

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """1 or 0, by the time."""
        steps = state["clock"].double().unsqueeze(-1) - self._onset + SAME_TIME
        return (torch.remainder(steps, self._period) < self._active).float()


def _wave(cell: Neuron, dt_s: float) -> tuple[float, float, float]:
    """Period, onset and time of activity in control steps, whole ones where the period is whole.

    Any other period is right on average: a period then takes sometimes one step more.
    """
    period = (cell.period_s or 0.0) / dt_s
    if abs(period - round(period)) < SAME_TIME * period:
        whole = round(period)
        return float(whole), float(round(cell.onset * whole)), float(int(cell.duty * whole))
    return period, cell.onset * period, cell.duty * period


class Leaky(Memory):
    """Membranes that forget with their time constants; exact for an input that is constant over the step."""

    _keep: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        tau = torch.tensor([c.tau_s or dt_s for c in cells])
        self.register_buffer("_keep", torch.exp(-dt_s / tau), persistent=False)
        if len({c.activation for c in cells}) > 1:
            kinds = ", ".join(sorted({c.activation for c in cells}))
            raise ConfigError(f"The leaky neurons of a circuit share one activation, got {kinds}.")
        self._activation = ACTIVATIONS[cells[0].activation]

    def initial(self, batch: int) -> State:
        """At rest."""
        return {"leaky.potential": torch.zeros(batch, self.size, device=self._keep.device)}

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """The activation of the potential."""
        return self._activation(state["leaky.potential"])

    def potential(self, state: State) -> Float[Tensor, "batch cell"]:
        """The membrane itself."""
        return state["leaky.potential"]

    def advance(self, state: State, drive: Float[Tensor, "batch cell"], load: Float[Tensor, "cell"] | None) -> State:
        """Towards the mean of drive and neighbours, by exponential Euler: stable for any strength of the junctions."""
        keep = self._keep
        if load is not None:
            drive, keep = drive / (1.0 + load), keep ** (1.0 + load)
        return {"leaky.potential": drive + keep * (state["leaky.potential"] - drive)}


class Plateau(Memory):
    """Bistable neurons: what switched them on need not last (Mellem et al. 2008)."""

    _start: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        self.register_buffer("_start", torch.tensor([float(c.starts_on) for c in cells]), persistent=False)

    def initial(self, batch: int) -> State:
        """As each neuron says."""
        return {"plateau.on": self._start.expand(batch, -1).clone()}

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """1 on the plateau, else 0."""
        return state["plateau.on"]

    def advance(self, state: State, drive: Float[Tensor, "batch cell"], load: Float[Tensor, "cell"] | None) -> State:
        """On above +1, off below -1."""
        del load
        # The threshold lies at +1 where the neuron is off, at -1 where it is on.
        return {"plateau.on": step_through(drive - (1.0 - 2.0 * state["plateau.on"].detach()))}


class Spiking(Memory):
    """Leaky integrate-and-fire; a spike resets the membrane to 0 and adds 1 to a trace that decays with tau.

    Solved exactly for an input that is constant over the control step, in which a neuron may fire many times: rates do
    not depend on the step. Gradients pass as if it could fire once.
    """

    _keep: Tensor
    _step: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        tau = torch.tensor([c.tau_s or dt_s for c in cells])
        self.register_buffer("_keep", torch.exp(-dt_s / tau), persistent=False)
        self.register_buffer("_step", dt_s / tau, persistent=False)

    def initial(self, batch: int) -> State:
        """At rest and silent."""
        rest = torch.zeros(batch, self.size, device=self._keep.device)
        return {"spiking.membrane": rest, "spiking.trace": rest.clone()}

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """The synaptic trace."""
        return state["spiking.trace"]

    def advance(self, state: State, drive: Float[Tensor, "batch cell"], load: Float[Tensor, "cell"] | None) -> State:
        """Integrate, fire as often as the step has room for, reset."""
        del load
        before = state["spiking.membrane"]
        unspiked = drive + self._keep * (before - drive)
        # Times below are in units of tau. Towards a drive d > 1 a membrane comes from v to 1 in log((d - v) / (d - 1)).
        fires = unspiked > 1.0
        d = torch.where(fires, drive, torch.full_like(drive, 2.0))
        first = torch.log((d - before.clamp(max=1.0)) / (d - 1.0))
        between = torch.log(d / (d - 1.0)).clamp(min=SAME_TIME)
        more = torch.floor((self._step - first).clamp(min=0.0) / between).detach()
        age = (self._step - first - more * between).clamp(min=0.0)  # of the last spike
        # A geometric series: a spike is heard 1 - 1 / d times as strongly as the next one.
        heard = torch.exp(-age) * d * (1.0 - (1.0 - 1.0 / d) ** (more + 1.0))
        once = step_through(unspiked - 1.0)
        trace = self._keep * state["spiking.trace"] + once + torch.where(fires, heard - 1.0, 0.0 * heard).detach()
        membrane = torch.where(fires, d * (1.0 - torch.exp(-age.detach())), unspiked)
        return {"spiking.membrane": membrane, "spiking.trace": trace}


def step_through(x: Tensor) -> Tensor:
    """1 where x > 0, else 0; gradients pass as through a sigmoid (surrogate gradient, Neftci et al. 2019)."""
    soft = torch.sigmoid(STEEPNESS * x)
    return soft + ((x > 0).float() - soft).detach()


MEMORIES: Mapping[Dynamics, type[Memory]] = {"clock": Clock, "leaky": Leaky, "plateau": Plateau, "spiking": Spiking}
"""Kinds of dynamics in the order in which the activity vector has them."""
