"""fer and our networks are compared on the very same faces, none of which was chosen on."""

import numpy as np
import pandas as pd
import pytest

from fermask.faces.labels import CLASSES, FER2013_EMOTIONS
from fermask.studies.peers import (
    answer_columns,
    masked_pairs,
    out_of_fold,
    peer_table,
    restricted,
)
from fermask.system.parquet import write_parquet

# Beyond FER2013's Training part, in which a group would have its twin.
FIRST = 30_000


def write_out_of_fold(path, named, fold=0, ferm="FERM v1"):
    """The recipe's predictions of sad faces: what it names each row."""
    table = pd.DataFrame({"row": list(named), "label": "sad", "split": "validation"})
    for name in CLASSES:
        table[f"p_{name}"] = np.float32([each == name for each in named.values()])
    about = {"model": "m_xception", "protocol": "clean", "seed": "0–9", "ferm": ferm}
    write_parquet(path, table.assign(group=table["row"], fold=fold), about)


@pytest.fixture
def ours(tmp_path):
    """What the recipe says of some faces."""

    def of(named):
        write_out_of_fold(tmp_path / "ours.parquet", named)
        return out_of_fold("FERM v1", tmp_path / "ours.parquet")

    return of


def answers(bare, masked, rows=None, usage="PublicTest", label="sad", group=None):
    """fer's answers: the emotion that it names of each bare and each masked face."""
    rows = np.arange(FIRST, FIRST + len(bare)) if rows is None else np.array(rows)
    table = pd.DataFrame({"row": rows, "usage": usage, "label": label})
    table["group"] = rows if group is None else group
    for look, named in (("bare", bare), ("masked", masked)):
        table[answer_columns(look)] = np.float32(
            [[emotion == each for emotion in FER2013_EMOTIONS] for each in named]
        )
    return table


def test_the_seven_emotions_become_our_four_in_our_order():
    # angry, disgust, fear, happy, sad, surprise, neutral
    seven = np.array([[0.1, 0.3, 0.1, 0.1, 0.2, 0.05, 0.15]])
    neutral, sad, surprise, angry = restricted(seven)[0]
    assert [neutral, sad, surprise, angry] == pytest.approx([0.3, 0.4, 0.1, 0.2])


def test_a_face_that_is_surely_happy_could_be_any_of_the_four():
    assert restricted(np.eye(7)[[3]]).tolist() == [[0.25] * 4]


def test_the_development_fold_never_counts(tmp_path):
    path = tmp_path / "ours.parquet"
    write_out_of_fold(path, {10: "sad", 11: "angry", 12: "sad"}, fold=[0, 8, 9])
    table = out_of_fold("FERM v1", path)
    assert table[["row", "fold"]].to_numpy().tolist() == [[10, 0], [11, 8]]
    named = np.array(CLASSES)[table[list(CLASSES)].to_numpy().argmax(axis=1)]
    assert named.tolist() == ["sad", "angry"]


def test_predictions_of_another_set_count_as_none(tmp_path):
    path = tmp_path / "ours.parquet"
    assert out_of_fold("FERM v1", path).empty
    write_out_of_fold(path, {10: "sad"}, ferm="FERM v2")
    assert out_of_fold("FERM v1", path).empty


def test_without_our_predictions_fer_still_has_its_figures(tmp_path):
    fers = answers(["sad", "sad"], ["sad", "angry"])
    none = out_of_fold("FERM v1", tmp_path / "ours.parquet")
    table = peer_table(fers, none)
    assert table[["over", "network", "look", "n", "accuracy"]].to_numpy().tolist() == [
        [over, "fer", look, 2, accuracy]
        for over in ("all", "no twin")
        for look, accuracy in (("bare", 1.0), ("masked", 0.5))
    ]
    assert masked_pairs(fers, none) == {}


def test_both_are_measured_on_the_same_faces(ours):
    fers = pd.concat(
        [
            answers(["sad", "sad", "angry"], ["happy", "angry", "sad"]),
            answers(["sad"], ["sad"], rows=[7], usage="Training"),
        ]
    )
    named = {FIRST: "sad", FIRST + 1: "sad", 7: "neutral"}
    table = peer_table(fers, ours(named)).set_index(["over", "network", "look"])
    assert table.loc["all"]["n"].tolist() == [2, 2, 2]
    assert table.loc[("all", "fer", "bare"), "accuracy"] == 1
    assert table.loc[("all", "fer", "masked"), "accuracy"] == 0
    assert table.loc[("all", "ours", "masked"), "accuracy"] == 1
    assert table.loc[("all", "ours", "masked"), "sad"] == 1
    assert np.isnan(table.loc[("all", "ours", "masked"), "angry"])


def test_faces_with_a_twin_in_training_are_told_apart(ours):
    fers = answers(["sad", "sad"], ["sad", "neutral"], group=[12, FIRST + 1])
    own = ours({FIRST: "sad", FIRST + 1: "angry"})
    table = peer_table(fers, own).set_index(["over", "network", "look"])
    assert table.loc[("no twin", "fer", "masked"), ["n", "accuracy"]].tolist() == [1, 0]
    assert table.loc[("all", "fer", "masked"), ["n", "accuracy"]].tolist() == [2, 0.5]
    assert {over: pair.n for over, pair in masked_pairs(fers, own).items()} == {
        "all": 2,
        "no twin": 1,
    }


def test_answers_of_another_set_are_refused(ours):
    own = ours({FIRST: "sad"})
    with pytest.raises(ValueError, match="row 30000 as angry, our networks know it as sad"):
        peer_table(answers(["sad"], ["sad"], label="angry"), own)
