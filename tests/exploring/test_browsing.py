import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.dataset.manifest import load, open_set, write
from fermask.exploring.browsing import (
    SORTS,
    FaceFilter,
    counts_by,
    evaluated,
    faces_table,
    filter_faces,
    limits_of,
    mistakes_csv,
    neighbours,
    page_count,
    page_of,
    position_of_row,
    quality_of,
    sort_by,
    sort_faces,
    sortable,
    training_record,
    twins,
    votes_of,
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


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_keeps_all_faces(table, sort):
    column, falling = SORTS[sort]
    found = sort_faces(table, np.arange(len(table)), sort)
    assert sorted(found) == list(range(len(table)))
    steps = np.diff(table[column].to_numpy(dtype=float)[found])
    assert ((steps <= 0) if falling else (steps >= 0)).all()


def test_missing_values_come_last_in_either_order(ferm):
    table = faces_table(ferm, Predictions(small_predictions(ferm).iloc[[3]], ABOUT))
    for sort in ("surest answer", "least sure answer"):
        assert sort_faces(table, np.arange(len(table)), sort)[0] == 3


def test_an_unknown_order_is_refused(table):
    with pytest.raises(ValueError, match="Unknown order"):
        sort_faces(table, np.arange(3), "by beauty")


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


def test_a_row_is_found_or_named(table):
    assert position_of_row(table, 7) == 7
    with pytest.raises(ValueError, match="row 999 is not among the 16 faces"):
        position_of_row(table, 999)


def test_twins_share_the_photograph(table):
    assert twins(table, 0).tolist() == [1]
    assert twins(table, 1).tolist() == [0]
    assert twins(table, 2).tolist() == []


def test_limits_are_rounded_outwards():
    assert limits_of(pd.Series([0.6, 0.7, 1.0]), 0.1) == (0.6, 1.0)
    assert limits_of(pd.Series([0.151, 0.449]), 0.05) == (0.15, 0.45)
    assert limits_of(pd.Series([0.5, 0.5]), 0.5) is None
    assert limits_of(pd.Series([np.nan]), 0.1) is None


def test_votes_and_a_set_without_them(table):
    votes = votes_of(table.iloc[0])
    assert votes["votes"].sum() == table.loc[0, list(VOTE_COLUMNS)].sum()
    assert votes.loc[votes["votes"].idxmax(), "label"] == table.loc[0, "label"]
    without = table.assign(**dict.fromkeys(VOTE_COLUMNS, pd.NA))
    assert votes_of(without.iloc[0]) is None


def test_quality_lists_the_rules_asked(ferm, table):
    passed = ferm.passed_at(0)
    face = pd.concat([table.iloc[0], pd.Series({"passed": passed})])
    quality = quality_of(face, ferm.about["settings"]["screening"])
    assert quality["rule"].tolist() == passed
    blurred = quality.set_index("rule").loc["blurred"]
    assert f"{table['sharpness'].iloc[0]:.2f}" in blurred["measured"]
    assert "0.15" in blurred["asked"]


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


def test_neighbours_are_found_in_any_order():
    rows = np.array([40, 7, 900_000, 3])
    assert neighbours(rows, 7) == (40, 900_000)
    assert neighbours(rows, 40) == (None, 7)
    assert neighbours(rows, 3) == (900_000, None)
    assert neighbours(rows, 5) == (None, None)
    assert neighbours(rows[:0], 5) == (None, None)
