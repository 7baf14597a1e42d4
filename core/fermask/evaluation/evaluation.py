"""Predictions → confusion matrix, rates with intervals, and what a figure may be called.

A figure says model, protocol, split and n. Whether the faces were among the training ones is
decided here, from the rows and duplicate groups in a network's record.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from fermask.dataset.ferm import TABLE_2
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.evaluation.resampling import grouped_rate
from fermask.evaluation.scope import Scope
from fermask.faces.labels import CLASSES

_DRAWS = 4000


@dataclass(frozen=True)
class Evaluation:
    """How a network did on some faces.

    ``confusion``: int64 ``(4, 4)``, rows are the true class, columns the predicted one.
    ``accuracy``: over all faces. ``precision``, ``recall``: by class name; ``f1``: 0…1 by
    class name; ``macro_f1``: their mean. ``weighted_accuracy``: the mean of the recalls
    weighted by Table 2's class shares, which makes sets of other shares comparable.
    """

    confusion: np.ndarray
    accuracy: Rate
    precision: dict[str, Rate]
    recall: dict[str, Rate]
    f1: dict[str, float]
    macro_f1: float
    weighted_accuracy: Rate


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts, int64 ``(4, 4)``: rows the true class, columns the predicted one."""
    counts = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    np.add.at(counts, (np.asarray(labels), np.asarray(predicted)), 1)
    return counts


def evaluate(
    labels: np.ndarray, probabilities: np.ndarray, groups: np.ndarray | None = None
) -> Evaluation:
    """All figures of some faces.

    Args:
        labels: int ``(n,)``, indices into ``CLASSES``.
        probabilities: ``(n, 4)``.
        groups: ``(n,)``, the faces' duplicate groups, by which the interval of the accuracy is
            then found (``grouped_rate``); without them each face counts as its own photograph.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    if len(labels) == 0:
        raise ValueError("There is no face to evaluate on.")
    if np.shape(probabilities) != (len(labels), len(CLASSES)):
        raise ValueError(
            f"Expected probabilities ({len(labels)}, {len(CLASSES)}), received "
            f"{np.shape(probabilities)}."
        )
    predicted = np.argmax(probabilities, axis=1)
    confusion = confusion_matrix(labels, predicted)
    hits, true, said = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = _f1(confusion)
    return Evaluation(
        confusion=confusion,
        accuracy=rate(hits.sum(), confusion.sum())
        if groups is None
        else grouped_rate(predicted == np.asarray(labels), groups),
        precision={name: rate(hits[i], said[i]) for i, name in enumerate(CLASSES)},
        recall={name: rate(hits[i], true[i]) for i, name in enumerate(CLASSES)},
        f1={name: float(f1[i]) for i, name in enumerate(CLASSES)},
        macro_f1=float(f1.mean()),
        weighted_accuracy=_weighted(hits, true),
    )


def confusion_csv(evaluation: Evaluation, of: dict[str, str]) -> str:
    """A confusion matrix as CSV, a line a cell, which says what it is of.

    Args:
        evaluation: whose matrix.
        of: columns that are the same in each line, such as ``model``; they come first.

    Returns:
        Then follow ``true``, ``predicted``, ``n`` and ``share`` (of the true class, 0…1; empty
        without a face of it).
    """
    true, predicted = (np.array(CLASSES)[i.ravel()] for i in np.indices((len(CLASSES),) * 2))
    table = pd.DataFrame({"true": true, "predicted": predicted, "n": evaluation.confusion.ravel()})
    table["share"] = table["n"] / table.groupby("true")["n"].transform("sum")
    for place, (name, value) in enumerate(of.items()):
        table.insert(place, name, value)
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def f1_intervals(confusion: np.ndarray) -> tuple[dict[str, Rate], Rate]:
    """F1 of each class and macro-F1, with 95% intervals.

    F1 is no share of a fixed number of faces, so its interval is read off matrices drawn
    around this one (Dirichlet, with one face spread evenly over the cells beforehand, so
    that no cell counts as impossible). The draws are seeded: the same matrix gives the same
    interval.

    Args:
        confusion: int ``(4, 4)``, as ``confusion_matrix`` gives it.

    Returns:
        By class name, ``n`` the faces of the class; and macro-F1, ``n`` all faces. NaN where
        there is no face at all.
    """
    n = int(confusion.sum())
    if n == 0:
        nothing = rate(0, 0)
        return dict.fromkeys(CLASSES, nothing), nothing
    beforehand = 1 / confusion.size
    drawn = np.random.default_rng(0).dirichlet(confusion.ravel() + beforehand, size=_DRAWS)
    of_draws = _f1(drawn.reshape(-1, *confusion.shape))
    of_draws = np.column_stack([of_draws, of_draws.mean(axis=1)])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(of_draws, [tail, 1 - tail], axis=0)
    values = _f1(confusion)
    values = np.append(values, values.mean())
    counts = [*confusion.sum(axis=1), n]
    rates = [
        Rate(float(value), float(min(lowest, value)), float(max(highest, value)), int(count))
        for value, lowest, highest, count in zip(values, low, high, counts, strict=True)
    ]
    return dict(zip(CLASSES, rates, strict=False)), rates[-1]


def _f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, ``(…, 4)``, of matrices ``(…, 4, 4)``; 0 for a class nowhere seen."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    all_of_it = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.divide(2 * hits, all_of_it, out=np.zeros(hits.shape), where=all_of_it > 0)


def _weighted(hits: np.ndarray, true: np.ndarray) -> Rate:
    """Recalls weighted by Table 2's shares, with the interval of a stratified sample."""
    n = int(true.sum())
    if (true == 0).any():
        return Rate(float("nan"), float("nan"), float("nan"), n)
    weights = np.array([TABLE_2[name] for name in CLASSES]) / sum(TABLE_2.values())
    value = float(weights @ (hits / true))
    # One success and one failure more a class, so that no class counts as known for certain.
    smoothed = (hits + 1) / (true + 2)
    error = float(np.sqrt(weights**2 @ (smoothed * (1 - smoothed) / true)))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    return Rate(value, max(value - reach, 0.0), min(value + reach, 1.0), n)


def headline(evaluation: Evaluation, scope: Scope) -> Rate:
    """The accuracy that a figure states: under ``external`` the weighted one."""
    return evaluation.weighted_accuracy if scope.protocol == "external" else evaluation.accuracy


def as_json(evaluation: Evaluation, model: str, scope: Scope, warning: str = "") -> dict[str, Any]:
    """What ``scripts.evaluate --json`` prints, None where a rate has no faces.

    The accuracy and its interval are those of ``headline``.
    """
    accuracy = headline(evaluation, scope)
    result = {
        "model": model,
        "protocol": scope.protocol,
        "seed": scope.seed,
        "split": scope.split,
        "usage": scope.usage,
        "n": evaluation.accuracy.n,
        "accuracy": accuracy.value,
        "interval": [accuracy.low, accuracy.high],
        "unweighted_accuracy": evaluation.accuracy.value,
        "weighted_accuracy": evaluation.weighted_accuracy.value,
        "macro_f1": evaluation.macro_f1,
        "classes": {
            name: {
                "precision": evaluation.precision[name].value,
                "recall": evaluation.recall[name].value,
                "f1": evaluation.f1[name],
                "n": evaluation.recall[name].n,
            }
            for name in CLASSES
        },
        "confusion": evaluation.confusion.tolist(),
        "warning": warning,
    }
    return _without_nan(result)


def _without_nan(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and np.isnan(value) else value
