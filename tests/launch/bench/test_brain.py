"""The animals that the benchmark of whole brains lets live."""

import numpy as np
import pytest

from innervate.envs.sight import gl
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
