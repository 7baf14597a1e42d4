"""Texts in a CSV stay texts in any spreadsheet, and come back as they were."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.system.csv_text import cell, one_line, table_csv, text_of_cell


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        (" \t@x", "' \t@x"),
        ("a-b, c", "a-b, c"),
        ("‮gpj.exe", "‮gpj.exe"),
    ],
)
def test_formulas_get_an_apostrophe_wherever_a_cell_may_begin(text, expected):
    assert cell(text) == expected


@given(st.text())
def test_a_text_comes_back_unless_it_had_such_apostrophes(text):
    if text_of_cell(text) == text:
        assert text_of_cell(cell(text)) == text


@given(st.text())
def test_a_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
    assert "\0" not in one_line(text)


def test_a_table_keeps_its_numbers_and_mends_texts_and_names():
    table = pd.DataFrame({"=a": ["=b", "c\r\nd", None], "n": [1 / 3, 2.0, 3.0]})
    header, *rows = csv.reader(io.StringIO(table_csv(table), newline=""))
    assert header == ["'=a", "n"]
    assert rows == [["'=b", "0.333333"], ["c\r\nd", "2"], ["", "3"]]
