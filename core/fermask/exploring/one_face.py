"""One face of a table: where it is, its twins, its votes."""

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


def votes_of(face: pd.Series) -> pd.DataFrame | None:
    """FER+'s ten votes of a face, or None where the set has none.

    Args:
        face: a row of ``faces_table``.

    Returns:
        ``name`` (FER+'s own), ``label`` (the FERM class, or "") and ``votes``.
    """
    counts = face[list(VOTE_COLUMNS)]
    if counts.isna().any():
        return None
    return pd.DataFrame(
        {
            "name": FERPLUS_VOTES,
            "label": [CLASS_OF_FERPLUS.get(name, "") for name in FERPLUS_VOTES],
            "votes": counts.astype(int).to_numpy(),
        }
    )
