"""Which faces an epoch trains on, and which answers it trains towards."""

from typing import TYPE_CHECKING

import numpy as np

from fermask.training.batches import answers
from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples

if TYPE_CHECKING:
    import keras


def faces_of_epoch(
    examples: Examples, settings: TrainingSettings, rng: np.random.Generator
) -> np.ndarray:
    """Positions of an epoch's faces, int64: all, or of larger classes ``largest_class``."""
    trained_on = np.flatnonzero(examples.split == "training")
    if not settings.largest_class:
        return trained_on
    labels = examples.labels[trained_on]
    classes = (trained_on[labels == each] for each in range(len(examples.classes)))
    return np.concatenate([rng.permutation(ours)[: settings.largest_class] for ours in classes])


def targets_of(examples: Examples, settings: TrainingSettings) -> np.ndarray:
    """Labels, int64 ``(n,)``; or float32 ``(n, classes)`` where they are not all of one class."""
    if not settings.has_soft_targets:
        return examples.labels
    classes = len(examples.classes)
    hard = np.eye(classes, dtype=np.float32)[examples.labels]
    targets = hard if examples.targets is None or not settings.soft_targets else examples.targets
    smoothing = np.float32(settings.label_smoothing)
    return targets * (1 - smoothing) + smoothing / np.float32(classes)


def distilled(
    targets: np.ndarray, faces: np.ndarray, teacher: "keras.Model | None", share: float
) -> np.ndarray:
    """The targets, a share of them replaced by what the teacher predicts for the same pictures."""
    if teacher is None:
        return targets
    return targets * np.float32(1 - share) + np.float32(share) * answers(teacher, faces)
