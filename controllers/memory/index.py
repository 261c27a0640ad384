"""An index layer over a blackboard, after the Tensor Brain: what was where and when, with any slot open.

Tresp, Sharifzadeh, Li, Konopatzki and Ma (2020), "The Tensor Brain: Semantic Decoding for Perception and Memory",
arXiv 2001.11027, after the abstract. Each concept has an index unit, and its embedding *is* the synapses between that
unit and the blackboard. An instant is a new index whose embedding is what stood on the blackboard then.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, likeness, rows
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class IndexConfig:
    """Instants as indices: one embedding each, one shot."""

    capacity: int = 1000
    """Instants it holds; when it is full nothing more is stored, and `lost` counts."""
    units: int = 0
    """Of the blackboard; 0 for as many as the concepts, whose embeddings then are orthogonal. With fewer they are
    random, and recall is as good as they are far apart."""
    sharpness: float = 50.0
    """Inverse temperature with which indices compete for the blackboard."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "Index":
        """With concepts' embeddings drawn from `generator`."""
        if self.capacity < 1 or self.units < 0 or not self.sharpness > 0:
            raise ConfigError(f"An index needs capacity, units and sharpness above 0, got {self}.")
        return Index(cue, content, self, generator)


class Index(MemoryStore):
    """State: `instants` (batch, instant, unit), the embeddings; `held`, `lost` (batch,) int64.

    An instant's number is its time. A cue stored again is told from before by time: the latest one answers.
    """

    by_content = True

    def __init__(self, cue: Channel, content: Channel, config: IndexConfig, generator: torch.Generator) -> None:
        super().__init__(cue, content)
        self.capacity, self._instants, self.sharpness = config.capacity, config.capacity, config.sharpness
        concepts = cue.size + content.size
        self.units = config.units or concepts
        drawn = torch.randn(max(concepts, self.units), self.units, generator=generator, dtype=torch.float64)
        if self.units >= concepts:
            drawn = torch.linalg.qr(drawn.T)[0].T if self.units > concepts else torch.linalg.qr(drawn)[0]
        else:
            drawn = drawn / drawn.norm(dim=1, keepdim=True)
        self.embeddings = drawn[:concepts].float()
        """(concept, unit): the cue's concepts, then the content's."""
        self._slots = {"cue": slice(0, cue.size), "content": slice(cue.size, concepts)}

    def empty(self, batch: int) -> State:
        """No instants."""
        none = torch.zeros(batch, dtype=torch.int64)
        return {
            "instants": torch.zeros(batch, self._instants, self.units),
            "held": none, "lost": none.clone(),
        }  # fmt: skip

    def blackboard(self, **slots: Float[Tensor, "batch _"]) -> Float[Tensor, "batch unit"]:
        """What the known slots (`cue`, `content`) write on the blackboard, top-down."""
        # Summed row by row: a matrix product would round a batch otherwise than its rows.
        written = [(v.unsqueeze(2) * self.embeddings[self._slots[name]]).sum(1) for name, v in slots.items()]
        return torch.stack(written).sum(0)

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """A new instant, whose embedding is the blackboard now."""
        write, every = gates(gate, len(cue)) >= 0.5, torch.arange(len(cue))
        full = state["held"] >= self._instants
        new = write & ~full
        after = {k: v.clone() for k, v in state.items()}
        board = self.blackboard(cue=cue, content=content)
        after["instants"][every[new], state["held"][new]] = board[new]
        after["held"] = state["held"] + new
        after["lost"] = state["lost"] + (write & full)
        return after

    def ask(
        self, state: State, known: Float[Tensor, "batch concept"], asked: Bool[Tensor, "concept"]
    ) -> tuple[Float[Tensor, "batch concept"], Int[Tensor, "batch"]]:
        """What stood on the blackboard at the instant that fits best, and its number: any slot may be left open.

        Args:
            state: what is held.
            known: activity of the concepts that are known, the cue's first, then the content's.
            asked: which those are; with the instant itself known, read `at`.
        """
        fit = self._fit(state, known, asked)
        latest = torch.arange(self._instants, dtype=fit.dtype)
        best = torch.where(fit >= fit.amax(1, keepdim=True) - 1e-4, latest, -torch.inf).argmax(1)
        return self.at(state, best), best

    def at(self, state: State, when: Int[Tensor, "batch"]) -> Float[Tensor, "batch concept"]:
        """What stood on the blackboard at an instant: its embedding, written back and read by the concepts."""
        board = state["instants"][torch.arange(len(when)), when]
        read = rows(state["held"] > when, board @ self.embeddings.T, torch.zeros(len(when), len(self.embeddings)))
        return torch.where(read.round().sub(read).abs() < 1e-4, read.round(), read)  # what was whole comes back whole

    def _fit(self, state: State, known: Tensor, asked: Tensor) -> Float[Tensor, "batch instant"]:
        """How well each instant fits the known concepts; minus infinity for those that never were."""
        part = self.embeddings[asked]
        # The blackboard seen through the known concepts' embeddings: what the open slots hold does not speak.
        seen, wanted = state["instants"] @ part.T, (known[:, asked] @ part) @ part.T
        fit = -(seen - wanted.unsqueeze(1)).square().sum(-1)
        return fit.masked_fill(torch.arange(self._instants) >= state["held"].unsqueeze(1), -torch.inf)

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """The latest instant that fits best."""
        self._one_question(cue, content)
        name, value = ("cue", cue) if cue is not None else ("content", content)
        assert value is not None
        known, asked = (
            torch.zeros(len(value), len(self.embeddings)),
            torch.zeros(len(self.embeddings), dtype=torch.bool),
        )
        known[:, self._slots[name]], asked[self._slots[name]] = value, True
        read, _ = self.ask(state, known, asked)
        found = {slot: read[:, where] for slot, where in self._slots.items()}
        familiarity = torch.where(state["held"] > 0, likeness(value, found[name]), torch.zeros(len(value)))
        silent = torch.zeros(len(value), dtype=torch.int64)
        return Recall(found["content"], found["cue"], familiarity, silent, state)

    def semantic(
        self, state: State, known: Float[Tensor, "batch concept"], asked: Bool[Tensor, "concept"]
    ) -> Float[Tensor, "batch concept"]:
        """How often each concept stood on the blackboard when the known ones did: marginalised over time."""
        attention = torch.softmax(self.sharpness * self._fit(state, known, asked), 1).nan_to_num()
        return (attention.unsqueeze(1) @ (state["instants"] @ self.embeddings.T)).squeeze(1)
