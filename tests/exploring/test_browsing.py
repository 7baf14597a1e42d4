import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.exploring.browsing import (
    FaceFilter,
    filter_faces,
    limits_of,
    page_count,
    page_of,
    sort_by,
    sortable,
    stretch,
)
from fermask.exploring.faces_table import faces_table
from fermask.faces.labels import CLASSES
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


def test_filters_are_taken_together(table):
    wanted = FaceFilter(labels=("sad", "angry"), answers=("right",), folds=tuple(range(5)))
    expected = [
        i
        for i, face in table.iterrows()
        if face["label"] in ("sad", "angry") and face["answer"] == "right" and face["fold"] < 5
    ]
    assert filter_faces(table, wanted).tolist() == expected
    assert filter_faces(table, FaceFilter(splits=("validation",))).tolist() == VALIDATION
    assert len(filter_faces(table, FaceFilter(labels=("nobody",)))) == 0


def test_ranges_hold_both_ends_and_a_slider_s_rounding(table):
    low, high = table["agreement"].min(), table["agreement"].max()
    assert len(filter_faces(table, FaceFilter(agreement=(low, high)))) == len(table)
    almost = FaceFilter(agreement=(high + 1e-12, high + 1e-12))
    assert len(filter_faces(table, almost)) == (table["agreement"] == high).sum()
    turned = filter_faces(table, FaceFilter(turned=(0, 5)))
    assert turned.tolist() == np.flatnonzero(table["yaw"].abs() <= 5).tolist()


def test_missing_values_come_last_in_either_order(ferm):
    table = faces_table(ferm, Predictions(small_predictions(ferm).iloc[[3]], ABOUT))
    for falling in (True, False):
        assert sort_by(table, np.arange(len(table)), "confidence", falling)[0] == 3


def test_every_column_sorts_both_ways_and_keeps_all_faces(table):
    for column in sortable(table):
        rising = sort_by(table, np.arange(len(table)), column)
        falling = sort_by(table, np.arange(len(table)), column, falling=True)
        assert sorted(rising) == sorted(falling) == list(range(len(table)))
        values = table[column].to_numpy()
        assert (values[rising] == values[falling[::-1]]).all()


def test_classes_sort_in_their_usual_order_and_equal_faces_by_row(table):
    found = sort_by(table, np.arange(len(table)), "label")
    assert table["label"].iloc[found].unique().tolist() == list(CLASSES)
    assert (np.diff(found.reshape(4, 4)) > 0).all()
    falling = sort_by(table, np.arange(len(table)), "label", falling=True)
    assert (np.diff(falling.reshape(4, 4)) > 0).all()
    assert table["label"].iloc[falling[0]] == CLASSES[-1]


def test_only_columns_with_a_value_can_be_sorted_by(ferm, table):
    assert {"loss", "confidence", "p_sad"} <= set(sortable(table))
    bare = faces_table(ferm)
    assert not {"loss", "confidence", "p_sad"} & set(sortable(bare))
    with pytest.raises(ValueError, match="Unknown column 'landmarks'; there are row, label"):
        sort_by(bare, np.arange(3), "landmarks")


def test_a_group_of_twins_is_found_by_its_number_and_by_its_size(table):
    assert filter_faces(table, FaceFilter(twins=(1, np.inf))).tolist() == [0, 1]
    assert filter_faces(table, FaceFilter(groups=(0,))).tolist() == [0, 1]
    assert filter_faces(table, FaceFilter(groups=(1,))).tolist() == []


def test_confidence_and_entropy_are_filtered_and_missing_ones_do_not_pass(ferm, table):
    assert len(filter_faces(table, FaceFilter(confidence=(0.6, 0.8)))) == len(table)
    assert len(filter_faces(table, FaceFilter(confidence=(0.8, 1.0)))) == 0
    assert len(filter_faces(faces_table(ferm), FaceFilter(confidence=(0.0, 1.0)))) == 0
    agreed = filter_faces(table, FaceFilter(entropy=(0.0, 0.0)))
    assert agreed.tolist() == np.flatnonzero(table["agreement"] == 1).tolist()


@given(st.integers(0, 200), st.integers(1, 50))
def test_pages_hold_every_face_once(total, size):
    positions = np.arange(total)
    pages = [page_of(positions, k, size) for k in range(1, page_count(total, size) + 1)]
    np.testing.assert_array_equal(np.concatenate(pages), positions)


def test_a_page_beyond_the_end_is_the_last():
    assert page_of(np.arange(5), 99, 2).tolist() == [4]
    assert page_of(np.arange(5), -1, 2).tolist() == [0, 1]


def test_limits_are_rounded_outwards():
    assert limits_of(pd.Series([0.6, 0.7, 1.0]), 0.1) == (0.6, 1.0)
    assert limits_of(pd.Series([0.151, 0.449]), 0.05) == (0.15, 0.45)
    assert limits_of(pd.Series([0.5, 0.5]), 0.5) is None
    assert limits_of(pd.Series([np.nan]), 0.1) is None


def test_a_stretch_of_a_list_and_the_place_in_it():
    rows = np.array([40, 7, 900_000, 3])

    def around(row, reach):
        near, place = stretch(rows, row, reach)
        return near.tolist(), place

    assert around(7, 1) == ([40, 7, 900_000], 1)
    assert around(40, 9) == ([40, 7, 900_000, 3], 0)
    assert around(3, 1) == ([900_000, 3], 1)
    assert around(5, 1) == ([], -1)
    assert stretch(rows[:0], 5, 1)[1] == -1
