"""A circuit as JSON and as a networkx graph, and back."""

import json
from collections.abc import Mapping
from typing import Any

from innervate.errors import ConfigError

from .circuit import Circuit, Motor, Neuron, Sense, Synapse
from .graphs import from_networkx, to_networkx
from .parts import Part, part_of, short

__all__ = ["from_dict", "from_json", "from_networkx", "to_dict", "to_json", "to_networkx"]

FORMAT = 1
_PARTS = ("neurons", "synapses", "senses", "motors")


def to_dict(circuit: Circuit) -> dict[str, Any]:
    """As written to JSON: fields that have their default value are left out."""
    parts = {name: [short(part) for part in getattr(circuit, name)] for name in _PARTS}
    return {"format": FORMAT, "source": circuit.source, "gains": list(circuit.gains), **parts}


def from_dict(document: Mapping[str, Any]) -> Circuit:
    """What `to_dict` wrote; raises ConfigError that names the entry which does not fit."""
    if unknown := sorted(map(str, document.keys() - {"format", "source", "gains", *_PARTS})):
        raise ConfigError(f"This circuit has unknown {', '.join(unknown)}; known: source, gains, {', '.join(_PARTS)}.")
    if document.get("format") != FORMAT:
        raise ConfigError(f"This circuit is of format {document.get('format')!r}; this innervate reads {FORMAT}.")
    return Circuit(
        neurons=_parts(Neuron, document, "neurons"),
        synapses=_parts(Synapse, document, "synapses"),
        senses=_parts(Sense, document, "senses"),
        motors=_parts(Motor, document, "motors"),
        source=str(document.get("source", "")),
        gains=tuple(map(str, document.get("gains", ()))),
    )


def _parts(kind: type[Part], document: Mapping[str, Any], name: str) -> tuple[Part, ...]:
    return tuple(part_of(kind, name, i, entry) for i, entry in enumerate(document.get(name, ())))


def to_json(circuit: Circuit) -> str:
    """One entry a line, so that a change of a circuit reads as such."""
    document = to_dict(circuit)
    lines = [f' "format": {FORMAT},', f' "source": {json.dumps(circuit.source)},']
    lines.append(f' "gains": {json.dumps(list(circuit.gains))},')
    for name in _PARTS:
        entries = ",\n".join(f"  {json.dumps(entry)}" for entry in document[name])
        lines.append(f' "{name}": [\n{entries}\n ],' if entries else f' "{name}": [],')
    return "{\n" + "\n".join(lines).rstrip(",") + "\n}\n"


def from_json(text: str, origin: str = "the text") -> Circuit:
    """The circuit that a JSON text describes; `origin` names it in errors."""
    return from_dict(document_of(text, origin))


def document_of(text: str, origin: str) -> dict[str, Any]:
    """The one object that a JSON text holds; `origin` names it in errors."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{origin} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{origin} must hold one JSON object with neurons, synapses, senses and motors.")
    return document
