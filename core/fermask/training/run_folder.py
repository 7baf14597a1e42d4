"""A run's folder, which describes itself and lets an interrupted run go on.

``run.json`` (what was asked, of which data, with which versions), ``history.csv`` (a row an
epoch), ``checkpoint.keras`` (to go on after a kill, or with more epochs), with ``patience``
``best.keras``, and at the end ``model.keras``, ``predictions.parquet`` and ``result.json``.
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import stored_settings
from fermask.system.circumstances import circumstances
from fermask.system.files import file_hash, read_json
from fermask.system.kept import DamagedFile, check_file, keep, keep_json
from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples

if TYPE_CHECKING:
    import keras

RUN, HISTORY, CHECKPOINT, BEST = "run.json", "history.csv", "checkpoint.keras", "best.keras"
MODEL, PREDICTIONS, RESULT = "model.keras", "predictions.parquet", "result.json"


def record_run(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    initial: Path | None,
    seen: dict[str, Any] | None = None,
) -> None:
    """Writes ``run.json``, or compares with the one there.

    A run that is to have more epochs, or another patience, is unfinished again.

    Args:
        examples, settings: of the run.
        folder: its own.
        initial: the weights that it starts from, or None.
        seen: what those had learned from, as ``starting.Start.faces_seen`` tells it.

    Raises:
        ValueError: the folder holds another run, or one that cannot have more epochs.
    """
    asked = {
        "settings": asdict(settings),
        "initial_sha256": "" if initial is None else file_hash(initial),
        "ferm": examples.name,
        "images_sha256": examples.images_sha256,
        "source_sha256": examples.source_sha256,
        "classes": list(examples.classes),
    }
    record = folder / RUN
    if not record.is_file():
        more: dict[str, Any] = {} if seen is None else {"initial": seen}
        if examples.is_own:
            more["photographs"] = examples.name
        keep_json(record, asked | more | circumstances())
        return
    kept = read_json(check_file(record))
    if not isinstance(kept, dict) or not isinstance(kept.get("settings"), dict):
        raise DamagedFile(f"{record} does not say what was trained. Delete the folder.")
    # What a record does not name yet was as the default is.
    settings_then = _with_defaults(stored_settings(kept["settings"]), asdict(TrainingSettings()))
    then = {"initial_sha256": ""} | kept | {"settings": settings_then}
    differing = _differing({key: then.get(key) for key in asked}, asked)
    if differing and _can_go_on(then, asked):
        _check_checkpoint(folder)
        # Until the record is written, the run is unfinished as it was.
        (folder / RESULT).unlink(missing_ok=True)
        keep_json(record, kept | {"settings": asked["settings"]})
    elif differing:
        raise ValueError(
            f"{folder} holds another run: {'; '.join(differing)}. Choose another folder, or delete "
            "it."
        )


def _can_go_on(then: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether a run is asked for that differs in nothing but when it ends, which is later."""
    old, new = then["settings"], asked["settings"]
    end = {"epochs": new["epochs"], "patience": new["patience"]}
    if bool(old["patience"]) != bool(new["patience"]):
        return False
    same = not _differing({key: then.get(key) for key in asked} | {"settings": old | end}, asked)
    # Under another schedule each epoch's rate goes by the number of epochs.
    return same and new["schedule"] == "constant" and new["epochs"] >= old["epochs"]


def _check_checkpoint(folder: Path) -> None:
    if (folder / RESULT).is_file() and not (folder / CHECKPOINT).is_file():
        raise ValueError(
            f"{folder} is finished and has no {CHECKPOINT} to go on from. Start another run from "
            f"its weights: --initial {folder / MODEL}."
        )


def _differing(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a run is another than asked for, each as words."""
    found = []
    for name, value in now.items():
        if isinstance(value, dict):
            found += _differing(then.get(name) or {}, value)
        elif then.get(name) != value:
            found.append(f"{name} was {then.get(name)!r}, not {value!r}")
    return found


def _with_defaults(value: Any, defaults: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return defaults | {key: _with_defaults(each, defaults.get(key)) for key, each in value.items()}


def save_epoch(
    folder: Path, model: "keras.Model", history: list[dict[str, float]], patience: int
) -> None:
    """Keeps what the run needs to go on after a kill, and of a patient run its best weights."""
    # The history first: a checkpoint never knows more epochs than it.
    writers = {HISTORY: partial(_write_history, history), CHECKPOINT: model.save}
    if patience and best_epoch(history) == len(history):
        writers[BEST] = model.save
    keep(folder, writers)


def best_epoch(history: list[dict[str, float]]) -> int:
    """The epoch, from 1, after which the loss on the faces held back was lowest; 0 before any."""
    losses = [row["val_loss"] for row in history]
    return int(np.argmin(losses)) + 1 if losses else 0


def interrupted_run(
    folder: Path, steps: int
) -> tuple["keras.Model", list[dict[str, float]]] | None:
    """The model and its history as the last whole epoch left them; None where none was.

    Args:
        folder: the run's.
        steps: batches an epoch.
    """
    import fermask.networks.fused_normalization  # noqa: F401 - a checkpoint names its layer

    if not (folder / CHECKPOINT).is_file():
        return None
    model = load_model(folder / CHECKPOINT)
    done = int(model.optimizer.iterations) // steps
    history = _read_history(folder / HISTORY)
    if len(history) < done:
        raise DamagedFile(
            f"{folder / HISTORY} tells of {len(history)} epochs, but {CHECKPOINT} has {done}. "
            "Delete the folder and train again."
        )
    return model, history.iloc[:done].to_dict("records")


def load_model(path: Path) -> "keras.Model":
    """A network from a ``.keras`` file, which may hold weights and layers but no code.

    Raises:
        DamagedFile: it is not as it was written, or no such file.
    """
    import keras

    check_file(path)
    # What Keras meets in a damaged file are zipfile's, h5py's and its own errors.
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        raise DamagedFile(f"{path} cannot be read as Keras' weights ({error}).") from error


def _write_history(history: list[dict[str, float]], path: Path) -> None:
    pd.DataFrame(history).to_csv(path, index=False, lineterminator="\n")


def _read_history(path: Path) -> pd.DataFrame:
    check_file(path)
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise DamagedFile(f"{path} cannot be read as CSV ({error}).") from error
