"""FER+'s votes and FER2013's numbers become the four classes, in one order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fermask.faces.labels import (
    CLASSES,
    FER2013_EMOTIONS,
    FERPLUS_VOTES,
    are_classes,
    label_from_emotions,
    label_from_votes,
    votes_entropy,
)


def votes(**counts):
    return np.array([[counts.get(name, 0) for name in FERPLUS_VOTES]])


def test_entropy_is_none_where_all_agree_and_one_bit_where_two_halves_do():
    several = np.concatenate([votes(sadness=10), votes(sadness=5, anger=5), votes()])
    np.testing.assert_allclose(votes_entropy(several), [0, 1, np.nan])
    np.testing.assert_allclose(votes_entropy(np.ones((1, 10))), np.log2(10))
    assert np.isnan(votes_entropy(np.full((1, 10), np.nan))).all()


def test_the_order_of_the_classes():
    assert CLASSES == ("neutral", "sad", "surprise", "angry")


@pytest.mark.parametrize(
    ("ferplus", "name"),
    [("neutral", "neutral"), ("sadness", "sad"), ("surprise", "surprise"), ("anger", "angry")],
)
def test_four_of_the_columns_are_classes(ferplus, name):
    (row,) = label_from_votes(votes(**{ferplus: 7, "unknown": 3})).to_dict("records")
    assert row == {"majority": ferplus, "label": name, "agreement": 0.7}


@pytest.mark.parametrize("other", ["happiness", "disgust", "fear", "contempt", "unknown", "NF"])
def test_the_other_columns_are_a_majority_without_a_class(other):
    row = label_from_votes(votes(**{other: 9, "neutral": 1})).iloc[0]
    assert row["majority"] == other
    assert pd.isna(row["label"])
    assert row["agreement"] == 0.9


def test_a_tie_decides_nothing():
    row = label_from_votes(votes(sadness=5, neutral=5)).iloc[0]
    assert pd.isna(row["majority"])
    assert pd.isna(row["label"])
    assert row["agreement"] == 0.5


def test_no_votes_decide_nothing():
    row = label_from_votes(votes()).iloc[0]
    assert pd.isna(row["majority"])
    assert row["agreement"] == 0


def test_agreement_is_of_ten_voters_even_where_some_are_missing():
    assert label_from_votes(votes(anger=6)).loc[0, "agreement"] == 0.6


def test_no_faces_give_an_empty_table():
    empty = label_from_votes(np.empty((0, 10), np.int8))
    assert empty.empty
    assert list(empty.columns) == ["majority", "label", "agreement"]


@given(hnp.arrays(np.int8, st.tuples(st.integers(1, 6), st.just(10)), elements=st.integers(0, 10)))
def test_a_majority_has_more_votes_than_every_other_column(counts):
    labels = label_from_votes(counts)
    for row, majority in zip(counts, labels["majority"], strict=True):
        leading = np.flatnonzero(row == row.max())
        if len(leading) == 1 and row.max() > 0:
            assert majority == FERPLUS_VOTES[leading[0]]
        else:
            assert pd.isna(majority)


def test_the_numbers_of_fer2013():
    names = label_from_emotions(np.arange(7))
    expected = {0: "angry", 4: "sad", 5: "surprise", 6: "neutral"}
    assert {number: name for number, name in names.items() if not pd.isna(name)} == expected
    assert [FER2013_EMOTIONS[number] for number in expected] == list(expected.values())


@pytest.mark.parametrize("names", [["calm", "lively"], ("a", "b", "c"), list(CLASSES)])
def test_two_plain_names_or_more_are_classes(names):
    assert are_classes(names)


@pytest.mark.parametrize(
    "names",
    ["calm", None, ["calm"], ["calm", "calm"], ["calm", ""], ["calm", 1], ["calm", "other"]],
)
def test_what_else_stands_in_a_record_are_no_classes(names):
    assert not are_classes(names)
