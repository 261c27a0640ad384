"""A Ray cluster of several nodes on one machine, whose nodes are killed while a sweep runs."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from innervate.agents.evolution.cluster import import_ray
from innervate.errors import InnervateError

WORKERS = 2
"""Nodes beside the head; each node has one CPU."""


class LocalCluster:
    """A head and workers, each with processes of its own, as `ray start` would make on as many machines."""

    def __init__(self) -> None:
        import_ray()
        from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

        # A dead node is noticed after some 3 seconds instead of 20: the kills are meant to be many, not long.
        quick = {"health_check_period_ms": 600, "health_check_failure_threshold": 5, "health_check_initial_delay_ms": 0}
        head = {"num_cpus": 1, "include_dashboard": False, "_system_config": quick}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self._workers = [self._cluster.add_node(num_cpus=1) for _ in range(WORKERS)]
        self._cluster.wait_for_nodes()

    @property
    def address(self) -> str:
        """host:port for `--address`."""
        return self._cluster.address

    def kill_a_worker(self, rng: np.random.Generator) -> None:
        """Kill one worker node at once, with all that runs on it, and start another."""
        victim = self._workers.pop(int(rng.integers(len(self._workers))))
        self._cluster.remove_node(victim, allow_graceful=False)
        self._workers.append(self._cluster.add_node(num_cpus=1))

    def close(self) -> None:
        """End every process."""
        self._cluster.shutdown()


@contextmanager
def local_cluster() -> Generator[LocalCluster]:
    """A cluster for as long as the block lasts."""
    cluster = LocalCluster()
    try:
        yield cluster
    finally:
        cluster.close()


def disturbed_sweep(argv: Sequence[str], folder: Path, trials: int, kills: int, rng: np.random.Generator) -> int:
    """Run `innervate sweep` on three nodes while workers are killed; returns how many kills it met before it ended.

    The kills are spread over the sweep: one each time that another share of the trials is complete, the first as
    soon as a trial has taken a step. Raises InnervateError, with the last words, where the sweep fails.
    """
    killed = 0
    with local_cluster() as cluster, tempfile.TemporaryFile("w+") as words:
        command = [sys.executable, "-m", "innervate", "sweep", *argv, "--out", str(folder)]
        process = subprocess.Popen([*command, "--address", cluster.address], stdout=words, stderr=words)
        while process.poll() is None:
            complete = len(list(folder.glob("*/README.md")))
            begun = any(folder.glob("*/progress.jsonl"))
            if killed < kills and begun and complete >= killed * trials // (kills + 1):
                cluster.kill_a_worker(rng)
                killed += 1
            time.sleep(0.2)
        if process.returncode:
            words.seek(0)
            raise InnervateError(f"The sweep ended with status {process.returncode}: {words.read()[-2000:]}")
    return killed


def differences(a: Path, b: Path) -> list[str]:
    """Trials whose trained models or learning curves differ between two folders of the same sweep."""
    names = sorted({p.parent.name for folder in (a, b) for p in folder.glob("*/config.json")})
    if not names:
        raise InnervateError(f"There are no trials in {a} and {b}.")
    return [name for name in names if not _same(a / name, b / name)]


def _same(a: Path, b: Path) -> bool:
    files = ("model.safetensors", "progress.jsonl", "evaluation.json")
    return all((a / f).exists() and (b / f).exists() and (a / f).read_bytes() == (b / f).read_bytes() for f in files)
