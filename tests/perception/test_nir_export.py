"""The written graph, read back and stepped by an interpreter of its own, against the recogniser."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("nir")

from innervate.errors import ConfigError, MissingExtraError
from innervate.perception.place.neuromorphic.nir_export import (
    common_map_graph,
    spiking_map_graph,
    vprtempo_graph,
    write_graph,
)
from innervate.perception.place.neuromorphic.operations import amplitude_cost, conductance_cost, query_cost
from innervate.perception.place.recognisers.spiking_map import SpikingMap, SpikingMapConfig
from innervate.perception.place.recognisers.vprtempo import VPRTempo, tempo_spikes

from .nir_interpreter import run
from .scenes import later, route


def read(graph: Any, path: Path) -> Any:
    write_graph(graph, path)
    nir: Any = importlib.import_module("nir")
    return nir.read(str(path))


@pytest.mark.parametrize("step_s", [1e-3, 0.5])
def test_the_map_s_graph_fires_the_same_spikes_and_finds_the_same_place(tmp_path: Path, step_s: float) -> None:
    images = route(12, seed=1)
    places = SpikingMap(3, SpikingMapConfig(module_size=5))
    places.fit(images)
    graph = read(spiking_map_graph(places, step_s), tmp_path / "map.nir")
    assert graph.metadata["steps"] == places.config.steps
    assert graph.metadata["step_s"] == step_s
    state = places.begin()
    off = 0
    for image in later(images, seed=2):
        current, _ = places.currents(image, state)
        spikes, state = places.spikes(image, state)
        history = list(run(graph, current, step_s))
        count = np.sum([h["on_spike"] - h["off_spike"] for h in history], axis=0)
        off += int((count != spikes).sum())
        assert np.abs(count - spikes).max() <= 1  # where a potential ends at the threshold, rounding decides
        assert all(set(np.unique(h[f"{n}_spike"])) <= {0.0, 1.0} for h in history for n in ("on", "off"))
        potential = history[-1]["potentials"]
        scores = places.drive(spikes)
        assert potential.argmax() == scores.argmax()
        assert potential / np.sqrt((count**2).sum()) == pytest.approx(scores, abs=2e-3 if off else 1e-6)
    assert off <= 3


def asked(places: SpikingMap, images: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Spike trains and scores of each image of a traverse."""
    state, out = places.begin(), []
    for image in images:
        trains, _ = places.trains(image, state)
        spikes, state = places.spikes(image, state)
        on, off = np.split(trains.astype(int).sum(0), 2)
        assert trains.max() <= 1 and (on - off == spikes).all()
        out.append((trains.astype(np.float32), places.drive(spikes)))
    return out


@pytest.mark.parametrize("euler", [True, False])
def test_common_nodes_give_the_map_s_places_however_a_simulator_resets(euler: bool, tmp_path: Path) -> None:
    images = route(12, seed=1)
    places = SpikingMap(3, SpikingMapConfig(module_size=5))
    places.fit(images)
    graph = read(common_map_graph(places), tmp_path / "map.nir")
    assert {type(node).__name__ for node in graph.nodes.values()} == {"Input", "LIF", "Affine", "Output"}
    for trains, scores in asked(places, later(images, seed=2)):
        total = np.sum([h["output"] for h in run(graph, trains, 1e-3, euler=euler)], axis=0)
        counts = trains.sum(0)
        assert total.argmax() == scores.argmax()
        assert total / np.sqrt((counts**2).sum()) == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("simulator", ["snntorch", "sinabs", "norse"])
def test_simulators_import_the_common_nodes_and_find_the_same_places(simulator: str, tmp_path: Path) -> None:
    pytest.importorskip(simulator)
    torch = importlib.import_module("torch")
    images = route(12, seed=1)
    places = SpikingMap(3)
    places.fit(images)
    graph = read(common_map_graph(places), tmp_path / "map.nir")
    for trains, scores in asked(places, later(images, seed=2)):
        if simulator == "snntorch":
            model = importlib.import_module("snntorch.import_nir").import_from_nir(graph)
        elif simulator == "sinabs":
            model = importlib.import_module("sinabs.nir").from_nir(graph, batch_size=1)
        else:
            model = importlib.import_module("norse.torch").from_nir(graph)
        state, total = None, torch.zeros(1)
        for row in torch.from_numpy(trains):
            out = model(row[None], state)
            out, state = out if isinstance(out, tuple) else (out, state)
            total = total + out
        assert int(total.argmax()) == scores.argmax()


