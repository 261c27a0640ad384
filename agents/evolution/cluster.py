"""Ray, where a learner spreads its work over it: processes here, or the machines of a cluster."""

import importlib
import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from innervate.errors import MissingExtraError

from ..learner import Setting
from .judge import Buffers, Judge, Judgement


def import_ray() -> Any:
    """The library, without its usage reports."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # leave CUDA_VISIBLE_DEVICES alone
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtraError("ray", "ray") from error


LOCAL: dict[str, Any] = {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
"""Options of `ray.init` for processes of one's own that only this machine reaches, whatever cluster runs beside."""
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}


class RayJudges:
    """Judges in processes of their own, each with its share of the members.

    The cluster is the one that this process belongs to already, the one of RAY_ADDRESS, or else processes on this
    machine. A judge that dies is started again and asked again: judging has no memory.
    """

    def __init__(self, setting: Setting, members: int, episodes: int, workers: int) -> None:
        self._ray = import_ray()
        self._started = not self._ray.is_initialized()
        if self._started:
            here = {} if "RAY_ADDRESS" in os.environ else {**LOCAL, "num_cpus": workers * setting.threads}
            self._ray.init(**QUIET, **here)
        shares = [len(part) for part in np.array_split(np.arange(members), workers)]
        self._ends = np.cumsum(shares)[:-1]
        kind = self._ray.remote(num_cpus=setting.threads, max_restarts=-1, max_task_retries=-1)(Judge)
        self._judges = [kind.remote(setting, share, episodes) for share in shares]

    def judge(self, members: np.ndarray, seeds: Sequence[int], buffers: Buffers) -> Judgement:
        """Every member on an episode from each seed."""
        parts = np.split(members, self._ends)
        asked = [j.judge.remote(p, list(seeds), dict(buffers)) for j, p in zip(self._judges, parts, strict=True)]
        found: list[Judgement] = self._ray.get(asked)
        return Judgement(
            np.concatenate([f.returns for f in found]),
            np.concatenate([f.lengths for f in found]),
            np.concatenate([f.seen for f in found]),
        )

    def close(self) -> None:
        """End the judges, and the processes if they were started for them."""
        for judge in self._judges:
            self._ray.kill(judge)
        if self._started:
            self._ray.shutdown()
