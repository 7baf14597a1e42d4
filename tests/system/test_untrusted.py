"""Files are asked what they are before they are read."""

import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.fer2013_files import find_fer2013
from fermask.system import parquet
from fermask.system.parquet import read_columns
from fermask.system.untrusted import MOST_ROWS, read_at_most


def as_parquet(columns, **options):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def test_pipes_devices_and_folders_are_refused_and_nothing_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="is a pipe or a device"):
            read_at_most(path, 10)
    with pytest.raises(IsADirectoryError):
        read_at_most(tmp_path, 10)
    (tmp_path / "file").write_bytes(b"12345")
    assert read_at_most(tmp_path / "file", 5) == b"12345"
    with pytest.raises(ValueError, match="more than"):
        read_at_most(tmp_path / "file", 4)


def test_a_table_of_too_many_rows_is_refused_by_its_footer():
    # 2 million equal numbers are some hundred bytes.
    content = as_parquet({"row": pa.array(np.zeros(2 * MOST_ROWS, np.int64))})
    with pytest.raises(ValueError, match="2,000,000 rows; at most 1,000,000 are read"):
        read_columns(content, "a.parquet", ["row"])


def test_long_texts_are_refused_before_each_row_has_its_own_copy():
    # A million times a megabyte, of which the file holds one.
    numbers, texts = pa.array(np.zeros(MOST_ROWS, np.int32)), pa.array(["x" * 1_000_000])
    content = as_parquet({"label": pa.DictionaryArray.from_arrays(numbers, texts)})
    assert len(content) < 2_000_000
    with pytest.raises(ValueError, match="label: a text of 1,000,000 bytes; at most 200"):
        read_columns(content, "a.parquet", ["label"])


def test_a_table_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(parquet, "_MOST_UNPACKED", 1000)
    with pytest.raises(ValueError, match="unpacks to more than"):
        read_columns(as_parquet({"row": np.arange(1000)}), "a.parquet", ["row"])


def test_only_the_columns_that_count_are_read_and_their_kinds_are_asked():
    columns = {"ROW": [1, 2], "other": [[1], [2]], "label": ["sad", None]}
    table, names = read_columns(as_parquet(columns), "a.parquet", ["row", "label"])
    assert table.to_pydict() == {"ROW": [1, 2], "label": ["sad", None]}
    assert names == ["ROW", "other", "label"]
    with pytest.raises(ValueError, match=r"column other: list<.*expected numbers or text"):
        read_columns(as_parquet(columns), "a.parquet", ["other"])


def test_fer2013_is_not_looked_for_in_the_whole_disk(tmp_path):
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (deep / "train.parquet").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="No FER2013 in"):
        find_fer2013(tmp_path)
    os.mkfifo(tmp_path / "fer2013.csv")
    with pytest.raises(ValueError, match="is a pipe or a device"):
        read_fer2013(tmp_path / "fer2013.csv")
