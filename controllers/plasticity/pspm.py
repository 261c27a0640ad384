"""Spike matching without gradients: random amounts more where a wanted spike failed to come, less where one was amiss.

Bagley et al. 2020, after the abstract: for a wanted spike that is missing, weights of the neurons that fired in a
window before it are raised by random amounts; for a spike that nobody wanted those are lowered.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import max_pool1d

from ..noise import splitmix64, uniform
from ..rules import Rule, check_rate
from ..spec import State


@dataclass(frozen=True, kw_only=True)
class PSPMConfig:
    """Change = rate u recent(pre) modulator, u uniform in (0, 1) for each synapse and step.

    The modulator is 1 where a wanted spike is missing and -1 where one was not wanted: `corrections` tells.
    """

    rate: float = 0.02
    window_s: float = 0.02
    """How long before the correction a neuron must have fired to be changed."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "PSPM":
        """The key of its noise is drawn from the generator."""
        check_rate(self, "rate", "window_s")
        return PSPM(pre, post, self, generator, dt_s)


class PSPM(Rule):
    """State: `since` (batch, pre), steps since each neuron fired, and `step`, `lane` (batch,) int64, of the noise."""

    spikes = True
    _key: Tensor
    _synapse: Tensor

    def __init__(self, pre: int, post: int, config: PSPMConfig, generator: torch.Generator, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self._window = config, round(config.window_s / dt_s)
        self.register_buffer("_key", torch.randint(2**62, (1,), generator=generator))
        self.register_buffer("_synapse", torch.arange(pre * post).reshape(1, pre, post), persistent=False)

    def zero(self, batch: int) -> State:
        """Nobody has fired yet; each row has noise of its own."""
        return {
            "since": torch.full((batch, self.pre), float(self._window + 1)),
            "step": torch.zeros(batch, dtype=torch.int64),
            "lane": torch.arange(batch),
        }

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """Reads neither the weight nor whether the neuron fires: the modulator knows."""
        del post, weight
        since = torch.where(pre > 0, torch.zeros_like(state["since"]), (state["since"] + 1).clamp(max=1e6))
        mixed = splitmix64(splitmix64(self._key + state["lane"]) + state["step"])
        amount = uniform(mixed[:, None, None] + self._synapse)
        recent = (since <= self._window).to(amount.dtype).unsqueeze(2)
        told = self.config.rate * recent * amount * modulator.unsqueeze(1)
        return told, {"since": since, "step": state["step"] + 1, "lane": state["lane"]}


def corrections(
    spikes: Float[Tensor, "time batch post"], wanted: Float[Tensor, "time batch post"], slack: int
) -> Float[Tensor, "time batch post"]:
    """1 at a wanted spike with none within `slack` steps of it, -1 at a spike with no wanted one within as many."""

    def near(train: Tensor) -> Bool[Tensor, "time batch post"]:
        lines = train.permute(1, 2, 0)
        return max_pool1d(lines, 2 * slack + 1, stride=1, padding=slack).permute(2, 0, 1) > 0

    missing, amiss = (wanted > 0) & ~near(spikes), (spikes > 0) & ~near(wanted)
    return missing.to(spikes.dtype) - amiss.to(spikes.dtype)
