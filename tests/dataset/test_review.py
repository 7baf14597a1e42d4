"""A reviewer's marks: kept whatever happens, exported and read back, and made into a set."""

import dataclasses
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import is_other_version
from fermask.dataset.marks import Marks, marks_hash, marks_of, parse_marks, read_marks
from fermask.dataset.review import carried_over, check_marks, reviewed
from fermask.system.paths import SOURCE
from tests.tiny_set import tiny_ferm

HEADER = "row,verdict,suggestion,note\n"


@pytest.fixture
def marks(tmp_path):
    return Marks(tmp_path / "deep" / "marks.sqlite", "FERM v1", "1" * 16)


def verdicts(marks):
    table = marks.current()
    return dict(zip(table["row"], table["verdict"], strict=True))


# -- The file ------------------------------------------------------------------------------


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


# -- CSV -----------------------------------------------------------------------------------


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


# -- The reviewed set ----------------------------------------------------------------------


@pytest.fixture
def ferm():
    """Eight faces: two neutral, two sad, two surprised, two angry."""
    ferm = tiny_ferm(8)
    ferm.manifest["votes_sadness"] = np.array([3] * 8, dtype=np.int8)
    columns = ["step", "neutral", "sad", "surprise", "angry", "other"]
    steps = [["all", 9, 9, 9, 9, 30], ["no_face", 4, 4, 4, 4, 30], ["left", 5, 5, 5, 5, 0]]
    funnel = pd.DataFrame(steps, columns=columns).to_dict("list")
    return tiny_ferm(8).__class__(
        ferm.manifest, ferm.about | {"funnel": funnel}, ferm.masked, ferm.bare
    )


def given(*lines):
    return parse_marks((HEADER + "\n".join(lines)).encode(), "mine.csv")


LINES = ["0,wrong label,sad,", "2,wrong label,,", "3,not a face,,", "5,bad mask,,", "6,keep,,"]


def test_faces_are_left_out_or_relabelled_and_the_others_stay(ferm):
    after = reviewed(ferm, given(*LINES))
    assert after.manifest["row"].to_list() == [0, 1, 4, 6, 7]
    assert after.manifest["label"].to_list() == ["sad", "neutral", "surprise", "angry", "angry"]
    # A tenth for each of the three who voted for what the reviewer says.
    assert after.manifest["agreement"].to_list() == [0.3, 0.9, 0.9, 0.9, 0.9]
    same = ["row", "group", "fold", "mask_seed", "emotion"]
    pd.testing.assert_frame_equal(
        after.manifest[same],
        ferm.manifest[ferm.manifest["row"].isin(after.manifest["row"])][same].reset_index(
            drop=True
        ),
    )
    np.testing.assert_array_equal(after.masked, ferm.masked[[0, 1, 4, 6, 7]])
    assert ferm.manifest["label"][0] == "neutral"


def test_the_set_says_what_was_done_to_it(ferm):
    after = reviewed(ferm, given(*LINES))
    review = after.about["review"]
    assert after.name == f"tiny reviewed {review['marks_sha256'][:8]}"
    assert review["of"] == "tiny"
    assert review["left_out"] == {"wrong label": 1, "not a face": 1, "bad mask": 1}
    assert review["relabelled"] == [{"from": "neutral", "to": "sad", "n": 1}]
    assert review["kept"] == 1
    funnel = after.funnel.set_index("step")
    assert funnel.loc["review"].to_list() == [0, 2, 1, 0, 0]
    assert funnel.loc["left"].to_list() == [5, 3, 4, 5, 0]
    assert funnel.index.to_list() == ["all", "no_face", "review", "left"]


