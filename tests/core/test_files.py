"""A file is there whole or not at all, and a damaged one is refused with a sentence."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.files import (
    read_json,
    read_parquet,
    whole_file,
    write_array,
    write_csv,
    write_json,
    write_parquet,
)

TABLE = pd.DataFrame({"row": [3, 5], "label": ["sad", "angry"], "share": [0.5, np.nan]})


def fails_while_writing(path):
    with whole_file(path) as temporary:
        temporary.write_text("half a fi")
        raise RuntimeError("the disk is full")


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    with whole_file(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_it(tmp_path):
    write_json(tmp_path / "a.json", 1)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


def test_a_failed_writing_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="full"):
        fails_while_writing(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_writing_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("the old one")
    with pytest.raises(RuntimeError, match="full"):
        fails_while_writing(path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back(tmp_path):
    value = {"b": [1, 2.5, None], "a": "ü"}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert list(json.loads((tmp_path / "a.json").read_text())) == ["a", "b"]


@pytest.mark.parametrize("suffix", [".npy", ".bin", ""])
def test_an_array_comes_back_under_any_name(tmp_path, suffix):
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    write_array(tmp_path / f"a{suffix}", array)
    np.testing.assert_array_equal(np.load(tmp_path / f"a{suffix}"), array)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_csv_comes_back(tmp_path):
    write_csv(tmp_path / "a.csv", TABLE)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), TABLE)
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()


def test_a_table_comes_back_with_what_is_said_about_it(tmp_path):
    write_parquet(tmp_path / "a.parquet", TABLE, {"name": "tiny", "n": 2})
    table, about = read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(table, TABLE)
    assert about == {"name": "tiny", "n": 2}


def test_the_same_table_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_parquet(tmp_path / name, TABLE.set_index(pd.Index([7, 8])), {"n": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("read", [read_json, read_parquet])
def test_a_missing_file_is_named(tmp_path, read):
    path = tmp_path / "none"
    with pytest.raises(FileNotFoundError, match=f"{re.escape(str(path))} does not exist"):
        read(path)


def test_broken_json_is_refused_by_name(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": ')
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))} is not JSON"):
        read_json(path)


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
