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

    _wave: Tensor
    _period: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        periods = {round((c.period_s or 0.0) / dt_s) for c in cells}
        if len(periods) > 1 or min(periods) < 2:
            raise ConfigError(
                f"The clocks of a circuit share one period of at least two control steps ({2 * dt_s:g} s); "
                f"got {sorted({c.period_s for c in cells if c.period_s})} s."
            )
        period = periods.pop()
        phase = torch.arange(period)
        wave = [(phase - round(c.onset * period)) % period < int(c.duty * period) for c in cells]
        self.register_buffer("_wave", torch.stack(wave, 1).float(), persistent=False)
        self.period = period

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """1 or 0, by the time."""
        return self._wave.index_select(0, state["clock"] % self.period)


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
    """Leaky integrate-and-fire; a spike resets the membrane to 0 and adds 1 to a trace that decays with tau."""

    _keep: Tensor

    def __init__(self, cells: Sequence[Neuron], dt_s: float) -> None:
        super().__init__(cells, dt_s)
        tau = torch.tensor([c.tau_s or dt_s for c in cells])
        self.register_buffer("_keep", torch.exp(-dt_s / tau), persistent=False)

    def initial(self, batch: int) -> State:
        """At rest and silent."""
        rest = torch.zeros(batch, self.size, device=self._keep.device)
        return {"spiking.membrane": rest, "spiking.trace": rest.clone()}

    def activity(self, state: State) -> Float[Tensor, "batch cell"]:
        """The synaptic trace."""
        return state["spiking.trace"]

    def advance(self, state: State, drive: Float[Tensor, "batch cell"], load: Float[Tensor, "cell"] | None) -> State:
        """Integrate, fire, reset."""
        del load
        membrane = drive + self._keep * (state["spiking.membrane"] - drive)
        spike = step_through(membrane - 1.0)
        trace = self._keep * state["spiking.trace"] + spike
        return {"spiking.membrane": membrane * (1.0 - spike.detach()), "spiking.trace": trace}


def step_through(x: Tensor) -> Tensor:
    """1 where x > 0, else 0; gradients pass as through a sigmoid (surrogate gradient, Neftci et al. 2019)."""
    soft = torch.sigmoid(STEEPNESS * x)
    return soft + ((x > 0).float() - soft).detach()


MEMORIES: Mapping[Dynamics, type[Memory]] = {"clock": Clock, "leaky": Leaky, "plateau": Plateau, "spiking": Spiking}
"""Kinds of dynamics in the order in which the activity vector has them."""