def test_order_and_notes_make_no_other_set_but_a_verdict_does(ferm):
    after = reviewed(ferm, given(*LINES))
    other = reviewed(ferm, given(*[line + "a note" for line in reversed(LINES)]))
    assert after.about == other.about
    pd.testing.assert_frame_equal(after.manifest, other.manifest)
    assert reviewed(ferm, given(*LINES[1:])).name != after.name
    assert reviewed(ferm, given("6,keep,,")).name != ferm.name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "row,verdict\n1,keep\n99,keep\n",
            r"row 2 .*column row: .*row 99 is not among the 8 faces",
        ),
        ("row,verdict,suggestion\n0,wrong label,neutral\n", "column suggestion: .*neutral already"),
        (
            "row,verdict,set\n0,keep,FERM v1\n",
            "column set: a mark of FERM v1, but this set is tiny",
        ),
        ("row,verdict,set,set_id\n0,keep,tiny,0a\n", "column set_id: a mark of another tiny"),
        ("row,verdict\n" + "".join(f"{i},bad mask\n" for i in range(8)), "leaves none of the 8"),
    ],
)
def test_marks_that_do_not_fit_the_set(ferm, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        reviewed(ferm, parse_marks(text.encode(), "mine.csv"))


@pytest.fixture
def version_2(ferm):
    """Eight faces, rows 0 to 7, under the name of another version."""
    return dataclasses.replace(ferm, about=ferm.about | {"name": "FERM v2"})


def test_marks_of_another_version_are_carried_over_by_row(version_2):
    lines = "row,verdict,suggestion,set,set_id\n"
    lines += "2,bad mask,,FERM v1,0a\n99,keep,,FERM v1,0a\n0,wrong label,sad,FERM v1,0a\n"
    marks = parse_marks(lines.encode(), "mine.csv")
    with pytest.raises(ValueError, match=r"mark of FERM v1, but this set is FERM v2\. .*--review"):
        check_marks(marks, version_2.about, version_2.manifest)
    ours, note = carried_over(marks, version_2)
    assert note == (
        "2 marks of FERM v1 were carried over to FERM v2; 1 are of faces that are not in it "
        "(FER2013's rows 99)."
    )
    plain = parse_marks(b"row,verdict,suggestion\n2,bad mask,\n0,wrong label,sad\n", "mine.csv")
    assert reviewed(version_2, ours).about == reviewed(version_2, plain).about


def test_marks_of_the_set_itself_are_not_carried_anywhere(version_2):
    marks = given("99,keep,,")
    assert carried_over(marks, version_2)[1] == ""
    with pytest.raises(ValueError, match="99 is not among the 8 faces"):
        reviewed(version_2, carried_over(marks, version_2)[0])


def test_marks_of_which_none_is_left_are_refused(version_2):
    marks = parse_marks(b"row,verdict,set\n99,keep,FERM v1\n", "mine.csv")
    with pytest.raises(ValueError, match="None of the 1 marks of FERM v1 is of a face of FERM v2"):
        carried_over(marks, version_2)


@pytest.mark.parametrize(
    ("theirs", "ours", "differ"),
    [
        ("FERM v1", "FERM v2", True),
        ("FERM v1 reviewed 01234567", "FERM v2", True),
        ("FERM v2", "FERM v2 reviewed 01234567", False),
        ("FERM v1", "FERM v10", True),
        ("tiny", "FERM v2", False),
    ],
)
def test_versions_are_told_by_their_names(theirs, ours, differ):
    assert is_other_version(theirs, ours) == is_other_version(ours, theirs) == differ


def test_marks_exported_of_a_set_fit_it_and_not_its_review(ferm, tmp_path):
    marks = marks_of(tmp_path / "marks.sqlite", ferm.about)
    marks.mark([2], "bad mask")
    exported = parse_marks(marks.to_csv().encode(), "mine.csv")
    check_marks(exported, ferm.about, ferm.manifest)
    after = reviewed(ferm, exported)
    with pytest.raises(ValueError, match="a mark of tiny, but this set is tiny reviewed"):
        check_marks(exported, after.about, after.manifest)


def test_without_images_there_is_no_reviewed_set(ferm):
    ferm = type(ferm)(ferm.manifest, ferm.about)
    with pytest.raises(ValueError, match="no images here"):
        reviewed(ferm, given("2,bad mask,,"))
