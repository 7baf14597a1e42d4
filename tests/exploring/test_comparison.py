"""Networks on the same faces."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.exploring.comparison import (
    OUTCOMES,
    answers_of,
    both_predicted,
    comparison_csv,
    outcomes,
    surest,
)
from fermask.exploring.faces_table import faces_table
from fermask.networks.predictions import PROBABILITY_COLUMNS, UNKNOWN, Predictions
from tests.small import ABOUT, small_ferm, small_predictions


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


def table_of(ferm, wrong, validation=None, without=(), **confidence):
    said = small_predictions(ferm, wrong, validation).drop(index=list(without))
    return faces_table(ferm, Predictions(said, ABOUT))


def test_faces_count_that_both_predicted_and_neither_trained_on(ferm):
    first = table_of(ferm, [], validation=[0, 1, 2, 3], without=[1])
    second = table_of(ferm, [], validation=[1, 2, 3, 4], without=[3])
    assert both_predicted(first, second, "validation").tolist() == [2]
    assert both_predicted(first, second, "all").tolist() == [0, 2, *range(4, 16)]


def test_a_model_that_nobody_knows_the_training_faces_of_leaves_none_out(ferm):
    first = table_of(ferm, [], validation=[0, 1, 2, 3])
    second = table_of(ferm, [], without=[3]).assign(split=UNKNOWN)
    assert both_predicted(first, second, "validation").tolist() == [0, 1, 2]


def test_each_face_is_named_right_by_one_both_or_neither(ferm):
    first, second = table_of(ferm, [1, 3]), table_of(ferm, [2, 3])
    found = outcomes(first, second)
    assert found[:4].tolist() == ["both right", "only second", "only first", "both wrong"]
    assert set(found) == set(OUTCOMES)


def test_the_surest_face_is_that_of_whoever_alone_is_right(ferm):
    first, second = table_of(ferm, [1, 3]), table_of(ferm, [2, 3])
    first["confidence"] = np.linspace(0.3, 0.9, 16)
    second["confidence"] = np.linspace(0.9, 0.31, 16)
    faces = np.array([4, 6, 5])
    assert surest(first, second, faces, "only first").tolist() == [6, 5, 4]
    assert surest(first, second, faces, "only second").tolist() == [4, 5, 6]
    assert surest(first, second, faces, "both wrong").tolist() == [6, 5, 4]


def test_the_csv_holds_both_answers(ferm):
    first, second = table_of(ferm, [1, 3]), table_of(ferm, [2, 3], without=[5])
    found = pd.read_csv(io.StringIO(comparison_csv(first, second, np.array([3, 2]))))
    assert found["row"].tolist() == [3, 2]
    assert found["predicted"].tolist() == first["predicted"].iloc[[3, 2]].tolist()
    assert found["second_predicted"].tolist() == second["predicted"].iloc[[3, 2]].tolist()
    assert found["outcome"].tolist() == ["both wrong", "only first"]
    assert comparison_csv(first, second, np.array([], dtype=int)).count("\n") == 1


def test_who_held_the_face_back_comes_first_and_who_lacks_it_is_counted(ferm):
    files = {
        "trained": Predictions(small_predictions(ferm, [3], [0]), ABOUT),
        "other": Predictions(small_predictions(ferm).iloc[[0]], ABOUT),
        "held back": Predictions(small_predictions(ferm), ABOUT | {"seed": None}),
    }
    answers, without = answers_of(files, ferm, 3)
    assert answers["name"].tolist() == ["held back", "trained"]
    assert answers["split"].tolist() == ["validation", "training"]
    assert answers["answer"].tolist() == ["right", "wrong"]
    assert answers["scope"].tolist() == ["clean", "clean 0"]
    assert answers["predicted"][0] == ferm.manifest["label"][3]
    np.testing.assert_allclose(answers[list(PROBABILITY_COLUMNS)].sum(axis=1), 1, atol=1e-6)
    assert without == 1


def test_without_a_file_the_table_is_empty_but_has_its_columns(ferm):
    answers, without = answers_of({}, ferm, 0)
    assert len(answers) == without == 0
    assert {"name", "split", *PROBABILITY_COLUMNS} <= set(answers)


def test_rows_of_class_folders_are_another_set_s(ferm):
    folders = replace(ferm, manifest=ferm.manifest.assign(file="train/sad/1.png"))
    theirs = Predictions(small_predictions(ferm), ABOUT | {"ferm": "FERM v1"})
    assert answers_of({"theirs": theirs}, folders, 0)[1] == 1
