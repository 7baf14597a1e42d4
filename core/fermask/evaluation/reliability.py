"""How far confidence and accuracy lie apart, and from which confidence on answers count.

Here ``probabilities`` are ``(n, 4)`` in class order, 0…1, and ``labels`` int ``(n,)``, indices
into ``CLASSES``; confidence is the highest probability of a face. Under a threshold the network
is "not sure".
"""

import numpy as np
import pandas as pd

from fermask.evaluation.rates import rate
from fermask.faces.labels import CLASSES

# How often a network is to be right where it is called sure.
STATED_ACCURACY = 0.9
# Nobody can be less sure than 1 in 4, so that 0 stands for every threshold up to there.
_THRESHOLDS = np.concatenate([[0], np.arange(100 // len(CLASSES) + 1, 101)]) / 100
_DRAWS = 1000


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
    labels = checked_labels(probabilities, labels)
    confidence, right = scored_answers(probabilities, labels)
    return float(_calibration_error(confidence, right, bins))


def error_by_chance(confidence: np.ndarray, bins: int = 15) -> float:
    """95% of perfectly calibrated networks with these confidences have a smaller error."""
    rng = np.random.default_rng(0)
    drawn = [
        _calibration_error(confidence, rng.random(len(confidence)) < confidence, bins)
        for _ in range(_DRAWS)
    ]
    return float(np.quantile(drawn, 0.95))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Confidence beside accuracy, a row a bin that holds a face, rising.

    Returns:
        ``low`` and ``high`` (the bin, open below and closed above), ``confidence`` (mean),
        ``accuracy`` with its Wilson interval ``accuracy_low`` to ``accuracy_high``, all 0…1,
        and ``n``.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = checked_labels(probabilities, labels)
    confidence, right = scored_answers(probabilities, labels)
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
    labels = checked_labels(probabilities, labels)
    confidence, right = scored_answers(probabilities, labels)
    is_sure = confidence[:, None] >= _THRESHOLDS
    n = is_sure.sum(axis=0)
    hits = (is_sure & right[:, None]).sum(axis=0)
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


def checked_labels(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The labels of probabilities that match them.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    if len(labels) == 0:
        raise ValueError("There is no face to calibrate on.")
    if np.shape(probabilities) != (len(labels), len(CLASSES)):
        raise ValueError(
            f"Expected probabilities ({len(labels)}, {len(CLASSES)}), received "
            f"{np.shape(probabilities)}."
        )
    return np.asarray(labels)


def scored_answers(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each answer, float64 ``(n,)``, and whether it is right, bool ``(n,)``."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels


def _bin(confidence: np.ndarray, bins: int) -> np.ndarray:
    return np.digitize(confidence, np.arange(1, bins) / bins, right=True)


def _calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int) -> float:
    # n_b / n × |right_b / n_b − confidence_b / n_b|, shortened.
    apart = np.bincount(_bin(confidence, bins), right - confidence, minlength=bins)
    return np.abs(apart).sum() / len(confidence)
