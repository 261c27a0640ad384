"""One of several correlated sensors becomes four times as strong: how white the responses of adapting gains stay."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.agents.threads import one_thread
from innervate.controllers.cores.gain import AdaptiveGain
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.cores.paired import less
from innervate.launch.run.statistics import student_interval

SENSORS, BATCH, DT_S, STRENGTH, FACTOR = 6, 64, 0.02, 3.0, 4.0
SETTLING, SOON, LOOK = 2000, 100, 500
"""Steps before the change, steps after which adaptation is looked at first, and steps of a look."""
ARMS = "adapting", "null: gains frozen at the change", "null: every response divided by its own deviation"


def _looked(
    core: AdaptiveGain, mix: Tensor, state: dict[str, Tensor], steps: int, adapts: bool, rng: torch.Generator
) -> tuple[Float[Tensor, "n sensors"], dict[str, Tensor]]:
    seen = list[Tensor]()
    for _ in range(steps):
        y, after = core.step(torch.randn(BATCH, SENSORS, generator=rng) @ mix.T, state)
        state = after if adapts else {**after, "gain": state["gain"]}
        seen.append(y)
    return torch.cat(seen), state


def _from_white(y: Float[Tensor, "n sensors"]) -> float:
    return float((y.T.cov() - torch.eye(SENSORS)).norm())


@torch.inference_mode()
def measured(seed: int) -> dict[str, Any]:
    """Distances of the responses' covariance from white ones, before, soon after the change and long after, by arm.

    Synapses are the identity: what is compared is the adaptation, not what was learned.
    """
    one_thread()
    rng = torch.Generator().manual_seed(seed)
    core = AdaptiveGain(SENSORS, SENSORS, rng, DT_S, 100 * DT_S)
    core.synapse.weight.copy_(torch.eye(SENSORS))
    mix = STRENGTH * (torch.eye(SENSORS) + 0.5 * torch.randn(SENSORS, SENSORS, generator=rng))
    changed = mix.clone()
    changed[0] *= FACTOR
    _, state = _looked(core, mix, core.zero(BATCH), SETTLING, True, rng)
    before, settled = _looked(core, mix, state, LOOK, True, rng)
    found: dict[str, Any] = {"before": _from_white(before)}
    for arm, adapts in ((ARMS[0], True), (ARMS[1], False)):
        soon, after = _looked(core, changed, settled, SOON, adapts, rng)
        _, after = _looked(core, changed, after, SETTLING, adapts, rng)
        late, _ = _looked(core, changed, after, LOOK, adapts, rng)
        found[arm] = {"soon": _from_white(soon), "late": _from_white(late)}
    drive = torch.randn(LOOK * BATCH, SENSORS, generator=rng) @ changed.T
    found[ARMS[2]] = dict.fromkeys(("soon", "late"), _from_white(drive / drive.std(dim=0)))
    return found


def gains_rows(bench: Bench) -> Iterator[Row]:
    """Five seeds, of the mixture of sensors and the interneurons both."""
    seeds = bench.seeds or (3 if bench.quick else 5)
    runs = [bench.once(f"gains {seed}", partial(measured, seed)) for seed in range(seeds)]
    mine = np.array([run[ARMS[0]]["late"] for run in runs])
    before = np.mean([run["before"] for run in runs])
    for arm in ARMS:
        late = np.array([run[arm]["late"] for run in runs])
        soon = np.mean([run[arm]["soon"] for run in runs])
        said, reach, holds = "", "", None
        if arm != ARMS[0]:
            said, (low, _) = less(late, mine, "adapting gains'")
            said, reach, holds = f"; {said}", "above adapting gains", low > 0
        yield Row(
            row=f"gain, a sensor of {SENSORS} becomes {FACTOR:g} times as strong, {arm}: distance from white responses",
            value=float(late.mean()), unit="(Frobenius)", interval=student_interval(late.tolist()), n=seeds,
            peer=f"in its first {SOON} steps {soon:.2f}, adapted before it {before:.2f}; this {SETTLING} steps later"
                 f"{said}",
            reach=reach, holds=holds,
        )  # fmt: skip
