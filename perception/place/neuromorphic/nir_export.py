"""Place networks as graphs of the Neuromorphic Intermediate Representation (Pedersen et al., Nat. Commun. 2024).

A simulator or chip that reads NIR steps the graph with a fixed time step, in which the feedback of a neuron to itself
arrives one step later; spikes are inputs of 1 for one step. What NIR has no primitive for stays outside: the complex
cells and their adaptation, which make the input currents (`SpikingMap.currents`), and the division by the global
pool, which scales all places alike and so never changes the winner.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from innervate.errors import ConfigError, MissingExtraError

from ..recognisers.spiking_map import SpikingMap
from ..recognisers.vprtempo import VPRTempo


def _nir() -> Any:
    try:
        return importlib.import_module("nir")
    except ImportError as error:
        raise MissingExtraError("nir", "place") from error


def spiking_map_graph(places: SpikingMap, step_s: float = 1e-3) -> Any:
    """The network behind the complex cells as a `nir.NIRGraph` to be stepped `places.config.steps` times from rest.

    Input: current of each cell, as `SpikingMap.currents` gives it. Output: potentials of the place neurons, whose
    largest is the place; divided by the root of the summed squares of the cells' spike counts they are the scores.
    ON and OFF neurons integrate and fire at 1, reset by subtraction: NIR's `IF` resets to a constant and would lose
    what exceeds the threshold, so each is an integrator, a threshold, and an inhibitory synapse onto itself.
    """
    if places.n_places == 0:
        raise ConfigError("The map knows no place yet: call fit(images) before exporting it.")
    if not step_s > 0:
        raise ConfigError(f"A time step is longer than 0 s; step_s is {step_s}.")
    nir = _nir()
    synapses = np.concatenate([m.synapses for m in places.modules]).astype(np.float32)
    gain = np.concatenate([m.gain for m in places.modules])
    cells, per_step = np.ones(synapses.shape[1], np.float32), np.float32(1 / step_s)
    nodes: dict[str, Any] = {
        "current": nir.Input(input_type=np.array(cells.shape)),
        "place": nir.I(r=gain * per_step),
        "potentials": nir.Output(output_type=np.array(gain.shape)),
    }
    edges = [("place", "potentials")]
    for name, sign in (("on", 1), ("off", -1)):
        nodes |= {
            f"{name}_input": nir.Scale(scale=sign * cells),
            f"{name}_potential": nir.I(r=cells * per_step),
            f"{name}_spike": nir.Threshold(threshold=cells),
            f"{name}_reset": nir.Scale(scale=-cells),
            f"{name}_synapses": nir.Linear(weight=sign * synapses),
        }
        edges += [
            ("current", f"{name}_input"),
            (f"{name}_input", f"{name}_potential"),
            (f"{name}_potential", f"{name}_spike"),
            (f"{name}_spike", f"{name}_reset"),
            (f"{name}_reset", f"{name}_potential"),
            (f"{name}_spike", f"{name}_synapses"),
            (f"{name}_synapses", "place"),
        ]
    return nir.NIRGraph(nodes, edges, metadata={"step_s": step_s, "steps": places.config.steps})


RELAY_TAU_S, RELAY_THRESHOLD = 1e-4, 0.5
"""Of neurons that hand each incoming spike on, and have forgotten it a step later."""


def common_map_graph(places: SpikingMap) -> Any:
    """The same network of nodes that every simulator imports: Input, LIF, Affine, Output.

    Simulators differ in what their integrate-and-fire neuron does with what exceeds the threshold and between spikes
    (subtracted, set to zero, leaking), so the cells' integration stays outside: the input is spikes, 0 or 1, first of
    the ON then of the OFF neurons (`SpikingMap.trains`, a row a step). Each arrives at a neuron that hands it on and
    then at all places; the output summed over the steps is largest at the map's place, and is its score times the root
    of the summed squares of the spike counts.
    """
    if places.n_places == 0:
        raise ConfigError("The map knows no place yet: call fit(images) before exporting it.")
    nir = _nir()
    synapses = np.concatenate([m.synapses * m.gain[:, None] for m in places.modules]).astype(np.float32)
    cells, n = np.ones(2 * synapses.shape[1], np.float32), len(synapses)
    nodes = {
        "input": nir.Input(input_type=np.array(cells.shape)),
        "cells": nir.LIF(tau=RELAY_TAU_S * cells, r=cells, v_leak=0 * cells, v_threshold=RELAY_THRESHOLD * cells,
                         v_reset=0 * cells),
        "places": nir.Affine(weight=np.concatenate([synapses, -synapses], 1), bias=np.zeros(n, np.float32)),
        "output": nir.Output(output_type=np.array([n])),
    }  # fmt: skip
    # No IF: snntorch 1.0 imports one, but cannot run it before another layer.
    return nir.NIRGraph(nodes, [("input", "cells"), ("cells", "places"), ("places", "output")])


def vprtempo_graph(network: VPRTempo) -> Any:
    """VPRTempo's two layers as one matrix, which is what they are at query time; its amplitudes are not spikes."""
    if network.n_places == 0:
        raise ConfigError("The network knows no place yet: call fit(images) before exporting it.")
    nir = _nir()
    places, pixels = network.folded.shape
    nodes = {
        "amplitudes": nir.Input(input_type=np.array([pixels])),
        "layers": nir.Linear(weight=network.folded),
        "places": nir.Output(output_type=np.array([places])),
    }
    return nir.NIRGraph(nodes, [("amplitudes", "layers"), ("layers", "places")])


def write_graph(graph: Any, path: Path) -> None:
    """Write a graph as HDF5 (`.nir`), through a temporary file; every reader of NIR opens it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        _nir().write(str(temporary), graph)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
