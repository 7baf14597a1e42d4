"""Predictions → accuracy, precision, recall and F1, with intervals, and their JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from fermask.dataset.ferm import TABLE_2
from fermask.evaluation.confusion import confusion_matrix, f1_scores
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.evaluation.resampling import grouped_rate
from fermask.evaluation.scope import Scope
from fermask.faces.labels import CLASSES


@dataclass(frozen=True)
class Evaluation:
    """How a network did on some faces.

    ``confusion``: int64 ``(k, k)``, rows are the true class, columns the predicted one.
    ``accuracy``: over all faces. ``precision``, ``recall``: by class name; ``f1``: 0…1 by
    class name; ``macro_f1``: their mean. ``weighted_accuracy``: the mean of the recalls
    weighted by Table 2's class shares, which makes sets of other shares comparable; NaN where the
    classes are others.
    """

    confusion: np.ndarray
    accuracy: Rate
    precision: dict[str, Rate]
    recall: dict[str, Rate]
    f1: dict[str, float]
    macro_f1: float
    weighted_accuracy: Rate


def evaluate(
    labels: np.ndarray,
    probabilities: np.ndarray,
    groups: np.ndarray | None = None,
    classes: tuple[str, ...] = CLASSES,
) -> Evaluation:
    """All figures of some faces.

    >>> import fermask, numpy as np
    >>> figures = fermask.evaluate(np.array([0, 1, 2, 3]), np.eye(4)[[0, 1, 2, 0]])
    >>> f"{figures.accuracy.value:.0%} of {figures.accuracy.n}", f"{figures.macro_f1:.2f}"
    ('75% of 4', '0.67')

    Args:
        labels: int ``(n,)``, indices into ``classes``.
        probabilities: ``(n, classes)``.
        groups: ``(n,)``, the faces' duplicate groups, by which the interval of the accuracy is
            then found (``grouped_rate``); without them each face counts as its own photograph.
        classes: their names.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    if len(labels) == 0:
        raise ValueError("There is no face to evaluate on.")
    if np.shape(probabilities) != (len(labels), len(classes)):
        raise ValueError(
            f"Expected probabilities ({len(labels)}, {len(classes)}), received "
            f"{np.shape(probabilities)}."
        )
    chosen = np.argmax(probabilities, axis=1)
    confusion = confusion_matrix(labels, chosen, len(classes))
    hits, true, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = f1_scores(confusion)
    return Evaluation(
        confusion=confusion,
        accuracy=rate(hits.sum(), confusion.sum())
        if groups is None
        else grouped_rate(chosen == np.asarray(labels), groups),
        precision={name: rate(hits[i], predicted[i]) for i, name in enumerate(classes)},
        recall={name: rate(hits[i], true[i]) for i, name in enumerate(classes)},
        f1={name: float(f1[i]) for i, name in enumerate(classes)},
        macro_f1=float(f1.mean()),
        weighted_accuracy=_weighted(hits, true, classes),
    )


def _weighted(hits: np.ndarray, true: np.ndarray, classes: tuple[str, ...]) -> Rate:
    """Recalls weighted by Table 2's shares, with the interval of a stratified sample."""
    n = int(true.sum())
    if classes != CLASSES or (true == 0).any():
        return Rate(float("nan"), float("nan"), float("nan"), n)
    weights = np.array([TABLE_2[name] for name in CLASSES]) / sum(TABLE_2.values())
    value = float(weights @ (hits / true))
    # One success and one failure more a class, so that no class counts as known for certain.
    smoothed = (hits + 1) / (true + 2)
    error = float(np.sqrt(weights**2 @ (smoothed * (1 - smoothed) / true)))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    return Rate(value, max(value - reach, 0.0), min(value + reach, 1.0), n)


def headline(evaluation: Evaluation, scope: Scope) -> Rate:
    """The accuracy that a figure states: of FER2013's test faces the weighted one."""
    return evaluation.weighted_accuracy if scope.is_external else evaluation.accuracy


def as_json(evaluation: Evaluation, model: str, scope: Scope, warning: str = "") -> dict[str, Any]:
    """What ``scripts.evaluate --json`` prints, None where a rate has no faces.

    The accuracy and its interval are those of ``headline``.
    """
    accuracy = headline(evaluation, scope)
    result = {
        "model": model,
        "protocol": scope.protocol,
        "external": scope.is_external,
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
            for name in evaluation.recall
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
