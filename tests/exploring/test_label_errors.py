import io

import numpy as np
import pandas as pd
import pytest

from fermask.exploring.faces_table import faces_table
from fermask.exploring.label_errors import (
    disagreeing_twins,
    errors_by_class,
    faces_of_groups,
    fer2013_sides_with_answer,
    find_label_errors,
    label_errors_csv,
    mean_difference,
    votes_for,
    why_not_out_of_fold,
)
from fermask.faces.labels import CLASSES, VOTE_COLUMNS
from fermask.networks.predictions import PROBABILITY_COLUMNS, Predictions
from tests.small import ABOUT, small_ferm, small_predictions

# Named as another class by a network that names the other 77 as labelled.
WRONG = [5, 30, 62]


@pytest.fixture(scope="module")
def ferm():
    return small_ferm(80, group_of_two=False)


@pytest.fixture(scope="module")
def table(ferm):
    predictions = small_predictions(ferm, WRONG)
    # The second of them is further off than the others.
    columns = list(PROBABILITY_COLUMNS)
    label = PROBABILITY_COLUMNS[ferm.labels[WRONG[1]]]
    predictions.loc[WRONG[1], label] = 0.01
    predictions[columns] /= predictions[columns].sum(axis=1).to_numpy()[:, None]
    return faces_table(ferm, Predictions(predictions, ABOUT))


@pytest.fixture(scope="module")
def errors(table):
    return find_label_errors(table, "clean")


def test_labels_that_a_network_contradicts_are_found_worst_first(ferm, table, errors):
    assert set(errors["position"]) == set(WRONG)
    assert errors["position"][0] == WRONG[1]
    assert errors["rank"].tolist() == [1, 2, 3]
    assert errors["label_quality"].is_monotonic_increasing
    for each in errors.itertuples():
        next_class = CLASSES[(ferm.labels[each.position] + 1) % len(CLASSES)]
        assert (each.label, each.suggested) == (table["label"][each.position], next_class)


def test_nothing_is_found_where_the_network_says_what_the_labels_say(ferm):
    table = faces_table(ferm, Predictions(small_predictions(ferm), ABOUT))
    assert find_label_errors(table, "clean").empty


def test_faces_without_a_prediction_and_absent_classes_are_left_out(ferm):
    without_angry = small_predictions(ferm, WRONG).query("label != 'angry' and row != 5")
    table = faces_table(ferm, Predictions(without_angry, ABOUT))
    found = set(find_label_errors(table, "clean")["row"])
    assert found <= set(WRONG) - {5}
    only_sad = faces_table(ferm, Predictions(without_angry.query("label == 'sad'"), ABOUT))
    assert find_label_errors(only_sad, "clean").empty
    assert find_label_errors(faces_table(ferm), "clean").empty


@pytest.mark.parametrize(
    ("split", "protocol", "words"),
    [
        (["validation", "training"], "clean", "1 of the 2 faces predicted were trained on"),
        (["validation", "validation"], "paper", "the same photograph"),
        (["validation", "validation"], None, "Nothing says"),
        (["validation", "unknown"], "clean", "Nothing says"),
    ],
)
def test_predictions_that_may_hold_training_faces_are_refused(ferm, split, protocol, words):
    assert words in why_not_out_of_fold(pd.Series(split), protocol)
    predictions = small_predictions(ferm)
    predictions["split"] = np.resize(split, len(predictions))
    table = faces_table(ferm, Predictions(predictions, ABOUT))
    with pytest.raises(ValueError, match=words.split(" faces")[0].replace("1 of the 2", "of the")):
        find_label_errors(table, protocol)


def test_held_back_faces_are_taken():
    assert why_not_out_of_fold(pd.Series(["validation"]), "clean") == ""


def test_votes_for_a_class(table):
    faces = table.iloc[:4]
    expected = faces[["votes_sadness"]].to_numpy().ravel()
    np.testing.assert_array_equal(votes_for(faces, pd.Series(["sad"] * 4)), expected)
    without = faces.assign(**dict.fromkeys(VOTE_COLUMNS, np.nan))
    assert np.isnan(votes_for(without, pd.Series(["sad"] * 4))).all()


