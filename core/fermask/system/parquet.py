"""Tables in Parquet files, with what they are about.

Apart from ``files``: pandas and pyarrow take longer to import than a network takes to answer.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fermask.system.kept import Checksums, DamagedFile, keep_one
from fermask.system.untrusted import MOST_ROWS

# Rows of a Parquet file that are compressed together: to read one, these are read. Fewer make
# one row cheaper, more make the whole file cheaper.
ROWS_A_GROUP = 4096
# Of a stranger's table: what its columns unpack to, and one text, in bytes.
_MOST_UNPACKED = 250_000_000
_MOST_TEXT = 200


def write_parquet(path: Path, table: pd.DataFrame | pa.Table, about: dict[str, Any]) -> None:
    """Writes a table without its index as Parquet, whole or not at all, with a checksum.

    ``about`` is kept as JSON in the file's metadata under ``ferm``.
    """
    keep_one(path, lambda place: write_table(place, table, about))


def write_table(path: Path, table: pd.DataFrame | pa.Table, about: dict[str, Any]) -> None:
    """As ``write_parquet``, for a writer of ``fermask.system.kept.keep``."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    about_json = json.dumps(about, sort_keys=True).encode()
    table = table.replace_schema_metadata({b"ferm": about_json})
    pq.write_table(table, path, row_group_size=ROWS_A_GROUP)


def read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table and its ``about``, as ``write_parquet`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not Parquet, or lacks the ``ferm`` metadata.
    """
    stored = StoredTable(path)
    return stored.read(stored.schema.names).to_pandas(), stored.about


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
        self._sums = Checksums(path)
        size = self._file.size()
        self._sums.check(size - 8 - self._footer.serialized_size, size)
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
        for group in range(self._footer.num_row_groups):
            self._check(group, columns)
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
        self._check(group, [column])
        try:
            return self._open().read_row_group(group, columns=[column]).column(column)
        except (pa.ArrowInvalid, OSError) as error:
            raise self._damaged() from error

    def _check(self, group: int, columns: Sequence[str]) -> None:
        """Checks the parts of the file that hold a row group's columns."""
        stored = self._footer.row_group(group)
        for chunk in map(stored.column, range(stored.num_columns)):
            # A column of lists is called after what it holds, such as landmarks.list.element.
            if chunk.path_in_schema.split(".")[0] in columns:
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                self._sums.check(start, start + chunk.total_compressed_size)

    def _damaged(self) -> DamagedFile:
        return DamagedFile(
            f"{self.path} cannot be read as Parquet; it may be cut short. Build or copy it again."
        )


def read_columns(content: bytes, name: str, wanted: Iterable[str]) -> tuple[pa.Table, list[str]]:
    """Columns of a Parquet file that a stranger may have made.

    Numbers come as they are stored, texts as strings.

    Args:
        content: of the file.
        name: of the file, for messages.
        wanted: names of columns in lower case; those that the file lacks are passed over.

    Returns:
        The table with the file's metadata, and the names of all columns of the file.

    Raises:
        ValueError: the table has more than ``MOST_ROWS``, unpacks to more than a table of
            numbers would, or a column holds neither numbers nor short texts.
        pa.ArrowException, OSError: it is no Parquet.
    """
    footer = pq.read_metadata(pa.BufferReader(content))
    if footer.num_rows > MOST_ROWS:
        raise ValueError(f"{name} has {footer.num_rows:,} rows; at most {MOST_ROWS:,} are read.")
    schema = footer.schema.to_arrow_schema()
    columns = [field.name for field in schema if field.name.lower() in set(wanted)]
    texts = [field.name for field in map(schema.field, columns) if _is_text(field.type)]
    for column in columns:
        kind = schema.field(column).type
        if column not in texts and not _is_number(kind):
            raise ValueError(f"{name}, column {column}: {kind}; expected numbers or text.")
    groups = (footer.row_group(i) for i in range(footer.num_row_groups))
    chunks = (group.column(i) for group in groups for i in range(group.num_columns))
    if sum(c.total_uncompressed_size for c in chunks if c.path_in_schema in columns) > (
        _MOST_UNPACKED
    ):
        raise ValueError(
            f"{name} unpacks to more than {_MOST_UNPACKED / 1e6:,.0f} MB; expected numbers and "
            "short texts."
        )
    # A text that stands in a million rows is read once.
    table = pq.read_table(pa.BufferReader(content), columns=columns, read_dictionary=texts)
    for column in texts:
        index = table.schema.get_field_index(column)
        table = table.set_column(index, column, _short_texts(table[column], f"{name}, {column}"))
    return table, schema.names


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_number(kind: pa.DataType) -> bool:
    return any(ask(kind) for ask in (pa.types.is_integer, pa.types.is_floating, pa.types.is_null))


def _short_texts(column: pa.ChunkedArray, place: str) -> pa.ChunkedArray:
    for chunk in column.chunks:
        lengths = pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0
        if lengths > _MOST_TEXT:
            raise ValueError(f"{place}: a text of {lengths:,} bytes; at most {_MOST_TEXT}.")
    return column.cast(pa.string())
