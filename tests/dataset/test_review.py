"""A reviewer's marks made into a set."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import is_other_version
from fermask.dataset.marks import marks_of, parse_marks
from fermask.dataset.review import carried_over, check_marks, reviewed
from tests.tiny_set import tiny_ferm

HEADER = "row,verdict,suggestion,note\n"


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
