"""A reviewer's marks: kept whatever happens, exported and read back."""

import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.marks import Marks, marks_hash, marks_of, parse_marks, read_marks
from fermask.system.paths import SOURCE
from tests.tiny_set import tiny_ferm

HEADER = "row,verdict,suggestion,note\n"


@pytest.fixture
def marks(tmp_path):
    return Marks(tmp_path / "deep" / "marks.sqlite", "FERM v1", "1" * 16)


def verdicts(marks):
    table = marks.current()
    return dict(zip(table["row"], table["verdict"], strict=True))


def test_looking_makes_no_file(marks):
    assert marks.current().empty
    assert marks.undo().empty
    assert marks.other_sets() == {}
    assert not marks.path.parent.exists()


def test_the_last_verdict_on_a_face_counts(marks):
    marks.mark([3, 7], "wrong label", "sad", " brows down ")
    marks.mark([7], "keep")
    table = marks.current().set_index("row")
    assert table.loc[3, ["verdict", "suggestion", "note"]].to_list() == [
        *("wrong label", "sad", "brows down")
    ]
    assert table.loc[7, "verdict"] == "keep"
    assert table.loc[7, "suggestion"] == ""
    assert table["time"].str.endswith("+00:00").all()


def test_a_step_is_undone_at_once_and_what_was_before_stands_again(marks):
    marks.mark([3], "keep")
    marks.mark([3, 4, 5], "bad mask")
    assert sorted(marks.undo()["row"]) == [3, 4, 5]
    assert verdicts(marks) == {3: "keep"}
    assert marks.undo()["verdict"].to_list() == ["keep"]
    assert marks.undo().empty


def test_one_face_is_undone_alone(marks):
    marks.mark([3], "keep")
    marks.mark([3, 4], "bad mask")
    marks.mark([9], "not a face")
    assert marks.undo(row=3)["verdict"].to_list() == ["bad mask"]
    assert verdicts(marks) == {3: "keep", 4: "bad mask", 9: "not a face"}
    marks.undo()
    assert marks.undo()["row"].to_list() == [4]
    assert verdicts(marks) == {3: "keep"}
    assert marks.undo(row=99).empty


def test_marks_of_another_set_do_not_mix(marks):
    other = Marks(marks.path, "another", "2" * 16)
    marks.mark([3], "keep")
    other.mark([3, 4], "bad mask")
    assert verdicts(marks) == {3: "keep"}
    assert marks.other_sets() == {"another": 2}
    assert marks.undo()["verdict"].to_list() == ["keep"]
    assert verdicts(other) == {3: "bad mask", 4: "bad mask"}


def test_a_set_rebuilt_with_other_pixels_is_another(tmp_path):
    about = tiny_ferm(8).about
    ours = marks_of(tmp_path / "marks.sqlite", about)
    ours.mark([1], "keep")
    assert not marks_of(ours.path, about).current().empty
    assert marks_of(ours.path, about | {"bare_sha256": "other"}).current().empty


@pytest.mark.parametrize(
    ("verdict", "suggestion", "complaint"),
    [
        ("fine", "", "expected one of wrong label, not a face, bad mask, keep"),
        ("wrong label", "happy", "expected one of neutral, sad, surprise, angry"),
        ("keep", "sad", "only a wrong label has a suggestion"),
    ],
)
def test_a_verdict_that_does_not_exist_marks_nothing(marks, verdict, suggestion, complaint):
    with pytest.raises(ValueError, match=complaint):
        marks.mark([1], verdict, suggestion)
    assert marks.current().empty


def test_a_process_killed_in_mid_write_loses_no_mark_it_was_told_of(marks):
    code = f"""
import os
from pathlib import Path
from fermask.dataset.marks import Marks
marks = Marks(Path({str(marks.path)!r}), "FERM v1", "1" * 16)
for row in range(10_000):
    marks.mark([row, row + 10_000], "keep")
    os.write(1, b"%d\\n" % row)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=SOURCE, stdout=subprocess.PIPE)
    for _ in range(20):
        told = process.stdout.readline()
    process.kill()
    rest, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    # The pipe may end within a line.
    told = [int(line) for line in (told + rest).split(b"\n")[:-1]]
    kept = set(marks.current()["row"])
    assert kept >= set(range(told[-1] + 1))
    # Both faces of a step, or neither.
    assert {row + 10_000 for row in kept if row < 10_000} == {row for row in kept if row >= 10_000}
    marks.mark([5], "bad mask")
    assert verdicts(marks)[5] == "bad mask"


def test_a_transaction_left_open_by_a_killed_process_leaves_nothing(marks):
    marks.mark([1], "keep")
    code = f"""
