import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import TABLE_2
from fermask.dataset.manifest import load
from fermask.dataset.screening import RULES
from fermask.exploring.browsing import faces_table
from fermask.faces.labels import CLASSES
from fermask.hosting.set_facts import (
    ENTROPY,
    MEASURES,
    balance_through_screening,
    dropped_shares,
    facts,
    histogram,
    known_limits,
    manifest_csv,
    thresholds,
)
from fermask.system.paths import PUBLISHED
from tests.small import small_ferm


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


def test_a_rule_s_share_is_of_the_faces_that_come_to_it(published):
    funnel = {"step": ["all", *RULES, "left"], "other": [0] * (len(RULES) + 2)}
    funnel |= {name: [10, 2, 0, 0, 4, *[0] * 5, 4] for name in CLASSES}
    funnel["sad"] = [0] * (len(RULES) + 2)
    shares = dropped_shares(replace(published, about={"funnel": funnel}), "no_face")
    assert shares["angry"] == 0.5
    assert np.isnan(shares["sad"])


def test_the_facts_come_from_the_set():
    ferm = small_ferm()
    said = facts(ferm)
    assert said["Faces"] == "16: 4 neutral, 4 sad, 4 surprise, 4 angry."
    assert said["Twins"].startswith("2 faces share their photograph")
    assert "at least 60%" in said["Labels"]
    apart = small_ferm(group_of_two=False)
    settings = apart.about["settings"] | {"quotas": None}
    other = replace(apart, about=apart.about | {"labels_from": "FER2013", "settings": settings})
    said = facts(other)
    assert said["Twins"] == (
        "No two faces show the same photograph. The photograph of 16 faces stands once in the file "
        "that the set was built from."
    )
    assert said["Drawing"] == "All faces that passed."
    uncounted = replace(apart, manifest=apart.manifest.drop(columns="copies"))
    assert facts(uncounted)["Twins"] == "No two faces show the same photograph."
    assert "each photograph once before any comes twice" in facts(apart)["Drawing"]
    assert "each photograph once" not in facts(uncounted)["Drawing"]
    assert "FER2013's own" in said["Labels"]


def test_the_limits_name_the_classes_that_dlib_finds_least_and_best(published):
    assert "47% of the sad ones" in known_limits(published)[0]


def test_the_manifest_as_csv_holds_every_face_and_its_votes():
    ferm = small_ferm()
    back = pd.read_csv(io.StringIO(manifest_csv(ferm.manifest)))
    assert back["row"].tolist() == ferm.manifest["row"].tolist()
    assert "landmarks" not in back
    assert back["votes_sadness"].tolist() == ferm.manifest["votes_sadness"].tolist()
