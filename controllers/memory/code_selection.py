"""Code selection after Sparsey: similar inputs get similar codes, in one presentation and in constant time.

Rinkus (2010), Frontiers in Neuroanatomy 4:17; Rinkus and Leveille (2017), arXiv 1710.07829, spatial form. A code has
one winner in each of Q modules of K units. The more familiar the input, the less noise is in the choice of winners.
The odds of a unit are ours, below: they keep codes alike over the whole range of likeness and in a full memory.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, likeness
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class CodeSelectionConfig:
    """One binary code a memory, chosen by familiarity."""

    modules: int = 64
    """Q: competitive modules, one winner each."""
    units: int = 256
    """K: units of each module."""
    steepness: float = 2.0
    """Exponent of the odds V / (1 - V) with which a unit of support V competes against chance."""
    threshold: float = 0.7
    """Content bits answer whose support is at least this share of the largest."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "CodeSelection":
        """The draws of its codes follow from one number drawn from `generator`."""
        if min(self.modules, self.units) < 2 or not (self.steepness > 0 and 0 < self.threshold <= 1):
            raise ConfigError(f"Code selection needs modules and units of at least 2, steepness above 0, got {self}.")
        return CodeSelection(cue, content, self, int(torch.randint(2**31, (), generator=generator)))


class CodeSelection(MemoryStore):
    """State: `into` (batch, cue, Q K) and `out` (batch, content, Q K) uint8, binary synapses; `draws` (batch,) int64,
    how many codes have been drawn; `held`, `lost` (batch,) int64, the latter what went beyond the capacity."""

    cues = "bits"
    contents = "bits"

    def __init__(self, cue: Channel, content: Channel, config: CodeSelectionConfig, seed: int) -> None:
        super().__init__(cue, content)
        self.config, self._seed = config, seed
        self._code = config.modules * config.units
        # Beyond some 4 memories a unit, what an input supports by chance reaches what it supports because it is known;
        # fewer modules than 64 average that less.
        self.capacity = max(1, 4 * config.units * min(config.modules, 64) // 64)

    def empty(self, batch: int) -> State:
        """No synapse is increased."""
        none = torch.zeros(batch, dtype=torch.int64)
        return {
            "into": torch.zeros(batch, self.cue.size, self._code, dtype=torch.uint8),
            "out": torch.zeros(batch, self.content.size, self._code, dtype=torch.uint8),
            "draws": none, "held": none.clone(), "lost": none.clone(),
        }  # fmt: skip

    def support(self, into: Tensor, cue: Tensor) -> Float[Tensor, "module unit"]:
        """V: for each unit, the share of the active inputs whose synapse on it is increased, of one memory."""
        on = (cue > 0.5).nonzero().squeeze(1)
        summed = into[on].sum(0, dtype=torch.int32) if len(on) else torch.zeros(self._code, dtype=torch.int32)
        return (summed / max(len(on), 1)).reshape(self.config.modules, self.config.units)

    def code(self, support: Float[Tensor, "module unit"], draw: int | None = None) -> Int[Tensor, "module"]:
        """The winners, as numbers of units among all: the best supported, or a draw where `draw` numbers one."""
        best = support.argmax(1)
        familiarity = float(support.amax(1).mean())
        if draw is not None and familiarity < 1:
            # What the best of K units has by chance rises with what is stored: only what is above it is familiar, or
            # well-connected units would win again and again.
            by_chance = float(support.mean() + support.std() * math.sqrt(2 * math.log(self.config.units)))
            above = ((support - by_chance) / max(1 - by_chance, 1e-6)).clamp(min=0)
            odds = (above / (1 - above).clamp(min=1e-3)) ** self.config.steepness
            weight = 1 + self.config.units * odds
            generator = torch.Generator().manual_seed((self._seed * 1_000_003 + draw) % 2**63)
            best = torch.multinomial(weight, 1, generator=generator).squeeze(1)
        return best + torch.arange(self.config.modules) * self.config.units

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """A code is drawn, and the synapses between it and what is active are increased.

        What the same cue held before is cut from its code, so that the new content takes its place.
        """
        write = gates(gate, len(cue)) >= 0.5
        after = {k: v.clone() for k, v in state.items()}
        for row in write.nonzero().squeeze(1).tolist():
            into, out = after["into"][row], after["out"][row]
            support = self.support(into, cue[row])
            known = bool((support.amax(1) == 1).all()) and bool((cue[row] > 0.5).any())
            code = self.code(support, None if known else int(after["draws"][row]))
            on, said = (cue[row] > 0.5).nonzero(), (content[row] > 0.5).nonzero()
            into[on, code] = 1
            out[:, code] *= (content[row] > 0.5).unsqueeze(1).to(torch.uint8) if known else 1
            out[said, code] = 1
            full = int(after["held"][row]) >= (self.capacity or 0)
            after["draws"][row] += not known
            after["held"][row] += not (known or full)
            after["lost"][row] += not known and full
        return after

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """Winners by support alone; content and cue are what most of the code's synapses agree on."""
        self._one_question(cue, content)
        assert cue is not None
        found, under = torch.zeros(len(cue), self.content.size), torch.zeros_like(cue)
        familiarity = torch.zeros(len(cue))
        for row in range(len(cue)):
            support = self.support(state["into"][row], cue[row])
            code = self.code(support)
            familiarity[row] = support.amax(1).mean()
            found[row], under[row] = (self._agreed(state[k][row][:, code]) for k in ("out", "into"))
        # Extra inputs on top of a stored cue lower V; a part of a stored cue does not, and is told by what comes back.
        familiarity = torch.minimum(familiarity, likeness((cue > 0.5).to(cue), under))
        spikes = torch.full((len(cue),), self.config.modules, dtype=torch.int64)
        return Recall(found, under, familiarity, spikes, state)

    def _agreed(self, synapses: Tensor) -> Tensor:
        """Bits whose share of the code's synapses, (bit, module), is near the largest, and not by chance alone."""
        share = synapses.float().mean(1)
        return (share >= max(self.config.threshold * float(share.max()), 0.5)).float()

    def overlap(self, a: Int[Tensor, "module"], b: Int[Tensor, "module"]) -> float:
        """Share of modules in which two codes have the same winner."""
        return float((a == b).float().mean())
