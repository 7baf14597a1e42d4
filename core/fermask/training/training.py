"""Training as the paper does it (§2.3, 2.4): Adam, batch 64, 100 epochs, Keras augmentation.

A run is a folder that describes itself: ``run.json`` (what was asked, of which data, with
which versions), ``history.csv`` (a row an epoch), ``checkpoint.keras`` (to go on after a
kill), and at the end ``model.keras``, ``predictions.parquet`` and ``result.json``.

Runs on any Keras backend; nothing here names one but the compiler switch.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import EVERYTHING
from fermask.networks import NETWORKS, build_network
from fermask.networks.inference import network_input
from fermask.networks.predictions import predictions_table
from fermask.system.circumstances import circumstances
from fermask.system.extras import needing_extra
from fermask.system.files import file_hash, read_json, whole_file, write_csv, write_json
from fermask.system.parquet import write_parquet
from fermask.training.augmentation import Augmentation, augment, dress, mix
from fermask.training.training_data import Examples

if TYPE_CHECKING:
    import keras

RUN, HISTORY, CHECKPOINT = "run.json", "history.csv", "checkpoint.keras"
MODEL, PREDICTIONS, RESULT = "model.keras", "predictions.parquet", "result.json"


SCHEDULES: tuple[str, ...] = ("constant", "cosine")


@dataclass(frozen=True)
class TrainingSettings:
    """One run. The defaults are the paper's.

    >>> import fermask
    >>> settings = fermask.TrainingSettings(epochs=30)
    >>> settings.model, settings.protocol, settings.batch_size
    ('m_xception', 'clean', 64)

    ``protocol`` and ``seed`` name what is held back, as the examples have it; ``seed`` is also
    that of the initial weights, the order and the moves.

    What goes beyond the paper: ``soft_targets`` (the voters' shares in place of the label),
    ``label_smoothing`` (0…1), ``schedule`` (``constant``, or ``cosine``: from ``learning_rate``,
    after ``warmup_epochs`` of rising to it, down to 0 at the last step), ``weight_decay``
    (AdamW's, Loshchilov and Hutter 2019) and ``distillation`` (which share of the targets is what
    a teacher says of the very pictures trained on, 0…1; Hinton et al. 2015),
    ``largest_class`` (of a class with more faces so many are drawn for each epoch; 0: all),
    ``mixup`` (``augmentation.mix``'s strength; 0: none) and ``averaging`` (the weights kept are
    moving averages over the batches, which keep this share at each; 0: those of the last).
    """

    model: str = "m_xception"
    protocol: str = "clean"
    seed: int = 0
    epochs: int = 100
    batch_size: int = 64
    learning_rate: float = 0.001
    augmentation: Augmentation = field(default_factory=Augmentation)
    soft_targets: bool = False
    label_smoothing: float = 0.0
    schedule: str = "constant"
    warmup_epochs: int = 0
    weight_decay: float = 0.0
    distillation: float = 0.0
    largest_class: int = 0
    mixup: float = 0.0
    averaging: float = 0.0


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
    _check(examples, settings, folder, initial, teacher)
    if (folder / RESULT).is_file():
        return read_json(folder / RESULT)
    with needing_extra("train", "Training"):
        import keras

    keras.utils.set_random_seed(settings.seed)
    targets, trained_on = _targets(examples, settings), np.flatnonzero(examples.split == "training")
    in_an_epoch = len(_drawn(trained_on, examples, settings, np.random.default_rng(0)))
    steps = math.ceil(in_an_epoch / settings.batch_size)
    model, history = _model_and_history(settings, len(examples.classes), steps, folder, initial)
    taught_by = None if teacher is None else keras.saving.load_model(teacher)
    for epoch in range(len(history), settings.epochs):
        started = time.perf_counter()
        rng = np.random.default_rng([settings.seed, epoch])
        _seed_dropout(model, rng)
        order = rng.permutation(_drawn(trained_on, examples, settings, rng))
        faces = augment(
            dress(examples, order, settings.augmentation, rng), settings.augmentation, rng
        )
        taught = _taught(targets[order], faces, taught_by, settings.distillation)
        inputs, taught = mix(network_input(faces), taught, settings.mixup, rng)
        measured = fit_once(model, inputs, taught, settings.batch_size)
        seconds = time.perf_counter() - started
        row = {"epoch": epoch + 1, "seconds": round(seconds, 3)}
        row |= measured
        row |= _validate(model, examples)
        history.append(row)
        # The history first: a checkpoint never knows more epochs than it.
        write_csv(folder / HISTORY, pd.DataFrame(history))
        _save(model, folder / CHECKPOINT)
        progress(row, settings.epochs)
    return _finish(model, examples, settings, history, folder)


def fit_once(
    model: "keras.Model", inputs: np.ndarray, targets: np.ndarray, batch_size: int
) -> dict[str, float]:
    """One epoch in the order given.

    Batch by batch, since ``fit`` and ``predict`` end with up to ten idle seconds under
    TensorFlow, in which its pipeline's tuning thread is waited for.

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


def _check(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    initial: Path | None,
    teacher: Path | None,
) -> None:
    """Writes ``run.json``, or compares with the one there."""
    if settings.model not in NETWORKS:
        raise ValueError(f"Unknown network {settings.model!r}; there are {', '.join(NETWORKS)}.")
    if settings.epochs < 1:
        raise ValueError(f"Expected 1 epoch or more, received {settings.epochs}.")
    needed = {"training"} if settings.protocol == EVERYTHING else {"training", "validation"}
    if not needed <= set(examples.split):
        raise ValueError(f"{settings.protocol} {settings.seed} leaves one side empty.")
    if settings.schedule not in SCHEDULES:
        raise ValueError(f"Unknown schedule {settings.schedule!r}; there are {SCHEDULES}.")
    if settings.soft_targets and examples.targets is None:
        raise ValueError(f"{examples.name} has no votes, so there are no soft targets.")
    if bool(settings.distillation) != (teacher is not None):
        raise ValueError("Distillation needs a teacher, and a teacher is only for distillation.")
    asked = {
        "settings": asdict(settings),
        "teacher_sha256": "" if teacher is None else file_hash(teacher),
        "initial_sha256": "" if initial is None else file_hash(initial),
        "ferm": examples.name,
        "images_sha256": examples.images_sha256,
        "source_sha256": examples.source_sha256,
        "classes": list(examples.classes),
    }
    record = folder / RUN
    if record.is_file():
        kept = read_json(record)
        # What a record does not name yet was as the default is.
        settings_then = _with_defaults(kept["settings"], asdict(TrainingSettings()))
        then = {"initial_sha256": "", "teacher_sha256": ""} | kept | {"settings": settings_then}
        if {key: then.get(key) for key in asked} != asked:
            raise ValueError(
                f"{folder} holds another run ({kept['settings']} of {kept['ferm']}); choose "
                "another folder, or delete it."
            )
    else:
        write_json(record, asked | circumstances())


def _with_defaults(value: Any, defaults: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return defaults | {key: _with_defaults(each, defaults.get(key)) for key, each in value.items()}


def _drawn(
    trained_on: np.ndarray,
    examples: Examples,
    settings: TrainingSettings,
    rng: np.random.Generator,
) -> np.ndarray:
    """The faces of an epoch: all, or of the larger classes as many as the settings say."""
    if not settings.largest_class:
        return trained_on
    labels = examples.labels[trained_on]
    classes = (trained_on[labels == each] for each in range(len(examples.classes)))
    return np.concatenate([rng.permutation(ours)[: settings.largest_class] for ours in classes])


def _targets(examples: Examples, settings: TrainingSettings) -> np.ndarray:
    """Labels, int64 ``(n,)``; or float32 ``(n, classes)`` where they are not all of one class."""
    if not _has_soft_targets(settings):
        return examples.labels
    classes = len(examples.classes)
    hard = np.eye(classes, dtype=np.float32)[examples.labels]
    targets = hard if examples.targets is None or not settings.soft_targets else examples.targets
    smoothing = np.float32(settings.label_smoothing)
    return targets * (1 - smoothing) + smoothing / np.float32(classes)


def _has_soft_targets(settings: TrainingSettings) -> bool:
    return bool(
        settings.soft_targets or settings.label_smoothing or settings.distillation or settings.mixup
    )


def _taught(
    targets: np.ndarray, faces: np.ndarray, teacher: "keras.Model | None", share: float
) -> np.ndarray:
    """The targets, a share of them replaced by what the teacher says of the same pictures."""
    if teacher is None:
        return targets
    return targets * np.float32(1 - share) + np.float32(share) * answers(teacher, faces)


def compiled_network(
    settings: TrainingSettings, classes: int, steps: int = 1, initial: Path | None = None
) -> "keras.Model":
    """A new network, ready for ``fit``.

    Args:
        settings: network, learning rate and what else concerns the optimizer.
        classes: number of outputs.
        steps: batches an epoch, which the cosine schedule goes by.
        initial: ``model.keras`` to take the weights from.
    """
    import keras

    from fermask.networks.fused_normalization import with_fused_normalization

    model = build_network(settings.model, classes)
    if initial is not None:
        model.set_weights(keras.saving.load_model(initial).get_weights())
    model = with_fused_normalization(model)
    loss = "categorical" if _has_soft_targets(settings) else "sparse_categorical"
    model.compile(
        optimizer=_optimizer(settings, steps),
        loss=f"{loss}_crossentropy",
        metrics=["accuracy"],
        # On a CPU XLA makes TensorFlow's epochs ten times as long.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    # Else TensorFlow traces the first step twice, which takes seconds.
    model.optimizer.build(model.trainable_variables)
    return model


def _optimizer(settings: TrainingSettings, steps: int) -> "keras.Optimizer":
    import keras

    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        rising = settings.warmup_epochs * steps
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if rising else settings.learning_rate,
            settings.epochs * steps - rising,
            warmup_target=settings.learning_rate if rising else None,
            warmup_steps=rising,
        )
    averaged = {"use_ema": bool(settings.averaging), "ema_momentum": settings.averaging}
    if settings.weight_decay:
        return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, **averaged)
    return keras.optimizers.Adam(rate, **averaged)


def _model_and_history(
    settings: TrainingSettings, classes: int, steps: int, folder: Path, initial: Path | None
) -> tuple["keras.Model", list[dict[str, float]]]:
    """A new model, or the checkpoint's; and the history so far. ``steps``: batches an epoch."""
    import keras

    import fermask.networks.fused_normalization  # noqa: F401 - a checkpoint names its layer

    if not (folder / CHECKPOINT).is_file():
        return compiled_network(settings, classes, steps, initial), []
    model = keras.saving.load_model(folder / CHECKPOINT)
    done = int(model.optimizer.iterations) // steps
    return model, pd.read_csv(folder / HISTORY).iloc[:done].to_dict("records")


def _seed_dropout(model: "keras.Model", rng: np.random.Generator) -> None:
    """Seeds each epoch's Dropout anew: a checkpoint does not keep the state of its generator."""
    for layer in model.layers:
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([rng.integers(2**31), 0])


def _save(model: "keras.Model", path: Path) -> None:
    with whole_file(path) as temporary:
        model.save(temporary)


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


def answers(model: "keras.Model", images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Probabilities, float32 ``(n, classes)``, of uint8 ``(n, 48, 48)``.

    Batch by batch for the same reason as in ``fit_once``.
    """
    starts = range(0, len(images), batch_size)
    batches = (network_input(images[start : start + batch_size]) for start in starts)
    return np.concatenate([np.asarray(model.predict_on_batch(batch)) for batch in batches])


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
    _save(trained, folder / MODEL)
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
