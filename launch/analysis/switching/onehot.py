"""The one-hot prior of Li et al. (ICLR 2024): a connection excites, inhibits or is not there, and its strength is free.

The sign of every connection in every state is a probability over three kinds, relaxed by a softmax while it learns and
made hard at the end; states are drawn to kinds that they share. Steps are Adam's on the expected log-likelihood. In
place of Gumbel's samples the mean of the relaxed kinds is used.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import log_softmax, softplus

KINDS = torch.tensor([-1.0, 0.0, 1.0])
"""Inhibits, is not there, excites."""
STEPS, RATE = 20, 0.05


class OneHot:
    """Kinds and strengths behind the weights of a Poisson model; `improve` takes the place of its emission's.

    Args:
        weights: to begin with.
        pull: weight of the agreement of the states' kinds with those that they share.
    """

    def __init__(self, weights: Float[np.ndarray, "state neuron input"], pull: float = 1.0) -> None:
        w = torch.from_numpy(weights[:, :, :-1]).float()
        lean = torch.stack([-w, 0.3 - w.abs(), w], dim=-1)
        self.kinds = (2 * lean).requires_grad_()
        self.strengths = torch.log(torch.expm1(w.abs().clamp(min=0.05))).requires_grad_()
        self.shared = (2 * lean.mean(dim=0)).requires_grad_()
        self.constant = torch.from_numpy(weights[:, :, -1]).float().requires_grad_()
        self.pull = pull
        self._adam = torch.optim.Adam([self.kinds, self.strengths, self.shared, self.constant], lr=RATE)

    def _weights(self) -> Tensor:
        signs = log_softmax(self.kinds, dim=-1).exp() @ KINDS
        return torch.cat([signs * softplus(self.strengths), self.constant[..., None]], dim=-1)

    def improve(
        self, seen: Float[np.ndarray, "step neuron"], inputs: Float[np.ndarray, "step input"],
        posterior: Float[np.ndarray, "step state"], own: Float[np.ndarray, "neuron input"],
    ) -> Float[np.ndarray, "state neuron input"]:
        """A few steps; `own` is 0 for connections that are left out."""
        x, h, share, kept = (torch.from_numpy(a).float() for a in (seen, inputs, posterior, own))
        for _ in range(STEPS):
            self._adam.zero_grad()
            drive = torch.einsum("ti,sni->stn", h, self._weights() * kept)
            data = (share.T[:, :, None] * (x * -softplus(-drive) - torch.sigmoid(drive))).sum()
            agreed = (log_softmax(self.kinds, -1).exp() * log_softmax(self.shared, -1)).sum()
            (-data - self.pull * agreed).backward()
            self._adam.step()
        with torch.no_grad():
            return (self._weights() * kept).double().numpy()

    def hard(self, own: Float[np.ndarray, "neuron input"]) -> Float[np.ndarray, "state neuron input"]:
        """Weights with each connection of its likeliest kind."""
        with torch.no_grad():
            signs = KINDS[self.kinds.argmax(dim=-1)]
            whole = torch.cat([signs * softplus(self.strengths), self.constant[..., None]], dim=-1)
            return whole.double().numpy() * own
