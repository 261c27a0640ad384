import numpy as np
import pytest

from innervate.errors import ConfigError
from innervate.perception.place.measures import (
    diagonal_truth,
    margin_confidence,
    precision_recall,
    recall_at,
    truth_from_indices,
)


def test_recall_counts_the_best_n_by_hand() -> None:
    scores = np.array([[3.0, 2, 1], [3, 1, 2], [1, 2, 3]])
    truth = diagonal_truth(3, 3)
    assert [recall_at(scores, truth, n) for n in (1, 2, 3)] == pytest.approx([2 / 3, 2 / 3, 1.0])


def test_ties_earn_what_a_fair_coin_would() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 3, (40, 12)).astype(float)
    truth = diagonal_truth(40, 12, 1)
    for n in (1, 3):
        coins = [recall_at(scores + 1e-6 * rng.random(scores.shape), truth, n) for _ in range(2000)]
        assert recall_at(scores, truth, n) == pytest.approx(np.mean(coins), abs=5 * np.std(coins) / np.sqrt(2000))
    assert recall_at(np.zeros((5, 5)), np.eye(5, dtype=bool), 2) == pytest.approx(2 / 5)


def test_queries_without_a_place_do_not_enter_recall_but_cost_precision() -> None:
    truth = truth_from_indices(np.array([0, -1]), 3)
    scores = np.array([[5.0, 4, 0], [9, 1, 0]])
    assert recall_at(scores, truth) == 1.0
    curve = precision_recall(scores, truth)
    assert curve.precision.tolist() == [0.0, 0.5]
    assert curve.recall_at_full_precision == 0.0


def test_tolerance_and_rectangular_counts() -> None:
    truth = diagonal_truth(4, 3, tolerance=1)
    assert truth.astype(int).tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 0, 1]]
    assert not diagonal_truth(5, 3)[3:].any()


def test_the_curve_by_hand() -> None:
    scores = np.eye(4)
    scores[3] = [0, 0, 1, 0]
    curve = precision_recall(scores, diagonal_truth(4, 4), np.array([0.9, 0.8, 0.5, 0.7]))
    assert curve.precision == pytest.approx([1, 1, 2 / 3, 3 / 4])
    assert curve.recall == pytest.approx([0.25, 0.5, 0.5, 0.75])
    assert curve.recall_at_full_precision == 0.5
    assert curve.area == pytest.approx(0.25 + 0.25 + 0.75 * 0.25)


def test_equal_confidences_are_accepted_together_whatever_their_order() -> None:
    scores, sure = np.array([[1.0, 0], [1, 0]]), np.array([0.5, 0.5])
    for truth in (np.array([[True, False], [False, True]]), np.array([[False, True], [True, False]])):
        assert precision_recall(scores, truth, sure).precision.tolist() == [0.5]


def test_confidence_ignores_scale_and_shift_and_a_single_place_has_none() -> None:
    scores = np.random.default_rng(1).random((6, 9))
    assert margin_confidence(5 * scores - 3) == pytest.approx(margin_confidence(scores))
    assert margin_confidence(np.ones((2, 4))).tolist() == [0, 0]
    assert margin_confidence(np.ones((2, 1))).tolist() == [0, 0]


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ConfigError, match="ground truth"):
        recall_at(np.zeros((2, 3)), np.zeros((3, 2), bool))
    with pytest.raises(ConfigError, match="No query"):
        recall_at(np.zeros((2, 3)), np.zeros((2, 3), bool))
    with pytest.raises(ConfigError, match="query 1"):
        recall_at(np.array([[0.0], [np.nan]]), np.ones((2, 1), bool))
