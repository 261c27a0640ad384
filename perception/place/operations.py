"""What one query costs in the units of neuromorphic hardware."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int8

from innervate.errors import ConfigError

from .spiking_map import SpikingMap


@dataclass(frozen=True)
class QueryCost:
    """Operations of one query behind the front end's analogue part (the complex cells)."""

    spikes: int
    """Spikes of the ON and OFF neurons in the whole presentation."""
    synaptic_operations: int
    """Spikes times the synapses that each reaches (a synapse of weight zero does not exist)."""
    dense_operations: int
    """Multiply-adds of a dense layer of the same size, once per step."""
    memory_bytes: int
    """Synapses at 8 bits, one gain a place at 32."""

    def energy_j(self, *, joules_per_operation: float) -> float:
        """Energy of the synaptic operations at a stated cost each; for Loihi 23.6e-12 (Davies et al., 2018)."""
        if not joules_per_operation > 0:
            raise ConfigError(f"An operation costs more than nothing, not {joules_per_operation} J.")
        return self.synaptic_operations * joules_per_operation


def query_cost(places: SpikingMap, spikes: Int8[np.ndarray, "cell"]) -> QueryCost:
    """The cost of a query whose front end fired `spikes`."""
    count = np.abs(spikes.astype(np.int64))
    fan_out = np.sum([(m.synapses != 0).sum(0) for m in places.modules], axis=0)
    dense = places.n_places * spikes.size
    return QueryCost(
        int(count.sum()), int((count * fan_out).sum()), dense * places.config.steps, dense + 4 * places.n_places
    )
