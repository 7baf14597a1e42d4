"""A run's folder, which describes itself and lets an interrupted run go on.

``run.json`` (what was asked, of which data, with which versions), ``history.csv`` (a row an
epoch), ``checkpoint.keras`` (to go on after a kill), and at the end ``model.keras``,
``predictions.parquet`` and ``result.json``.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fermask.dataset.splits import stored_settings
from fermask.system.circumstances import circumstances
from fermask.system.files import file_hash, read_json, whole_file, write_csv, write_json
from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples

if TYPE_CHECKING:
    import keras

RUN, HISTORY, CHECKPOINT = "run.json", "history.csv", "checkpoint.keras"
MODEL, PREDICTIONS, RESULT = "model.keras", "predictions.parquet", "result.json"


def record_run(
    examples: Examples,
    settings: TrainingSettings,
    folder: Path,
    initial: Path | None,
    teacher: Path | None,
) -> None:
    """Writes ``run.json``, or compares with the one there.

    Raises:
        ValueError: the folder holds another run.
    """
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
    if not record.is_file():
        write_json(record, asked | circumstances())
        return
    kept = read_json(record)
    # What a record does not name yet was as the default is.
    settings_then = _with_defaults(stored_settings(kept["settings"]), asdict(TrainingSettings()))
    then = {"initial_sha256": "", "teacher_sha256": ""} | kept | {"settings": settings_then}
    if {key: then.get(key) for key in asked} != asked:
        raise ValueError(
            f"{folder} holds another run ({kept['settings']} of {kept['ferm']}); choose "
            "another folder, or delete it."
        )


def _with_defaults(value: Any, defaults: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return defaults | {key: _with_defaults(each, defaults.get(key)) for key, each in value.items()}


def save_epoch(folder: Path, model: "keras.Model", history: list[dict[str, float]]) -> None:
    """Keeps what the run needs to go on after a kill."""
    # The history first: a checkpoint never knows more epochs than it.
    write_csv(folder / HISTORY, pd.DataFrame(history))
    save_model(model, folder / CHECKPOINT)


def interrupted_run(
    folder: Path, steps: int
) -> tuple["keras.Model", list[dict[str, float]]] | None:
    """The model and its history as the last whole epoch left them; None where none was.

    Args:
        folder: the run's.
        steps: batches an epoch.
    """
    import keras

    import fermask.networks.fused_normalization  # noqa: F401 - a checkpoint names its layer

    if not (folder / CHECKPOINT).is_file():
        return None
    model = keras.saving.load_model(folder / CHECKPOINT)
    done = int(model.optimizer.iterations) // steps
    return model, pd.read_csv(folder / HISTORY).iloc[:done].to_dict("records")


def save_model(model: "keras.Model", path: Path) -> None:
    """Writes a ``.keras`` file, whole or not at all."""
    with whole_file(path) as temporary:
        model.save(temporary)
