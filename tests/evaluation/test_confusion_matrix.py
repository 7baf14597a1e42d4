import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fermask.evaluation.confusion import (
    confusion_csv,
    confusion_matrix,
    f1_intervals,
    row_shares,
)

CONFUSION = np.array([[90, 10, 3, 4], [12, 70, 3, 9], [2, 2, 95, 3], [5, 9, 4, 44]])


def test_rows_are_true_and_columns_predicted():
    counts = confusion_matrix(np.array([0, 0, 3]), np.array([0, 2, 1]))
    assert counts[0].tolist() == [1, 0, 1, 0]
    assert counts[3].tolist() == [0, 1, 0, 0]
    assert counts.sum() == 3
    assert confusion_matrix(np.array([], dtype=int), np.array([], dtype=int)).sum() == 0


def test_f1_intervals_hold_their_value_and_narrow_with_more_faces():
    by_class, macro = f1_intervals(CONFUSION)
    # Twice the hits by all that is of the class or was predicted as it.
    expected = {"neutral": 180 / 216, "sad": 140 / 185, "surprise": 190 / 207, "angry": 88 / 122}
    assert {name: each.value for name, each in by_class.items()} == pytest.approx(expected)
    assert macro.value == pytest.approx(np.mean(list(expected.values())))
    assert macro.n == CONFUSION.sum()
    assert [each.n for each in by_class.values()] == CONFUSION.sum(axis=1).tolist()
    _, of_more = f1_intervals(CONFUSION * 25)
    assert (of_more.high - of_more.low) == pytest.approx((macro.high - macro.low) / 5, rel=0.15)
    assert f1_intervals(CONFUSION) == f1_intervals(CONFUSION)


@given(arrays(np.int64, (4, 4), elements=st.integers(0, 30)))
def test_f1_intervals_lie_in_0_to_1_around_their_value(confusion):
    by_class, macro = f1_intervals(confusion)
    for each in (*by_class.values(), macro):
        if confusion.sum() == 0:
            assert np.isnan(each.value)
        else:
            assert 0 <= each.low <= each.value <= each.high <= 1


def test_a_perfect_matrix_is_not_taken_for_certain():
    by_class, macro = f1_intervals(np.diag([5, 5, 5, 5]))
    assert macro.value == macro.high == 1
    assert macro.low < 0.95
    assert all(each.low < 1 for each in by_class.values())


def test_a_matrix_as_csv_says_what_it_is_of():
    found = pd.read_csv(io.StringIO(confusion_csv(CONFUSION, {"model": "m", "split": "all"})))
    assert found.columns.tolist() == ["model", "split", "true", "predicted", "n", "share"]
    np.testing.assert_array_equal(found["n"].to_numpy().reshape(4, 4), CONFUSION)
    assert found.groupby("true")["share"].sum().round(4).eq(1).all()
    assert (found["model"] == "m").all()


def test_a_class_without_a_face_has_no_shares():
    shares = row_shares(np.array([[3, 1, 0, 0], [0] * 4, [0, 0, 2, 0], [0, 0, 0, 1]]))
    assert shares[0].tolist() == [0.75, 0.25, 0, 0]
    assert shares[1].tolist() == [0, 0, 0, 0]
