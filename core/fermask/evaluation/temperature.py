"""One temperature that brings a network's probabilities closer to how often it is right.

A network is calibrated if, of the faces it is 80% sure of, 80% are right. A temperature (Guo et
al. 2017, "On Calibration of Modern Neural Networks") brings it closer without changing an answer:
the logits are divided by it, which for probabilities is a power and a new sum of 1.

Here ``probabilities`` are ``(n, 4)`` in class order, 0…1, and ``labels`` int ``(n,)``, indices
into ``CLASSES``.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fermask.evaluation.reliability import checked_labels

TEMPERATURES = (0.05, 20.0)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes the labels likeliest (least mean negative log likelihood).

    Over 1 where the network is too sure of itself, under 1 where it is not sure enough; within
    ``TEMPERATURES``, whose lower end is what a network that is never wrong gets.

    Raises:
        ValueError: no faces, or the lengths differ.
    """
    labels = checked_labels(probabilities, labels)
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


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log likelihood of the labels, nats."""
    return _loss(_logits(probabilities), labels)


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def _logits(probabilities: np.ndarray) -> np.ndarray:
    """Up to a constant a face, which softmax does not see."""
    # Where float32 has run out, the least it can tell stands in.
    return np.log(np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float32).tiny))
