"""Circuits that users bring: edge lists, graphs of any kind, connectomes; read, or refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch

from innervate.controllers import CONTROLLERS, ControllerSpec
from innervate.controllers.circuits.wiring import (
    Circuit,
    Motor,
    Neuron,
    Synapse,
    WiringConfig,
    from_networkx,
    read,
    read_wiring,
    to_networkx,
)
from innervate.controllers.circuits.wiring.connectome import Connectome, load, parse, to_dict
from innervate.controllers.circuits.wiring.swimmers import entrained, ncap
from innervate.errors import ConfigError, InnervateWarning

LEAKY: dict[str, Any] = {"dynamics": "leaky", "tau_s": 0.1}


def cell(name: str) -> Neuron:
    return Neuron(name=name, **LEAKY)


def pair(**edge: Any) -> "nx.DiGraph[Any]":
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from([("a", LEAKY), ("b", LEAKY)])
    graph.add_edge("a", "b", **edge)
    return graph


def _json(document: Callable[..., Any], **how: Any) -> Callable[[Any, Path], object]:
    """A writer of one of networkx's JSON forms."""

    def write(graph: Any, path: Path) -> object:
        return path.write_text(json.dumps(document(graph, **how)))

    return write


WRITTEN: dict[str, Callable[[Any, Path], object]] = {
    "circuit.graphml": nx.write_graphml,
    "circuit.gml": nx.write_gml,
    "links.json": _json(nx.node_link_data, edges="links"),
    "edges.json": _json(nx.node_link_data, edges="edges"),
    "adjacency.json": _json(nx.adjacency_data),
    "cytoscape.json": _json(nx.cytoscape_data),
}
"""Ways of networkx to write a graph down."""


@pytest.mark.parametrize("make", [ncap, entrained])
def test_a_round_trip_is_equal_order_included(make: Any, swimmer_spec: Any) -> None:
    circuit = make(swimmer_spec())
    assert from_networkx(to_networkx(circuit)) == circuit


@pytest.mark.parametrize("make", [ncap, entrained])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_round_trip_by_a_file_is_equal_order_included(
    make: Any, name: str, swimmer_spec: Any, tmp_path: Path
) -> None:
    circuit = make(swimmer_spec())
    WRITTEN[name](to_networkx(circuit), tmp_path / name)
    assert read(tmp_path / name) == circuit


def test_a_graph_of_gephi_is_a_connectome(tmp_path: Path) -> None:
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_edge("AVBL", "DB1", weight=7.0)
    graph.add_edge("AVBL", "VB1", weight=2.0, kind="gap junction")
    nx.write_gexf(graph, tmp_path / "worm.gexf")
    found = read_wiring(str(tmp_path / "worm.gexf"))
    assert isinstance(found, Connectome)
    assert (found.chemical, found.gap) == ({("AVBL", "DB1"): 7.0}, {("AVBL", "VB1"): 2.0})


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("number", [float, np.float32, np.int64])
def test_graphs_of_other_tools(kind: Any, number: Any) -> None:
    graph = kind(pair(weight=number(7)))
    assert from_networkx(graph).synapses == (Synapse(pre="a", post="b", weight=7.0),)


@pytest.mark.parametrize(
    ("edge", "expected"),
    [({}, "chemical"), ({"type": "Electrical"}, "gap"), ({"synapse_type": "Gap Junction"}, "gap"),
     ({"Type": "Send"}, "chemical"), ({"kind": "chem"}, "chemical")],
)  # fmt: skip
def test_the_kind_of_an_edge_in_its_usual_spellings(edge: dict[str, Any], expected: str) -> None:
    assert from_networkx(pair(**edge)).synapses[0].kind == expected


def test_numbered_nodes_parallel_kinds_and_undirected_gaps() -> None:
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.add_nodes_from([(1, LEAKY), (2, LEAKY)])
    graph.add_edge(1, 2, key="chemical")
    graph.add_edge(1, 2, key="gap")
    assert [(s.pre, s.kind) for s in from_networkx(graph).synapses] == [("1", "chemical"), ("1", "gap")]
    undirected: nx.Graph[Any] = nx.Graph(pair(kind="gap"))
    assert from_networkx(undirected).synapses[0].kind == "gap"
    with pytest.raises(ConfigError, match=r"undirected.*a - b"):
        from_networkx(nx.Graph(pair()))


def test_attributes_of_others_are_ignored_with_a_word_or_refused() -> None:
    graph = pair(weight=2.0, delay_ms=3)
    graph.nodes["a"]["soma_um"] = (1.0, 2.0, 3.0)
    with pytest.warns(InnervateWarning, match="delay_ms, soma_um"):
        assert from_networkx(graph).neurons == (cell("a"), cell("b"))
    with pytest.raises(ConfigError, match="delay_ms, soma_um"):
        from_networkx(graph, others="refuse")
    bare = nx.DiGraph([("a", "b"), ("b", "a")])
    assert from_networkx(bare, neuron=LEAKY).neurons == (cell("a"), cell("b"))


WORM = [("AVBL", "DB1", 7), ("AVBL", "VB1", 5), ("DB1", "MDL01", 3), ("VB1", "MVL01", 3)]
HEADS = {
    "own": "Source,Target,Weight,Type",
    "wormatlas": "Neuron 1,Neuron 2,Nbr,Type",
    "c302": "Origin;Target;Number of Connections;Type",
    "plain": "pre\tpost\tsynapses\tkind",
}
KINDS = {"own": ("chemical", "electrical"), "wormatlas": ("S", "EJ"), "c302": ("Send", "GapJunction"),
         "plain": ("chem", "gap")}  # fmt: skip