import os, signal, sqlite3
file = sqlite3.connect({str(marks.path)!r}, isolation_level=None)
# So small a cache that pages are written into the file before the end.
file.execute("PRAGMA cache_size = 1")
file.execute("BEGIN IMMEDIATE")
values = [(99, "1" * 16, "FERM v1", row, "bad mask", "", "x" * 200, "") for row in range(2000)]
file.executemany(
    "INSERT INTO marks (step, set_id, set_name, row, verdict, suggestion, note, time) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert marks.path.with_name("marks.sqlite-journal").exists()
    assert verdicts(marks) == {1: "keep"}


def test_two_tabs_mark_at_once(marks):
    def one_tab(first):
        for row in range(first, first + 10):
            Marks(marks.path, "FERM v1", "1" * 16).mark([row], "keep")

    with ThreadPoolExecutor(4) as tabs:
        list(tabs.map(one_tab, range(0, 40, 10)))
    assert set(verdicts(marks)) == set(range(40))
    with ThreadPoolExecutor(4) as tabs:
        undone = list(tabs.map(lambda _: marks.undo(), range(4)))
    assert pd.concat(undone)["row"].nunique() == 4
    assert len(marks.current()) == 36


def test_a_damaged_file_is_a_sentence_and_left_as_it_is(marks):
    marks.mark(range(200), "keep", note="a" * 100)
    content = bytearray(marks.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    for damaged in (bytes(content), content[:5000], b"no database at all" * 100):
        marks.path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"marks\.sqlite is damaged.*--marks"):
            marks.current()
        with pytest.raises(ValueError, match=r"marks\.sqlite is damaged.*--marks"):
            marks.mark([1], "keep")
        assert marks.path.read_bytes() == damaged


def test_a_flipped_bit_never_changes_a_mark_without_a_word(marks):
    marks.mark(range(50), "bad mask", note="the mask lies on the eyes")
    marks.mark([3, 4], "wrong label", "sad")
    marks.undo(3)
    whole, said = marks.path.read_bytes(), marks.to_csv()
    rng = np.random.default_rng(1)
    told = 0
    for at in rng.integers(0, len(whole), 200).tolist():
        data = bytearray(whole)
        data[at] ^= 1 << int(rng.integers(8))
        marks.path.write_bytes(data)
        try:
            now = marks.to_csv()
        except (ValueError, OSError) as error:
            told += str(marks.path) in str(error)
        else:
            told += now == said
    assert told == 200


def test_an_empty_file_is_a_new_one(marks):
    marks.path.parent.mkdir()
    marks.path.touch()
    assert marks.current().empty
    marks.mark([1], "keep")
    assert verdicts(marks) == {1: "keep"}


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("PRAGMA user_version = 2", "has schema 2; this version reads schema 1"),
        ("PRAGMA application_id = 7", "another program's SQLite file"),
    ],
)
def test_another_schema_is_a_sentence(marks, statement, complaint):
    marks.mark([1], "keep")
    file = sqlite3.connect(marks.path)
    file.execute(statement)
    file.close()
    for call in (marks.current, marks.undo, lambda: marks.mark([2], "keep")):
        with pytest.raises(ValueError, match=complaint):
            call()


def test_a_place_that_cannot_hold_marks_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "marks.sqlite"):
        with pytest.raises(OSError, match=r"folder|File exists|exist"):
            Marks(path, "FERM v1", "").mark([1], "keep")