def test_suspects_by_class(table, errors):
    counts = errors_by_class(table, errors).set_index("label")
    assert counts.index.tolist() == list(CLASSES)
    assert counts["n"].tolist() == [20] * 4
    assert counts["suspected"].sum() == len(WRONG)
    np.testing.assert_array_equal(counts[list(CLASSES)].sum(axis=1), counts["suspected"])
    np.testing.assert_allclose(counts["share"], counts["suspected"] / 20)
    assert (counts["low"] <= counts["share"]).all()
    assert (counts["share"] <= counts["high"]).all()


def test_a_difference_is_clear_only_where_its_interval_leaves_out_zero():
    low, high = pd.Series([0.6, 0.7, 0.6, 0.7] * 10), pd.Series([0.9, 1.0, 0.9, 1.0] * 10)
    apart = mean_difference(low, high)
    assert apart.value == pytest.approx(-0.3)
    assert apart.low < -0.3 < apart.high < 0
    assert apart.is_clear
    assert not mean_difference(low, low.sample(frac=0.5, random_state=1)).is_clear


def test_a_difference_of_too_few_or_of_constant_values():
    assert mean_difference(pd.Series([0.6]), pd.Series([0.7, 0.8])) is None
    assert mean_difference(pd.Series([0.6, np.nan]), pd.Series([0.7, 0.8])) is None
    constant = mean_difference(pd.Series([0.6, 0.6]), pd.Series([0.8, 0.8]))
    assert constant.value == pytest.approx(-0.2)
    assert not constant.is_clear


def test_fer2013_s_own_label_as_second_opinion(table):
    # FER2013 calls 3 sad, 4 … neutral is 6; 0 is none of the four for "disgust" (1).
    emotions = {"neutral": 6, "sad": 4, "surprise": 5, "angry": 0}
    agreeing = table.assign(emotion=table["predicted"].map(emotions))
    assert fer2013_sides_with_answer(agreeing, np.array(WRONG)).value == 1
    contrary = table.assign(emotion=1)
    assert fer2013_sides_with_answer(contrary, np.array(WRONG)).value == 0
    assert fer2013_sides_with_answer(table, np.array([], dtype=int)).n == 0


@pytest.fixture
def twins(table):
    """Group 0: one label, two answers (5). Group 10: two labels. Group 20: all the same."""
    label = {i: table["label"][i] for i in (10, 20)}
    faces = table.copy()
    faces.loc[[0, 5], "group"] = 0
    faces.loc[0, ["label", "predicted"]] = [table["label"][5], table["label"][5]]
    faces.loc[[10, 11, 12], "group"] = 10
    faces.loc[[10, 11, 12], "predicted"] = "sad"
    faces.loc[[10, 11], "label"], faces.loc[12, "label"] = "sad", "angry"
    faces.loc[[20, 21], "group"] = 20
    faces.loc[[20, 21], ["label", "predicted"]] = label[20]
    return faces


def test_twins_that_disagree_those_with_different_labels_first(twins):
    found = disagreeing_twins(twins, np.arange(len(twins)))
    assert found["group"].tolist() == [10, 0]
    assert found["labels"].tolist()[0] == "sad 2, angry 1"
    assert found["labels_differ"].tolist() == [True, False]
    assert found["answers_differ"].tolist() == [False, True]
    assert faces_of_groups(twins, found["group"]).tolist() == [10, 11, 12, 0, 5]


def test_only_the_answers_asked_for_count(twins):
    found = disagreeing_twins(twins, np.array([0, 10]))
    assert found["group"].tolist() == [10]
    assert disagreeing_twins(twins, np.array([], dtype=int))["answers"].tolist() == [""]


def test_a_set_without_twins_has_none_that_disagree(table):
    found = disagreeing_twins(table, np.arange(len(table)))
    assert found.empty
    assert faces_of_groups(table, found["group"]).tolist() == []


def test_suspects_as_csv(table, errors):
    back = pd.read_csv(io.StringIO(label_errors_csv(table, errors.iloc[1:])))
    assert back["row"].tolist() == table["row"][errors["position"][1:]].tolist()
    assert back["suggested"].tolist() == errors["suggested"].tolist()[1:]
    assert back["agreement"].tolist() == table["agreement"][errors["position"][1:]].tolist()
    assert label_errors_csv(table, errors.iloc[:0]).count("\n") == 1
