"""The spinal rhythm generator of a four-legged animal: 28 units, half of whose flexors' rhythm is their adaptation.

Units and wiring after Danner, Zhang, Shevtsova, Rybak et al. (eLife 2019), as Bhattasali, Pattabiraman, Pinto and
Lindsay (arXiv 2410.07174) run them. Limbs are FL, FR, HL, HR; their units are the flexor F and the extensor E, the
commissural V0d, V3f and V3e, in forelimbs the diagonal V0d' and V0v' (here `dV0d`, `dV0v`) and In2, in hindlimbs V3a.
"""

import math

import torch
from torch import Tensor

LIMBS = ("FL", "FR", "HL", "HR")
_EVERY, _FORE, _HIND = ("F", "E", "V0d", "V3f", "V3e"), ("dV0d", "dV0v", "In2"), ("V3a",)
UNITS = tuple(f"{limb}.{unit}" for limb in LIMBS for unit in (*_EVERY, *(_FORE if limb[0] == "F" else _HIND)))
"""All 28, limb by limb."""
FLEXORS = tuple(UNITS.index(f"{limb}.F") for limb in LIMBS)
EXTENSORS = tuple(UNITS.index(f"{limb}.E") for limb in LIMBS)
BASIC = tuple(i for i in range(len(UNITS)) if i not in FLEXORS)

BIAS = {
    "F": 0.1, "E": 0.8, "V0d": -0.1, "dV0d": -0.1, "dV0v": -0.1, "V3f": -0.4, "V3e": 0.0, "V3a": -0.4, "In2": -0.1,
}  # fmt: skip
FREQUENCY = {"F": 1.0, "V3f": 1.0, "V3a": 0.8}
"""What the command for frequency gives to each kind of unit."""
SYNCHRONY = {"V0d": -0.8, "dV0d": -0.5, "dV0v": -0.5}
"""What the command for synchrony takes from each kind of unit."""

_SAME, _ACROSS, _ALONG, _DIAGONAL = (0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)
"""For each limb: itself, the other side's of its girdle, the other girdle's of its side, the one across from it."""
_CONNECTIONS = (
    (_SAME, "FH", (("F", "E", -1.0), ("E", "F", -0.1), ("F", "V3f", 1.0), ("F", "V0d", 1.0), ("E", "V3e", 1.0))),
    (_ACROSS, "FH", (("V0d", "F", -1.5), ("V3f", "F", 0.3), ("V3e", "E", 0.05))),
    (_ALONG, "F", (("E", "F", 0.1), ("F", "F", -0.1))),
    (_ALONG, "H", (("E", "F", 0.1),)),
    (_SAME, "F", (("F", "dV0d", 1.0), ("F", "dV0v", 1.0), ("V3f", "In2", 1.0), ("In2", "dV0d", -0.2))),
    (_DIAGONAL, "F", (("dV0d", "F", -0.8), ("dV0v", "F", 0.2))),
    (_SAME, "H", (("F", "V3a", 1.0),)),
    (_DIAGONAL, "H", (("V3a", "F", 0.2), ("V3a", "In2", 0.8))),
)
"""To which limb, from limbs of which girdle, and what: from, to, weight."""

BASIC_S, ADAPTATION_S, ACTIVE_S, QUIET_S = 0.030, 1.400, 0.200, 1.200
"""Time constants of a basic unit and of a flexor's adaptation, and how long a burst and a pause of it last at rest."""


def weights() -> Tensor:
    """What each unit gives to each: (28 from, 28 to); 56 of them are not zero."""
    table = torch.zeros(len(UNITS), len(UNITS))
    for to, girdle, connections in _CONNECTIONS:
        for i, limb in enumerate(LIMBS):
            if limb[0] in girdle:
                for source, target, weight in connections:
                    table[UNITS.index(f"{limb}.{source}"), UNITS.index(f"{LIMBS[to[i]]}.{target}")] = weight
    return table


def of_kind(values: dict[str, float]) -> Tensor:
    """A number for every unit, (28,), by its kind; 0 for kinds that are not named."""
    return torch.tensor([values.get(unit.partition(".")[2], 0.0) for unit in UNITS])


class Bursts:
    """The flexors: adaptation rises in a pause and falls in a burst, and turns the one into the other at bounds.

    Input moves the bounds: at 0 a burst takes `ACTIVE_S` and a pause `QUIET_S`, at 1 half and a twentieth of that.
    """

    def __init__(self, step_s: float, left_slower: float) -> None:
        slower = torch.tensor([left_slower if limb.endswith("L") else 1.0 for limb in LIMBS])
        constants_s = ADAPTATION_S * slower
        self.rate = 4 * step_s / constants_s
        bounds = [self._bounds(constants_s, *scale) for scale in ((1.0, 1.0), (0.5, 0.05))]
        self.low, self.high = (torch.stack(pair) for pair in zip(*bounds, strict=True))
        """(2, 4): where a burst ends, and where a pause ends, at an input of 0 and of 1."""

    @staticmethod
    def _bounds(constants_s: Tensor, active: float, quiet: float) -> tuple[Tensor, Tensor]:
        up, down = 4 * ACTIVE_S * active / constants_s, 4 * QUIET_S * quiet / constants_s
        low = (1 - down.exp()) / (1 - (up + down).exp())
        return low, low * up.exp()

    def start(self, seed: int) -> Tensor:
        """Adaptation at the start, (4,): in the lowest tenth between the bounds at rest, drawn from `seed`."""
        drawn = torch.rand(len(LIMBS), generator=torch.Generator().manual_seed(seed))
        return self.low[0] + 0.1 * drawn * (self.high[0] - self.low[0])


def burst(
    x: Tensor, adaptation: Tensor, active: Tensor, rate: Tensor, low: Tensor, high: Tensor
) -> tuple[Tensor, Tensor]:
    """Adaptation and activity, (batch, 4) each, one step on; `x` is input and bias, `active` 0 or 1."""
    z = x.clamp(0.0, 1.0)
    adaptation = ((adaptation + rate * (1 - active)) / (1 + rate)).clamp(0.0, 1.0)
    ends = (adaptation <= (1 - z) * low[0] + z * low[1]) & (x <= 3.0)
    begins = (adaptation >= (1 - z) * high[0] + z * high[1]) & (x >= 0.0)
    return adaptation, torch.where(active > 0.5, 1.0 - ends.float(), begins.float())


def settle(x: Tensor, potential: Tensor, step_s: float) -> Tensor:
    """Potential of the basic units, (batch, 24), one step on: an implicit step, stable at any length."""
    rate = 4 * step_s / BASIC_S
    return (potential + rate * x.clamp(-1.0, 1.0)) / (1 + rate)


def delay_steps(delay_s: float, step_s: float) -> int:
    """Control steps between a unit and those that read it; 0 where the delay is no whole number of them."""
    steps = round(delay_s / step_s)
    return steps if math.isclose(steps * step_s, delay_s, rel_tol=1e-6) else 0
