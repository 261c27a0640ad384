"""Which layer of one network is which of another's, by the likeness of what they hold apart."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError
from innervate.launch.analysis.measures.similarity import Dissimilarity

Likeness = Callable[[Dissimilarity, Dissimilarity], float]


def identified(
    one: Mapping[str, Dissimilarity], other: Mapping[str, Dissimilarity], likeness: Likeness
) -> dict[str, str]:
    """For each layer of one network the layer of the other that is most like it."""
    if not one or not other:
        raise ConfigError("Layers are identified between two networks that have some; one has none.")
    return {name: max(other, key=lambda their, mine=apart: likeness(mine, other[their])) for name, apart in one.items()}


def identification(networks: Sequence[Mapping[str, Dissimilarity]], likeness: Likeness) -> float:
    """Share of layers that are identified with their namesake, over all ordered pairs of networks."""
    if len(networks) < 2:
        raise ConfigError(f"Layers are identified across networks; got {len(networks)}.")
    hits = [
        found == name
        for i, one in enumerate(networks) for j, other in enumerate(networks) if i != j
        for name, found in identified(one, other, likeness).items()
    ]  # fmt: skip
    return float(np.mean(hits))


def noise_ceiling(
    subjects: Sequence[Dissimilarity], likeness: Likeness
) -> Float[np.ndarray, "2"]:
    """How alike a true model could be to these subjects: to the mean of the others at least, to that of all at most."""
    if len(subjects) < 2:
        raise ConfigError(f"A noise ceiling needs at least two subjects; got {len(subjects)}.")
    stack = np.stack(subjects)
    upper = np.mean([likeness(one, stack.mean(axis=0)) for one in stack])
    rest = (stack.sum(axis=0) - stack) / (len(stack) - 1)
    return np.array([np.mean([likeness(one, other) for one, other in zip(stack, rest, strict=True)]), upper])
