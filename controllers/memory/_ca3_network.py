"""Lets the hippocampal memory's network live: compiled where numba is, as arrays where it is not."""

import importlib
import importlib.util
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from ._ca3_layout import CONSTANTS, FREE, Layout


@cache
def _live() -> Any:
    kernel = "._ca3_kernel" if importlib.util.find_spec("numba") else "._ca3_plain"
    return importlib.import_module(kernel, __package__).live


def run(
    layout: Layout,
    dynamics: dict[str, np.ndarray],
    cue_to_content: Float32[np.ndarray, "n m"],
    content_to_cue: Float32[np.ndarray, "m n"],
    cues: UInt8[np.ndarray, "ms n"],
    contents: UInt8[np.ndarray, "ms m"],
    plastic: bool = True,
    rule: int = FREE,
) -> tuple[UInt8[np.ndarray, "ms output"], int, int]:
    """Let the network live for as many milliseconds as the inputs last; dynamics and weights are changed in place.

    Returns the output's spikes, cues first, how many spikes there were and how many synaptic operations.
    """
    output = np.zeros((len(cues), layout.cues + layout.bits), np.uint8)
    spikes, operations = _live()(
        layout.cues,
        layout.bits,
        layout.ends,
        CONSTANTS,
        *dynamics.values(),
        cue_to_content,
        content_to_cue,
        cues,
        contents,
        plastic,
        rule,
        output,
    )
    return output, int(spikes), int(operations)