@pytest.mark.parametrize("table", HEADS)
def test_tables_of_connectomes(table: str, tmp_path: Path) -> None:
    head, (chemical, gap) = HEADS[table], KINDS[table]
    mark = next(c for c in ",;\t" if c in head)
    rows = [*((*edge, chemical) for edge in WORM), ("AVBL", "DB01", 2, gap), ("DB1", "AVBL", 2, gap), ("", "", "", "")]
    path = tmp_path / "edges.csv"
    path.write_text("\ufeff" + "\n".join([head, *(mark.join(map(str, row)) for row in rows)]) + "\n")
    found = read_wiring(path)
    assert isinstance(found, Connectome)
    assert dict(found.chemical) == {(pre, post): float(n) for pre, post, n in WORM}
    assert dict(found.gap) == {("AVBL", "DB1"): 2.0}
    assert parse(to_dict(found)) == found


def test_received_rows_repeat_sent_ones_and_polyadic_ones_add_up(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_text("Neuron 1,Neuron 2,Type,Nbr\nA,B,S,2\nA,B,Sp,1\nB,A,R,2\nC,A,Rp,4\n")
    found = read_wiring(path)
    assert isinstance(found, Connectome)
    assert dict(found.chemical) == {("A", "B"): 3.0, ("A", "C"): 4.0}


def test_a_connectome_drives_a_swimmer_and_its_run_keeps_it(swimmer_spec: Any, tmp_path: Path) -> None:
    shipped, path = load("cook2019-hermaphrodite"), tmp_path / "mine.json"
    path.write_text(json.dumps(to_dict(shipped)))
    config = WiringConfig(circuit=str(path))
    path.unlink()
    again = CONTROLLERS.from_dict(json.loads(json.dumps(CONTROLLERS.to_dict(config))))
    assert isinstance(again, WiringConfig)
    assert again.wiring(swimmer_spec()) == WiringConfig(circuit="worm").wiring(swimmer_spec())


REFUSED = {
    "edges.csv": [
        ("a,b\n1,2\n", r"column for source .*and target"),
        ("source,target,weight\nA,B,many\n", "line 2 .*'many'"),
        ("source,target,weight\nA,B,-1\n", "line 2"),
        ("source,target,weight\nA,B,nan\n", "line 2"),
        ("source,target,type\nA,B,telepathic\n", "line 2 .*'telepathic'"),
        ("source,target\nA,\n", "line 2 .*names no neuron"),
        ("source,target\n", "no synapse"),
        ("source,target,weight,type\nA,B,1,gap\nB,A,2,gap\n", "A - B"),
        ("# of the lab\nsource,target,weight\nA,B,1\n# old\nA,B,many\n", "line 5 .*'many'"),
    ],
    "c.json": [
        ("[]", "one JSON object"),
        ("{", "not JSON"),
        ('{"cells": []}', "has cells; read are"),
        ('{"chemical": {"A": {"B": NaN}}}', "A -> B"),
        ('{"source": "", "gap": {"A": {"B": 1}, "B": {"A": 2}}}', "A - B"),
        ('{"format": 1, "neurons": [], "nurons": []}', "nurons"),
        ('{"nodes": [{"id": "a"}], "links": [{"source": "a"}]}', "node-link"),
    ],
    "c.graphml": [("<graphml>", "GraphML|graphml")],
    "c.xlsx": [("", "save them as CSV")],
}


@pytest.mark.parametrize(("name", "text", "said"), [(n, t, s) for n, cases in REFUSED.items() for t, s in cases])
def test_what_cannot_be_read_is_told(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        WiringConfig(circuit=str(path))


def test_edges_without_muscles_or_motors_say_what_is_missing(swimmer_spec: Any, tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    for edges, said in (("AVBL,DB1", "body-wall muscle"), ("x,y", "none of the locomotion circuit")):
        path.write_text(f"source,target\n{edges}\n")
        with pytest.raises(ConfigError, match=rf"{said}.*give senses and motors"):
            WiringConfig(circuit=str(path)).wiring(swimmer_spec())


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.9, 0.1), (0.1, 0.9)])
def test_a_junction_given_both_ways(weights: tuple[float, float]) -> None:
    ways = (Synapse(pre="a", post="b", weight=weights[0], kind="gap"),
            Synapse(pre="b", post="a", weight=weights[1], kind="gap"))  # fmt: skip

    def circuit(*synapses: Synapse) -> Circuit:
        motors = (Motor(neuron="a", actuator=0), Motor(neuron="b", actuator=1))
        return Circuit(neurons=(cell("a"), cell("b")), synapses=synapses, motors=motors)

    if weights[0] == weights[1]:
        assert circuit(*ways) == circuit(ways[0])
    else:
        with pytest.raises(ConfigError, match=r"a - b.*not alike"):
            circuit(*ways)


def test_weights_survive_the_way_through_a_graph(swimmer_spec: Any) -> None:
    spec: ControllerSpec = swimmer_spec()
    circuit = ncap(spec)
    generator = torch.Generator().manual_seed(1)
    once = to_networkx(circuit)
    texts = [json.dumps(nx.node_link_data(g, edges="edges")) for g in (once, to_networkx(from_networkx(once)))]
    configs = [WiringConfig(circuit=text, shared=False) for text in texts]
    one, other = (config.build(spec, torch.Generator().manual_seed(0)) for config in configs)
    with torch.no_grad():
        one.strengths.theta.copy_(0.5 * torch.randn(one.parameter_count(), generator=generator))
    other.load_state_dict(one.state_dict())
    obs = {c.name: torch.randn(4, c.size, generator=generator) for c in spec.observations}
    torch.testing.assert_close(one(obs, one.initial_state(4))[0], other(obs, other.initial_state(4))[0], rtol=0, atol=0)
