"""Which circuit drives a body, and how its strengths are held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from innervate.errors import ConfigError, UnknownNameError

from ...spec import ControllerSpec
from . import connectome, swimmers
from .circuit import Circuit
from .formats import from_json, read
from .intervention import Stimulus
from .null import NULLS
from .strengths import Strengths
from .wired import Wired


def _worm(data: str) -> Callable[[ControllerSpec], Circuit]:
    return lambda spec: connectome.locomotion(spec, connectome.load(data))


CIRCUITS: Mapping[str, Callable[[ControllerSpec], Circuit]] = {
    "entrained": swimmers.entrained,
    "ncap": swimmers.ncap,
    "worm": _worm("cook2019-hermaphrodite"),
    "worm-male": _worm("cook2019-male"),
}
"""Circuits that fit themselves to a body, by name."""


@dataclass(frozen=True, kw_only=True)
class WiringConfig:
    """Any circuit of neurons and synapses, by name or from a JSON file."""

    circuit: str = "entrained"
    """Name of a circuit, path of a JSON file, or the JSON text itself (which a run folder keeps)."""
    shared: bool = True
    """Synapses of one group share one gain, instead of one for each synapse."""
    signed: bool = True
    """Keep every synapse's sign (Dale's law): weight * exp(theta), whose gradient never dies."""
    initial: Literal["wired", "uniform"] = "wired"
    """Initial gains: 1, or uniform in [0, 1]. Without `signed`, signs are random."""
    train_biases: bool = False
    """Train the bias of every neuron too."""
    null: Literal["none", "rewired", "random"] = "none"
    """Control experiment: other partners at random, degrees kept (rewired) or not (random)."""
    null_seed: int = 0
    """Which of the random circuits."""
    lesion: tuple[str, ...] = ()
    """Neurons, or classes of neurons, that are silent."""
    stimulate: tuple[str, ...] = ()
    """Currents, such as "AVB 0.5 from 5 s to 8 s"."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> Wired:
        """The circuit, fitted to the body and compiled."""
        circuit = self.wiring(spec)
        strengths = Strengths(
            circuit, shared=self.shared, signed=self.signed, initial=self.initial, generator=generator
        )
        return Wired(
            spec,
            circuit,
            strengths,
            train_biases=self.train_biases,
            lesions=self.lesion,
            stimuli=[Stimulus.parse(s) for s in self.stimulate],
        )

    def wiring(self, spec: ControllerSpec) -> Circuit:
        """The circuit for this body."""
        circuit = self._circuit(spec)
        return circuit if self.null == "none" else NULLS[self.null](circuit, self.null_seed)

    def _circuit(self, spec: ControllerSpec) -> Circuit:
        if self.circuit in CIRCUITS:
            return CIRCUITS[self.circuit](spec)
        if self.circuit.lstrip().startswith("{"):
            return from_json(self.circuit, "the circuit")
        path = Path(self.circuit)
        if path.suffix == ".json":
            if not path.is_file():
                raise ConfigError(f"There is no circuit {path}; write one with controllers.circuits.wiring.to_json.")
            return read(path)
        raise UnknownNameError("circuit", self.circuit, CIRCUITS)
