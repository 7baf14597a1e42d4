import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import TABLE_2
from fermask.dataset.manifest import load
from fermask.exploring.distributions import (
    ENTROPY,
    MEASURES,
    balance_through_screening,
    histogram,
    thresholds,
)
from fermask.exploring.faces_table import faces_table
from fermask.faces.labels import CLASSES
from fermask.system.paths import PUBLISHED


@pytest.fixture(scope="module")
def published():
    return load(PUBLISHED)


def test_a_value_on_a_bin_s_edge_opens_the_next_bin():
    # 0.3 / 0.1 is a little less than 3 in binary.
    table = pd.DataFrame({"label": ["sad", "sad", "angry"], "size": [0.3, 0.39, -0.1]})
    bins = histogram(table, "size", 0.1)
    filled = bins[bins["n"] > 0]
    assert [(round(low, 6), n) for low, n in zip(filled["low"], filled["n"], strict=True)] == [
        (0.3, 2),
        (-0.1, 1),
    ]
    # The empty bins between are there for every class, or the bars of a chart would not line up.
    assert len(bins) == 5 * len(CLASSES)
    np.testing.assert_allclose(bins["high"] - bins["low"], 0.1)


def test_faces_without_the_value_are_in_no_bin():
    table = pd.DataFrame({"label": ["sad", "sad"], "size": [np.nan, 1.0]})
    assert histogram(table, "size", 0.5)["n"].sum() == 1
    assert histogram(table.head(1), "size", 0.5).empty


def test_every_measure_of_the_published_set_lies_within_its_thresholds(published):
    table = faces_table(published)
    assert histogram(table, "entropy", ENTROPY.step)["n"].sum() == len(table)
    for column, measure in MEASURES.items():
        bins = histogram(table, column, measure.step)
        counts = bins.groupby("label")["n"].sum()
        assert counts.to_dict() == TABLE_2
        cuts = thresholds(measure, published.about["settings"]["screening"])
        assert cuts == sorted(cuts)
        assert table[column].min() >= cuts[0]
        if len(cuts) == 2:
            assert table[column].max() <= cuts[1]


def test_the_balance_before_and_after_the_screening(published):
    balance = balance_through_screening(published)
    assert balance["value"].unique().tolist() == ["read", "passed", "drawn"]
    drawn = balance[balance["value"] == "drawn"]
    assert dict(zip(drawn["label"], drawn["n"], strict=True)) == TABLE_2
    np.testing.assert_allclose(balance.groupby("value")["share"].sum(), 1)
    assert balance.loc[balance["value"] == "read", "n"].tolist() == [11235, 4338, 4298, 3412]
