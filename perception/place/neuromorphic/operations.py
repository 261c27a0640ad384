"""What one query costs in the units of neuromorphic hardware."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8, Int64

from innervate.errors import ConfigError

from ..recognisers.spiking_map import SpikingMap
from ..recognisers.vprtempo import VPRTempo

LOIHI_JOULES_PER_OPERATION = 23.6e-12
"""Of one synaptic operation on Loihi, measured at 14 nm (Davies et al., IEEE Micro 2018, table 2)."""


@dataclass(frozen=True)
class QueryCost:
    """Operations of one query behind what is analogue (complex cells, or the normalised image)."""

    spikes: int
    """Spikes in the whole presentation; for a network of amplitudes, the inputs that are not 0."""
    synaptic_operations: int
    """Spikes times the synapses that each reaches (a synapse of weight zero does not exist)."""
    dense_operations: int
    """Multiply-adds of dense layers of the same size, once per step."""
    memory_bytes: int
    """Synapses in the precision that the network needs, and what each neuron stores."""

    def energy_j(self, *, joules_per_operation: float) -> float:
        """Energy of the synaptic operations at a stated cost each, e.g. `LOIHI_JOULES_PER_OPERATION`.

        Neither the analogue front end, nor static power, nor traffic is in it: a lower bound to compare networks by.
        """
        if not joules_per_operation > 0:
            raise ConfigError(f"An operation costs more than nothing, not {joules_per_operation} J.")
        return self.synaptic_operations * joules_per_operation


def query_cost(places: SpikingMap, spikes: Int8[np.ndarray, "cell"]) -> QueryCost:
    """The cost of a query whose front end fired `spikes`; synapses at 8 bits, one gain a place at 32."""
    count = np.abs(spikes.astype(np.int64))
    fan_out = np.sum([(m.synapses != 0).sum(0) for m in places.modules], axis=0)
    dense = places.n_places * spikes.size
    return QueryCost(
        int(count.sum()), int((count * fan_out).sum()), dense * places.config.steps, dense + 4 * places.n_places
    )


def amplitude_cost(network: VPRTempo, amplitudes: Float32[np.ndarray, "pixel"]) -> QueryCost:
    """The cost of one query of VPRTempo's folded matrix, at 32 bits a weight; each operation is a multiply-add."""
    active = amplitudes != 0
    operations = int((network.folded[:, active] != 0).sum())
    return QueryCost(int(active.sum()), operations, network.folded.size, 4 * network.folded.size)


def conductance_cost(
    input_spikes: int, counts: Int64[np.ndarray, "module neuron"], inputs: int, steps: int
) -> QueryCost:
    """The cost of one query of the paper's modules that all hear `input_spikes` and whose neurons fired `counts`.

    An excitatory spike reaches its own inhibitory neuron, which answers with one spike to all others. 32 bits for
    each input weight, 8 for its delay; the lateral weights are constants.
    """
    modules, neurons = counts.shape
    fired = int(counts.sum())
    operations = input_spikes * neurons * modules + fired * neurons
    dense = modules * neurons * (inputs + neurons)
    return QueryCost(input_spikes * modules + 2 * fired, operations, dense * steps, 5 * modules * neurons * inputs)
