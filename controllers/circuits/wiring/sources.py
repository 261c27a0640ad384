"""A wiring from any file: circuits, connectomes, graphs, edge lists."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

from innervate.errors import ConfigError, InnervateWarning

from .circuit import Circuit
from .connectome import Connectome, is_connectome, parse
from .connectome import to_dict as connectome_to_dict
from .formats import document_of, from_dict, to_json
from .graphs import from_networkx
from .tables import read_edges

TABLES, GRAPHS = (".csv", ".tsv", ".txt"), (".graphml", ".gml", ".gexf")
FORMATS = (
    "JSON (a circuit as to_json writes it, a connectome as `innervate connectome` writes it, a node-link, adjacency or "
    "Cytoscape graph of networkx), GraphML (.graphml), GML (.gml), GEXF (.gexf), and edge lists (.csv, .tsv)"
)
"""What is read, for messages."""

Wiring = Circuit | Connectome


def read_wiring(path: str | Path) -> Wiring:
    """What a file holds, by its ending and its content.

    A graph without motors, whose nodes say nothing of their dynamics, is a connectome.

    Raises:
        ConfigError: what the file is instead, and what is read.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"There is no file {path} to read a circuit from; read are {FORMATS}.")
    if path.suffix.lower() not in (".json", *TABLES, *GRAPHS):
        raise ConfigError(
            f"{path} is no circuit that is read here; read are {FORMATS}. Tables of a spreadsheet: save them as CSV."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The circuit {path} cannot be read: {error}.") from error
    if path.suffix.lower() in TABLES:
        return read_edges(text, path.name)
    if path.suffix.lower() in GRAPHS:
        return _of_graph(_graph(path, text), path.name)
    return from_text(text, str(path))


def read(path: str | Path) -> Circuit:
    """The circuit in a file; raises `ConfigError` for a connectome, of which a body makes one (`locomotion`)."""
    wiring = read_wiring(path)
    if isinstance(wiring, Connectome):
        raise ConfigError(f"{path} holds a connectome; give it to WiringConfig(circuit=...), or to `locomotion`.")
    return wiring


def from_text(text: str, origin: str) -> Wiring:
    """What a JSON text holds; `origin` names it in errors."""
    document = document_of(text, origin)
    if is_connectome(document):
        return parse(document)
    if (graph := _from_json(document, origin)) is not None:
        return _of_graph(graph, origin)
    if "neurons" not in document:
        raise ConfigError(f"{origin} has {', '.join(sorted(map(str, document)))}; read are {FORMATS}.")
    return from_dict(document)


def text_of(wiring: Wiring) -> str:
    """As JSON that `from_text` reads, for a run's own folder."""
    return to_json(wiring) if isinstance(wiring, Circuit) else json.dumps(connectome_to_dict(wiring))


def _graph(path: Path, text: str) -> Any:
    import networkx

    try:
        if path.suffix.lower() == ".gml":
            return networkx.parse_gml(text)
        read = networkx.read_gexf if path.suffix.lower() == ".gexf" else networkx.read_graphml
        return read(io.BytesIO(text.encode()))
    except Exception as error:  # networkx raises what its parsers raise
        raise ConfigError(f"{path} is not {path.suffix[1:]} that networkx reads: {error}.") from error


def _from_json(document: dict[str, Any], origin: str) -> Any:
    """The graph in a document of one of networkx's JSON forms; None for any other document."""
    if "nodes" in document and {"links", "edges"} & document.keys():
        form = "node-link"
    elif {"nodes", "adjacency"} <= document.keys():
        form = "adjacency"
    elif "elements" in document:
        form = "Cytoscape"
    else:
        return None
    import networkx

    try:
        if form == "node-link":
            return networkx.node_link_graph(document, edges="links" if "links" in document else "edges")
        if form == "adjacency":
            return networkx.adjacency_graph(document)
        return _bare(networkx.cytoscape_graph(document))
    except (KeyError, TypeError, ValueError, AttributeError, networkx.NetworkXError) as error:
        raise ConfigError(f"{origin} is no {form} graph of networkx: {error!r}.") from error


def _bare(graph: Any) -> Any:
    """Without the names that Cytoscape repeats within each node and edge."""
    for _, data in graph.nodes(data=True):
        for name in ("id", "name", "value"):
            data.pop(name, None)
    for *_, data in graph.edges(data=True):
        for name in ("source", "target", "key"):
            data.pop(name, None)
    return graph


def _of_graph(graph: Any, origin: str) -> Wiring:
    if "motors" in graph.graph or any("dynamics" in data for _, data in graph.nodes(data=True)):
        return from_networkx(graph)
    # Read with membranes everywhere, so that loops and gap junctions are let through; dynamics are the body's matter.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InnervateWarning)
        circuit = from_networkx(graph, neuron={"dynamics": "leaky", "tau_s": 1.0})
    if negative := next((s for s in circuit.synapses if s.weight < 0), None):
        raise ConfigError(
            f"{origin} has no motors and no dynamics, so it is read as a connectome, and {negative.pre} -> "
            f"{negative.post} has {negative.weight:g} contacts."
        )
    chemical = {(s.pre, s.post): s.weight for s in circuit.synapses if s.kind == "chemical"}
    gap = {(s.pre, s.post): s.weight for s in circuit.synapses if s.kind == "gap"}
    return Connectome(circuit.source or origin, chemical, {(min(p), max(p)): n for p, n in gap.items()})
