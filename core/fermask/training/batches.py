"""A network trains on faces and answers for faces, batch by batch.

``fit`` and ``predict`` end with up to ten idle seconds under TensorFlow, in which its pipeline's
tuning thread is waited for.
"""

from typing import TYPE_CHECKING

import numpy as np

from fermask.networks.inference import network_input

if TYPE_CHECKING:
    import keras


def fit_once(
    model: "keras.Model", inputs: np.ndarray, targets: np.ndarray, batch_size: int
) -> dict[str, float]:
    """One epoch in the order given.

    Args:
        model: compiled.
        inputs: float32 ``(n, 48, 48, 1)``.
        targets: as the model's loss takes them, ``n`` of them.
        batch_size: faces a step.

    Returns:
        ``loss`` and ``accuracy``, means over the epoch.
    """
    count = len(inputs)
    total = np.zeros(2)
    for start in range(0, count, batch_size):
        batch = slice(start, start + batch_size)
        logs = model.train_on_batch(inputs[batch], targets[batch], return_dict=True)
        total += np.array([logs["accuracy"], logs["loss"]]) * len(inputs[batch])
    accuracy, loss = total / count
    return {"accuracy": float(accuracy), "loss": float(loss)}


def answers(model: "keras.Model", images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Probabilities, float32 ``(n, classes)``, of uint8 ``(n, 48, 48)``."""
    starts = range(0, len(images), batch_size)
    batches = (network_input(images[start : start + batch_size]) for start in starts)
    return np.concatenate([np.asarray(model.predict_on_batch(batch)) for batch in batches])
