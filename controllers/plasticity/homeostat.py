"""A homeostat that regulates its own rate: another rule acts as fast as what was amiss of late demands."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ..rules import Rule, RuleConfig, check_rate
from ..spec import State
from ._traces import kept
from .oja import OjaConfig


@dataclass(frozen=True, kw_only=True)
class HomeostatConfig:
    """Need <- keep need + (1 - keep) |modulator|; another rule is told modulator times need.

    The modulator is what is amiss: 0 where all is well. After the abstract of Man, Damasio and Neven, "Need is all you
    need" (2022, arXiv 2205.08645): how plastic a learner is follows from how it fares.
    """

    rule: RuleConfig = field(default_factory=OjaConfig)
    """Whose rate it regulates."""
    need_s: float = 5.0
    """How long a need is remembered."""
    least: float = 0.0
    """Need below which it does not fall, so that nothing is beyond learning."""

    def build(self, pre: int, post: int, generator: torch.Generator, dt_s: float) -> "Homeostat":
        """The other rule's coefficients are drawn from the generator."""
        check_rate(self, "least")
        if self.least > 1:
            raise ConfigError(f"HomeostatConfig.least is a need, at most 1, got {self.least}.")
        return Homeostat(pre, post, self, self.rule.build(pre, post, generator, dt_s), dt_s)


class Homeostat(Rule):
    """State: `need` (batch, post), in [least, 1], and the other rule's under `of/`."""

    def __init__(self, pre: int, post: int, config: HomeostatConfig, rule: Rule, dt_s: float) -> None:
        super().__init__(pre, post)
        self.config, self.rule, self.spikes, self.whole = config, rule, rule.spikes, rule.whole
        self._keep = kept(config.need_s, dt_s)

    def zero(self, batch: int) -> State:
        """In need of everything."""
        own = {f"of/{name}": value for name, value in self.rule.zero(batch).items()}
        return {**own, "need": torch.ones(batch, self.post)}

    def change(
        self, pre: Tensor, post: Tensor, weight: Tensor, modulator: Tensor, state: State
    ) -> tuple[Float[Tensor, "batch pre post"], State]:
        """The need before this step is what counts in it."""
        own = {name.removeprefix("of/"): value for name, value in state.items() if name.startswith("of/")}
        told, after = self.rule.change(pre, post, weight, modulator * state["need"], own)
        amiss = modulator.abs().clamp(max=1)
        need = torch.lerp(amiss, state["need"], self._keep).clamp(min=self.config.least)
        return told, {**{f"of/{name}": value for name, value in after.items()}, "need": need}
