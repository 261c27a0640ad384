"""What the embodied rows of the predictive benchmark make of learning curves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.predictive import embodied
from innervate.launch.bench.predictive.embodied_runs import Trial, learning_curve


def bench(folder: Path) -> Bench:
    return Bench(quick=True, seeds=3, work=folder, say=lambda _: None)


def test_areas_are_paired_by_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    curves = {True: [[2.0, 6.0], [3.0, 3.0], [4.0, 8.0]], False: [[1.0, 3.0], [2.0, 2.0], [2.0, 6.0]]}

    def recall(_: Bench, trial: Trial, seed: int) -> list[float]:
        return curves[trial.aux_coef > 0][seed]

    monkeypatch.setattr(embodied, "curve", recall)
    row, value = embodied.gain(bench(tmp_path), embodied.BOTTLENECK, 3)
    assert value == pytest.approx((4 + 3 + 6) / (2 + 2 + 4))
    logs = np.log([2.0, 1.5, 1.5])
    expected = np.exp(stats.t.interval(0.95, 2, logs.mean(), stats.sem(logs)))
    assert row.interval == pytest.approx(expected)
    assert "by seed 2.00, 1.50, 1.50" in row.peer
    curves[False][1] = [-9.0, 1.0]
    assert embodied.gain(bench(tmp_path), embodied.BOTTLENECK, 3)[0].interval is None


def test_a_curve_has_its_points_and_is_the_same_again() -> None:
    """Also without prediction: what is compared differs in the weight of the auxiliary loss alone."""
    settings = {**embodied.BOTTLENECK.settings, "learning_starts": 40, "batch_size": 16}
    trial = replace(embodied.BOTTLENECK, steps=120, every=40, settings=settings, net_arch=(8,), latent=4)
    first, again, without = (
        learning_curve(replace(trial, aux_coef=coef), 1) for coef in (trial.aux_coef, trial.aux_coef, 0.0)
    )
    assert len(first) == 3
    assert first == again
    assert first[-1] != without[-1]
