"""Leaky integrate-and-fire neurons whose time constants, thresholds and resets learn beside their weights."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep, spread


class Spiking(Core):
    """Leaky integrate-and-fire neurons with learned parameters (after Rudnicka et al. 2025).

    State: `voltage` v and `trace`, both (batch, units); the trace is also the activity, in [0, 1).

    - v = k v + sqrt(1 - k^2) (W [x, trace] + b), k = exp(-dt / tau), by which white input moves every neuron alike.
    - spike = 1 where v > threshold, else 0; then v = reset. trace = k trace + (1 - k) spike.

    tau, threshold and reset of every neuron learn (unless not `LEARNS`, the null), by the
    surrogate gradient of Zenke and Ganguli 2018, 1 / (1 + |v - threshold|)^2; none passes through the reset. One tau
    is both membrane's and synapse's. Time constants begin at five steps, or log-spaced to `slowest_s`. Of the paper
    only the abstract could be read: its random release is left out.
    """

    spreads = True
    remembers_activity_only = False
    TIME_CONSTANT_STEPS, THRESHOLD = 5.0, 0.5
    LEARNS: bool = True
    """Whether the neurons' own parameters do."""
    log_tau_s: Tensor
    threshold_root: Tensor
    reset: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = linear(inputs + units, units, 1.0, generator)
        if slowest_s is None:
            tau_s = torch.full((units,), self.TIME_CONSTANT_STEPS * dt_s)
        else:
            tau_s = spread(units, dt_s, slowest_s)
        beginnings = {
            "log_tau_s": tau_s.log(),
            "threshold_root": torch.full((units,), math.log(math.expm1(self.THRESHOLD))),
            "reset": torch.zeros(units),
        }
        for name, value in beginnings.items():
            if self.LEARNS:
                self.register_parameter(name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)

    def zero(self, batch: int) -> State:
        """At rest, and no spike heard."""
        return {name: self.reset.new_zeros(batch, self.units) for name in ("voltage", "trace")}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """The spikes' trace."""
        kept = keep(self.log_tau_s.exp(), self.dt_s)
        drive = self.synapse(torch.cat([x, state["trace"]], dim=-1))
        voltage = kept * state["voltage"] + torch.sqrt(1 - kept.square()) * drive
        spike = _spike(voltage - nn.functional.softplus(self.threshold_root))
        voltage = torch.lerp(voltage, self.reset.expand_as(voltage), spike.detach())
        trace = kept * state["trace"] + (1 - kept) * spike
        return trace, {"voltage": voltage, "trace": trace}


def _spike(above: Tensor) -> Tensor:
    """1 where positive, else 0; in the backward pass the fast sigmoid's gradient."""
    spike = (above > 0).to(above.dtype)
    if not above.requires_grad:
        return spike
    soft = above / (1 + above.abs())
    return spike + (soft - soft.detach())
