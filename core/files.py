"""Files are written whole or not at all: under a temporary name, then renamed."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; becomes ``path`` when the block ends well.

    The temporary name keeps the suffix, since some writers choose the format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".partial-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes a value as indented JSON with sorted keys, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """A value as ``write_json`` wrote it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not JSON.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}).") from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Writes an array as ``.npy``, whole or not at all."""
    # Given a name, np.save would add .npy where it is missing.
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Writes a table without its index as CSV, whole or not at all."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def write_parquet(path: Path, table: pd.DataFrame, about: dict[str, Any]) -> None:
    """Writes a table without its index as Parquet, whole or not at all.

    ``about`` is kept as JSON in the file's metadata under ``ferm``.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    about_json = json.dumps(about, sort_keys=True).encode()
    with whole_file(path) as temporary:
        pq.write_table(arrow.replace_schema_metadata({b"ferm": about_json}), temporary)


def read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A table and its ``about``, as ``write_parquet`` wrote them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not Parquet, or lacks the ``ferm`` metadata.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist.")
    try:
        arrow = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(
            f"{path} cannot be read as Parquet; it may be cut short. Build or copy it again."
        ) from error
    about = (arrow.schema.metadata or {}).get(b"ferm")
    if about is None:
        raise ValueError(f"{path} is Parquet, but was not written by this project.")
    return arrow.to_pandas(), json.loads(about)