def test_a_grey_frame_fires_nothing(tmp_path: Path) -> None:
    places = SpikingMap(0, SpikingMapConfig(memory_frames=0))
    places.fit(route(3, seed=4))
    graph = read(spiking_map_graph(places), tmp_path / "map.nir")
    current, _ = places.currents(np.full((32, 64), 80, np.uint8), places.begin())
    assert not any(h["on_spike"].any() or h["off_spike"].any() for h in run(graph, current, 1e-3))


def test_vprtempo_s_graph_gives_its_scores(tmp_path: Path) -> None:
    images = route(6, seed=5)
    network = VPRTempo(1, side=14)
    network.fit(images)
    graph = read(vprtempo_graph(network), tmp_path / "tempo.nir")
    for amplitudes, scores in zip(tempo_spikes(images, 14), network.scores(images), strict=True):
        (found,) = run(graph, amplitudes[None], 1e-3)
        assert found["places"] == pytest.approx(scores, rel=1e-4, abs=1e-6)


def test_what_knows_nothing_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="knows no place"):
        spiking_map_graph(SpikingMap(0))
    with pytest.raises(ConfigError, match="knows no place"):
        vprtempo_graph(VPRTempo(0))
    places = SpikingMap(0)
    places.fit(route(2, seed=6))
    with pytest.raises(ConfigError, match="time step"):
        spiking_map_graph(places, 0.0)
    with pytest.raises(OSError, match="long"):
        write_graph(spiking_map_graph(places), tmp_path / "a" / ("x" * 300))


def test_operations_are_those_that_the_graph_performs(tmp_path: Path) -> None:
    """Counted spike by spike on the graph: each adds one operation for every weight that is not zero."""
    images = route(5, seed=7)
    places = SpikingMap(2)
    places.fit(images)
    graph = read(spiking_map_graph(places), tmp_path / "map.nir")
    current, _ = places.currents(images[1], places.begin())
    spikes, _ = places.spikes(images[1], places.begin())
    total = fired = 0
    for h in run(graph, current, 1e-3):
        for name in ("on", "off"):
            total += int(((graph.nodes[f"{name}_synapses"].weight != 0) @ h[f"{name}_spike"]).sum())
            fired += int(h[f"{name}_spike"].sum())
    cost = query_cost(places, spikes)
    assert cost.spikes == pytest.approx(fired, abs=2)
    assert cost.synaptic_operations == pytest.approx(total, abs=10)
    assert cost.dense_operations == 5 * 2048 * 10
    assert cost.memory_bytes == 5 * 2048 + 5 * 4
    assert cost.energy_j(joules_per_operation=2e-12) == pytest.approx(cost.synaptic_operations * 2e-12)
    with pytest.raises(ConfigError, match="more than nothing"):
        cost.energy_j(joules_per_operation=0.0)


def test_costs_of_the_peers_by_hand() -> None:
    network = VPRTempo(0, side=14)
    network.fit(route(3, seed=8))
    network.folded = np.array([[1, 0, 2], [3, 4, 0]], np.float32)
    cost = amplitude_cost(network, np.array([0.5, 0.0, 1.0], np.float32))
    assert (cost.spikes, cost.synaptic_operations, cost.dense_operations, cost.memory_bytes) == (2, 3, 6, 24)
    paper = conductance_cost(8600, np.zeros((1, 400), np.int64), 784, 5000)
    assert paper.synaptic_operations == 3_440_000  # as counted for the published network
    assert conductance_cost(0, np.full((2, 400), 1), 784, 5000).synaptic_operations == 800 * 400


def test_without_nir_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    places = SpikingMap(0)
    places.fit(route(2, seed=6))
    monkeypatch.setitem(sys.modules, "nir", None)
    with pytest.raises(MissingExtraError, match=r"innervate\[place\]"):
        spiking_map_graph(places)
