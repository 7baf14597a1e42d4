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
    if _on_gpu():
        return _fit_compiled(model, inputs, targets, batch_size, weights)
    total = np.zeros(2)
    for start in range(0, len(inputs), batch_size):
        batch = slice(start, start + batch_size)
        total += len(inputs[batch]) * _fit_batch(model, inputs, targets, weights, batch)
    accuracy, loss = total / len(inputs)
    return {"accuracy": float(accuracy), "loss": float(loss)}


def _on_gpu() -> bool:
    """Whether an epoch is better one program: on a CPU XLA's loops take many times as long, and
    data over several devices is Keras' own matter."""
    import keras

    if keras.backend.backend() != "jax" or keras.distribution.distribution() is not None:
        return False
    import jax

    return jax.default_backend() == "gpu"


def _fit_batch(
    model: "keras.Model",
    inputs: np.ndarray,
    targets: np.ndarray | list[np.ndarray],
    weights: np.ndarray | None,
    batch: slice,
) -> np.ndarray:
    """Accuracy and loss of a batch, on which the model takes a step."""
    wanted = [t[batch] for t in targets] if isinstance(targets, list) else targets[batch]
    counts = None if weights is None else weights[batch]
    return _accuracy_and_loss(model.train_on_batch(inputs[batch], wanted, counts, return_dict=True))


def _fit_compiled(
    model: "keras.Model",
    inputs: np.ndarray,
    targets: np.ndarray | list[np.ndarray],
    batch_size: int,
    weights: np.ndarray | None,
) -> dict[str, float]:
    """The same, but that the first batch is the one that may not be full."""
    import jax

    from fermask.training.compiled_epoch import fit_batches

    count = len(inputs)
    first = count % batch_size or min(batch_size, count)
    # Keras' own step builds the model's metrics.
    total = first * _fit_batch(model, inputs, targets, weights, slice(first))
    if first < count:
        batches = jax.tree.map(
            lambda values: values[first:].reshape(-1, batch_size, *values.shape[1:]),
            (inputs, targets, weights),
        )
        total += (count - first) * _accuracy_and_loss(fit_batches(model, batches))
    accuracy, loss = total / count
    return {"accuracy": float(accuracy), "loss": float(loss)}


def _accuracy_and_loss(logs: dict[str, float]) -> np.ndarray:
    return np.array([logs.get("accuracy", logs.get("probabilities_accuracy")), logs["loss"]])


def answers(model: "keras.Model", images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Probabilities, float32 ``(n, classes)``, of uint8 ``(n, 48, 48)``."""
    parts = []
    for start in range(0, len(images), batch_size):
        answer = model.predict_on_batch(network_input(images[start : start + batch_size]))
        parts.append(np.asarray(answer[0] if isinstance(answer, list) else answer))
    return np.concatenate(parts)
