"""Training as the paper does it (§2.3, 2.4): Adam, batch 64, 100 epochs, Keras augmentation.

Runs on any Keras backend; only ``optimization`` names one, for the compiler switch.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import EVERYTHING
from fermask.networks import NETWORKS, build_network
from fermask.networks.inference import network_input
from fermask.networks.predictions import predictions_table
from fermask.system.extras import needing_extra
from fermask.system.files import read_json, save_json
from fermask.system.kept import check_file, keep, one_writer
from fermask.system.parquet import write_parquet
from fermask.system.tensorflow_settings import prepare_tensorflow
from fermask.training.augmentation import augment, dress
from fermask.training.batches import answers, fit_once
from fermask.training.normalization import estimate_statistics
from fermask.training.optimization import compiled_network
from fermask.training.run_folder import (
    BEST,
    CHECKPOINT,
    MODEL,
    PREDICTIONS,
    RESULT,
    best_epoch,
    interrupted_run,
    load_model,
    record_run,
    save_epoch,
)
from fermask.training.settings import SCHEDULES, TrainingSettings
from fermask.training.starting import read_start
from fermask.training.targets import class_weights, faces_of_epoch, targets_of
from fermask.training.training_data import Examples
from fermask.training.wardrobe import dressed

if TYPE_CHECKING:
    import keras


def train(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    progress: Callable[[dict[str, float], int], None] = lambda row, epochs: None,
    initial: Path | None = None,
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
        initial: weights to start from in place of random ones: ``model.keras`` of another run, or
            what ``scripts.export`` wrote. Of other classes all but the head is taken.

    Returns:
        ``result.json``: ``n`` faces held back and the accuracy on them (where there are any) of
        the weights kept, which are the last epoch's, or with ``patience`` those of the epoch
        ``chosen_epoch``, with the statistics of normalisation
        estimated anew (``accuracy``), of the last epoch as it was (``last_accuracy``) and of the
        best (``best_accuracy``), and where the weights kept are averages, of the last epoch's
        with its statistics estimated anew (``estimated_accuracy``); seconds; and
        ``test_accuracy`` and ``test_n`` where the examples have a test.

    Raises:
        ValueError: nothing to train on or to measure on, the folder holds another run, or a
            setting is unknown.
    """
    folder = Path(folder)
    _check(examples, settings)
    prepare_tensorflow()
    with one_writer(folder):
        return _train(examples, settings, folder, progress, initial)


def _train(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    progress: Callable[[dict[str, float], int], None],
    initial: Path | None,
) -> dict[str, Any]:
    targets = targets_of(examples, settings)
    start = None if initial is None else read_start(initial)
    record_run(examples, settings, folder, initial, start.faces_seen() if start else None)
    if (folder / RESULT).is_file():
        return read_json(check_file(folder / RESULT))
    with needing_extra("train", "Training"):
        import keras

    keras.utils.set_random_seed(settings.chance)
    examples = dressed(examples, settings.augmentation)
    in_an_epoch = len(faces_of_epoch(examples, settings, np.random.default_rng(0)))
    steps = math.ceil(in_an_epoch / settings.batch_size)
    model, history = interrupted_run(folder, steps) or (
        compiled_network(settings, examples.classes, steps, start),
        [],
    )
    for epoch in range(len(history), settings.epochs):
        if settings.patience and epoch - best_epoch(history) >= settings.patience:
            break
        started = time.perf_counter()
        rng = np.random.default_rng([settings.chance, epoch])
        _seed_dropout(model, rng)
        inputs, wanted, order = _inputs(examples, targets, settings, rng)
        weights = _weights(examples, order) if settings.class_weights else None
        measured = fit_once(model, inputs, wanted, settings.batch_size, weights)
        seconds = time.perf_counter() - started
        row = {"epoch": epoch + 1, "seconds": round(seconds, 3)}
        row |= measured | _validate(model, examples)
        history.append(row)
        save_epoch(folder, model, history, settings.patience)
        progress(row, settings.epochs)
    if settings.patience:
        model.set_weights(load_model(folder / BEST).get_weights())
    rng = np.random.default_rng([settings.chance, settings.epochs])
    inputs = _inputs(examples, targets, settings, rng)[0]
    estimate_statistics(model, inputs)
    unaveraged: dict[str, float] = {}
    if settings.averaging and not settings.patience:
        if "validation" in examples.split:
            unaveraged["estimated_accuracy"] = _validate(model, examples)["val_accuracy"]
        model.optimizer.finalize_variable_values(model.trainable_variables)
        estimate_statistics(model, inputs)
    return _finish(model, examples, settings, history, folder, unaveraged)


