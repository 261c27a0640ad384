"""Learning the delays: logistic regression on random patches of films.

Patches are gathered through a view and multiplied as two matrices. The same loss as a three-dimensional convolution
over whole films costs several times as much on a CPU.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError

from .delays import DelayLayer
from .films import Film


def learn(
    layer: DelayLayer,
    films: Sequence[Film],
    generator: torch.Generator,
    *,
    steps: int = 500,
    batch: int = 4096,
    rate: float = 0.01,
    shuffled: bool = False,
) -> Float[np.ndarray, "step"]:
    """Let a layer learn which motion each tick of the films has, in place; gives the loss of each step.

    Binary cross-entropy over classes with Adam, whose rate falls to 0 along a cosine. Weights that are 0 stay so: a
    pruned layer learns on with the synapses that it has. `shuffled`: each patch has its delays in another order (a
    null).

    Raises:
        ConfigError: films too small or short for the layer.
        NonFiniteError: the loss is no number any more.
    """
    events = torch.from_numpy(np.stack([film.events for film in films]).astype(np.uint8))
    label = torch.from_numpy(np.stack([film.label for film in films]))
    number, ticks, _, rows, columns = events.shape
    free = ticks - layer.delays + 1, rows - layer.size + 1, columns - layer.size + 1
    if min(free) < 1:
        raise ConfigError(
            f"Films of {ticks} ticks and {rows} x {columns} pixels hold no patch of {layer.delays} delays and "
            f"{layer.size} x {layer.size} pixels."
        )
    windows = events.unfold(1, layer.delays, 1).unfold(3, layer.size, 1).unfold(4, layer.size, 1)
    optimiser = torch.optim.Adam(layer.parameters(), lr=rate)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    losses, there = np.zeros(steps), layer.weight.detach() != 0
    for step in range(steps):
        film, tick, row, column = (
            torch.randint(most, (batch,), generator=generator) for most in (number, *free)
        )  # fmt: skip
        patches = windows[film, tick, :, row, column].flip(2)  # the current tick first
        if shuffled:
            patches = _shuffled(patches, generator)
        wanted = torch.nn.functional.one_hot(label[film, tick + layer.delays - 1], layer.classes)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(layer.at_patches(patches.float()), wanted.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            layer.weight *= there
        fall.step()
        losses[step] = loss.item()
        if not np.isfinite(losses[step]):
            raise NonFiniteError(f"The loss of step {step} is {losses[step]}; a lower rate than {rate} may mend it.")
    return losses


def _shuffled(patches: Tensor, generator: torch.Generator) -> Tensor:
    batch, _, delays = patches.shape[:3]
    order = torch.rand(batch, delays, generator=generator).argsort(dim=1)
    return patches.take_along_dim(order[:, None, :, None, None], dim=2)
