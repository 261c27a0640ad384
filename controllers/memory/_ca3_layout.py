"""The hippocampal content-addressable memory: its neurons, its populations, and a network at rest.

Casanueva-Morato, Ayuso-Martinez, Dominguez-Morales, Jimenez-Fernandez and Jimenez-Moreno, "Bio-inspired computational
memory model of the Hippocampus: An approach to a neuromorphic spike-based Content-Addressable Memory", Neural Networks
178:106474 (2024), arXiv 2310.05868. Sizes, neurons, weights (nA), delays (ms) and the rule of plasticity are theirs;
neurons integrate as on their hardware, once a millisecond, the current held over the step.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32

POPULATIONS = (
    "cue_in", "content_in", "cue_out", "content_out", "condition", "condition_all",
    "merge_cue", "merge_content", "output_cue", "output_content",
)  # fmt: skip
"""Cue and content as they come in; as a content or a cue calls them up; what lets contents call up cues; the output."""
_CUE_SIZED = ("cue_in", "cue_out", "merge_cue", "output_cue")
_FAST = ("cue_out", "condition", "condition_all")

_TAU_SYNAPSE_MS = 0.3
STAYS = math.exp(-1 / _TAU_SYNAPSE_MS)
ARRIVES = _TAU_SYNAPSE_MS * (1 - STAYS)
"""Share of a weight that acts in the millisecond in which it arrives."""
HIGHEST = 6.0
"""A+, A- and the largest plastic weight, nA."""
TAU_STDP_MS = 3.0
SLOTS = 4
"""One more than the longest delay."""
HISTORY_MS = 64
"""What a neuron held longer ago than this has decayed to nothing."""
LEAST_TRACE = 1e-6
"""A trace of plasticity below it is none."""
FREE, GATED = 0, 1


@dataclass(frozen=True)
class Layout:
    """Where each population lies in the flat arrays of neurons."""

    cues: int
    """n"""
    bits: int
    """m"""

    @cached_property
    def ends(self) -> np.ndarray:
        """Borders of the populations, from 0 on."""
        sizes = [1 if p == "condition_all" else self.cues if p in _CUE_SIZED else self.bits for p in POPULATIONS]
        return np.concatenate([[0], np.cumsum(sizes)])

    @property
    def neurons(self) -> int:
        """4n + 5m + 1."""
        return int(self.ends[-1])

    def dynamics(self) -> dict[str, np.ndarray]:
        """A network at rest: all of it but the plastic weights."""
        n, m, every = self.cues, self.bits, self.neurons
        return {
            "clock": np.zeros(1, np.int64), "v": np.zeros(every, np.float32), "current": np.zeros(every, np.float32),
            "refractory": np.zeros(every, np.uint8), "seen": np.full(every, -1, np.int64),
            "arriving": np.zeros((SLOTS, every), np.float32), "listed": np.zeros((SLOTS, every), np.uint8),
            "everywhere": np.zeros((HISTORY_MS, len(POPULATIONS)), np.float32),
            "pre_cue": np.zeros(n, np.float32), "post_content": np.zeros(m, np.float32),
            "pre_content": np.zeros(m, np.float32), "post_cue": np.zeros(n, np.float32),
            "late_content": np.zeros(m, np.uint8), "late_cue": np.zeros(n, np.uint8),
        }  # fmt: skip


def _constants() -> Float32[np.ndarray, "population 3"]:
    """Of each population: what of its potential stays a millisecond, mV per nA, mV from rest to threshold."""
    made = []
    for name in POPULATIONS:
        tau_ms, farad = (0.5, 0.14) if name in _FAST else (3.0, 0.27)
        stays = math.exp(-1 / tau_ms)
        made.append((stays, tau_ms / farad * (1 - stays), 2.5 if name.startswith("output") else 3.0))
    return np.array(made, np.float32)


CONSTANTS = _constants()
