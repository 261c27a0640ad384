"""The account of a net: operations and bits by layer, and what they come to on dense and on event-driven hardware.

Arithmetic and neuromorphic-aware costs after the abstract of Shen et al. (CVPR 2024, arXiv 2311.10802): a net of T
binary steps is compared with a quantised one of ceil(log2(T + 1)) bits. Elementwise work (biases, activations, norms)
is left out, as is moving data; counting that too, the abstract of arXiv 2409.08290 has a net of five steps win only
below a spike rate of 5.7 %.
"""

import math
from dataclasses import dataclass

from innervate.errors import ConfigError

FLOAT_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One set of synapses over all steps of an answer."""

    name: str
    macs: int
    """Multiply-adds if every input counts."""
    effective: int
    """Of these, the ones whose input and weight are not 0: synaptic operations, where inputs are spikes."""
    active: float
    """Share of the inputs that are not 0."""
    spiking: bool
    """Whether all inputs that are not 0 have one size: spikes."""
    calls: int
    """Times that it ran: the steps of a spiking net."""
    weights: int
    """Numbers it holds; 0 for a product of two activities."""
    weight_bits: int = FLOAT_BITS
    activity_bits: int = FLOAT_BITS
    """Of a dense input; a spike has one."""

    @property
    def input_bits(self) -> int:
        """Of what comes in: 1 for spikes."""
        return 1 if self.spiking else self.activity_bits

    @property
    def dense_cost(self) -> int:
        """S-ACE, in bits times bits: every position pays."""
        return self.macs * self.weight_bits * self.input_bits

    @property
    def event_cost(self) -> int:
        """NS-ACE: only what is not 0 pays."""
        return self.effective * self.weight_bits * self.input_bits


@dataclass(frozen=True)
class Account:
    """Of one answer."""

    layers: tuple[Layer, ...]
    unread: tuple[str, ...] = ()
    """Parameters that took part in no product as they stand: added, scaled or made into weights first, or unused."""

    @property
    def macs(self) -> int:
        """Dense multiply-adds."""
        return sum(layer.macs for layer in self.layers)

    @property
    def synaptic_operations(self) -> int:
        """Effective operations on spikes; neurobench calls them effective accumulates."""
        return sum(layer.effective for layer in self.layers if layer.spiking)

    @property
    def effective_macs(self) -> int:
        """Effective operations on numbers, which need a multiplier."""
        return sum(layer.effective for layer in self.layers if not layer.spiking)

    @property
    def dense_cost(self) -> int:
        """S-ACE of all layers."""
        return sum(layer.dense_cost for layer in self.layers)

    @property
    def event_cost(self) -> int:
        """NS-ACE of all layers."""
        return sum(layer.event_cost for layer in self.layers)

    @property
    def memory_bits(self) -> int:
        """Of all weights that took part in a product; `unread` names the other parameters."""
        return sum(layer.weights * layer.weight_bits for layer in self.layers)

    @property
    def steps(self) -> int:
        """Most runs of a spiking layer; 1 for a net without spikes."""
        return max((layer.calls for layer in self.layers if layer.spiking), default=1)

    @property
    def rate(self) -> float:
        """Effective share of the operations of spiking layers; NaN without any."""
        macs = sum(layer.macs for layer in self.layers if layer.spiking)
        return self.synaptic_operations / macs if macs else math.nan


def equal_bits(steps: int) -> int:
    """Bits of an activation that tells as much as this many binary steps: ceil(log2(T + 1))."""
    if steps < 1:
        raise ConfigError(f"A net takes at least one step, got {steps}.")
    return math.ceil(math.log2(steps + 1))


def break_even_rate(steps: int) -> float:
    """Share of spikes from which a net of so many steps costs more than the quantised net that tells as much.

    Of operations alone, at equal bits of weights: ceil(log2(T + 1)) / T; 0.6 at five steps.
    """
    return min(equal_bits(steps) / steps, 1.0)
