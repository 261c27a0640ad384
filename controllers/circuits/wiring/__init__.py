"""Circuits as objects: neurons and synapses by name, checked, compiled to a controller, lesioned and stimulated."""

from .circuit import Circuit, Motor, Neuron, Sense, Synapse
from .config import CIRCUITS, WiringConfig
from .formats import from_json, from_networkx, to_json, to_networkx
from .intervention import Stimulus
from .sources import read, read_wiring
from .wired import Wired

__all__ = [
    "CIRCUITS",
    "Circuit",
    "Motor",
    "Neuron",
    "Sense",
    "Stimulus",
    "Synapse",
    "Wired",
    "WiringConfig",
    "from_json",
    "from_networkx",
    "read",
    "read_wiring",
    "to_json",
    "to_networkx",
]
