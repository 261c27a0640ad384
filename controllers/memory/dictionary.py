"""A dictionary: the nearest of all cues that were ever stored; what every other memory is measured against."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, likeness, rows
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class DictionaryConfig:
    """Nearest keys, weighed by inverse distance as in neural episodic control (Pritzel et al. 2017)."""

    capacity: int = 1000
    """Memories it holds; when it is full, the one that was stored longest ago makes room."""
    neighbours: int = 1
    """How many of the nearest cues answer together; one of them alone is exact, 50 is the paper's."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "Dictionary":
        """Nothing in it is random."""
        del generator
        if min(self.capacity, self.neighbours) < 1:
            raise ConfigError(f"A dictionary needs a capacity and a neighbour of at least 1, got {self}.")
        return Dictionary(cue, content, self)


class Dictionary(MemoryStore):
    """State: `cues` (batch, memory, cue), `contents` (batch, memory, content), `age` (batch, memory) int64, when each
    was stored, 0 for an empty place; `clock`, `held`, `lost` (batch,) int64."""

    by_content = True
    SOFTENING = 1e-3
    """Of the inverse-distance kernel 1 / (d^2 + softening), as in the paper."""

    def __init__(self, cue: Channel, content: Channel, config: DictionaryConfig) -> None:
        super().__init__(cue, content)
        self.capacity, self.neighbours = config.capacity, min(config.neighbours, config.capacity)
        self._places = config.capacity

    def empty(self, batch: int) -> State:
        """No memories."""
        places, none = self._places, torch.zeros(batch, dtype=torch.int64)
        return {
            "cues": torch.zeros(batch, places, self.cue.size),
            "contents": torch.zeros(batch, places, self.content.size),
            "age": torch.zeros(batch, places, dtype=torch.int64),
            "clock": none, "held": none.clone(), "lost": none.clone(),
        }  # fmt: skip

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """In the place of an equal cue, moved towards the new content by `gate`; else in a free place."""
        strength = gates(gate, len(cue))
        write, every = strength > 0, torch.arange(len(cue))
        same = (state["cues"] == cue.unsqueeze(1)).all(-1) & (state["age"] > 0)
        known = same.any(1)
        place = torch.where(known, same.int().argmax(1), state["age"].argmin(1))  # an empty place has age 0
        full = ~known & (state["age"][every, place] > 0)
        old = rows(known, state["contents"][every, place], torch.zeros_like(content))
        new = torch.where(strength.unsqueeze(1) == 1, content, old + strength.unsqueeze(1) * (content - old))
        after = {k: v.clone() for k, v in state.items()}
        clock = state["clock"] + 1
        chosen = every[write], place[write]
        after["cues"][chosen], after["contents"][chosen], after["age"][chosen] = cue[write], new[write], clock[write]
        after["clock"] = torch.where(write, clock, state["clock"])
        after["held"] = state["held"] + (write & ~known & ~full)
        after["lost"] = state["lost"] + (write & full)
        return after

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """Of the nearest cue, or of the nearest content."""
        self._one_question(cue, content)
        keys = state["cues"] if cue is not None else state["contents"]
        asked = cue if cue is not None else content
        assert asked is not None
        distance = torch.cdist(asked.unsqueeze(1), keys, compute_mode="donot_use_mm_for_euclid_dist").squeeze(1)
        distance = distance.masked_fill(state["age"] == 0, torch.inf)
        near, place = distance.topk(self.neighbours, 1, largest=False)
        # An exact hit answers alone; places that are empty weigh nothing.
        weight = torch.where(near.isfinite(), 1 / (near.square() + self.SOFTENING), torch.zeros_like(near))
        weight = torch.where((near[:, :1] == 0), (near == 0).to(weight), weight)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-30)
        found, under = (
            (weight.unsqueeze(2) * state[k].gather(1, place.unsqueeze(2).expand(-1, -1, state[k].shape[2]))).sum(1)
            for k in ("contents", "cues")
        )
        nearest = keys[torch.arange(len(asked)), place[:, 0]]
        familiarity = torch.where(near[:, 0].isfinite(), likeness(asked, nearest), torch.zeros(len(asked)))
        return Recall(found, under, familiarity, torch.zeros(len(asked), dtype=torch.int64), state)

    def forget(self, state: State, which: Bool[Tensor, "batch"], cue: Tensor | None = None) -> State:
        """One memory by its cue, or all."""
        if cue is None:
            return super().forget(state, which)
        gone = (state["cues"] == cue.unsqueeze(1)).all(-1) & (state["age"] > 0) & which.unsqueeze(1)
        after = {k: v.clone() for k, v in state.items()}
        after["age"][gone] = 0
        after["cues"][gone], after["contents"][gone] = 0, 0
        after["held"] = state["held"] - gone.sum(1)
        return after
