"""What HLOP and GPM share: gradients without what earlier tasks' layers were given."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..keeper import Activity, Grads, Keeper, layered, linear_layers, unlayered


class Projection(Keeper):
    """Rows span, layer by layer, what earlier tasks were given; no update changes what a layer makes of that.

    A gradient is a sum of errors times inputs, so that to take the rows' part out of it is to take it out of the input
    of every sample and every time step, recurrent ones included.
    """

    def __init__(self, model: nn.Module, method: str) -> None:
        super().__init__(model)
        self.layers = linear_layers(model, method)
        self.rows: dict[str, Float[Tensor, "row input"]] = {
            name: torch.zeros(0, layer.in_features + (layer.bias is not None))  # pyright: ignore[reportUnnecessaryComparison]
            for name, layer in self.layers.items()
        }

    def transform(self, grads: Grads, activity: Activity) -> Grads:
        """Without the rows' part."""
        del activity
        matrices = layered(grads, self.layers)
        return unlayered(
            {name: g - (g @ self.rows[name].T) @ self.rows[name] for name, g in matrices.items()}, self.layers
        )

    def tensors(self) -> dict[str, Tensor]:
        """The rows."""
        return {f"rows.{name}": rows.clone() for name, rows in self.rows.items() if len(rows)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The rows again."""
        for name in self.rows:
            if f"rows.{name}" in tensors:
                self.rows[name] = tensors[f"rows.{name}"].clone()


def check_shares(method: str, *shares: float) -> None:
    """Raise `ConfigError` where one is no share of a layer."""
    if not all(0 < share <= 1 for share in shares):
        raise ConfigError(f"{method} takes rows as shares of a layer's inputs, in (0, 1]; got {shares}.")


def new_rows(share: float, inputs: int, there: int, most: float) -> int:
    """How many rows a share of a layer's inputs is, one at least, as far as there is room below `most`."""
    return max(0, min(max(1, round(share * inputs)), int(most * inputs) - there))


def orthonormal(rows: Float[Tensor, "row input"], new: Float[Tensor, "new input"]) -> Float[Tensor, "both input"]:
    """Orthonormal rows, and behind them what is new in others, made orthonormal (QR)."""
    rest = new - (new @ rows.T) @ rows
    basis, upper = torch.linalg.qr(rest.T.double())
    there = upper.diagonal().abs() > 1e-6 * max(1e-12, float(new.norm()))
    return torch.cat([rows, basis.T[there].to(rows.dtype)])
