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
from fermask.system.files import write_json
from fermask.system.parquet import write_parquet

IMAGES = "ab" * 32
# Beyond FER2013's Training part, in which a group would have its twin.
FIRST = 30_000


def write_run(folder, fold, faces, protocol="clean", epochs=100, images=IMAGES, finished=True):
    """A run that held back ``faces`` (row → the class it names) and was trained on row 1."""
    run = folder / f"m_xception-{protocol}-{fold}"
    settings = {"model": "m_xception", "protocol": protocol, "seed": fold, "epochs": epochs}
    made = {"settings": settings, "ferm": "FERM v1", "images_sha256": images, "versions": {}}
    write_json(run / "run.json", made)
    if finished:
        write_json(run / "result.json", {"accuracy": 1.0, "correct": 1, "n": 1})
    named = {1: "sad"} | faces
    table = pd.DataFrame({"row": list(named), "label": "sad"})
    table["split"] = ["training", *["validation"] * len(faces)]
    for name in CLASSES:
        table[f"p_{name}"] = np.float32([each == name for each in named.values()])
    write_parquet(run / "predictions.parquet", table, settings | {"ferm": "FERM v1"})


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


def test_each_face_is_named_by_the_run_that_held_it_back(tmp_path):
    write_run(tmp_path, 0, {10: "sad", 11: "angry"})
    write_run(tmp_path, 1, {20: "neutral"})
    table = out_of_fold(tmp_path, IMAGES)
    assert table[["row", "fold"]].to_numpy().tolist() == [[10, 0], [11, 0], [20, 1]]
    named = np.array(CLASSES)[table[list(CLASSES)].to_numpy().argmax(axis=1)]
    assert named.tolist() == ["sad", "angry", "neutral"]


def test_only_finished_clean_runs_on_these_images_with_the_most_epochs_count(tmp_path):
    write_run(tmp_path, 0, {10: "sad"})
    write_run(tmp_path, 1, {20: "sad"}, epochs=30)
    write_run(tmp_path, 2, {30: "sad"}, finished=False)
    write_run(tmp_path, 3, {40: "sad"}, images="cd" * 32)
    write_run(tmp_path, 0, {50: "sad"}, protocol="paper")
    assert out_of_fold(tmp_path, IMAGES)["row"].tolist() == [10]


def test_the_development_fold_never_counts(tmp_path):
    write_run(tmp_path, 8, {80: "sad"})
    write_run(tmp_path, 9, {90: "sad"}, epochs=200)
    assert out_of_fold(tmp_path, IMAGES)["row"].tolist() == [80]


def test_without_a_run_fer_still_has_its_figures(tmp_path):
    fers = answers(["sad", "sad"], ["sad", "angry"])
    ours = out_of_fold(tmp_path, IMAGES)
    table = peer_table(fers, ours)
    assert table[["over", "network", "look", "n", "accuracy"]].to_numpy().tolist() == [
        [over, "fer", look, 2, accuracy]
        for over in ("all", "all, no twin")
        for look, accuracy in (("bare", 1.0), ("masked", 0.5))
    ]
    assert masked_pairs(fers, ours) == {}


def test_both_are_measured_on_the_same_faces(tmp_path):
    write_run(tmp_path, 0, {FIRST: "sad", FIRST + 1: "sad", 7: "neutral"})
    fers = pd.concat(
        [
            answers(["sad", "sad", "angry"], ["happy", "angry", "sad"]),
            answers(["sad"], ["sad"], rows=[7], usage="Training"),
        ]
    )
    table = peer_table(fers, out_of_fold(tmp_path, IMAGES)).set_index(["over", "network", "look"])
    held_back = table.loc["held back"]
    assert held_back["n"].tolist() == [2, 2, 2]
    assert held_back.loc[("fer", "bare"), "accuracy"] == 1
    assert held_back.loc[("fer", "masked"), "accuracy"] == 0
    assert held_back.loc[("ours", "masked"), "accuracy"] == 1
    assert held_back.loc[("ours", "masked"), "sad"] == 1
    assert np.isnan(held_back.loc[("ours", "masked"), "angry"])
    assert table.loc[("all", "fer", "masked"), ["n", "accuracy"]].tolist() == [3, 1 / 3]


def test_faces_with_a_twin_in_training_are_told_apart(tmp_path):
    write_run(tmp_path, 0, {FIRST: "sad", FIRST + 1: "angry"})
    fers = answers(["sad", "sad"], ["sad", "neutral"], group=[12, FIRST + 1])
    ours = out_of_fold(tmp_path, IMAGES)
    table = peer_table(fers, ours).set_index(["over", "network", "look"])
    assert table.loc[("held back, no twin", "fer", "masked"), ["n", "accuracy"]].tolist() == [1, 0]
    assert table.loc[("all", "fer", "masked"), ["n", "accuracy"]].tolist() == [2, 0.5]
    assert {over: pair.n for over, pair in masked_pairs(fers, ours).items()} == {
        "held back": 2,
        "held back, no twin": 1,
    }


def test_answers_of_another_set_are_refused(tmp_path):
    write_run(tmp_path, 0, {FIRST: "sad"})
    with pytest.raises(ValueError, match="row 30000 as angry, our runs know it as sad"):
        peer_table(answers(["sad"], ["sad"], label="angry"), out_of_fold(tmp_path, IMAGES))
