"""Tables in Parquet files, with what they are about.

Apart from ``files``: pandas and pyarrow take longer to import than a network takes to answer.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fermask.system.files import whole_file

# Rows of a Parquet file that are compressed together: to read one, these are read. Fewer make
# one row cheaper, more make the whole file cheaper.
ROWS_A_GROUP = 4096


def write_parquet(path: Path, table: pd.DataFrame | pa.Table, about: dict[str, Any]) -> None:
    """Writes a table without its index as Parquet, whole or not at all.

    ``about`` is kept as JSON in the file's metadata under ``ferm``.
    """
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    about_json = json.dumps(about, sort_keys=True).encode()
    table = table.replace_schema_metadata({b"ferm": about_json})
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, row_group_size=ROWS_A_GROUP)


def read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table and its ``about``, as ``write_parquet`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not Parquet, or lacks the ``ferm`` metadata.
    """
    stored = StoredTable(path)
    return stored.read(stored.schema.names).to_pandas(), stored.about


class DamagedFile(ValueError):
    """A file whose content cannot be read; the message names it and says what to do."""


class StoredTable:
    """A file of ``write_parquet`` that stays open, to be read in parts.

    The file that was opened is the one that is read, even when another takes its name.

    Attributes:
        path: where it was opened.
        about: as it was written.
        schema: Arrow's schema of its columns.
    """

    def __init__(self, path: Path) -> None:
        """Opens a file; nothing but its footer is read.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not Parquet, or lacks the ``ferm`` metadata.
        """
        if not path.is_file():
            raise FileNotFoundError(f"{path} does not exist.")
        self.path = path
        try:
            self._file = pa.OSFile(str(path))
            parquet = pq.ParquetFile(self._file)
        except PermissionError as error:
            raise PermissionError(f"{path} may not be read by this user.") from error
        except (pa.ArrowInvalid, OSError) as error:
            raise self._damaged() from error
        self.schema = parquet.schema_arrow
        self._footer = parquet.metadata
        sizes = [self._footer.row_group(i).num_rows for i in range(self._footer.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        try:
            about = json.loads((self.schema.metadata or {}).get(b"ferm", b""))
        except ValueError:
            about = None
        if not isinstance(about, dict):
            raise ValueError(f"{path} is Parquet, but was not written by this project.")
        self.about: dict[str, Any] = about
        # The faces of a page often lie side by side.
        self._group = lru_cache(maxsize=4)(self._read_group)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Whole columns.

        Raises:
            DamagedFile: they cannot be read.
        """
        try:
            return self._open().read(list(columns))
        except (pa.ArrowInvalid, OSError) as error:
            raise self._damaged() from error

    def take(self, column: str, positions: np.ndarray) -> pa.ChunkedArray:
        """A column's values at some rows (0-based), in their order.

        Only the rows stored beside them are read.

        Raises:
            IndexError: there is no such row.
            DamagedFile: they cannot be read.
        """
        positions = np.asarray(positions, dtype=np.int64)
        if positions.size and not 0 <= positions.min() <= positions.max() < len(self):
            raise IndexError(f"{self.path} has rows 0 to {len(self) - 1:,}.")
        groups, group_of = np.unique(
            np.searchsorted(self._starts, positions, side="right") - 1, return_inverse=True
        )
        parts: list[pa.Array] = []
        for i, group in enumerate(groups.tolist()):
            places = positions[group_of == i] - self._starts[group]
            parts += self._group(column, group).take(places).chunks
        # The parts stand group by group; back to the order asked for.
        order = np.argsort(np.argsort(group_of, kind="stable"))
        return pa.chunked_array(parts, self.schema.field(column).type).take(order)

    def _open(self) -> pq.ParquetFile:
        # One for each reading: a ParquetFile is not for several threads, the file under it is.
        return pq.ParquetFile(self._file, metadata=self._footer)

    def _read_group(self, column: str, group: int) -> pa.ChunkedArray:
        try:
            return self._open().read_row_group(group, columns=[column]).column(column)
        except (pa.ArrowInvalid, OSError) as error:
            raise self._damaged() from error

    def _damaged(self) -> DamagedFile:
        return DamagedFile(
            f"{self.path} cannot be read as Parquet; it may be cut short. Build or copy it again."
        )
