"""The animals that the benchmark of whole brains lets live."""

import numpy as np
import pytest

from innervate.envs.sight import gl
from innervate.launch.bench.brain import more, resampled
from innervate.launch.bench.brain.days import PLAIN, lived


@pytest.mark.slow
def test_the_plain_forager_comes_back_to_where_it_ate() -> None:
    """It finds its food again in every day; without memory, in the same days, it takes longer."""
    if "ok" not in gl.probe().values():
        pytest.skip(f"no OpenGL here; {gl.MEND}")
    took = list[float]()
    for one in (PLAIN, "forager without memory"):
        days = lived(one, "dmp", scene=0, days=2, trials=2, trial_s=60.0, probe_s=1.0)
        second = [t for day in days for t in day if t.number == 2 and not t.probe]
        took.append(float(np.mean([t.latency_s if t.found else 60.0 for t in second])))
        if len(took) == 1:
            assert all(t.found for t in second)
    assert took[0] < took[1]


def test_a_loss_is_told_from_paired_days() -> None:
    """Days of very different length, each a quarter longer without the organ: told to a few per cent; none is not."""
    rng = np.random.default_rng(0)
    intact = rng.uniform(5, 50, 24)
    longer = 1.25 * intact + rng.normal(0, 0.5, 24)
    low, high = resampled(np.stack([intact, longer], axis=1), more)
    assert low < 0.25 < high and high - low < 0.05
    low, high = resampled(np.stack([intact, intact + rng.normal(0, 3, 24)], axis=1), more)
    assert low < 0 < high
