"""Scores against hand-worked numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from chainrule.runs.scores import ClassScores, class_scores, percent, scores_from_json, value_scores

# True 0 0 0 1 1 2, predicted 0 0 1 1 0 2; class 3 does not occur.
CLASSES = class_scores(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 2]), 4)
# Errors 1, -1, 2: their squares sum to 6; squared distances from the mean 4 sum to 14.
VALUES = value_scores(np.array([1.0, 5.0, 6.0]), np.array([0.0, 6.0, 4.0]))


def test_confusion_counts_true_classes_in_rows():
    assert ((2, 1, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0)) == CLASSES.confusion
    assert (6, 4, 4 / 6, 3 / 6) == (CLASSES.rows, CLASSES.correct, CLASSES.accuracy, CLASSES.baseline)


def test_recall_and_precision_of_each_class():
    expected = [(3, 2, 2 / 3, 2 / 3), (2, 1, 1 / 2, 1 / 2), (1, 1, 1.0, 1.0), (0, 0, None, None)]

    assert expected == CLASSES.per_class()


def test_regression_scores():
    assert 1 - 6 / 14 == pytest.approx(VALUES.r2)
    assert 2**0.5 == pytest.approx(VALUES.rmse)
    assert 4 / 3 == pytest.approx(VALUES.mae)
    assert (14 / 3) ** 0.5 == pytest.approx(VALUES.spread)


@pytest.mark.parametrize("target", [[3.0], [2.0, 2.0]])
def test_r2_is_not_defined_where_the_target_does_not_vary(target):
    scores = value_scores(np.array(target), np.zeros(len(target)))

    assert scores.r2 is None
    assert "not defined" in scores.summary()


@pytest.mark.parametrize("scores", [CLASSES, VALUES])
def test_scores_come_back_from_json(scores):
    assert scores == scores_from_json(json.loads(json.dumps(scores.to_json())))


@pytest.mark.parametrize(
    "record",
    [
        None,
        {"task": "ranking"},
        {"task": "classification", "accuracy": 1.0},
        {"task": "classification", "accuracy": 1.0, "confusion": [[1, 2]]},
        {"task": "classification", "accuracy": 1.0, "confusion": [[1, "2"], [0, 0]]},
        {"task": "classification", "accuracy": 1.0, "confusion": 3},
        {"task": "classification", "accuracy": "1", "confusion": [[1]]},
        {"task": "regression", "rows": 0, "r2": None, "rmse": 0.0, "mae": 0.0, "spread": 0.0},
        {"task": "regression", "rows": 1, "r2": None, "rmse": None, "mae": 0.0, "spread": 0.0},
    ],
)
def test_other_json_is_refused(record):
    with pytest.raises(ValueError, match="expected"):
        scores_from_json(record)


def test_only_a_perfect_score_is_shown_as_100_per_cent():
    assert ["100.0 %", "99.9 %", "0.0 %"] == [percent(1.0), percent(0.99999), percent(0.0)]


def test_the_baseline_is_part_of_the_summary():
    scores = ClassScores(0.75, ((3, 0), (1, 0)))

    assert "accuracy 75.0 %  (3 of 4 rows; always the most frequent class: 75.0 %)" == scores.summary()
