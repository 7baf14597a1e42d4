"""The confusion matrix: counts, shares, F1 with its interval, CSV."""

import numpy as np
import pandas as pd

from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.faces.labels import CLASSES
from fermask.system.csv_text import table_csv

_DRAWS = 4000


def confusion_matrix(
    labels: np.ndarray, predicted: np.ndarray, classes: int = len(CLASSES)
) -> np.ndarray:
    """Counts, int64 ``(classes, classes)``: rows the true class, columns the predicted one."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (np.asarray(labels), np.asarray(predicted)), 1)
    return counts


def row_shares(confusion: np.ndarray) -> np.ndarray:
    """Each cell's share of its true class, float64 ``(k, k)``, 0…1; 0 without a face of it."""
    return confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)


def confusion_csv(
    confusion: np.ndarray, of: dict[str, str], classes: tuple[str, ...] = CLASSES
) -> str:
    """A confusion matrix as CSV, a line a cell, which says what it is of.

    Args:
        confusion: int ``(k, k)``, as ``confusion_matrix`` gives it.
        of: columns that are the same in each line, such as ``model``; they come first.
        classes: names of its rows and columns.

    Returns:
        Then follow ``true``, ``predicted``, ``n`` and ``share`` (of the true class, 0…1; empty
        without a face of it).
    """
    true, predicted = (np.array(classes)[i.ravel()] for i in np.indices((len(classes),) * 2))
    table = pd.DataFrame({"true": true, "predicted": predicted, "n": confusion.ravel()})
    table["share"] = table["n"] / table.groupby("true")["n"].transform("sum")
    for place, (name, value) in enumerate(of.items()):
        table.insert(place, name, value)
    return table_csv(table)


def f1_intervals(
    confusion: np.ndarray, classes: tuple[str, ...] = CLASSES
) -> tuple[dict[str, Rate], Rate]:
    """F1 of each class and macro-F1, with 95% intervals.

    F1 is no share of a fixed number of faces, so its interval is read off matrices drawn
    around this one (Dirichlet, with one face spread evenly over the cells beforehand, so
    that no cell counts as impossible). The draws are seeded: the same matrix gives the same
    interval.

    Args:
        confusion: int ``(k, k)``, as ``confusion_matrix`` gives it.
        classes: names of its rows and columns.

    Returns:
        By class name, ``n`` the faces of the class; and macro-F1, ``n`` all faces. NaN where
        there is no face at all.
    """
    n = int(confusion.sum())
    if n == 0:
        nothing = rate(0, 0)
        return dict.fromkeys(classes, nothing), nothing
    beforehand = 1 / confusion.size
    drawn = np.random.default_rng(0).dirichlet(confusion.ravel() + beforehand, size=_DRAWS)
    of_draws = f1_scores(drawn.reshape(-1, *confusion.shape))
    of_draws = np.column_stack([of_draws, of_draws.mean(axis=1)])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(of_draws, [tail, 1 - tail], axis=0)
    values = f1_scores(confusion)
    values = np.append(values, values.mean())
    counts = [*confusion.sum(axis=1), n]
    rates = [
        Rate(float(value), float(min(lowest, value)), float(max(highest, value)), int(count))
        for value, lowest, highest, count in zip(values, low, high, counts, strict=True)
    ]
    return dict(zip(classes, rates, strict=False)), rates[-1]


def f1_scores(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, ``(…, k)``, of matrices ``(…, k, k)``; 0 for a class nowhere seen."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    all_of_it = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.divide(2 * hits, all_of_it, out=np.zeros(hits.shape), where=all_of_it > 0)
