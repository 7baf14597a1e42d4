"""Which rows show the same photograph by today's search, for a set that another search grouped.

Such a set, FERM v1, keeps its groups and folds; this stands beside its manifest.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from fermask.system.files import write_csv
from fermask.system.kept import check_file, keep_one

COPIES = "copies.csv"


def write_copies(folder: Path, table: pd.DataFrame) -> None:
    """Stores ``row``, ``photograph`` and ``copies``, as ``read_copies`` gives them, with a set."""
    keep_one(Path(folder) / COPIES, lambda path: write_csv(path, table))


def read_copies(folder: Path) -> pd.DataFrame:
    """What ``python -m scripts.studies.find_copies`` found of a set's faces.

    Returns:
        By ``row``: ``photograph`` (int64, smallest row of the file that shows the same) and
        ``copies`` (how many rows do).

    Raises:
        FileNotFoundError: nobody searched.
        ValueError: the file is damaged.
    """
    check_file(Path(folder) / COPIES)
    return pd.read_csv(Path(folder) / COPIES, index_col="row")


def with_copies(manifest: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """A manifest with its column ``copies``, where its build did not count but the search did."""
    if "copies" in manifest or not (Path(folder) / COPIES).is_file():
        return manifest
    counted = read_copies(folder)["copies"].reindex(manifest["row"])
    return manifest.assign(copies=counted.to_numpy(np.int32))
