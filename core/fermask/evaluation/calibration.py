"""Out-of-fold predictions calibrated, and all there is to say of it.

A face's figures rest on a temperature and a threshold that were chosen on other folds. Here
``probabilities`` are ``(n, 4)`` in class order, 0…1, and ``labels`` int ``(n,)``, indices into
``CLASSES``.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.rates import rate
from fermask.evaluation.reliability import (
    STATED_ACCURACY,
    checked_labels,
    coverage_curve,
    error_by_chance,
    expected_calibration_error,
    not_sure_threshold,
    reliability,
    scored_answers,
)
from fermask.evaluation.temperature import fit_temperature, log_loss, tempered
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS


def cross_fitted(probabilities: np.ndarray, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, float64 ``(n, 4)``: each fold by the others' temperature.

    Args:
        probabilities: of each face by the network that did not see its fold.
        labels: of the faces.
        fold: of the faces, ``(n,)``.

    Raises:
        ValueError: no faces, the lengths differ, or there is one fold only.
    """
    calibrated = np.empty(np.shape(probabilities))
    for held_back, temperature in _temperatures(probabilities, labels, fold):
        calibrated[held_back] = tempered(probabilities[held_back], temperature)
    return calibrated


def cross_fitted_sure(
    probabilities: np.ndarray,
    labels: np.ndarray,
    fold: np.ndarray,
    accuracy: float = STATED_ACCURACY,
) -> np.ndarray:
    """Whether the network is sure of each face, bool ``(n,)``.

    Temperature and threshold are both of the other folds; otherwise as ``cross_fitted``.
    """
    sure = np.empty(len(labels), dtype=bool)
    for held_back, temperature in _temperatures(probabilities, labels, fold):
        calibrated = tempered(probabilities, temperature)
        others = ~held_back
        threshold = not_sure_threshold(calibrated[others], labels[others], accuracy)
        sure[held_back] = calibrated[held_back].max(axis=1) >= threshold
    return sure


def calibrated_table(table: pd.DataFrame) -> pd.DataFrame:
    """A predictions table with ``fold``, its probabilities calibrated as ``cross_fitted`` does."""
    probabilities, labels, fold = _columns(table)
    calibrated = cross_fitted(probabilities, labels, fold).astype(np.float32)
    return table.assign(**dict(zip(PROBABILITY_COLUMNS, calibrated.T, strict=True)))


def calibration_record(
    table: pd.DataFrame, accuracy: float = STATED_ACCURACY, split: str = "validation"
) -> dict[str, Any]:
    """All there is to say of a recipe's calibration, ready for JSON.

    The temperature and threshold to ship are of all faces. The figures leave the development
    fold out, and each fold's are by the temperature and threshold of the others.

    Args:
        table: out-of-fold predictions before any temperature: ``label``, ``fold`` and
            ``PROBABILITY_COLUMNS``.
        accuracy: how often the network is to be right where it is called sure.
        split: what the faces of the table are called.

    Returns:
        ``temperature``, ``not_sure_below``, ``stated_accuracy``; ``rests_on`` (words) and ``n``;
        ``before`` and ``after``, each with ``ece`` (15 bins), ``log_loss`` (nats), ``confidence``
        (mean) and ``reliability`` (rows); ``ece_by_chance``, which 95% of perfectly calibrated
        networks as sure as this one would stay under on as many faces; ``accuracy`` of all
        answers; ``sure``: the ``coverage``, the ``accuracy`` among the sure ones and that of the
        ``rest``, each ``value``, ``low``, ``high``, ``n``, or None where there is no such face;
        ``coverage_curve`` (rows).

    Raises:
        ValueError: a column is missing, there is no face, or one fold only.
    """
    probabilities, labels, fold = _columns(table)
    calibrated = cross_fitted(probabilities, labels, fold)
    sure = cross_fitted_sure(probabilities, labels, fold, accuracy)
    below = not_sure_threshold(calibrated, labels, accuracy)
    temperature = fit_temperature(probabilities, labels)
    chosen = fold != DEVELOPMENT_FOLD
    folds = sorted({int(each) for each in fold[chosen]})
    probabilities, calibrated, labels, sure = (
        each[chosen] for each in (probabilities, calibrated, labels, sure)
    )
    right = scored_answers(calibrated, labels)[1]
    return {
        "temperature": round(temperature, 4),
        "not_sure_below": below,
        "stated_accuracy": accuracy,
        "rests_on": f"clean {_listed(folds)}, {split}: each fold by the network that did not "
        "see it, calibrated by the temperature of the other folds",
        "n": len(labels),
        "accuracy": _rate(right),
        "before": _state(probabilities, labels),
        "after": _state(calibrated, labels),
        "ece_by_chance": round(error_by_chance(calibrated.max(axis=1)), 4),
        "sure": {
            "coverage": _rate(sure),
            "accuracy": _rate(right[sure]),
            "rest": _rate(right[~sure]),
        },
        "coverage_curve": _rows(coverage_curve(calibrated, labels)),
    }


def weights_record(record: dict[str, Any]) -> dict[str, Any]:
    """What of a ``calibration_record`` goes into the record beside the weights."""
    return {key: record[key] for key in ("temperature", "not_sure_below", "sure")}


def _temperatures(
    probabilities: np.ndarray, labels: np.ndarray, fold: np.ndarray
) -> Iterator[tuple[np.ndarray, float]]:
    """Each fold's faces, bool ``(n,)``, with the temperature of all others."""
    checked_labels(probabilities, labels)
    if len(fold) != len(labels):
        raise ValueError(f"Expected {len(labels)} folds, received {len(fold)}.")
    names = np.unique(fold)
    if len(names) < 2:
        raise ValueError(f"Expected two folds or more, received fold {names[0]} alone.")
    for name in names:
        ours = np.asarray(fold) == name
        yield ours, fit_temperature(probabilities[~ours], labels[~ours])


def _columns(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, labels and fold of a predictions table."""
    missing = sorted({"label", "fold", *PROBABILITY_COLUMNS} - set(table.columns))
    if missing:
        raise ValueError(f"The predictions lack {', '.join(missing)}.")
    probabilities = table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)
    labels = table["label"].map(CLASSES.index).to_numpy(dtype=np.int64)
    return probabilities, labels, table["fold"].to_numpy()


def _state(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    return {
        "ece": round(expected_calibration_error(probabilities, labels), 4),
        "log_loss": round(log_loss(probabilities, labels), 4),
        "confidence": round(float(np.max(probabilities, axis=1).mean()), 4),
        "reliability": _rows(reliability(probabilities, labels)),
    }


def _rate(successes: np.ndarray) -> dict[str, Any] | None:
    """As JSON has it; None where there is no face, since JSON has no NaN."""
    if len(successes) == 0:
        return None
    found = asdict(rate(int(successes.sum()), len(successes)))
    return {key: round(value, 4) for key, value in found.items()}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.round(4).to_dict("records")


def _listed(folds: list[int]) -> str:
    if len(folds) > 2 and folds == list(range(folds[0], folds[-1] + 1)):
        return f"{folds[0]} to {folds[-1]}"
    return " and ".join(map(str, folds))
