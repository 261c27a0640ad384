"""What analysis finds in worlds whose states and communities are known, beside its nulls and plain peers."""

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.analysis.connectome import connectome_rows
from innervate.launch.bench.analysis.layers import layer_rows
from innervate.launch.bench.analysis.propagation import propagation_rows
from innervate.launch.bench.analysis.states import state_rows

PARTS: dict[str, Part] = {
    "states": state_rows, "connectome": connectome_rows, "layers": layer_rows, "propagation": propagation_rows,
}  # fmt: skip
PEERS = ("wormneuroatlas",)
