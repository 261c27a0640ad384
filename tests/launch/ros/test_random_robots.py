"""Random robots through `Driver` itself, on a simulated clock; ten thousand with INNERVATE_RANDOM_ROBOTS=10000.

Nothing beyond limits in value, rate or time, and at rest within half a second of any loss.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .random_robot import Case


@pytest.mark.parametrize("first", [0, pytest.param(50, marks=pytest.mark.slow)])
def test_random_robots(first: int) -> None:
    moved = 0
    for seed in range(first, first + 50):
        case = Case(seed).run()
        case.check()
        moved += any(not one.stopped for one in case.link.log)
    assert moved >= 35  # most of them are driven indeed


@pytest.mark.slow
def test_a_thousand_random_robots() -> None:
    # In processes of their own: there the types of every call are not checked, and it is ten times faster.
    count = os.environ.get("INNERVATE_RANDOM_ROBOTS", "1000")
    command = [sys.executable, "-m", "tests.launch.ros.random_robot", "10000", count]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f"{count} robots" in done.stdout, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
