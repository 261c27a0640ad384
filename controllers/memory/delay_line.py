"""A delay line: what was, so many control steps ago."""

from dataclasses import dataclass

import torch
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, rows
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class DelayLineConfig:
    """Gives back what was stored so many stores before, whatever the cue: the humblest memory there is."""

    steps: int = 16
    """Length of the line, in stores."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "DelayLine":
        """Nothing in it is random."""
        del generator
        if self.steps < 1:
            raise ConfigError(f"A delay line holds at least one step, got steps = {self.steps}.")
        return DelayLine(cue, content, self.steps)


class DelayLine(MemoryStore):
    """State: `line` (batch, step, content), the oldest first; `held`, `lost` (batch,) int64."""

    unit = "stores"
    key_value = False

    def __init__(self, cue: Channel, content: Channel, steps: int) -> None:
        super().__init__(cue, content)
        self.capacity = self.steps = steps

    def empty(self, batch: int) -> State:
        """Silence all along."""
        none = torch.zeros(batch, dtype=torch.int64)
        return {"line": torch.zeros(batch, self.steps, self.content.size), "held": none, "lost": none.clone()}

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """The oldest falls out."""
        del cue
        write = gates(gate, len(content)) >= 0.5
        line = torch.cat([state["line"][:, 1:], content.unsqueeze(1)], 1)
        full = state["held"] >= self.steps
        return {
            "line": rows(write, line, state["line"]),
            "held": state["held"] + (write & ~full),
            "lost": state["lost"] + (write & full),
        }

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """The oldest, once the line is full."""
        self._one_question(cue, content)
        full = state["held"] >= self.steps
        found = rows(full, state["line"][:, 0], torch.zeros_like(state["line"][:, 0]))
        silent = torch.zeros(len(found), dtype=torch.int64)
        return Recall(found, torch.zeros(len(found), self.cue.size), full.to(found), silent, state)
