"""Predictions → how far their probabilities can be taken at their word.

A network is calibrated if, of the faces it is 80% sure of, 80% are right. One temperature
(Guo et al. 2017, "On Calibration of Modern Neural Networks") brings it closer without changing
an answer: the logits are divided by it, which for probabilities is a power and a new sum of 1.
Under a threshold the network is "not sure".

A face's figures rest on a temperature and a threshold that were chosen on other folds. Here
``probabilities`` are ``(n, 4)`` in class order, 0…1, and ``labels`` int ``(n,)``, indices into
``CLASSES``; confidence is the highest probability of a face.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.rates import rate
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS

TEMPERATURES = (0.05, 20.0)
# How often a network is to be right where it is called sure.
STATED_ACCURACY = 0.9
# Nobody can be less sure than 1 in 4, so that 0 stands for every threshold up to there.
_THRESHOLDS = np.concatenate([[0], np.arange(100 // len(CLASSES) + 1, 101)]) / 100
_DRAWS = 1000


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes the labels likeliest (least mean negative log likelihood).

    Over 1 where the network is too sure of itself, under 1 where it is not sure enough; within
    ``TEMPERATURES``, whose lower end is what a network that is never wrong gets.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = _checked(probabilities, labels)
    logits = _logits(probabilities)
    return float(
        np.exp(
            minimize_scalar(
                lambda log_temperature: _loss(logits / np.exp(log_temperature), labels),
                bounds=np.log(TEMPERATURES),
                method="bounded",
            ).x
        )
    )


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities after the logits were divided by a temperature, float64 ``(n, 4)``.

    The order of a face's classes stays.

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"Expected a temperature above 0, received {temperature}.")
    return softmax(_logits(probabilities) / temperature, axis=1)


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


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> float:
    """How far confidence and accuracy lie apart, 0…1, the mean over faces.

    Top-label and binned, as Guo et al. 2017 have it (equation 3): ``bins`` bins of equal width
    over 0…1, open below and closed above; |accuracy − mean confidence| of each, weighted by its
    share of the faces.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = _checked(probabilities, labels)
    confidence, right = _answers(probabilities, labels)
    return float(_calibration_error(confidence, right, bins))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Confidence beside accuracy, a row a bin that holds a face, rising.

    Returns:
        ``low`` and ``high`` (the bin, open below and closed above), ``confidence`` (mean),
        ``accuracy`` with its Wilson interval ``accuracy_low`` to ``accuracy_high``, all 0…1,
        and ``n``.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = _checked(probabilities, labels)
    confidence, right = _answers(probabilities, labels)
    of_face = _bin(confidence, bins)
    rows = []
    for i in np.unique(of_face):
        ours = of_face == i
        found = rate(right[ours].sum(), ours.sum())
        rows.append(
            {
                "low": i / bins,
                "high": (i + 1) / bins,
                "confidence": confidence[ours].mean(),
                "accuracy": found.value,
                "accuracy_low": found.low,
                "accuracy_high": found.high,
                "n": found.n,
            }
        )
    return pd.DataFrame(rows)


