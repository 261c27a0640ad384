"""Every registered learner: the same seed gives the same run, a kill changes nothing, every figure is defined."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.learner import METRICS, Learner, Progress, Setting, Snapshot, WorldConfig
from innervate.agents.registry import LEARNERS, example_of, metrics_of
from innervate.agents.threads import one_thread
from innervate.controllers import CONTROLLERS

NAMES = pytest.mark.parametrize("name", LEARNERS)


def made(name: str, steps: int | None = None) -> Learner:
    one_thread()
    task, controller = example_of(name)
    config, budget = LEARNERS[name]().tiny()
    world = WorldConfig(id=task, options={"n_links": 3} if task == "swim" else {})
    setting = Setting(world=world, controller=CONTROLLERS[controller](), steps=steps or budget, seed=3, threads=1)
    return config.build(setting)


def whole(name: str) -> tuple[Snapshot, dict[str, float]]:
    learner, seen = made(name), dict[str, float]()
    learner.train(lambda progress: seen.update(progress.metrics))
    snapshot = learner.snapshot()
    learner.close()
    return snapshot, seen


def same(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    assert a.keys() == b.keys() and a
    for key, value in a.items():
        np.testing.assert_array_equal(np.asarray(value), np.asarray(b[key]), err_msg=key)


@pytest.mark.slow
@NAMES
def test_same_seed_same_run_and_every_figure_is_defined(name: str) -> None:
    (first, seen), (second, _) = whole(name), whole(name)
    same(first.model, second.model)
    assert seen and seen.keys() <= METRICS.keys() | metrics_of(name).keys()
    for metrics in (METRICS, metrics_of(name)):
        assert all(len(meaning) > 8 for _, meaning in metrics.values())


@NAMES
def test_killed_and_resumed_is_uninterrupted(name: str) -> None:
    kept: list[Snapshot] = []
    ended: list[Snapshot] = []
    learner = made(name)

    def watch(progress: Progress) -> None:
        if progress.iteration == 1:
            kept.append(learner.snapshot())

    learner.train(watch)
    ended.append(learner.snapshot())
    learner.close()
    assert kept, f"{name} reports no first iteration"
    torch.manual_seed(99)  # whatever another process has drawn
    again = made(name)
    again.restore(kept[0])
    again.train(lambda progress: None)
    same(ended[0].model, again.snapshot().model)
    again.close()
