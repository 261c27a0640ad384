"""What the benchmark of force fields concludes from movements that are known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from innervate.agents.hemispheric import TrainingConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.bilateral import field as bilateral_field


def bent(targets: np.ndarray, left_m: float) -> list[Any]:
    """Reaches from (0, 0.4) to the targets, bulging to the left by so much."""
    s = np.linspace(0, 1, 61)[:, None, None]
    along = targets - [0.0, 0.4]
    left = np.stack([-along[:, 1], along[:, 0]], axis=-1) / np.linalg.norm(along, axis=-1, keepdims=True)
    return (np.array([0.0, 0.4]) + s * along + left_m * np.sin(np.pi * s) * left).tolist()


@pytest.mark.parametrize(("gone_m", "holds"), [(0.05, True), (-0.05, False)])
def test_an_after_effect_must_be_of_the_opposite_sign(
    gone_m: float, holds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    angle = np.arange(8) * np.pi / 4
    targets = np.array([0.0, 0.4]) + 0.1 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    bends = {"no field": 0.01, "field met first": -0.03, "field learned": 0.0, "field gone": gone_m}
    found: dict[str, Any] = {
        phase: [bent(targets, bend + 0.001 * seed) for seed in range(3)] for phase, bend in bends.items()
    }
    found["target"] = targets.tolist()

    def known(bench: Bench, training: TrainingConfig, adaptation: TrainingConfig, seeds: int) -> dict[str, Any]:
        assert (training.steps, adaptation.steps, seeds) == (60, 60, 3)
        return found

    monkeypatch.setattr(bilateral_field, "measure", known)
    work = tmp_path / "benchmarks" / ".work" / "bilateral"
    work.mkdir(parents=True)
    *phases, effect = bilateral_field.rows(Bench(quick=False, seeds=3, work=work, say=print))
    values = [row.value for row in phases]
    np.testing.assert_allclose(np.array(values, float), [-4.0, -1.0, 100 * gone_m - 1.0], rtol=1e-3)
    assert effect.holds is holds
    np.testing.assert_allclose(float(effect.value or 0), 100 * gone_m - 1.0, rtol=1e-3)
    assert "learning index 0.80" in effect.peer or not holds  # 4 / (4 + 1)
    assert (tmp_path / "benchmarks" / "bilateral-field.png").stat().st_size > 5_000
