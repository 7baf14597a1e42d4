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
    model: "keras.Model",
    inputs: np.ndarray,
    targets: np.ndarray | list[np.ndarray],
    batch_size: int,
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """One epoch in the order given.

    Args:
        model: compiled.
        inputs: float32 ``(n, 48, 48, 1)``.
        targets: as the model's loss takes them, ``n`` of them; a list for several outputs.
        batch_size: faces a step.
        weights: float32 ``(n,)``, how much each face counts in the loss; None: all the same.

    Returns:
        ``loss`` and ``accuracy``, means over the epoch.
    """
    count = len(inputs)
    total = np.zeros(2)
    for start in range(0, count, batch_size):
        batch = slice(start, start + batch_size)
        wanted = [t[batch] for t in targets] if isinstance(targets, list) else targets[batch]
        counts = None if weights is None else weights[batch]
        logs = model.train_on_batch(inputs[batch], wanted, counts, return_dict=True)
        right = logs.get("accuracy", logs.get("probabilities_accuracy"))
        total += np.array([right, logs["loss"]]) * len(inputs[batch])
    accuracy, loss = total / count
    return {"accuracy": float(accuracy), "loss": float(loss)}


def answers(model: "keras.Model", images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Probabilities, float32 ``(n, classes)``, of uint8 ``(n, 48, 48)``."""
    parts = []
    for start in range(0, len(images), batch_size):
        answer = model.predict_on_batch(network_input(images[start : start + batch_size]))
        parts.append(np.asarray(answer[0] if isinstance(answer, list) else answer))
    return np.concatenate(parts)
