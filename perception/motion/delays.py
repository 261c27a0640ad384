"""A layer of delayed synapses: each neuron hears events around it, each at its own weight and after its own delay.

On a grid of ticks and with the same kernel everywhere it is a causal convolution over time, rows and columns, trained
as one logistic regression a class (Grimaldi and Perrinet, Biological Cybernetics 2023). No delay is moved by learning:
weights on a grid of delays are, and what is small is pruned. `stream` has the same layer driven by events.
"""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from innervate.errors import ConfigError

if TYPE_CHECKING:
    from typing_extensions import Self


class DelayLayer(nn.Module):
    """Evidence for each class at each place and tick.

    The stream is heard as it is and with ON and OFF exchanged, and the larger sum is kept (a complex cell): motion is
    the same for bright and dark.

    Args:
        classes: neurons at each place.
        delays: ticks that are heard, 0 (the current one) to `delays` - 1.
        size: pixels of a kernel's side, odd.
        generator: of the first weights, which are small and not 0: at 0 both polarities are alike and none learns.
    """

    def __init__(self, classes: int, delays: int, size: int, generator: torch.Generator) -> None:
        super().__init__()
        if classes < 2 or delays < 1 or size < 1 or size % 2 == 0:
            raise ConfigError(
                "A layer of delays has 2 classes or more, 1 delay or more and an odd size; "
                f"classes={classes}, delays={delays} and size={size} came."
            )
        self.classes, self.delays, self.size = classes, delays, size
        first = 0.01 * torch.randn(2, delays, size, size, classes, generator=generator)
        self.weight: Float[Tensor, "2 delay row column class"] = nn.Parameter(first)
        self.bias: Float[Tensor, "class"] = nn.Parameter(torch.full((classes,), -3.0))

    def forward(
        self, events: UInt8[Tensor, "tick 2 row column"], order: Int[Tensor, "tick delay"] | None = None
    ) -> Float[Tensor, "tick row column class"]:
        """Evidence of a whole film, nothing being seen beyond its borders or before its begin.

        `order`: which delay is heard in place of each, at every tick (a null: the order is what tells the motion).
        """
        ticks, _, rows, columns = events.shape
        film = events.to(self.weight.dtype)
        total = film.new_zeros(ticks, 2 * self.classes, rows, columns)
        now = torch.arange(ticks)
        kernels = torch.cat([self.weight, self.weight.flip(0)], dim=-1).permute(1, 4, 0, 2, 3)
        for delay, kernel in enumerate(kernels):
            heard = nn.functional.conv2d(film, kernel, padding=self.size // 2)
            if order is None:
                total[delay:] += heard[: ticks - delay]
            else:
                source = now - order[:, delay]
                total += torch.where((source >= 0)[:, None, None, None], heard[source.clamp(min=0)], 0.0)
        return self._kept(total.permute(0, 2, 3, 1))

    def at_patches(self, patches: Float[Tensor, "patch 2 delay row column"]) -> Float[Tensor, "patch class"]:
        """Evidence at the middle of each patch, the current tick being the first of the delays."""
        kernels = torch.cat([self.weight, self.weight.flip(0)], dim=-1).flatten(0, 3)
        return self._kept(patches.flatten(1) @ kernels)

    def _kept(self, both: Float[Tensor, "*place twice"]) -> Float[Tensor, "*place class"]:
        return torch.maximum(both[..., : self.classes], both[..., self.classes :]) + self.bias

    def pruned(self, share: float) -> "Self":
        """A copy with the largest weights alone, by magnitude; `share` of them."""
        if not 0 < share <= 1:
            raise ConfigError(f"The share of the weights that is kept is above 0 and at most 1; {share} was asked for.")
        copy = type(self)(self.classes, self.delays, self.size, torch.Generator())
        size = self.weight.detach().abs()
        least = size.flatten().topk(max(1, round(share * size.numel()))).values[-1]
        with torch.no_grad():
            copy.weight.copy_(torch.where(size >= least, self.weight, 0.0))
            copy.bias.copy_(self.bias)
        return copy

    @property
    def synapses(self) -> int:
        """Weights that are not 0."""
        return int(torch.count_nonzero(self.weight))
