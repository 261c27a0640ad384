"""Which circuit drives a body, and how its strengths are held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import torch

from innervate.errors import ConfigError, UnknownNameError

from ...spec import ControllerSpec
from . import connectome, swimmers
from .circuit import Circuit
from .intervention import Stimulus
from .null import NULLS
from .sources import FORMATS, Wiring, from_text, read_wiring, text_of
from .strengths import Strengths
from .wired import Wired

W = TypeVar("W", bound=Wired)


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
    """Any circuit of neurons and synapses, by name or from a file: JSON, GraphML, GML or an edge list."""

    circuit: str = "entrained"
    """Name of a circuit, path of a file (.json, .graphml, .gml, .csv), or the JSON text itself, which a run keeps."""
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

    def __post_init__(self) -> None:
        if self.circuit not in CIRCUITS and Path(self.circuit).suffix and not _is_text(self.circuit):
            object.__setattr__(self, "circuit", text_of(read_wiring(Path(self.circuit))))

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> Wired:
        """The circuit, fitted to the body and compiled."""
        return self.compiled(Wired, spec, generator)

    def compiled(self, kind: Callable[..., W], spec: ControllerSpec, generator: torch.Generator) -> W:
        """The same as another kind of `Wired`."""
        circuit = self.wiring(spec)
        strengths = Strengths(
            circuit, shared=self.shared, signed=self.signed, initial=self.initial, generator=generator
        )
        return kind(
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
        if not _is_text(self.circuit):
            raise UnknownNameError("circuit", self.circuit, CIRCUITS)
        return _fitted(from_text(self.circuit, "the circuit"), spec)


def _is_text(circuit: str) -> bool:
    return circuit.lstrip().startswith("{")


def _fitted(wiring: Wiring, spec: ControllerSpec) -> Circuit:
    """A circuit as it is; of a connectome the worm's locomotion circuit, on this body."""
    if isinstance(wiring, Circuit):
        return wiring
    try:
        return connectome.locomotion(spec, wiring)
    except ConfigError as error:
        raise ConfigError(
            f"{wiring.source[:60] or 'The wiring'} tells who contacts whom, not what is sensed and what drives the "
            f"body, so it is taken as the worm's locomotion circuit: {error} Other circuits: give senses and motors "
            f"(to_json, or graph attributes of to_networkx); read are {FORMATS}."
        ) from error