def coverage_curve(probabilities: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """How many faces are left, and how often they are right, where the others are "not sure".

    Returns:
        A row a hundredth that a face reaches, rising: ``threshold``, ``coverage`` (share of the
        faces whose confidence is at or above it) and ``accuracy`` among them, all 0…1, and
        their number ``n``. The first row is all faces, threshold 0.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = _checked(probabilities, labels)
    confidence, right = _answers(probabilities, labels)
    kept = confidence[:, None] >= _THRESHOLDS
    n = kept.sum(axis=0)
    hits = (kept & right[:, None]).sum(axis=0)
    curve = pd.DataFrame({"threshold": _THRESHOLDS, "coverage": n / len(labels)})
    curve["accuracy"] = hits / np.maximum(n, 1)
    curve["n"] = n
    return curve[n > 0].reset_index(drop=True)


def not_sure_threshold(
    probabilities: np.ndarray, labels: np.ndarray, accuracy: float = STATED_ACCURACY
) -> float:
    """Under which confidence a network is "not sure", 0…1, a whole number of hundredths.

    The lowest threshold at or above which the answers reach the accuracy: 0 where all of them
    do (nothing is "not sure"), 1 where no threshold gets there (everything is, short of a
    probability of 1). ``probabilities`` are calibrated ones.

    Raises:
        ValueError: no faces, the lengths differ, or the accuracy is not within 0…1.
    """
    if not 0 <= accuracy <= 1:
        raise ValueError(f"Expected an accuracy from 0 to 1, received {accuracy}.")
    curve = coverage_curve(probabilities, labels)
    reached = curve["threshold"][curve["accuracy"] >= accuracy]
    return round(float(reached.iloc[0]), 2) if len(reached) else 1.0


def calibrated_table(table: pd.DataFrame) -> pd.DataFrame:
    """A predictions table with ``fold``, its probabilities calibrated as ``cross_fitted`` does."""
    probabilities, labels, fold = _columns(table)
    calibrated = cross_fitted(probabilities, labels, fold).astype(np.float32)
    return table.assign(**dict(zip(PROBABILITY_COLUMNS, calibrated.T, strict=True)))


def calibration_record(table: pd.DataFrame, accuracy: float = STATED_ACCURACY) -> dict[str, Any]:
    """All there is to say of a recipe's calibration, ready for JSON.

    The temperature and threshold to ship are of all faces. The figures leave the development
    fold out, and each fold's are by the temperature and threshold of the others.

    Args:
        table: out-of-fold predictions before any temperature: ``label``, ``fold`` and
            ``PROBABILITY_COLUMNS``.
        accuracy: how often the network is to be right where it is called sure.

    Returns:
        ``temperature``, ``not_sure_below``, ``stated_accuracy``; ``protocol`` (words) and ``n``;
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
    right = _answers(calibrated, labels)[1]
    return {
        "temperature": round(temperature, 4),
        "not_sure_below": below,
        "stated_accuracy": accuracy,
        "protocol": f"clean {_listed(folds)}, validation: each fold by the network that did not "
        "see it, calibrated by the temperature of the other folds",
        "n": len(labels),
        "accuracy": _rate(right),
        "before": _state(probabilities, labels),
        "after": _state(calibrated, labels),
        "ece_by_chance": round(_by_chance(calibrated.max(axis=1)), 4),
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


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if len(labels) == 0:
        raise ValueError("There is no face to calibrate on.")
    if np.shape(probabilities) != (len(labels), len(CLASSES)):
        raise ValueError(
            f"Expected probabilities ({len(labels)}, {len(CLASSES)}), received "
            f"{np.shape(probabilities)}."
        )
    return np.asarray(labels)


def _columns(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, labels and fold of a predictions table."""
    missing = sorted({"label", "fold", *PROBABILITY_COLUMNS} - set(table.columns))
    if missing:
        raise ValueError(f"The predictions lack {', '.join(missing)}.")
    probabilities = table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)
    labels = table["label"].map(CLASSES.index).to_numpy(dtype=np.int64)
    return probabilities, labels, table["fold"].to_numpy()


def _temperatures(
    probabilities: np.ndarray, labels: np.ndarray, fold: np.ndarray
) -> Iterator[tuple[np.ndarray, float]]:
    """Each fold's faces, bool ``(n,)``, with the temperature of all others."""
    _checked(probabilities, labels)
    if len(fold) != len(labels):
        raise ValueError(f"Expected {len(labels)} folds, received {len(fold)}.")
    names = np.unique(fold)
    if len(names) < 2:
        raise ValueError(f"Expected two folds or more, received fold {names[0]} alone.")
    for name in names:
        ours = np.asarray(fold) == name
        yield ours, fit_temperature(probabilities[~ours], labels[~ours])


def _logits(probabilities: np.ndarray) -> np.ndarray:
    """Up to a constant a face, which softmax does not see."""
    # Where float32 has run out, the least it can tell stands in.
    return np.log(np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float32).tiny))


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def _answers(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each answer, float64 ``(n,)``, and whether it is right, bool ``(n,)``."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels


def _bin(confidence: np.ndarray, bins: int) -> np.ndarray:
    return np.digitize(confidence, np.arange(1, bins) / bins, right=True)


def _calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int) -> float:
    # n_b / n × |right_b / n_b − confidence_b / n_b|, shortened.
    apart = np.bincount(_bin(confidence, bins), right - confidence, minlength=bins)
    return np.abs(apart).sum() / len(confidence)


def _by_chance(confidence: np.ndarray, bins: int = 15) -> float:
    """95% of perfectly calibrated networks with these confidences have a smaller error."""
    rng = np.random.default_rng(0)
    drawn = [
        _calibration_error(confidence, rng.random(len(confidence)) < confidence, bins)
        for _ in range(_DRAWS)
    ]
    return float(np.quantile(drawn, 0.95))


def _state(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    return {
        "ece": round(expected_calibration_error(probabilities, labels), 4),
        "log_loss": round(_loss(_logits(probabilities), labels), 4),
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
