import pandas as pd
import pytest

from fermask.exploring.faces_table import faces_table
from fermask.exploring.one_face import position_of_row, twins, votes_of
from fermask.faces.labels import VOTE_COLUMNS
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


def test_a_row_is_found_or_named(table):
    assert position_of_row(table, 7) == 7
    with pytest.raises(ValueError, match="row 999 is not among the 16 faces"):
        position_of_row(table, 999)


def test_twins_share_the_photograph(table):
    assert twins(table, 0).tolist() == [1]
    assert twins(table, 1).tolist() == [0]
    assert twins(table, 2).tolist() == []


def test_votes_and_a_set_without_them(table):
    votes = votes_of(table.iloc[0])
    assert sum(each.votes for each in votes) == table.loc[0, list(VOTE_COLUMNS)].sum()
    assert max(votes, key=lambda each: each.votes).label == table.loc[0, "label"]
    without = table.assign(**dict.fromkeys(VOTE_COLUMNS, pd.NA))
    assert votes_of(without.iloc[0]) is None
