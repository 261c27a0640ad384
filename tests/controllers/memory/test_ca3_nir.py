"""The memory as a NIR graph, read back and stepped by an interpreter of its own, against its recall in spikes."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("nir")

from innervate.controllers.memory.ca3 import Ca3, Ca3Config
from innervate.errors import ConfigError, MissingExtraError
from innervate.signals import Channel

from ...perception.nir_interpreter import run

CUES, BITS = 40, 24


def learnt(levels: int = 0) -> tuple[Ca3, dict[str, torch.Tensor]]:
    """A memory whose cues were all used, two thirds of them thrice."""
    memory = Ca3Config(levels=levels).build(Channel("cue", CUES), Channel("content", BITS), torch.Generator())
    generator, state = torch.Generator().manual_seed(3), memory.empty(1)
    for number in range(3 * CUES - 40):
        content = (torch.rand(1, BITS, generator=generator) < 0.15).float()
        state = memory.store(state, torch.eye(CUES)[number % CUES][None], content)
    return memory, state


def read(graph: Any, folder: Path) -> Any:
    nir: Any = importlib.import_module("nir")
    nir.write(str(folder / "memory.nir"), graph)
    return nir.read(str(folder / "memory.nir"))


@pytest.mark.parametrize("levels", [0, 15])
@pytest.mark.parametrize("euler", [True, False])
def test_the_graph_answers_as_the_network_does(levels: int, euler: bool, tmp_path: Path) -> None:
    """Every cue, and fragments of 1 to 10 bits: the same neurons fire."""
    memory, state = learnt(levels)
    graph = read(memory.nir_graph(state), tmp_path)
    assert {type(node).__name__ for node in graph.nodes.values()} == {"Input", "LIF", "Affine", "Output"}
    if levels:
        synapses = graph.nodes["synapses"]
        assert all(np.array_equal(x, np.rint(x)) for x in (synapses.weight, synapses.bias))
        assert synapses.weight.max() == levels
    generator, questions = torch.Generator().manual_seed(4), list(torch.eye(CUES + BITS)[:CUES])
    for bits in [1, 2, 3, 10] * 10:
        question = torch.zeros(CUES + BITS)
        question[CUES + torch.randperm(BITS, generator=generator)[:bits]] = 1
        questions.append(question)
    answered = 0
    for question in questions:
        cue, content = question[None, :CUES], question[None, CUES:]
        recall = memory.recall(state, cue) if cue.any() else memory.recall(state, content=content)
        (found,) = run(graph, question[None].numpy(), 1e-3, euler=euler)
        expected = torch.cat([recall.cue, recall.content], 1)[0]
        np.testing.assert_array_equal(found["answer"] > 0, expected.numpy() > 0)
        answered += int(expected.sum() > question.sum())
    assert answered > 70


@pytest.mark.parametrize("simulator", ["snntorch", "sinabs", "norse"])
def test_simulators_import_it(simulator: str, tmp_path: Path) -> None:
    pytest.importorskip(simulator)
    memory, state = learnt()
    graph = read(memory.nir_graph(state), tmp_path)
    for cue in range(0, CUES, 5):
        question = torch.eye(CUES + BITS)[cue : cue + 1]
        if simulator == "snntorch":
            model = importlib.import_module("snntorch.import_nir").import_from_nir(graph)
        elif simulator == "sinabs":
            model = importlib.import_module("sinabs.nir").from_nir(graph, batch_size=1)
        else:
            model = importlib.import_module("norse.torch").from_nir(graph)
        out = model(question, None)
        out = out[0] if isinstance(out, tuple) else out
        assert torch.equal(out[0, CUES:] > 0, memory.recall(state, question[:, :CUES]).content[0] > 0)


def test_what_cannot_leave_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, state = learnt()
    paper = Ca3Config(mode="paper").build(Channel("cue", 3), Channel("content", 2), torch.Generator())
    with pytest.raises(ConfigError, match="export mode 'gated'"):
        paper.nir_graph(paper.empty(1))
    monkeypatch.setitem(sys.modules, "nir", None)
    with pytest.raises(MissingExtraError, match="innervate"):
        memory.nir_graph(state)