def test_marks_go_out_as_csv_and_come_back(marks, tmp_path):
    marks.mark([7], "wrong label", "angry", 'brows, "down"\nand lips')
    marks.mark([3], "not a face", note="=1+1, ünïcode")
    (tmp_path / "marks.csv").write_text(marks.to_csv(), encoding="utf-8")
    back = read_marks(tmp_path / "marks.csv")
    assert back["row"].to_list() == [3, 7]
    assert back["set"].unique().tolist() == ["FERM v1"]
    own = marks.current().sort_values("row")
    for column in ("verdict", "suggestion", "note"):
        assert back[column].to_list() == own[column].to_list()
    other = Marks(tmp_path / "other.sqlite", "FERM v1", "1" * 16)
    other.add(back)
    assert marks_hash(other.current()) == marks_hash(marks.current())


@pytest.mark.parametrize(
    "note", ["=cmd|' /C calc'!A0", "a;=1", "two\r\nlines\ra\0b", "<b>&amp;</b> [x](http://y)", "‮a"]
)
def test_a_note_of_any_kind_comes_back_as_one_line_that_is_no_formula(marks, note):
    marks.mark([7], "keep", note=note)
    line = marks.to_csv().splitlines()[1]
    assert not line.split(",")[3].strip('"').startswith("=")
    assert ";=" not in line
    (back,) = parse_marks(marks.to_csv().encode(), "mine.csv")["note"]
    assert back == marks.current()["note"][0]
    assert back.split() == note.replace("\0", " ").split()


def test_long_notes_are_refused_and_those_of_0_1_are_cut_when_they_go_out(marks):
    with pytest.raises(ValueError, match="a note of 2,001 characters; expected at most 2,000"):
        marks.mark([7], "keep", note="x" * 2001)
    marks.add(
        pd.DataFrame({"row": [7], "verdict": "keep", "suggestion": "", "note": "x" * 200_000})
    )
    (back,) = parse_marks(marks.to_csv().encode(), "mine.csv")["note"]
    assert back == "x" * 2000


def test_a_csv_of_marks_has_a_size(monkeypatch):
    text = f"{HEADER}3,keep,,{'x' * 2001}\n"
    with pytest.raises(
        ValueError, match=r"mine.csv, row 1 \(line 2\), column note: a note of 2,001"
    ):
        parse_marks(text.encode(), "mine.csv")
    monkeypatch.setattr("fermask.dataset.marks.MAX_BYTES", 10)
    with pytest.raises(ValueError, match=r"mine\.csv has more than"):
        parse_marks(text.encode(), "mine.csv")


def test_two_columns_are_enough_in_any_order_with_a_byte_order_mark():
    table = parse_marks("\ufeffverdict,row\nkeep,15\n".encode(), "mine.csv")
    assert table[["row", "verdict", "suggestion", "set"]].to_numpy().tolist() == [
        [15, "keep", "", ""]
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "mine.csv has no column row"),
        ("row;verdict\n1;keep\n", "has no column row; expected comma-separated"),
        ("row,answer\n1,keep\n", "has no column verdict"),
        (HEADER, "holds no mark"),
        (HEADER + "1,keep,,\nx,keep,,\n", r"row 2 \(line 3\), column row: 'x'"),
        (HEADER + "-1,keep,,\n", r"row 1 \(line 2\), column row: '-1'"),
        (HEADER + '1,keep,,"two\nlines"\n2,good,,\n', r"row 2 \(line 4\), column verdict: 'good'"),
        (HEADER + "1,wrong label,happy,\n", "column suggestion: 'happy'; expected one of neutral"),
        (HEADER + "1,keep,sad,\n", "column suggestion: 'sad' with keep"),
        (HEADER + "1,keep,,\n1,bad mask,,\n", "row 2 .*column row: .*1 is marked in row 1 already"),
        (HEADER + "1,keep,,a,b\n", "row 1 .*more fields than"),
        (HEADER + "1\n", "row 1 .*column verdict: ''"),
        (HEADER + '1,keep,,"open\n', "not CSV"),
        ("row,verdict\n1,kéep\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_wrong_csv_is_named_with_row_and_column(text, complaint):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ValueError, match=complaint):
        parse_marks(content, "mine.csv")


def test_no_csv(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv does not exist"):
        read_marks(tmp_path / "none.csv")
