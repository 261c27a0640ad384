"""A circuit as a networkx graph, and graphs of any kind as circuits."""

import json
import warnings
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from innervate.errors import ConfigError, InnervateWarning

from .circuit import Circuit, Motor, Neuron, Sense, Synapse
from .kinds import kind_of
from .parts import Part, part_of, short

if TYPE_CHECKING:
    from networkx import Graph, MultiDiGraph

KIND_NAMES = ("kind", "type", "synapse_type", "edge_type")
"""Attributes of an edge, of any case, that may say whether it is a chemical synapse or a gap junction."""


def to_networkx(circuit: Circuit) -> "MultiDiGraph[str]":
    """Neurons as nodes, synapses as edges keyed by their kind; senses, motors, gains as JSON in graph attributes.

    A gap junction is one edge, from `pre` to `post`, of kind "gap". All attributes are numbers, truth values or text,
    so that networkx can write the graph as GraphML, GML or node-link JSON; `order` is a synapse's place.
    """
    from networkx import MultiDiGraph

    graph: MultiDiGraph[str] = MultiDiGraph(
        source=circuit.source,
        gains=json.dumps(circuit.gains),
        senses=json.dumps([short(s) for s in circuit.senses]),
        motors=json.dumps([short(m) for m in circuit.motors]),
    )
    for neuron in circuit.neurons:
        told = {k: v for k, v in short(neuron).items() if k not in ("name", "position")}
        place = {} if neuron.position is None else dict(zip("xy", map(float, neuron.position), strict=True))
        graph.add_node(neuron.name, **told, **place)
    for i, s in enumerate(circuit.synapses):
        told = {k: v for k, v in asdict(s).items() if k not in ("pre", "post")}
        graph.add_edge(s.pre, s.post, key=s.kind, order=i, **told)
    return graph


def from_networkx(
    graph: "Graph[Any]",
    *,
    others: Literal["ignore", "refuse"] = "ignore",
    neuron: Mapping[str, Any] | None = None,
) -> Circuit:
    """What `to_networkx` made, also after a file, or any other graph.

    Args:
        graph: directed, or undirected with gap junctions alone. The kind of an edge is its attribute (`kind`, `type`,
            ...; chemical or gap in the usual spellings) or its key, and chemical where neither says.
        others: what becomes of attributes that a circuit does not have: a warning, or an error.
        neuron: fields of neurons that the graph does not say, such as {"dynamics": "leaky", "tau_s": 0.1}.

    Raises:
        ConfigError: names the node or edge that does not fit.
    """
    unread, about = set[str](), dict(graph.graph)
    edges = [_edge(graph, *edge, unread) for edge in _edges(graph)]
    if all("order" in edge for edge in edges):
        edges.sort(key=lambda edge: edge["order"])
    synapses = tuple(
        part_of(Synapse, "edge", (e["pre"], e["post"]), {k: v for k, v in e.items() if k != "order"}) for e in edges
    )
    neurons = tuple(_node(n, data, dict(neuron or {}), unread) for n, data in graph.nodes(data=True))
    if unread:
        told = f"The graph has attributes that a circuit does not: {', '.join(sorted(unread))}."
        if others == "refuse":
            raise ConfigError(f"{told} Take them out, or let them be ignored (others='ignore').")
        warnings.warn(f"{told} They are ignored.", InnervateWarning, stacklevel=2)
    return Circuit(
        neurons=neurons,
        synapses=synapses,
        senses=_listed(Sense, about, "senses"),
        motors=_listed(Motor, about, "motors"),
        source=str(about.get("source", "")),
        gains=tuple(map(str, _json(about.get("gains", ()), "gains"))),
    )


def _edges(graph: "Graph[Any]") -> Iterator[tuple[Hashable, Hashable, Any, Mapping[str, Any]]]:
    """Ends, key and attributes of every edge."""
    if graph.is_multigraph():
        yield from graph.edges(keys=True, data=True)  # pyright: ignore[reportCallIssue]
    else:
        yield from ((u, v, None, data) for u, v, data in graph.edges(data=True))


def _edge(
    graph: "Graph[Any]", pre: Hashable, post: Hashable, key: Any, data: Mapping[str, Any], unread: set[str]
) -> dict[str, Any]:
    known = {"weight", "group", "trained", "order"}
    said = [value for name, value in data.items() if str(name).lower() in KIND_NAMES]
    where = f"edge {pre} - {post}"
    kind = kind_of(said[0], where) if said else kind_of(key, where) if _is_kind(key) else "chemical"
    if kind == "chemical" and not graph.is_directed():
        raise ConfigError(
            f"The graph is undirected, and {where} is a chemical synapse, which has a direction. Make it a DiGraph, or "
            "give its edges kind='gap'."
        )
    unread |= {str(n) for n in data if n not in known and str(n).lower() not in (*KIND_NAMES, "id")}
    own = {n: _plain(v) for n, v in data.items() if n in known}
    if own.get("trained") in (0, 1):  # GML writes truth values as numbers
        own["trained"] = bool(own["trained"])
    return {"pre": str(pre), "post": str(post), "kind": kind, **own}


def _is_kind(key: Any) -> bool:
    try:
        kind_of(key, "")
    except ConfigError:
        return False
    return True


def _node(name: Hashable, data: Mapping[str, Any], defaults: dict[str, Any], unread: set[str]) -> Neuron:
    known = {f.name for f in fields(Neuron)} - {"name"}
    own = {n: _plain(v) for n, v in data.items() if n in known}
    if {"x", "y"} <= data.keys():
        own["position"] = (float(_plain(data["x"])), float(_plain(data["y"])))
    if own.get("starts_on") in (0, 1):
        own["starts_on"] = bool(own["starts_on"])
    unread |= {str(n) for n in data if n not in known and n not in ("x", "y", "label", "id")}
    return part_of(Neuron, "node", name, {**defaults, **own, "name": str(name)})


def _listed(kind: type[Part], about: Mapping[str, Any], name: str) -> tuple[Part, ...]:
    entries = _json(about.get(name, ()), name)
    return tuple(e if isinstance(e, kind) else part_of(kind, name, i, e) for i, e in enumerate(entries))


def _json(value: Any, name: str) -> list[Any]:
    try:
        entries = json.loads(value) if isinstance(value, str) else list(value)
    except (json.JSONDecodeError, TypeError):
        entries = None
    if not isinstance(entries, list):
        raise ConfigError(f"The graph's {name} should be a list, or one as JSON; got {value!r}.")
    return entries


def _plain(value: Any) -> Any:
    """Python's own number, text or tuple."""
    if isinstance(value, np.ndarray):
        return tuple(value.tolist()) if value.ndim else value.item()
    return value.item() if isinstance(value, np.generic) else value
