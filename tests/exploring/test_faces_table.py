import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.manifest import load, open_set, write
from fermask.exploring.browsing import FaceFilter, filter_faces
from fermask.exploring.faces_table import (
    counts_by,
    evaluated,
    faces_table,
    manifest_csv,
    mistakes_csv,
    training_record,
)
from fermask.faces.labels import CLASSES, VOTE_COLUMNS
from fermask.networks.predictions import Predictions
from tests.small import ABOUT, small_ferm, small_predictions

WRONG = [2, 5]
VALIDATION = [0, 2, 3]


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


@pytest.fixture(scope="module")
def table(ferm):
    return faces_table(ferm, Predictions(small_predictions(ferm, WRONG, VALIDATION), ABOUT))


def test_the_table_says_what_the_network_said(ferm, table):
    assert table["row"].tolist() == ferm.manifest["row"].tolist()
    assert np.flatnonzero(table["answer"] == "wrong").tolist() == WRONG
    np.testing.assert_allclose(table["confidence"], 0.7, atol=1e-6)
    np.testing.assert_allclose(table["margin"], 0.6, atol=1e-6)
    right = table["answer"] == "right"
    np.testing.assert_allclose(table.loc[right, "loss"], -np.log(0.7), atol=1e-5)
    np.testing.assert_allclose(table.loc[~right, "loss"], -np.log(0.1), atol=1e-5)
    assert "turned" not in ferm.manifest


def test_rows_of_class_folders_are_not_taken_for_fer2013_s(ferm):
    folders = replace(ferm, manifest=ferm.manifest.assign(file="train/sad/1.png"))
    theirs = Predictions(small_predictions(ferm), ABOUT | {"ferm": "FERM v1"})
    assert faces_table(folders, theirs)["predicted"].isna().all()
    ours = Predictions(small_predictions(ferm), ABOUT)
    assert faces_table(folders, ours)["predicted"].notna().all()


def test_faces_without_a_prediction_have_none(ferm):
    some = small_predictions(ferm).iloc[[3]]
    table = faces_table(ferm, Predictions(some, ABOUT))
    assert table["predicted"].notna().to_numpy().nonzero()[0].tolist() == [3]
    assert table["loss"].notna().sum() == 1
    bare = faces_table(ferm)
    assert bare["predicted"].isna().all()
    assert len(filter_faces(bare, FaceFilter(answers=("right", "wrong")))) == 0
    assert len(filter_faces(bare, FaceFilter())) == len(ferm.manifest)


def test_counts_keep_the_usual_order_and_all_classes(table):
    counts = counts_by(table, "usage")
    assert counts["n"].sum() == len(table)
    assert counts["label"].tolist()[:4] == list(CLASSES)
    assert counts["value"].tolist()[0] == "Training"
    np.testing.assert_allclose(counts.groupby("value")["share"].sum(), 1)


def test_evaluated_faces_are_those_with_a_prediction(ferm, table):
    assert evaluated(table, "validation").tolist() == VALIDATION
    assert len(evaluated(table, "all")) == len(table)
    assert len(evaluated(faces_table(ferm), "all")) == 0
    # Row 0 is held back too, but row 1 shows its photograph.
    assert evaluated(table, "fresh").tolist() == [2, 3]


def test_the_training_record_names_rows_and_groups(table):
    record = training_record(table)
    assert sorted(record["rows"]) == [i for i in range(len(table)) if i not in VALIDATION]
    # Row 1 was trained on, and shows the same photograph as row 0.
    assert 0 in record["groups"]


def test_mistakes_as_csv(table):
    text = mistakes_csv(table, np.array(WRONG))
    back = pd.read_csv(io.StringIO(text))
    assert back["row"].tolist() == WRONG
    assert {"label", "predicted", "loss", *VOTE_COLUMNS} <= set(back.columns)
    assert mistakes_csv(table, np.array([], dtype=int)).count("\n") == 1


def test_predictions_in_another_order_belong_to_their_rows(ferm, table):
    answers = small_predictions(ferm, WRONG, VALIDATION)
    shuffled = answers.sample(frac=1, random_state=0)
    twice = pd.concat([shuffled, shuffled.head(3)])
    pd.testing.assert_frame_equal(faces_table(ferm, Predictions(twice, ABOUT)), table)


def test_the_table_of_an_opened_set_is_that_of_a_loaded_one(ferm, tmp_path):
    write(ferm, tmp_path)
    answers = Predictions(small_predictions(ferm, WRONG, VALIDATION), ABOUT)
    loaded, opened = (faces_table(each, answers) for each in (load(tmp_path), open_set(tmp_path)))
    pd.testing.assert_frame_equal(loaded, opened)


def test_the_manifest_as_csv_holds_every_face_and_its_votes():
    ferm = small_ferm()
    back = pd.read_csv(io.StringIO(manifest_csv(ferm.manifest)))
    assert back["row"].tolist() == ferm.manifest["row"].tolist()
    assert "landmarks" not in back
    assert back["votes_sadness"].tolist() == ferm.manifest["votes_sadness"].tolist()
