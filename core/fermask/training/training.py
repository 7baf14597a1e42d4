"""Training as the paper does it (§2.3, 2.4): Adam, batch 64, 100 epochs, Keras augmentation.

Runs on any Keras backend; only ``optimization`` names one, for the compiler switch.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import EVERYTHING
from fermask.networks import NETWORKS, build_network
from fermask.networks.inference import network_input
from fermask.networks.predictions import predictions_table
from fermask.system.extras import needing_extra
from fermask.system.files import read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.training.augmentation import augment, dress, mix
from fermask.training.batches import answers, fit_once
from fermask.training.optimization import compiled_network
from fermask.training.run_folder import (
    CHECKPOINT,
    MODEL,
    PREDICTIONS,
    RESULT,
    interrupted_run,
    record_run,
    save_epoch,
    save_model,
)
from fermask.training.settings import SCHEDULES, TrainingSettings
from fermask.training.targets import distilled, faces_of_epoch, targets_of
from fermask.training.training_data import Examples

if TYPE_CHECKING:
    import keras


def train(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    progress: Callable[[dict[str, float], int], None] = lambda row, epochs: None,
    initial: Path | None = None,
    teacher: Path | None = None,
) -> dict[str, Any]:
    """Trains a network, or goes on where an interrupted run stopped.

    >>> import fermask, numpy as np, tempfile
    >>> from pathlib import Path
    >>> from fermask.training.training_data import Examples
    >>> images = np.random.default_rng(0).integers(0, 256, (8, 48, 48), np.uint8)
    >>> split = np.array(["training", "validation"] * 4)
    >>> labels, rows = np.arange(8) // 2, np.arange(8)
    >>> examples = Examples("noise", images, labels, fermask.CLASSES, split, rows, "0" * 64)
    >>> settings = fermask.TrainingSettings(model="cnn", epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = fermask.train(examples, settings, Path(folder))
    >>> result["n"], 0 <= result["accuracy"] <= 1
    (4, True)

    Args:
        examples: the faces, and which of them are held back.
        settings: what to train; a run that is already done is not trained again.
        folder: where the run is kept.
        progress: called with each epoch's row of the history and the number of epochs.
        initial: ``model.keras`` of another run to start from, in place of random weights.
        teacher: ``model.keras`` of the network to learn from, where ``distillation`` asks for one.

    Returns:
        ``result.json``: ``n`` faces held back, accuracy of the last epoch and of the best
        (where there are any), and seconds; and ``test_accuracy`` and ``test_n`` where the
        examples have a test.

    Raises:
        ValueError: nothing to train on or to measure on, the folder holds another run, or a
            setting is unknown.
    """
    folder = Path(folder)
    _check(examples, settings, teacher)
    record_run(examples, settings, folder, initial, teacher)
    if (folder / RESULT).is_file():
        return read_json(folder / RESULT)
    with needing_extra("train", "Training"):
        import keras

    keras.utils.set_random_seed(settings.seed)
    targets = targets_of(examples, settings)
    in_an_epoch = len(faces_of_epoch(examples, settings, np.random.default_rng(0)))
    steps = math.ceil(in_an_epoch / settings.batch_size)
    model, history = interrupted_run(folder, steps) or (
        compiled_network(settings, len(examples.classes), steps, initial),
        [],
    )
    teaching = None if teacher is None else keras.saving.load_model(teacher)
    for epoch in range(len(history), settings.epochs):
        started = time.perf_counter()
        rng = np.random.default_rng([settings.seed, epoch])
        _seed_dropout(model, rng)
        order = rng.permutation(faces_of_epoch(examples, settings, rng))
        faces = augment(
            dress(examples, order, settings.augmentation, rng), settings.augmentation, rng
        )
        wanted = distilled(targets[order], faces, teaching, settings.distillation)
        inputs, wanted = mix(network_input(faces), wanted, settings.mixup, rng)
        measured = fit_once(model, inputs, wanted, settings.batch_size)
        seconds = time.perf_counter() - started
        row = {"epoch": epoch + 1, "seconds": round(seconds, 3)}
        row |= measured | _validate(model, examples)
        history.append(row)
        save_epoch(folder, model, history)
        progress(row, settings.epochs)
    return _finish(model, examples, settings, history, folder)


def _check(examples: Examples, settings: TrainingSettings, teacher: Path | None) -> None:
    if settings.model not in NETWORKS:
        raise ValueError(f"Unknown network {settings.model!r}; there are {', '.join(NETWORKS)}.")
    if settings.epochs < 1:
        raise ValueError(f"Expected 1 epoch or more, received {settings.epochs}.")
    needed = {"training"} if settings.trained_on == EVERYTHING else {"training", "validation"}
    if not needed <= set(examples.split):
        raise ValueError(f"{settings.name} leaves one side empty.")
    if settings.schedule not in SCHEDULES:
        raise ValueError(f"Unknown schedule {settings.schedule!r}; there are {SCHEDULES}.")
    if settings.soft_targets and examples.targets is None:
        raise ValueError(f"{examples.name} has no votes, so there are no soft targets.")
    if bool(settings.distillation) != (teacher is not None):
        raise ValueError("Distillation needs a teacher, and a teacher is only for distillation.")


def _seed_dropout(model: "keras.Model", rng: np.random.Generator) -> None:
    """Seeds each epoch's Dropout anew: a checkpoint does not keep the state of its generator."""
    for layer in model.layers:
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([rng.integers(2**31), 0])


def _validate(model: "keras.Model", examples: Examples) -> dict[str, float]:
    held_back = examples.split == "validation"
    labels = examples.labels[held_back]
    if not len(labels):
        return {"val_loss": math.nan, "val_accuracy": math.nan}
    probabilities = answers(model, examples.images[held_back])
    of_label = probabilities[np.arange(len(labels)), labels]
    return {
        "val_loss": float(-np.log(np.maximum(of_label, 1e-7)).mean()),
        "val_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
    }


def _finish(
    model: "keras.Model",
    examples: Examples,
    settings: TrainingSettings,
    history: list[dict[str, float]],
    folder: Path,
) -> dict[str, Any]:
    import keras

    if settings.averaging:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    probabilities = answers(model, examples.images)
    label = np.array(examples.classes)[examples.labels]
    faces = pd.DataFrame({"row": examples.rows, "label": label, "split": examples.split})
    if examples.groups is not None:
        faces["group"] = examples.groups
    table = predictions_table(faces, probabilities, examples.classes)
    write_parquet(folder / PREDICTIONS, table, asdict(settings) | {"ferm": examples.name})
    right = probabilities.argmax(axis=1) == examples.labels
    result = _measured(right[examples.split == "validation"], pd.DataFrame(history)) | {
        "seconds_an_epoch": float(np.median([row["seconds"] for row in history])),
        "parameters": int(model.count_params()),
        "backend": keras.backend.backend(),
    }
    test = right[examples.split == "test"]
    if len(test):
        result |= {"test_accuracy": float(test.mean()), "test_n": len(test)}
    # A new model has Keras' own layers, and no optimizer, whose state is twice the weights.
    trained = build_network(settings.model, len(examples.classes))
    trained.set_weights(model.get_weights())
    save_model(trained, folder / MODEL)
    write_json(folder / RESULT, result)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return result


def _measured(correct: np.ndarray, history: pd.DataFrame) -> dict[str, Any]:
    """Accuracy on the faces held back; no more than their number where there are none."""
    if not len(correct):
        return {"n": 0}
    best = int(history["val_accuracy"].idxmax())
    return {
        "accuracy": float(correct.mean()),
        "correct": int(correct.sum()),
        "n": len(correct),
        "best_accuracy": float(history["val_accuracy"][best]),
        "best_epoch": int(history["epoch"][best]),
    }
