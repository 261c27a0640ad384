"""Oja's rule (1982): Hebb's, with a decay that keeps a neuron's weights bounded."""

from jaxtyping import Float
from torch import Tensor

from ..rules import Rule


class Oja(Rule):
    """Change = modulator * (pre * post - post^2 * weight); a linear neuron's weights end as its first principal
    component, of length 1 (Oja, "A simplified neuron model as a principal component analyzer", 1982)."""

    def change(
        self,
        pre: Float[Tensor, "batch pre"],
        post: Float[Tensor, "batch post"],
        weight: Float[Tensor, "batch pre post"],
        trace: Float[Tensor, "batch pre post"],
        modulator: Float[Tensor, "batch"],
    ) -> Float[Tensor, "batch pre post"]:
        """Reads no trace."""
        del trace
        hebb = pre.unsqueeze(2) * post.unsqueeze(1)
        return modulator[:, None, None] * (hebb - post.square().unsqueeze(1) * weight)
