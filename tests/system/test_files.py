"""A file is there whole or not at all, and a damaged one is refused with a sentence."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from fermask.system.files import read_json, save_array, whole_file, write_csv, write_json


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
    save_array(tmp_path / f"a{suffix}", array)
    np.testing.assert_array_equal(np.load(tmp_path / f"a{suffix}"), array)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_csv_comes_back(tmp_path):
    table = pd.DataFrame({"row": [3, 5], "label": ["sad", "angry"], "share": [0.5, np.nan]})
    write_csv(tmp_path / "a.csv", table)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), table)
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none"
    with pytest.raises(FileNotFoundError, match=f"{re.escape(str(path))} does not exist"):
        read_json(path)


def test_broken_json_is_refused_by_name(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": ')
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))} is not JSON"):
        read_json(path)
