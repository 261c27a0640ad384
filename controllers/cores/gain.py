"""Gain adaptation as state: interneurons whose gains whiten the activity while it lives (Duong et al. 2023)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..core import Core
from ..layers import linear
from ..spec import State
from ..timescales import keep, spread


class AdaptiveGain(Core):
    """Neurons behind learned synapses, whitened by interneurons with fixed weights and gains that adapt.

    State: `activity` r, (batch, units), and `gain` g, (batch, 2 units), never negative. With s the synapses' drive and
    unit vectors w_k: z_k = w_k . r, tau dg_k/dt = z_k^2 - 1 and, fast, dr/dt = s - sum_k g_k z_k w_k - r. When the mean
    of every z_k^2 has come to 1 the gains rest. Gains are within the episode; nothing learned changes.

    The fast dynamics are those of Duong, Lipshutz, Heeger, Chklovskii, Simoncelli 2023 (arXiv 2301.11955), as is the
    rule of the gains, there with and without a bound at zero; here activity relaxes from the last step's in a few steps
    instead of to its end, and the interneurons' directions are random ones. All gains have one time constant, as
    published: `slowest_s`, 100 steps where it does not say.
    """

    spreads = True
    remembers_activity_only = False
    SLOWEST_STEPS, RELAXATIONS = 100.0, 6
    directions: Tensor
    rate: Tensor
    stiffness: Tensor

    def __init__(
        self, inputs: int, units: int, generator: torch.Generator, dt_s: float, slowest_s: float | None = None
    ) -> None:
        super().__init__(inputs, units, generator, dt_s)
        self.synapse = linear(inputs, units, 1.0, generator)
        directions = nn.functional.normalize(torch.randn(units, 2 * units, generator=generator), dim=0)
        self.register_buffer("directions", directions)
        self.register_buffer("stiffness", torch.linalg.eigvalsh(directions @ directions.T)[-1])
        tau_s = spread(1, dt_s, self.SLOWEST_STEPS * dt_s if slowest_s is None else slowest_s)
        self.register_buffer("rate", 1 - keep(tau_s, dt_s))

    @classmethod
    def trainable(cls, inputs: int, units: int, dt_s: float) -> int:
        """The synapses."""
        del dt_s
        return (inputs + 1) * units

    def zero(self, batch: int) -> State:
        """Silent, and not yet adapted."""
        new = self.directions.new_zeros
        return {"activity": new(batch, self.units), "gain": new(batch, 2 * self.units)}

    def step(self, x: Float[Tensor, "batch inputs"], state: State) -> tuple[Float[Tensor, "batch units"], State]:
        """Activity under the gains so far, which then adapt to it."""
        drive, y, gain = self.synapse(x), state["activity"], state["gain"]
        # The fast dynamics in steps that cannot overshoot, however large the gains: the largest eigenvalue of
        # 1 + sum_k g_k w_k w_k' is at most 1 + max g times that of the sum without gains.
        pace = 1 / (1 + self.stiffness * gain.amax(dim=-1, keepdim=True))
        for _ in range(self.RELAXATIONS):
            y = y + pace * (drive - y - (gain * (y @ self.directions)) @ self.directions.T)
        gain = torch.relu(gain + self.rate * ((y @ self.directions).square() - 1))
        return y, {"activity": y, "gain": gain}
