"""What a memory is: `store`, `recall` and `forget` as pure functions of a state, and the memories by name."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from innervate.configurations import Configurations
from innervate.errors import ConfigError
from innervate.signals import Channel

from .spec import State

__all__ = ["MEMORIES", "Form", "Holding", "MemoryConfig", "MemoryStore", "Recall", "gates", "likeness", "rows"]

Form = Literal["one-hot", "bits", "real"]
"""What the numbers of a cue or a content are: a single 1 among zeros, zeros and ones, or anything finite."""


@dataclass(frozen=True)
class Recall:
    """What came back, for each row of the batch."""

    content: Float[Tensor, "batch content"]
    """Zeros where nothing came."""
    cue: Float[Tensor, "batch cue"]
    """The cue that it was stored under, as the memory holds it; of several that fit, all."""
    familiarity: Float[Tensor, "batch"]
    """How like what was stored the question is, from 0 (nothing like it) to 1 (stored just so)."""
    spikes: Int[Tensor, "batch"]
    """Spikes that the answer cost; 0 of a memory that does not spike."""
    state: State
    """What the memory holds after the question: what it held before, unless `recall_writes`."""


@dataclass(frozen=True)
class Holding:
    """What a memory calls up for cues that were met: a look at what it holds, whatever kind it is."""

    cue: Channel
    content: Channel
    asked: Float[np.ndarray, "question cue"]
    answered: Float[np.ndarray, "question content"]
    familiarity: Float[np.ndarray, "question"]
    held: int
    lost: int
    capacity: int | None
    unit: str
    """What `held`, `lost` and `capacity` count."""


class MemoryStore(ABC):
    """Keeps contents under cues; what it holds is a state that is handed in and out, as with every circuit.

    Every row of a batch is a memory of its own. Below its stated capacity a memory that is `key_value` gives back
    exactly what was stored last under a cue.

    Args:
        cue: what is stored under.
        content: what is stored.
    """

    capacity: int | None = None
    """How many memories it holds, in `unit`s; None where that is not a number of memories."""
    unit: str = "memories"
    """What `capacity` counts."""
    cues: Form = "real"
    """What cues it takes."""
    contents: Form = "real"
    """What contents it takes."""
    key_value: bool = True
    """Whether the same cue gives back what was stored under it."""
    by_content: bool = False
    """Whether it can be asked by content as well."""
    recall_writes: bool = False
    """Whether a question changes what it holds."""

    def __init__(self, cue: Channel, content: Channel) -> None:
        self.cue, self.content = cue, content

    @abstractmethod
    def empty(self, batch: int) -> State:
        """A memory that holds nothing; every tensor has a leading batch axis."""

    @abstractmethod
    def store(
        self,
        state: State,
        cue: Float[Tensor, "batch cue"],
        content: Float[Tensor, "batch content"],
        gate: Float[Tensor, "batch"] | None = None,
    ) -> State:
        """What it holds after one more; a row whose `gate` is 0 is left as it is, bit for bit, one without is 1.

        A gate between 0 and 1 is a weaker trace where the memory knows such a thing, and a trace from 0.5 on elsewhere.
        """

    @abstractmethod
    def recall(
        self,
        state: State,
        cue: Float[Tensor, "batch cue"] | None = None,
        content: Float[Tensor, "batch content"] | None = None,
    ) -> Recall:
        """What belongs to a cue, or to a content where the memory is asked `by_content`."""

    def forget(
        self, state: State, which: Bool[Tensor, "batch"], cue: Float[Tensor, "batch cue"] | None = None
    ) -> State:
        """`state` where `which` is true without what is stored under `cue`; without a cue, empty there."""
        if cue is not None:
            raise ConfigError(f"{type(self).__name__} forgets everything or nothing; leave out the cue.")
        fresh = self.empty(which.shape[0])
        return {k: rows(which, fresh[k], v) for k, v in state.items()}

    def held(self, state: State) -> Int[Tensor, "batch"]:
        """How many memories each row holds, in `unit`s."""
        return state["held"]

    def lost(self, state: State) -> Int[Tensor, "batch"]:
        """How many each row had to give up, or could not take, because it was full."""
        return state["lost"]

    def holding(self, state: State, cues: Float[Tensor, "met cue"], most: int = 40) -> Holding:
        """What the first row of `state` calls up for the different ones among `cues`, in the order in which they were
        met; of more than `most`, as many evenly from first to last. Each is asked of the same state."""
        _, first = np.unique(cues.numpy().round(4), axis=0, return_index=True)
        chosen = np.sort(first)[np.unique(np.linspace(0, len(first) - 1, min(most, len(first))).round().astype(int))]
        asked, row = cues[torch.from_numpy(chosen)], {name: value[:1] for name, value in state.items()}
        found = [self.recall(row, cue[None]) for cue in asked]
        return Holding(
            self.cue, self.content, asked.numpy(), torch.cat([f.content for f in found]).numpy(),
            torch.cat([f.familiarity for f in found]).numpy(), int(self.held(row)[0]), int(self.lost(row)[0]),
            self.capacity, self.unit,
        )  # fmt: skip

    def _one_question(self, cue: Tensor | None, content: Tensor | None) -> None:
        """Raise `ConfigError` unless just one of the two is asked, and may be."""
        if (cue is None) == (content is None):
            raise ConfigError("A memory is asked by a cue or by a content: give one of the two.")
        if cue is None and not self.by_content:
            raise ConfigError(f"{type(self).__name__} is asked by cue only.")


def rows(which: Bool[Tensor, "batch"], yes: Tensor, no: Tensor) -> Tensor:
    """`yes` in the rows where `which` is true, `no` elsewhere."""
    return torch.where(which.reshape(-1, *[1] * (no.dim() - 1)), yes, no)


def gates(gate: Tensor | None, batch: int) -> Float[Tensor, "batch"]:
    """A gate for each row, checked. Raises `ConfigError` outside 0 to 1."""
    if gate is None:
        return torch.ones(batch)
    if gate.shape != (batch,) or not bool(((gate >= 0) & (gate <= 1)).all()):
        raise ConfigError(f"A gate is one number from 0 to 1 for each of {batch} rows, got {gate}.")
    return gate


def likeness(a: Float[Tensor, "*batch size"], b: Float[Tensor, "*batch size"]) -> Float[Tensor, "*batch"]:
    """1 - |a - b| / (|a| + |b|): 1 where they are equal, 0 where they are opposite, or one of them is nothing."""
    apart, along = (a - b).norm(dim=-1), a.norm(dim=-1) + b.norm(dim=-1)
    return torch.where(along > 0, 1 - apart / along.clamp(min=1e-30), torch.ones_like(along))


@runtime_checkable
class MemoryConfig(Protocol):
    """A frozen dataclass that builds one kind of memory."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> MemoryStore:
        """The memory for contents under cues, what is random in it drawn from `generator`."""
        ...


MEMORIES: Configurations[MemoryConfig] = Configurations(
    "memory",
    group="innervate.memories",
    package="innervate.controllers.memory",
    folder=Path(__file__).parent / "memory",
    contract=MemoryConfig,
)
"""By name: the files of `memory/`, and what others bring."""
