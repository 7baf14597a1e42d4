"""Which faces an epoch trains on, and which answers it trains towards."""

import numpy as np

from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples


def faces_of_epoch(
    examples: Examples, settings: TrainingSettings, rng: np.random.Generator
) -> np.ndarray:
    """Positions of an epoch's faces, int64: all, or of larger classes ``largest_class``; and
    ``beside`` of those that stand beside."""
    trained_on = np.flatnonzero(examples.split == "training")
    if settings.beside:
        others = np.flatnonzero(examples.split == "beside")
        return np.concatenate([trained_on, rng.permutation(others)[: settings.beside]])
    if not settings.largest_class:
        return trained_on
    labels = examples.labels[trained_on]
    classes = (trained_on[labels == each] for each in range(len(examples.classes)))
    return np.concatenate([rng.permutation(ours)[: settings.largest_class] for ours in classes])


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """How much a face of each class counts, so that classes count alike: float32 ``(classes,)``.

    Args:
        labels: of the faces trained on, int ``(n,)``; their weights have the mean 1.
        classes: how many there are; one without a face counts 0.
    """
    counts = np.bincount(labels, minlength=classes)
    return np.where(counts, len(labels) / np.maximum(counts, 1) / (counts > 0).sum(), 0).astype(
        np.float32
    )


def targets_of(examples: Examples, settings: TrainingSettings) -> np.ndarray:
    """Labels, int64 ``(n,)``; or the voters' shares, float32 ``(n, classes)``.

    Raises:
        ValueError: shares are asked for, and the examples have none.
    """
    if not settings.soft_targets:
        return examples.labels
    if examples.targets is None:
        raise ValueError(f"{examples.name} has no votes, so there are no soft targets.")
    return examples.targets
