from dataclasses import replace

import numpy as np
import pytest

from fermask.exploring.answers import answers_of
from fermask.networks.predictions import PROBABILITY_COLUMNS, Predictions
from tests.small import ABOUT, small_ferm, small_predictions


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


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
    assert answers["seed"].tolist() == ["", "0"]
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