def _inputs(
    examples: Examples,
    targets: np.ndarray,
    settings: TrainingSettings,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray | list[np.ndarray], np.ndarray]:
    """An epoch's faces as the network gets them, their targets, and which they are."""
    order = rng.permutation(faces_of_epoch(examples, settings, rng))
    faces, masked = dress(examples, order, settings.augmentation, rng)
    faces = augment(faces, settings.augmentation, rng)
    wanted = targets[order]
    if examples.tells_mask:
        return network_input(faces), [wanted, masked[:, None].astype(np.float32)], order
    return network_input(faces), wanted, order


def _weights(examples: Examples, order: np.ndarray) -> np.ndarray:
    """How much each face of an epoch counts, float32 ``(n,)``."""
    labels = examples.labels[order]
    return class_weights(labels, len(examples.classes))[labels]


def _check(examples: Examples, settings: TrainingSettings) -> None:
    if settings.model not in NETWORKS:
        raise ValueError(f"Unknown network {settings.model!r}; there are {', '.join(NETWORKS)}.")
    if settings.epochs < 1:
        raise ValueError(f"Expected 1 epoch or more, received {settings.epochs}.")
    needed = {"training"} if settings.trained_on == EVERYTHING else {"training", "validation"}
    if not needed <= set(examples.split):
        raise ValueError(f"{settings.name} leaves one side empty.")
    if settings.patience and "validation" not in examples.split:
        raise ValueError("Patience needs faces held back, whose loss it looks at.")
    if settings.schedule not in SCHEDULES:
        raise ValueError(f"Unknown schedule {settings.schedule!r}; there are {SCHEDULES}.")


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
    probabilities = examples.among_measured(answers(model, examples.images[held_back]))
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
    unaveraged: dict[str, float],
) -> dict[str, Any]:
    import keras

    # Faces that stand beside the set are many, and no figure is of them.
    own = examples.split != "beside"
    labels, split = examples.labels[own], examples.split[own]
    probabilities = answers(model, examples.images[own])
    label = np.array(examples.classes)[labels]
    faces = pd.DataFrame({"row": examples.rows[own], "label": label, "split": split})
    if examples.groups is not None:
        faces["group"] = examples.groups[own]
    table = predictions_table(faces, probabilities, examples.classes)
    write_parquet(folder / PREDICTIONS, table, asdict(settings) | {"ferm": examples.name})
    right = examples.among_measured(probabilities).argmax(axis=1) == labels
    result = _measured(right[split == "validation"], pd.DataFrame(history)) | unaveraged
    if settings.patience:
        result["chosen_epoch"] = best_epoch(history)
    result |= {
        "seconds_an_epoch": float(np.median([row["seconds"] for row in history])),
        "parameters": int(model.count_params()),
        "backend": keras.backend.backend(),
    }
    test = right[split == "test"]
    if len(test):
        result |= {"test_accuracy": float(test.mean()), "test_n": len(test)}
    # A new model has Keras' own layers, and no optimizer, whose state is twice the weights.
    classes = len(examples.classes)
    trained = build_network(settings.model, classes, tells_mask=examples.tells_mask)
    trained.set_weights(model.get_weights())
    # The result last: with it the run is done.
    keep(folder, {MODEL: trained.save, RESULT: partial(save_json, value=result)})
    if settings.schedule != "constant":
        # Such a run cannot have more epochs.
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
        "last_accuracy": float(history["val_accuracy"].iloc[-1]),
        "best_accuracy": float(history["val_accuracy"][best]),
        "best_epoch": int(history["epoch"][best]),
    }
