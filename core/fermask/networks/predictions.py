"""Tables of predictions: a face a row, its probabilities, and whether it was trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.splits import PROTOCOLS
from fermask.faces.labels import CLASSES
from fermask.system.parquet import read_parquet


def probability_columns(classes: tuple[str, ...]) -> list[str]:
    """The columns of a predictions table that hold the probabilities, in the classes' order."""
    return [f"p_{name}" for name in classes]


PROBABILITY_COLUMNS: tuple[str, ...] = tuple(probability_columns(CLASSES))


def predictions_table(
    faces: pd.DataFrame, probabilities: np.ndarray, classes: tuple[str, ...] = CLASSES
) -> pd.DataFrame:
    """The faces' columns (``row``, ``label``, ``split``) and their probabilities (float32)."""
    table = faces.copy()
    table[probability_columns(classes)] = np.asarray(probabilities, dtype=np.float32)
    return table


# What ``split`` says of a face where nobody knows whether the network was trained on it.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Predictions:
    """A network's stored answers for the faces of a set.

    ``table``: ``row``, ``label``, ``split`` (``training``, ``validation`` or ``UNKNOWN``) and
    ``PROBABILITY_COLUMNS`` (0…1). ``about``: model, protocol (None where it is not known),
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
    def probabilities(self) -> np.ndarray:
        """float32 ``(n, 4)`` in class order."""
        return self.table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float32)

    @property
    def labels(self) -> np.ndarray:
        """int64 ``(n,)``, indices into ``CLASSES``."""
        return self.table["label"].map(CLASSES.index).to_numpy(dtype=np.int64)


def read_predictions(path: Path) -> Predictions:
    """Predictions as a run or ``scripts.export`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not a predictions file.
    """
    table, about = read_parquet(path)
    return checked_predictions(table, about, str(path))


def checked_predictions(table: pd.DataFrame, about: dict[str, Any], source: str) -> Predictions:
    """The predictions that a file of this project holds.

    Args:
        table: as ``Predictions`` holds it.
        about: the same.
        source: the file, for the words of an error.

    Raises:
        ValueError: the two hold no predictions.
    """
    needed = {"row", "label", "split", *PROBABILITY_COLUMNS}
    missing = sorted(needed - set(table.columns))
    if missing or not {"model", "protocol", "seed", "ferm"} <= set(about):
        raise ValueError(
            f"{source} holds no predictions; it lacks {', '.join(missing) or 'about'}."
        )
    unknown = set(table["label"].unique()) - set(CLASSES)
    if unknown:
        raise ValueError(
            f"{source} has the label {min(unknown)!r}; there are {', '.join(CLASSES)}."
        )
    finite = np.isfinite(table[list(PROBABILITY_COLUMNS)].to_numpy(dtype=float)).all(axis=1)
    if not finite.all():
        row = int(table["row"].iloc[int(np.argmin(finite))])
        raise ValueError(f"{source}, FER2013's row {row}: a probability is missing.")
    # Records of 0.1 name there what a network was trained on, where it has no protocol.
    protocol = about["protocol"] if about["protocol"] in PROTOCOLS else None
    return Predictions(table, about | {"protocol": protocol})
