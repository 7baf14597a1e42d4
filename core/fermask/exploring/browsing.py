"""Which faces of a table to look at, and in which order: filters, sorting, pages.

Everything takes a table of ``faces_table`` and gives positions in it.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fermask.exploring.faces_table import usual_order
from fermask.networks.predictions import classes_of

PAGE_SIZE = 48

# Columns that faces can be put in order by → name for people.
SORT_COLUMNS: dict[str, str] = {
    "row": "FER2013 row",
    "label": "class",
    "usage": "usage",
    "fold": "fold",
    "group": "group of twins",
    "twins": "number of twins",
    "mask_style": "mask",
    "agreement": "agreement of the votes",
    "entropy": "entropy of the votes",
    "score": "detector's score",
    "yaw": "yaw",
    "turned": "yaw, either way",
    "roll": "roll",
    "sharpness": "sharpness",
    "split": "training or validation",
    "predicted": "predicted class",
    "answer": "right or wrong",
    "confidence": "confidence",
    "margin": "margin over the second class",
    "loss": "loss",
}

Range = tuple[float, float]


@dataclass(frozen=True)
class FaceFilter:
    """Which faces to show; an empty tuple or None asks nothing.

    ``labels``, ``predicted``, ``usages``, ``mask_styles``, ``folds``, ``splits`` (of the
    predictions: ``training``, ``validation``), ``answers`` (of ``ANSWERS``): the values
    wanted. ``groups``: numbers of duplicate groups. ``agreement`` (0…1), ``entropy`` (of the
    ten votes, bits), ``sharpness``, ``turned`` (degrees of yaw, either way), ``twins`` (how
    many other faces of the set show the same photograph), ``confidence`` (0…1): lowest and
    highest value wanted, both included.
    """

    labels: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    mask_styles: tuple[str, ...] = ()
    folds: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    splits: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    agreement: Range | None = None
    entropy: Range | None = None
    sharpness: Range | None = None
    turned: Range | None = None
    twins: Range | None = None
    confidence: Range | None = None


_COLUMN_OF = {
    "labels": "label",
    "predicted": "predicted",
    "usages": "usage",
    "mask_styles": "mask_style",
    "folds": "fold",
    "groups": "group",
    "splits": "split",
    "answers": "answer",
}
_RANGES = ("agreement", "entropy", "sharpness", "turned", "twins", "confidence")


def filter_faces(table: pd.DataFrame, wanted: FaceFilter) -> np.ndarray:
    """Positions of the faces that pass, int64, rising.

    A face without the value asked for (no votes, no prediction) does not pass.

    Args:
        table: as ``faces_table`` gives it.
        wanted: the filter.
    """
    passes = np.ones(len(table), dtype=bool)
    for name, column in _COLUMN_OF.items():
        values = getattr(wanted, name)
        if values:
            passes &= table[column].isin(values).to_numpy()
    for name in _RANGES:
        limits = getattr(wanted, name)
        if limits is not None:
            # Sliders count in steps that binary fractions only come close to.
            low, high = limits[0] - 1e-6, limits[1] + 1e-6
            passes &= table[name].between(low, high).to_numpy()
    return np.flatnonzero(passes)


def sort_by(
    table: pd.DataFrame, positions: np.ndarray, column: str, falling: bool = False
) -> np.ndarray:
    """The positions in the order of a column's values.

    Faces without the value come last, equal faces stay in the table's order; classes, usages
    and mask styles are in their usual order.

    Args:
        table: as ``faces_table`` gives it.
        positions: of the faces, int64.
        column: of ``sortable``.
        falling: whether the largest value comes first.

    Raises:
        ValueError: no such column.
    """
    if column not in sort_columns(table):
        raise ValueError(f"Unknown column {column!r}; there are {', '.join(sortable(table))}.")
    values = table[column].iloc[positions].reset_index(drop=True)
    if usual := usual_order(table, column):
        places = pc.index_in(pa.array(values), pa.array(usual, pa.large_string()))
        values = places.to_pandas()
    order = values.sort_values(ascending=not falling, kind="stable", na_position="last").index
    return np.asarray(positions)[order.to_numpy()]


def sort_columns(table: pd.DataFrame) -> dict[str, str]:
    """The columns of a table that faces can be put in order by → name for people."""
    columns = {column: name for column, name in SORT_COLUMNS.items() if column in table}
    return columns | {f"p_{name}": f"probability of {name}" for name in classes_of(table)}


def sortable(table: pd.DataFrame) -> list[str]:
    """Those of ``sort_columns`` for which some face of a table has a value."""
    present = sort_columns(table)
    # Mostly the first face has one: a look at all of a million takes its time.
    return [
        name for name in present if table[name].head(1).notna().any() or table[name].notna().any()
    ]


def page_count(total: int, size: int = PAGE_SIZE) -> int:
    """Number of pages for so many faces, at least 1."""
    return max(1, math.ceil(total / size))


def page_of(positions: np.ndarray, page: int, size: int = PAGE_SIZE) -> np.ndarray:
    """The positions on a page (1-based); a page beyond the last is taken for the last."""
    page = min(max(page, 1), page_count(len(positions), size))
    return positions[(page - 1) * size : page * size]


def stretch(rows: np.ndarray, row: int, reach: int) -> tuple[np.ndarray, int]:
    """The part of a list around a row, ``reach`` each way, and the row's place in it.

    Empty and -1 where it is not in the list.
    """
    rows = np.asarray(rows)
    found = np.flatnonzero(rows == row)
    if found.size == 0:
        return rows[:0], -1
    first = max(int(found[0]) - reach, 0)
    return rows[first : int(found[0]) + reach + 1], int(found[0]) - first


def limits_of(values: pd.Series, step: float) -> Range | None:
    """Lowest and highest value, rounded outwards to ``step``; None without two different ones."""
    known = values.dropna()
    if known.empty:
        return None
    low, high = float(known.min()), float(known.max())
    # The inverse of a step such as 0.1 is exact where the step itself is not.
    inverse = round(1 / step)
    low = math.floor(round(low * inverse, 6)) / inverse
    high = math.ceil(round(high * inverse, 6)) / inverse
    return (low, high) if low < high else None
