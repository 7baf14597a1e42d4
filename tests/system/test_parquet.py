"""A table comes back as it was written, whole or in parts; a damaged file is refused by name."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fermask.system.kept import DamagedFile
from fermask.system.parquet import (
    ROWS_A_GROUP,
    StoredTable,
    read_parquet,
    write_parquet,
)
from tests.spoiled import spoil

TABLE = pd.DataFrame({"row": [3, 5], "label": ["sad", "angry"], "share": [0.5, np.nan]})


def test_a_table_comes_back_with_what_is_said_about_it(tmp_path):
    write_parquet(tmp_path / "a.parquet", TABLE, {"name": "tiny", "n": 2})
    table, about = read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(table, TABLE)
    assert about == {"name": "tiny", "n": 2}


def test_the_same_table_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_parquet(tmp_path / name, TABLE.set_index(pd.Index([7, 8])), {"n": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_table_is_named(tmp_path):
    path = tmp_path / "none"
    with pytest.raises(FileNotFoundError, match=f"{re.escape(str(path))} does not exist"):
        read_parquet(path)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.95])
def test_a_truncated_table_is_refused_by_name(tmp_path, share):
    path = tmp_path / "a.parquet"
    write_parquet(path, TABLE, {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))} cannot be read.*cut short"):
        read_parquet(path)


def test_another_projects_parquet_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pandas(TABLE), path)
    with pytest.raises(ValueError, match="was not written by this project"):
        read_parquet(path)


# -- Read in parts -------------------------------------------------------------------------


@pytest.fixture
def long_table(tmp_path):
    """A table of three groups of rows: what is stored, and its file."""
    count = 2 * ROWS_A_GROUP + 100
    table = pd.DataFrame({"row": np.arange(count), "half": np.arange(count) / 2})
    write_parquet(tmp_path / "a.parquet", table, {"name": "long"})
    return table, tmp_path / "a.parquet"


def test_rows_come_in_the_order_asked(long_table):
    table, path = long_table
    stored = StoredTable(path)
    assert len(stored) == len(table)
    assert stored.about == {"name": "long"}
    rows = np.random.default_rng(0).integers(0, len(table), 500)
    assert stored.take("half", rows).to_pylist() == (rows / 2).tolist()
    assert stored.take("half", []).to_pylist() == []


@pytest.mark.parametrize("row", [-1, 10**6])
def test_a_row_that_is_not_there_is_refused(long_table, row):
    with pytest.raises(IndexError, match=r"a\.parquet has rows 0 to"):
        StoredTable(long_table[1]).take("half", [0, row])


def test_only_the_rows_beside_those_asked_for_are_read(long_table):
    table, path = long_table
    spoil(path, 2, column=1)
    stored = StoredTable(path)
    assert stored.read(["row"]).column("row").to_pylist() == table["row"].tolist()
    assert stored.take("half", [0, ROWS_A_GROUP]).to_pylist() == [0, ROWS_A_GROUP / 2]
    with pytest.raises(DamagedFile, match=rf"{re.escape(str(path))} cannot be read"):
        stored.take("half", [len(table) - 1])
    with pytest.raises(DamagedFile, match="copy it again"):
        stored.read(["half"])


def test_a_file_that_was_opened_is_read_even_when_another_took_its_name(long_table):
    _, path = long_table
    stored = StoredTable(path)
    write_parquet(path, TABLE, {})
    assert stored.take("row", [ROWS_A_GROUP]).to_pylist() == [ROWS_A_GROUP]


@pytest.mark.parametrize("about", [b"{", b"[1]"])
def test_a_table_with_broken_words_about_it_is_refused(tmp_path, about):
    arrow = pa.Table.from_pandas(TABLE).replace_schema_metadata({b"ferm": about})
    pq.write_table(arrow, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="was not written by this project"):
        StoredTable(tmp_path / "a.parquet")
