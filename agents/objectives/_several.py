"""Several objectives as one."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from ._objective import Encode, Experience, Objective


class Several(Objective):
    """All terms of several objectives; a name that occurs twice is numbered from the second on."""

    def __init__(self, parts: Sequence[Objective]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.steps = max(part.steps for part in parts)

    def _objectives(self) -> list[Objective]:
        return [part for part in self.parts if isinstance(part, Objective)]

    def loss(self, encode: Encode, slow: Encode, seen: Experience) -> dict[str, Float[Tensor, ""]]:
        """Each part reads as many steps as it needs."""
        terms: dict[str, Tensor] = {}
        for number, part in enumerate(self._objectives(), 1):
            n = part.steps
            begun = Experience(seen.observations[: n + 1], seen.actions[:n], seen.valid[:n])
            for name, value in part.loss(encode, slow, begun).items():
                terms[f"{name}_{number}" if name in terms else name] = value
        return terms

    def follow(self, tau: float) -> None:
        """Each part's slow copies follow."""
        for part in self._objectives():
            part.follow(tau)
