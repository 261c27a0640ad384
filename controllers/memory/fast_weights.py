"""Fast weights with a delta rule, and a write gate that learns while the memory lives.

Ba, Hinton, Mnih, Leibo and Ionescu (2016), arXiv 1610.06258; the delta rule of Schlag, Irie and Schmidhuber (2021),
arXiv 2102.11174. The gate is after the abstract of Fernando et al., "Fast & Slow Learning" (arXiv 2011.05438): the
gradient that the gate would get when the content is next asked for is predicted at once, and the predictor is corrected
when the true one comes.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, rows
from ..spec import State

FEATURES = 3
"""What the gate reads: a constant, how wrong the memory is about the content, and how often it has been."""


@dataclass(frozen=True, kw_only=True)
class FastWeightsConfig:
    """One matrix from cue to content, written by the delta rule; as many memories as cues are independent."""

    gate: Literal["fixed", "learned"] = "fixed"
    """`learned` scales what is written by a gate that adapts to the stream."""
    strength: float = 1.0
    """What a write corrects of the error, with the fixed gate; where the learned one begins."""
    learning_rate: float = 0.02
    """Step of the learned gate."""
    predictor_rate: float = 0.1
    """Step of the predicted gradient."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "FastWeights":
        """Nothing in it is random."""
        del generator
        if not (0 < self.strength <= 1 and self.learning_rate >= 0 and self.predictor_rate >= 0):
            raise ConfigError(f"strength lies in (0, 1], rates are not negative; got {self}.")
        return FastWeights(cue, content, self)


class FastWeights(MemoryStore):
    """State: `weights` (batch, content, cue), `mean` (batch,), the running error; `held`, `lost` (batch,) int64; with a
    learned gate `gate` and `predicted` (batch, feature), the gate's weights and those of its predicted gradient, and
    `trace` (batch, feature, content, cue), what each of the gate's weights has written."""

    key_value = False  # exact for independent cues only
    unit = "independent cues"

    def __init__(self, cue: Channel, content: Channel, config: FastWeightsConfig) -> None:
        super().__init__(cue, content)
        self.config, self.capacity = config, cue.size

    def empty(self, batch: int) -> State:
        """No weights; a learned gate begins at `strength`."""
        none = torch.zeros(batch, dtype=torch.int64)
        state = {
            "weights": torch.zeros(batch, self.content.size, self.cue.size), "mean": torch.zeros(batch),
            "held": none, "lost": none.clone(),
        }  # fmt: skip
        if self.config.gate == "learned":
            start = torch.logit(torch.tensor(self.config.strength), eps=1e-3)
            state["gate"] = torch.zeros(batch, FEATURES).index_fill(1, torch.tensor([0]), float(start))
            state["predicted"] = torch.zeros(batch, FEATURES)
            state["trace"] = torch.zeros(batch, FEATURES, self.content.size, self.cue.size)
        return state

    def opening(self, state: State, error: Float[Tensor, "batch content"]) -> tuple[Tensor, Tensor]:
        """How far the gate opens, (batch,), and what it reads, (batch, feature)."""
        wrong = error.square().mean(1)
        features = torch.stack([torch.ones_like(wrong), wrong.sqrt(), state["mean"].sqrt()], 1)
        if self.config.gate == "fixed":
            return torch.full_like(wrong, self.config.strength), features
        return torch.sigmoid((state["gate"] * features).sum(1)), features

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """The matrix is corrected by what it does not say yet, along the cue."""
        given = gates(gate, len(cue))
        length = cue.square().sum(1, keepdim=True)
        key = cue / length.clamp(min=1e-12)
        error = content - (state["weights"] @ cue.unsqueeze(2)).squeeze(2)
        opened, features = self.opening(state, error)
        strength = (given * opened).reshape(-1, 1, 1)
        written = error.unsqueeze(2) * key.unsqueeze(1)
        new = {"weights": state["weights"] + strength * written}
        new["mean"] = state["mean"] + 0.05 * given * (error.square().mean(1) - state["mean"])
        full = state["held"] >= self.cue.size
        wrote = (given > 0) & (length.squeeze(1) > 0)
        new["held"], new["lost"] = state["held"] + (wrote & ~full), state["lost"] + (wrote & full)
        if self.config.gate == "learned":
            new.update(self._learn(state, cue, key, error, written, opened, features))
        return {name: rows(given > 0, new[name], value) for name, value in state.items()}

    def _learn(
        self, state: State, cue: Tensor, key: Tensor, error: Tensor, written: Tensor, opened: Tensor, features: Tensor
    ) -> State:
        """The true gradient of this error by the gate's weights corrects the predictor, which moves the gate."""
        # What earlier openings wrote, as far as this cue reads it: d(error) / d(gate's weights) = -trace @ cue.
        said = (state["trace"] @ cue[:, None, :, None]).squeeze(3)
        true = -2 * (said * error.unsqueeze(1)).mean(2)
        predicted = (state["predicted"] * features).sum(1, keepdim=True) * features
        asked = said.abs().sum((1, 2), keepdim=True).squeeze(2) > 0  # nothing is learnt from a cue that is new
        wrong = torch.where(asked, true - predicted, torch.zeros_like(true))
        size = features.square().sum(1, keepdim=True)  # at least 1: the constant
        predictor = state["predicted"] + self.config.predictor_rate * wrong / size
        slope = (opened * (1 - opened)).unsqueeze(1)
        moved = (predictor * features).sum(1, keepdim=True) * features
        # Beyond 4 a sigmoid is shut, or open, for good: nothing would tell it to come back.
        gate = (state["gate"] - self.config.learning_rate * moved).clamp(-4, 4)
        # What this write adds to the trace; what it overwrites leaves it, as it leaves the matrix.
        overwritten = said.unsqueeze(3) * key[:, None, None, :] * opened.reshape(-1, 1, 1, 1)
        trace = state["trace"] - overwritten + (slope * features)[:, :, None, None] * written.unsqueeze(1)
        return {"gate": gate, "predicted": predictor, "trace": trace}

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """What the matrix says of a cue."""
        self._one_question(cue, content)
        assert cue is not None
        found = (state["weights"] @ cue.unsqueeze(2)).squeeze(2)
        # How much of the cue lies where something has been written.
        strong = found.norm(dim=1)
        usual = (state["weights"].square().sum((1, 2)) / state["held"].clamp(min=1)).sqrt() * cue.norm(dim=1)
        familiarity = torch.where(usual > 0, (strong / usual.clamp(min=1e-12)).clamp(max=1), torch.zeros_like(strong))
        return Recall(found, cue, familiarity, torch.zeros(len(cue), dtype=torch.int64), state)
