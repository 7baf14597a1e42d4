"""One face of a table: where it is, its twins, its votes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fermask.faces.labels import CLASS_OF_FERPLUS, FERPLUS_VOTES, VOTE_COLUMNS


def position_of_row(table: pd.DataFrame, row: int) -> int:
    """Where in the table FER2013's row is.

    Raises:
        ValueError: the set has no such face.
    """
    found = np.flatnonzero(table["row"].to_numpy() == row)
    if found.size == 0:
        raise ValueError(f"FER2013's row {row} is not among the {len(table):,} faces of this set.")
    return int(found[0])


def twins(table: pd.DataFrame, position: int) -> np.ndarray:
    """Positions of the other faces that show the same photograph, int64."""
    group = table["group"].to_numpy()
    same = np.flatnonzero(group == group[position])
    return same[same != position]


class Votes(NamedTuple):
    """Of the ten for one face: FER+'s ``name``, its class of FERM or "", and how many."""

    name: str
    label: str
    votes: int


def votes_of(face: Mapping[str, Any]) -> list[Votes] | None:
    """FER+'s ten votes of a face, in its order, or None where the set has none.

    Args:
        face: a row of ``faces_table``.
    """
    counts = [face[column] for column in VOTE_COLUMNS]
    if any(pd.isna(count) for count in counts):
        return None
    return [
        Votes(name, CLASS_OF_FERPLUS.get(name, ""), int(count))
        for name, count in zip(FERPLUS_VOTES, counts, strict=True)
    ]
