"""Code selection after Sparsey: similar inputs get similar codes, in one presentation and in constant time.

Rinkus (2010), Frontiers in Neuroanatomy 4:17; Rinkus (2014), Frontiers in Computational Neuroscience 8:160, for what
comes before; Rinkus and Leveille (2017), arXiv 1710.07829. A code has one winner in each of Q modules of K units. The
more familiar the input, the less noise is in the choice of winners. The odds of a unit are ours, below: they keep codes
alike over the whole range of likeness, in a crowded memory, and for inputs that share most of what is active.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, likeness, rows
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class CodeSelectionConfig:
    """One binary code a memory, chosen by familiarity."""

    modules: int = 64
    """Q: competitive modules, one winner each."""
    units: int = 256
    """K: units of each module."""
    steepness: float = 2.0
    """Exponent of the odds A / (1 - A) with which a unit, supported by A above chance, competes against chance."""
    threshold: float = 0.7
    """Content bits answer whose support is at least this share of the largest."""
    sequences: bool = False
    """Whether a code also depends on the code before: then the same item has another code in another context, and a
    silent cue goes on with what came next. Takes (Q K)^2 synapses: 2 to the 22nd for Q = 32, K = 64."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "CodeSelection":
        """The draws of its codes follow from one number drawn from `generator`."""
        if min(self.modules, self.units) < 2 or not (self.steepness > 0 and 0 < self.threshold <= 1):
            raise ConfigError(f"Code selection needs modules and units of at least 2, steepness above 0, got {self}.")
        if self.sequences and (self.modules * self.units) ** 2 > 2**28:
            raise ConfigError(
                f"Sequences take a synapse from each unit to each: {self.modules} modules of {self.units} units have "
                f"{(self.modules * self.units) ** 2:.2g}, more than {2**28:.2g}; take fewer, as modules=32, units=64."
            )
        return CodeSelection(cue, content, self, int(torch.randint(2**31, (), generator=generator)))


