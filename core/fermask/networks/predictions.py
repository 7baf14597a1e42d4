"""Tables of predictions: a face a row, its probabilities, and whether it was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import PROTOCOLS
from fermask.faces.labels import CLASSES
from fermask.system.files import shown
from fermask.system.markdown import plain_name
from fermask.system.parquet import read_parquet


def probability_columns(classes: tuple[str, ...]) -> list[str]:
    """The columns of a predictions table that hold the probabilities, in the classes' order."""
    return [f"p_{name}" for name in classes]


PROBABILITY_COLUMNS: tuple[str, ...] = tuple(probability_columns(CLASSES))


def classes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """The classes whose probabilities a table of predictions has, in its columns' order."""
    names = (name for name in table.columns if name.startswith("p_"))
    return tuple(name.removeprefix("p_") for name in names)


def probabilities_of(table: pd.DataFrame) -> np.ndarray:
    """The probabilities in a table of predictions, float64 ``(n, classes)``."""
    return table[probability_columns(classes_of(table))].to_numpy(dtype=np.float64)


def predictions_table(
    faces: pd.DataFrame, probabilities: np.ndarray, classes: tuple[str, ...] = CLASSES
) -> pd.DataFrame:
    """The faces' columns (``row``, ``label``, ``split``) and their probabilities (float32)."""
    table = faces.copy()
    table[probability_columns(classes)] = np.asarray(probabilities, dtype=np.float32)
    return table


# What ``split`` says of a face where nobody knows whether the network was trained on it.
UNKNOWN = "unknown"
_SPLITS = ("training", "validation", "test", UNKNOWN)
# Four probabilities rounded to two digits may miss 1 by this much.
SUM_TOLERANCE = 0.02


@dataclass(frozen=True)
class Predictions:
    """A network's stored answers for the faces of a set.

    ``table``: ``row``, ``label``, ``split`` (``training``, ``validation`` or ``UNKNOWN``) and
    the probabilities of its classes (0…1). ``about``: model, protocol (None where it is not known),
    seed (None where it has none) and the set's name.
    """

    table: pd.DataFrame
    about: dict[str, Any]

    @property
    def title(self) -> str:
        """Such as ``m_xception, clean 0, FERM v1``."""
        return f"{self.about['model']}, {self.scope}, {self.about['ferm']}"

    @property
    def scope(self) -> str:
        """Such as ``clean 0``, or ``unknown`` without a protocol."""
        protocol, seed = self.about["protocol"], self.about["seed"]
        if protocol is None:
            return UNKNOWN
        return protocol if seed is None else f"{protocol} {seed}"

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in order."""
        return classes_of(self.table)

    @property
    def probabilities(self) -> np.ndarray:
        """float32 ``(n, classes)`` in class order."""
        return probabilities_of(self.table).astype(np.float32)

    @property
    def labels(self) -> np.ndarray:
        """int64 ``(n,)``, indices into ``classes``."""
        return self.table["label"].map(self.classes.index).to_numpy(dtype=np.int64)


def read_predictions(path: Path) -> Predictions:
    """Predictions as a run or ``scripts.export`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not a predictions file.
    """
    table, about = read_parquet(path)
    return checked_predictions(table, about, str(path))


def checked_predictions(
    table: pd.DataFrame, about: dict[str, Any], source: str, classes: tuple[str, ...] = CLASSES
) -> Predictions:
    """The predictions that a file of this project holds.

    Args:
        table: as ``Predictions`` holds it.
        about: the same.
        source: the file, for the words of an error.
        classes: of the set.

    Raises:
        ValueError: the two hold no predictions.
    """
    needed = {"row", "label", "split", *probability_columns(classes)}
    missing = sorted(needed - set(table.columns))
    if missing or not {"model", "protocol", "seed", "ferm"} <= set(about):
        raise ValueError(
            f"{source} holds no predictions; it lacks {', '.join(missing) or 'about'}."
        )
    texts = [about["model"], about["ferm"], "" if about["seed"] is None else about["seed"]]
    if not all(
        isinstance(each, str | int) and plain_name(f"{each}") == f"{each}" for each in texts
    ):
        raise ValueError(f"{source}: model, seed and set are names; found {shown(str(texts))}.")
    if set(classes_of(table)) != set(classes):
        raise ValueError(
            f"{source} tells {', '.join(classes_of(table))} apart; the set's classes are "
            f"{', '.join(classes)}."
        )
    for name, expected in {"label": classes, "split": _SPLITS}.items():
        unknown = set(table[name].unique()) - set(expected)
        if unknown:
            raise ValueError(
                f"{source} has the {name} {shown(str(min(unknown, key=str)))}; there are "
                f"{', '.join(expected)}."
            )
    _check_numbers(table, source)
    # Records of 0.1 name there what a network was trained on, where it has no protocol.
    protocol = about["protocol"] if about["protocol"] in PROTOCOLS else None
    return Predictions(table, about | {"protocol": protocol})


def _check_numbers(table: pd.DataFrame, source: str) -> None:
    rows = table["row"]
    if not pd.api.types.is_integer_dtype(rows) or rows.isna().any():
        raise ValueError(f"{source}: its rows are not FER2013's, whole numbers from 0.")
    shares = probabilities_of(table)
    # What is no number compares as false.
    wrong = {
        "its probabilities are not 0 to 1 with a sum of 1": ~(
            ((shares >= 0) & (shares <= 1)).all(axis=1)
            & (np.abs(shares.sum(axis=1) - 1) <= SUM_TOLERANCE + 1e-9)
        ),
        "the face is there twice": rows.duplicated().to_numpy(),
    }
    for words, which in wrong.items():
        if which.any():
            raise ValueError(
                f"{source}, FER2013's row {rows.iloc[int(np.argmax(which))]}: {words}."
            )
