"""The hippocampal memory as it answers, as a graph of the Neuromorphic Intermediate Representation, of common nodes.

NIR knows no plasticity, and few of its readers know delays: what leaves is what has been learnt, the two plastic
matrices behind neurons that hand each spike on, and the current that a neuron needs to fire. The ways of the published
network that only hold an answer back, or keep one question from becoming another, do not change which neurons answer.
"""

import importlib
from typing import Any

import numpy as np
from jaxtyping import Float32

from innervate.errors import MissingExtraError

from ._ca3_layout import ARRIVES, CONSTANTS, HIGHEST, POPULATIONS

RELAY_TAU_S, RELAY_THRESHOLD = 1e-4, 0.5
"""Of neurons that hand each incoming spike on, and have forgotten it a step later."""


def needed(population: str) -> float:
    """The current, nA in one millisecond, with which a neuron of that population fires from rest.

    Its potential is highest in the millisecond in which the current arrives: more leaks than what is left of the
    current brings.
    """
    _, gain, threshold = CONSTANTS[POPULATIONS.index(population)]
    return float(threshold / (gain * ARRIVES))


def graph(to_content: Float32[np.ndarray, "n m"], to_cue: Float32[np.ndarray, "m n"], levels: int = 0) -> Any:
    """A `nir.NIRGraph` of Input, LIF, Affine and Output, to be stepped once a question.

    Input: spikes, 0 or 1, first of the n cues, then of the m bits; either a cue or bits. Output: what arrives above
    what is needed, so that those above 0 fire: the question and its answer. With `levels` all numbers are integers, in
    steps of the largest weight / levels.
    """
    try:
        nir: Any = importlib.import_module("nir")
    except ImportError as error:
        raise MissingExtraError("nir", "place") from error
    n, m = to_content.shape
    weight = np.zeros((n + m, n + m), np.float32)
    weight[:n, n:], weight[n:, :n] = to_cue.T, to_content.T
    np.fill_diagonal(weight, HIGHEST)
    bias = -np.repeat([needed("cue_out"), needed("content_in")], [n, m])
    if levels:
        weight = np.rint(weight * (levels / HIGHEST))
        bias = 1 - np.ceil(bias * (-levels / HIGHEST))  # at 1 or more it fires
    every = np.ones(n + m, np.float32)
    nodes = {
        "question": nir.Input(input_type=np.array(every.shape)),
        "neurons": nir.LIF(tau=RELAY_TAU_S * every, r=every, v_leak=0 * every, v_threshold=RELAY_THRESHOLD * every,
                           v_reset=0 * every),
        "synapses": nir.Affine(weight=weight.astype(np.float32), bias=bias.astype(np.float32)),
        "answer": nir.Output(output_type=np.array(every.shape)),
    }  # fmt: skip
    return nir.NIRGraph(nodes, [("question", "neurons"), ("neurons", "synapses"), ("synapses", "answer")])
