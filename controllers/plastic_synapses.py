"""Synapses whose weights change while the circuit lives: fast weights beside the slow ones, as state."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from .rules import Rule
from .spec import State

__all__ = ["MARK", "Fast", "PlasticSynapses", "apart", "marked"]

MARK = "plastic/"
"""Begins the names of all that is fast in a circuit's state."""


@dataclass(frozen=True, kw_only=True)
class Fast:
    """What there is of the fast weights beside the rule."""

    gain: float = 0.1
    """How much a fast weight counts at first, trained with the rest; at 0 the circuit is the plain one bit for bit."""
    limit: float = 1.0
    """Size at which fast weights are clipped."""

    def __post_init__(self) -> None:
        if not 0 < self.limit < float("inf"):
            raise ConfigError(f"The limit of fast weights is a finite number above 0, got {self.limit}.")


class PlasticSynapses(nn.Module):
    """What a rule has written since the episode began.

    State: `fast` (batch, pre, post), and the rule's own under `rule/`. Parameters: `gain`, one number, and the rule's.

    Args:
        rule: how they change.
        fast: how much they count, and how far they go.
        there: which synapses there are, (pre, post) of 0 and 1; all of them without it.
    """

    _there: Tensor | None

    def __init__(self, rule: Rule, fast: Fast, there: Float[Tensor, "pre post"] | None = None) -> None:
        super().__init__()
        self.rule, self.limit = rule, fast.limit
        self.gain = nn.Parameter(torch.tensor([fast.gain]))
        self.register_buffer("_there", there, persistent=False)

    def zero(self, batch: int) -> State:
        """Nothing written yet."""
        own = {f"rule/{name}": value for name, value in self.rule.zero(batch).items()}
        return {"fast": torch.zeros(batch, self.rule.pre, self.rule.post), **own}

    def through(self, pre: Float[Tensor, "batch pre"], state: State) -> Float[Tensor, "batch post"]:
        """What arrives through the fast weights, to be added to what arrives through the slow ones."""
        return self.gain * torch.bmm(pre.unsqueeze(1), state["fast"]).squeeze(1)

    def after(
        self,
        pre: Float[Tensor, "batch pre"],
        post: Float[Tensor, "batch post"],
        modulator: Float[Tensor, "batch _"],
        state: State,
        slow: Float[Tensor, "pre post"] | None = None,
    ) -> State:
        """The state after a step with these activities; a modulator of one number is everyone's.

        `slow` are the weights beside the fast ones, for rules that are told the whole; none without it.
        """
        own = {name.removeprefix("rule/"): value for name, value in state.items() if name.startswith("rule/")}
        weight = state["fast"]
        if self.rule.whole:
            weight = self.gain * weight + (0 if slow is None else slow)
        told, own = self.rule.change(pre, post, weight, modulator.expand(-1, self.rule.post), own)
        if self._there is not None:
            told = told * self._there
        fast = (state["fast"] + told).clamp(-self.limit, self.limit)
        return {"fast": fast, **{f"rule/{name}": value for name, value in own.items()}}


def apart(state: State) -> tuple[State, State]:
    """A circuit's own state, and that of its plastic synapses."""
    own = {name: value for name, value in state.items() if not name.startswith(MARK)}
    return own, {name.removeprefix(MARK): value for name, value in state.items() if name.startswith(MARK)}


def marked(state: State) -> State:
    """The state of plastic synapses under the names that it has in a circuit's."""
    return {MARK + name: value for name, value in state.items()}