class CodeSelection(MemoryStore):
    """State: `into` (batch, cue, Q K) and `out` (batch, content, Q K) uint8, binary synapses; `heard` (batch, cue), one
    more than how many stored cues had each input, and `caught` (batch, Q K), that summed over the inputs that a unit
    has a synapse from; `draws` (batch,) int64, how many codes have been drawn; `held`, `lost` (batch,) int64, the
    latter what went beyond the capacity. With sequences also `across` (batch, Q K + 1, Q K) uint8, from the code before
    (the last row: from silence), and `before` (batch, Q) int64, that code, -1 for none.

    With sequences a question moves the context on and writes no synapse, and `begin` says where a sequence begins.
    """

    cues = "bits"
    contents = "bits"

    def __init__(self, cue: Channel, content: Channel, config: CodeSelectionConfig, seed: int) -> None:
        super().__init__(cue, content)
        self.config, self._seed = config, seed
        self._code = config.modules * config.units
        # Beyond some 4 memories a unit, what an input supports by chance reaches what it supports because it is known;
        # fewer modules than 64 average that less.
        self.capacity = max(1, 4 * config.units * min(config.modules, 64) // 64)
        self.key_value, self.recall_writes = not config.sequences, config.sequences

    def empty(self, batch: int) -> State:
        """No synapse is increased."""
        none = torch.zeros(batch, dtype=torch.int64)
        state = {
            "into": torch.zeros(batch, self.cue.size, self._code, dtype=torch.uint8),
            "out": torch.zeros(batch, self.content.size, self._code, dtype=torch.uint8),
            "heard": torch.ones(batch, self.cue.size), "caught": torch.zeros(batch, self._code),
            "draws": none, "held": none.clone(), "lost": none.clone(),
        }  # fmt: skip
        if self.config.sequences:
            state["across"] = torch.zeros(batch, self._code + 1, self._code, dtype=torch.uint8)
            state["before"] = torch.full((batch, self.config.modules), -1)
        return state

    def begin(self, state: State, which: Bool[Tensor, "batch"]) -> State:
        """Silence comes before the next item of those rows."""
        if not self.config.sequences:
            raise ConfigError("Only a memory with sequences=True knows a context to begin anew.")
        return {**state, "before": rows(which, torch.full_like(state["before"], -1), state["before"])}

    def support(self, into: Tensor, cue: Tensor) -> Float[Tensor, "module unit"]:
        """U: for each unit, the share of the active inputs whose synapse on it is increased, of one memory."""
        on = (cue > 0.5).nonzero().squeeze(1)
        summed = into[on].sum(0, dtype=torch.int32) if len(on) else torch.zeros(self._code, dtype=torch.int32)
        return (summed / max(len(on), 1)).reshape(self.config.modules, self.config.units)

    def familiar(self, state: State, row: int, cue: Float[Tensor, "cue"]) -> Float[Tensor, "module unit"]:
        """A: how far each unit's support lies above what any cue gives it, from 0 (no farther than the best of K units
        by chance) to 1 (all of the cue is known to it).

        A unit that has won often has many synapses, most of them from inputs that are often active; without this it
        would win again and again, and all codes would become one.
        """
        support = self.support(state["into"][row], cue)
        expected = (state["caught"][row] / state["heard"][row].sum()).reshape(support.shape)
        spread = (expected * (1 - expected).clamp(min=0) / (cue > 0.5).sum().clamp(min=1)).sqrt()
        chance = expected + spread * math.sqrt(2 * math.log(self.config.units))
        above = ((support - chance) / (1 - chance).clamp(min=1e-6)).clamp(0, 1)
        # Of several units that know all of the cue, the one that knows least besides.
        return torch.where(support == 1, 1 - 1e-4 * expected, above)

    def context(self, state: State, row: int) -> Float[Tensor, "module unit"]:
        """H: for each unit, the share of the code before whose synapse on it is increased."""
        before = state["before"][row]
        lines = before if bool((before >= 0).all()) else torch.tensor([self._code])
        return state["across"][row][lines].float().mean(0).reshape(self.config.modules, self.config.units)

    def weights(self, familiar: Float[Tensor, "module unit"]) -> Float[Tensor, "module unit"]:
        """How often each unit is drawn, against the others of its module: all alike where nothing is familiar."""
        return 1 + self.config.units * (familiar / (1 - familiar).clamp(min=1e-3)) ** self.config.steepness

    def code(
        self, state: State, cue: Float[Tensor, "cue"], row: int = 0, draw: int | None = None
    ) -> Int[Tensor, "module"]:
        """The winners of one row, as numbers of units among all: the most familiar, or a draw where `draw` numbers one.

        With sequences the context counts: a unit competes with the product of both.
        """
        familiar = self.familiar(state, row, cue)
        if self.config.sequences:
            familiar = familiar * self.context(state, row)
        return self._winners(familiar, draw)

    def _winners(self, familiar: Tensor, draw: int | None = None) -> Int[Tensor, "module"]:
        best = familiar.argmax(1)
        if draw is not None:
            generator = torch.Generator().manual_seed((self._seed * 1_000_003 + draw) % 2**63)
            best = torch.multinomial(self.weights(familiar), 1, generator=generator).squeeze(1)
        return best + torch.arange(self.config.modules) * self.config.units

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """A code is drawn, and the synapses between it and what is active are increased.

        What the same cue held before is cut from its code, so that the new content takes its place.
        """
        write = gates(gate, len(cue)) >= 0.5
        after = {k: v.clone() for k, v in state.items()}
        for row in write.nonzero().squeeze(1).tolist():
            drawn = int(after["draws"][row])
            code = self.add(after, row, cue[row])
            known = int(after["draws"][row]) == drawn
            said = content[row] > 0.5
            after["out"][row][:, code] *= said.unsqueeze(1).to(torch.uint8) if known else 1
            after["out"][row][said.nonzero(), code] = 1
            full = int(after["held"][row]) >= (self.capacity or 0)
            after["held"][row] += not (known or full)
            after["lost"][row] += not known and full
        return after

    def add(self, state: State, row: int, cue: Float[Tensor, "cue"]) -> Int[Tensor, "module"]:
        """The code of a cue, which `state` holds afterwards, in place: its own where it has one, else a draw."""
        code = self.code(state, cue, row)
        if not self._knows(state, row, cue, code):
            code = self.code(state, cue, row, int(state["draws"][row]))
            state["draws"][row] += 1
        self._learn(state, row, cue, code)
        return code

    def _knows(self, state: State, row: int, cue: Tensor, code: Tensor) -> bool:
        """Whether that code was stored under just this cue, in this context."""
        on = cue > 0.5
        # What all of its units have a synapse from is the cue: a unit alone may know it by chance, or because what it
        # knows is more.
        whole = bool(on.any()) and torch.equal(state["into"][row][:, code].bool().all(1), on)
        if not whole or not self.config.sequences:
            return whole
        return bool((self.context(state, row).flatten()[code] == 1).all())

    def _learn(self, state: State, row: int, cue: Tensor, code: Tensor) -> None:
        """Increase the synapses from what is active to the code, in place, and keep the sums in step with them."""
        on, into, heard = (cue > 0.5).nonzero(), state["into"][row], state["heard"][row]
        into[on, code] = 1
        heard[on] += 1
        state["caught"][row] += into[on.squeeze(1)].sum(0, dtype=torch.int32)
        state["caught"][row][code] = heard @ into[:, code].float()
        if self.config.sequences:
            before = state["before"][row]
            silent = bool((before < 0).all())
            state["across"][row][torch.tensor([[self._code]]) if silent else before.unsqueeze(1), code] = 1
            before[:] = code

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """Winners by support alone; content and cue are what most of the code's synapses agree on.

        With sequences: an item that does not fit its context is known by itself; a silent cue goes on by the context.
        """
        self._one_question(cue, content)
        assert cue is not None
        found, under = torch.zeros(len(cue), self.content.size), torch.zeros_like(cue)
        familiarity, codes = torch.zeros(len(cue)), torch.zeros(len(cue), self.config.modules, dtype=torch.int64)
        heard = (cue > 0.5).any(1)
        for row in range(len(cue)):
            familiar = self.familiar(state, row, cue[row])
            if self.config.sequences:
                follows = self.context(state, row) * (familiar if heard[row] else 1)
                # Where the whole is less familiar than its part, the part decides (the published back-off).
                alone = heard[row] and follows.amax(1).mean() < 0.5 * familiar.amax(1).mean()
                familiar = familiar if alone else follows
            codes[row] = self._winners(familiar)
            familiarity[row] = familiar.amax(1).mean()
            found[row], under[row] = (self._agreed(state[k][row][:, codes[row]]) for k in ("out", "into"))
        # Extra inputs on top of a stored cue lower U; a part of a stored cue does not, and is told by what comes back.
        familiarity = torch.where(heard, torch.minimum(familiarity, likeness((cue > 0.5).to(cue), under)), familiarity)
        spikes = torch.full((len(cue),), self.config.modules, dtype=torch.int64)
        after = {**state, "before": codes} if self.config.sequences else state
        return Recall(found, under, familiarity, spikes, after)

    def _agreed(self, synapses: Tensor) -> Tensor:
        """Bits whose share of the code's synapses, (bit, module), is near the largest, and not by chance alone."""
        share = synapses.float().mean(1)
        return (share >= max(self.config.threshold * float(share.max()), 0.5)).float()

    def overlap(self, a: Int[Tensor, "module"], b: Int[Tensor, "module"]) -> float:
        """Share of modules in which two codes have the same winner."""
        return float((a == b).float().mean())
