"""What the predictive benchmark reads from curves, on curves whose reading is known; and one tiny run through it."""

import importlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench.predictive import PARTS, cases
from innervate.launch.bench.predictive.maze_rows import lives
from innervate.launch.bench.predictive.maze_runs import Life, maze_of, relearned
from innervate.launch.bench.predictive.measures import (
    dead,
    efficiency,
    episodes_to_solve,
    final,
    resampled,
    scores_at,
    silent,
    steps_to_solve,
)  # fmt: skip


def alive(score: np.ndarray, steps: int = 10) -> Life:
    """An agent with this curve, `steps` steps an episode, of whose three units one is silent."""
    ended = steps * (np.arange(len(score)) + 1)
    latent = np.array([[1.0, -1.0, 0.5], [0.0, -2.0, 0.1]])
    return Life(score=score, ended=ended, transfer=score[::-1], latent=latent)


FAST, SLOW, NEVER = (alive((np.arange(60) >= begin).astype(float)) for begin in (20, 40, 99))


def test_steps_to_solve_is_where_five_episodes_in_a_row_average_nine_tenths() -> None:
    np.testing.assert_array_equal(steps_to_solve([FAST, SLOW, NEVER]), [250, 450, 600])
    assert efficiency([FAST], [SLOW]) == pytest.approx(450 / 250)
    assert episodes_to_solve([FAST]) == 24
    assert episodes_to_solve([FAST, NEVER]) == 60  # their mean is never above a half


def test_scores() -> None:
    np.testing.assert_allclose(scores_at([FAST, SLOW], 22), [3 / 5, 0])
    np.testing.assert_allclose(scores_at([FAST], 4, transfer=True), [1])
    np.testing.assert_allclose(final([FAST, NEVER]), [1, 0])
    assert dead([FAST, SLOW, NEVER]) == 1
    assert silent([FAST]) == pytest.approx(1 / 3)


def test_an_interval_holds_its_figure_and_closes_on_seeds_that_agree() -> None:
    low, high = resampled(efficiency, [FAST, SLOW, FAST, NEVER], [SLOW, SLOW, SLOW, SLOW])
    assert low < efficiency([FAST, SLOW, FAST, NEVER], [SLOW] * 4) < high
    assert resampled(efficiency, [FAST] * 3, [SLOW] * 3) == (1.8, 1.8)


def test_every_agent_of_a_seed_has_the_same_maze() -> None:
    one, other = (maze_of(cases.room(weights, 5), 7) for weights in (cases.MODEL_FREE, cases.NEGATIVES))
    assert one.goal == other.goal
    np.testing.assert_array_equal(one.pixel, other.pixel)
    assert not np.array_equal(one.pixel, maze_of(cases.room(cases.NEGATIVES, 5), 8).pixel)


def test_a_life_is_measured_once_and_transfer_starts_from_its_latents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(quick=True, seeds=1, work=tmp_path, say=lambda _: None)
    case = cases.default(cases.OURS, 3)
    (found,) = lives(bench, case, 20)
    assert len(found.score) == case.agent.episodes // 4  # a quick bench is shorter
    assert found.latent.shape == (64, 3)
    monkeypatch.setattr("innervate.launch.bench.predictive.maze_runs.train", None)  # nothing may be trained again
    (again,) = lives(bench, case, 20)
    np.testing.assert_array_equal(again.score, found.score)
    monkeypatch.undo()
    table = np.random.default_rng(0).standard_normal((64, 40)).astype(np.float32)  # tells all places apart
    assert relearned(bench, case, 0, table).transfer[-1] == 1
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_the_parts_exist() -> None:
    for part in PARTS:
        module, _, rows = part.partition(" ")
        assert callable(getattr(importlib.import_module(f"innervate.launch.bench.predictive.{module}"), rows))
