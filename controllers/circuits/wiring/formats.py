"""A circuit as JSON and as a networkx graph, and back."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from innervate.errors import ConfigError

from .circuit import Circuit, Motor, Neuron, Sense, Synapse

if TYPE_CHECKING:
    from networkx import MultiDiGraph

FORMAT = 1
Part = TypeVar("Part", Neuron, Synapse, Sense, Motor)
_PARTS = ("neurons", "synapses", "senses", "motors")


def to_dict(circuit: Circuit) -> dict[str, Any]:
    """As written to JSON: fields that have their default value are left out."""
    parts = {name: [_short(part) for part in getattr(circuit, name)] for name in _PARTS}
    return {"format": FORMAT, "source": circuit.source, "gains": list(circuit.gains), **parts}


def from_dict(document: Mapping[str, Any]) -> Circuit:
    """What `to_dict` wrote; raises ConfigError that names the entry which does not fit."""
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
    return tuple(_part(kind, name, i, entry) for i, entry in enumerate(document.get(name, ())))


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
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{origin} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{origin} must hold one JSON object with neurons, synapses, senses and motors.")
    return from_dict(document)


def read(path: Path) -> Circuit:
    """The circuit in a JSON file."""
    try:
        return from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The circuit {path} cannot be read: {error}.") from error


def to_networkx(circuit: Circuit) -> "MultiDiGraph[str]":
    """Neurons as nodes, synapses as edges keyed by their kind; senses, motors and source as graph attributes.

    A gap junction is one edge, from `pre` to `post`, of kind "gap".
    """
    from networkx import MultiDiGraph

    graph: MultiDiGraph[str] = MultiDiGraph(
        source=circuit.source, gains=circuit.gains, senses=circuit.senses, motors=circuit.motors
    )
    for neuron in circuit.neurons:
        graph.add_node(neuron.name, **{k: v for k, v in asdict(neuron).items() if k != "name"})
    for s in circuit.synapses:
        graph.add_edge(s.pre, s.post, key=s.kind, weight=s.weight, group=s.group, trained=s.trained)
    return graph


def from_networkx(graph: "MultiDiGraph[str]") -> Circuit:
    """What `to_networkx` made, or any directed multigraph with those attributes; missing ones take their defaults."""
    return Circuit(
        neurons=tuple(_part(Neuron, "node", n, {"name": n, **d}) for n, d in graph.nodes(data=True)),
        synapses=tuple(
            _part(Synapse, "edge", (u, v), {"pre": u, "post": v, "kind": k, **d})
            for u, v, k, d in graph.edges(keys=True, data=True)
        ),
        senses=tuple(graph.graph.get("senses", ())),
        motors=tuple(graph.graph.get("motors", ())),
        source=str(graph.graph.get("source", "")),
        gains=tuple(graph.graph.get("gains", ())),
    )


def _short(part: Neuron | Synapse | Sense | Motor) -> dict[str, Any]:
    default = {f.name: f.default for f in fields(part) if f.default is not MISSING}
    return {k: v for k, v in asdict(part).items() if k not in default or v != default[k]}


def _part(kind: type[Part], where: str, index: object, document: Any) -> Part:
    if not isinstance(document, Mapping):
        raise ConfigError(f"{where}[{index}] must be an object, got {document!r}.")
    known = {f.name for f in fields(kind)}
    if unknown := sorted(set(map(str, document)) - known):
        raise ConfigError(f"{where}[{index}] has unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    values: dict[str, Any] = {str(k): tuple(v) if isinstance(v, list) else v for k, v in document.items()}
    hints = get_type_hints(kind)
    for name, value in list(values.items()):
        if not _fits(value, hints[name]):
            raise ConfigError(f"{where}[{index}]: {name} is {value!r}; expected {hints[name]}.")
        if float in (hints[name], *get_args(hints[name])) and value is not None:
            values[name] = float(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{where}[{index}]: {error}") from error


def _fits(value: object, hint: Any) -> bool:
    """Whether a JSON value is of the type that a field declares."""
    origin, options = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in options
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(options) and all(map(_fits, value, options))
    if options:
        return any(_fits(value, option) for option in options)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
