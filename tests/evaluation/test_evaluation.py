import json

import numpy as np
import pandas as pd
import pytest

from fermask.evaluation.evaluation import as_json, evaluate
from fermask.evaluation.rates import Paired, mcnemar, paired_difference, rate
from fermask.evaluation.scope import (
    Scope,
    faces_to_evaluate,
    leak_warning,
    splits_of,
    training_faces,
    unknown_warning,
)
from fermask.networks.predictions import read_predictions
from fermask.system.parquet import write_parquet
from tests.small import ABOUT, small_ferm, small_predictions
from tests.tiny import stand_for_fer2013

CONFUSION = np.array([[90, 10, 3, 4], [12, 70, 3, 9], [2, 2, 95, 3], [5, 9, 4, 44]])


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


def faces_of(confusion):
    """Labels and probabilities that give a confusion matrix."""
    labels, said = np.repeat(np.indices((4, 4)).reshape(2, -1), confusion.ravel(), axis=1)
    return labels, np.eye(4)[said]


# Newcombe (1998), Table I: Wilson's score interval without continuity correction.
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_newcombe_s(successes, n, low, high):
    found = rate(successes, n)
    assert found.value == successes / n
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.n == n


def test_a_share_of_nothing_is_unknown():
    found = rate(0, 0)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.n == 0


def test_figures_of_a_known_matrix():
    found = evaluate(*faces_of(CONFUSION))
    np.testing.assert_array_equal(found.confusion, CONFUSION)
    assert found.accuracy.value == pytest.approx((90 + 70 + 95 + 44) / CONFUSION.sum())
    assert found.recall["neutral"].value == pytest.approx(90 / 107)
    assert found.precision["angry"].value == pytest.approx(44 / 60)
    assert found.f1["sad"] == pytest.approx(2 * 70 / (94 + 91))
    assert found.macro_f1 == pytest.approx(np.mean(list(found.f1.values())))
    weights = np.array([1120, 980, 1050, 690]) / 3840
    recalls = np.diag(CONFUSION) / CONFUSION.sum(axis=1)
    assert found.weighted_accuracy.value == pytest.approx(weights @ recalls)
    low, high = found.weighted_accuracy.low, found.weighted_accuracy.high
    assert low < found.weighted_accuracy.value < high


def test_the_interval_of_weighted_accuracy_takes_no_class_for_certain():
    # By hand: five of five in each class, smoothed to 6/7; 1.96 · √(Σw² · 6/7 · 1/7 / 5).
    found = evaluate(*faces_of(np.diag([5, 5, 5, 5]))).weighted_accuracy
    weights = np.array([1120, 980, 1050, 690]) / 3840
    error = np.sqrt((weights**2).sum() * 6 / 49 / 5)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(1 - 1.959964 * error)


def test_a_class_without_faces_leaves_rates_unknown():
    found = evaluate(np.array([0, 1]), np.eye(4)[[0, 0]])
    assert np.isnan(found.recall["angry"].value)
    assert np.isnan(found.precision["sad"].value)
    assert np.isnan(found.weighted_accuracy.value)
    assert found.f1["angry"] == 0


def test_nothing_to_evaluate_and_other_lengths_are_refused():
    with pytest.raises(ValueError, match="no face"):
        evaluate(np.array([], dtype=int), np.empty((0, 4)))
    with pytest.raises(ValueError, match=r"Expected probabilities \(2, 4\)"):
        evaluate(np.array([0, 1]), np.empty((3, 4)))


def test_faces_held_back_are_those_of_the_record(ferm):
    record = {"settings": {"protocol": "clean", "seed": int(ferm.manifest["fold"].iloc[0])}}
    chosen, scope = faces_to_evaluate(ferm, "validation", record)
    assert (ferm.manifest["fold"][chosen] == record["settings"]["seed"]).all()
    assert str(scope) == f"clean {record['settings']['seed']}, validation"
    chosen, scope = faces_to_evaluate(ferm, "all", record)
    assert chosen.all()
    assert scope.split == "all"


def test_fresh_faces_are_those_held_back_whose_photograph_stands_once(ferm):
    fold = int(ferm.manifest["fold"].iloc[3])
    manifest = ferm.manifest.assign(copies=[1, 2] * 8)
    some = type(ferm)(manifest, ferm.about)
    chosen, scope = faces_to_evaluate(some, "fresh", {}, "clean", fold)
    held_back, _ = faces_to_evaluate(some, "validation", {}, "clean", fold)
    np.testing.assert_array_equal(chosen, held_back & (manifest["copies"] == 1))
    assert str(scope) == f"clean {fold}, fresh"
    private = type(ferm)(manifest.assign(usage="PrivateTest"), ferm.about)
    chosen, scope = faces_to_evaluate(private, "fresh", {})
    assert chosen.sum() == 8
    assert scope == Scope(None, None, "fresh", is_external=True)
    assert splits_of(manifest) == ("validation", "fresh", "all")


def test_a_set_without_copies_has_no_fresh_faces(ferm):
    manifest = ferm.manifest.drop(columns="copies")
    with pytest.raises(ValueError, match="does not say how many rows of its file"):
        faces_to_evaluate(type(ferm)(manifest, ferm.about), "fresh", {}, "clean", 0)
    assert splits_of(manifest) == ("validation", "all")


def test_intervals_go_by_groups_where_these_are_given():
    labels, probabilities = faces_of(CONFUSION)
    alone = evaluate(labels, probabilities)
    in_tens = evaluate(labels, probabilities, np.arange(len(labels)) // 10)
    assert in_tens.accuracy.value == alone.accuracy.value
    assert in_tens.accuracy.n == alone.accuracy.n
    width = alone.accuracy.high - alone.accuracy.low
    assert in_tens.accuracy.high - in_tens.accuracy.low > 1.5 * width


def test_arguments_go_before_the_record(ferm):
    record = {"settings": {"protocol": "clean", "seed": 1}}
    fold = int(ferm.manifest["fold"].iloc[3])
    _, scope = faces_to_evaluate(ferm, "validation", record, protocol="clean", seed=fold)
    assert scope == Scope("clean", fold, "validation")


def test_without_a_record_only_all_faces_can_be_taken(ferm):
    with pytest.raises(ValueError, match="no record"):
        faces_to_evaluate(ferm, "validation", {})
    chosen, scope = faces_to_evaluate(ferm, "all", {})
    assert chosen.all()
    assert str(scope) == "no protocol, all"


@pytest.mark.parametrize(
    "settings",
    [{"protocol": "everything", "seed": 0}, {"protocol": None, "trained_on": "everything"}],
    ids=["as 0.1 wrote it", "as it is written"],
)
def test_nothing_is_held_back_of_what_was_trained_on_everything(ferm, settings):
    with pytest.raises(ValueError, match="trained on every face"):
        faces_to_evaluate(ferm, "validation", {"settings": settings})
    _, scope = faces_to_evaluate(ferm, "all", {"settings": settings})
    assert scope == Scope(None, None, "all")


def test_private_test_alone_is_external(ferm):
    manifest = ferm.manifest.assign(usage="PrivateTest")
    private = type(ferm)(manifest, ferm.about)
    chosen, scope = faces_to_evaluate(private, "validation", {})
    assert chosen.all()
    assert scope == Scope(None, None, "PrivateTest", is_external=True)
    assert str(scope) == "external, PrivateTest"


def test_a_usage_that_is_not_there_is_named(ferm):
    with pytest.raises(ValueError, match="no face of PrivateTest"):
        faces_to_evaluate(ferm, "all", {}, usage="PrivateTest")


def test_a_usage_narrows_the_validation_faces_and_is_named(ferm):
    manifest = ferm.manifest.assign(usage=["Training", "PublicTest"] * 8)
    mixed = type(ferm)(manifest, ferm.about)
    fold = int(manifest["fold"].iloc[1])
    chosen, scope = faces_to_evaluate(mixed, "validation", {}, "clean", fold, "PublicTest")
    assert set(manifest["usage"][chosen]) == {"PublicTest"}
    assert set(manifest["fold"][chosen]) == {fold}
    assert str(scope) == f"clean {fold}, validation, PublicTest only"


def test_rows_of_class_folders_are_not_taken_for_fer2013_s(ferm):
    folders = ferm.manifest.assign(file="train/sad/1.png")
    record = {"rows": [1], "groups": [1], "source_sha256": "theirs"}
    scope = Scope("clean", 0, "all")
    assert "class folders" in leak_warning(folders, record, scope, "ours")
    assert "1 of these 16 faces were trained on" in leak_warning(folders, record, scope, "theirs")


def test_faces_of_another_file_are_told_by_their_pixels(ferm, monkeypatch):
    """A network of FER2013's rows 1 and 5, and a set whose file holds them at 9 and 2."""
    count = len(ferm.manifest)
    kaggle = np.random.default_rng(0).integers(0, 256, (count, 48, 48), dtype=np.uint8)
    stand_for_fer2013(monkeypatch, kaggle, ["Training"] * count)
    bare = kaggle.copy()
    bare[[9, 2, 1, 5]] = kaggle[[1, 5, 9, 2]]
    apart = ferm.manifest.assign(group=ferm.manifest["row"] + 1000)
    record, scope = (
        {"rows": [1, 5], "groups": [1, 5], "source_sha256": "a"},
        Scope("clean", 0, "all"),
    )
    assert np.flatnonzero(training_faces(apart, record, "b", bare)).tolist() == [2, 9]
    assert np.flatnonzero(training_faces(apart, record, "a", bare)).tolist() == [1, 5]
    assert np.flatnonzero(training_faces(apart, record, "b")).tolist() == [1, 5]
    warning = leak_warning(apart, record, scope, "b", bare)
    assert warning == "2 of these 16 faces were trained on: the accuracy is too high for new faces."
    bare[7] ^= 1
    warning = leak_warning(apart, record, scope, "b", bare)
    assert "1 of these 16 faces have pixels that are none of FER2013's" in warning


def test_a_search_that_finds_more_twins_than_the_networks_own_is_believed(ferm):
    """The network's own groups held rows 3 and 4 apart; row 8's twin, 2, is in no set."""
    joined = ferm.manifest.assign(group=[0, 1, 2, 3, 3, 5, 6, 7, 2, *range(9, 16)])
    joined = joined[joined["row"] != 2]
    record = {"rows": [2, 4], "groups": [2, 4]}
    assert joined["row"][training_faces(joined, record)].to_list() == [3, 4, 8]


def test_trained_faces_and_their_twins_are_warned_of(ferm):
    record = {"rows": [1, 5], "groups": [0, 5]}
    scope = Scope("clean", 0, "all")
    assert training_faces(ferm.manifest, record).nonzero()[0].tolist() == [0, 1, 5]
    warning = leak_warning(ferm.manifest, record, scope)
    assert "2 of these 16 faces were trained on" in warning
    assert "1 share a photograph" in warning
    assert leak_warning(ferm.manifest.iloc[[2, 3]], record, scope) == ""
    paper = leak_warning(ferm.manifest.iloc[[0]], record, Scope("paper", 0, "validation"))
    assert "as the paper protocol allows" in paper


@pytest.mark.parametrize("record", [{}, {"settings": {"protocol": "clean"}}])
def test_a_record_without_rows_is_no_proof(ferm, record):
    assert "may be among" in leak_warning(ferm.manifest, record, Scope("clean", 0, "all"))


def test_json_has_no_nan():
    found = evaluate(np.array([0, 1]), np.eye(4)[[0, 0]])
    result = as_json(found, "m_xception", Scope("clean", 0, "validation"))
    text = json.dumps(result, allow_nan=False)
    back = json.loads(text)
    assert back["classes"]["angry"]["recall"] is None
    assert back["accuracy"] == 0.5
    needed = {"model", "protocol", "split", "n", "accuracy", "interval", "macro_f1", "confusion"}
    assert needed <= set(back)


def test_external_accuracy_is_the_weighted_one():
    found = evaluate(*faces_of(CONFUSION))
    result = as_json(found, "m", Scope(None, None, "PrivateTest", is_external=True))
    assert (result["protocol"], result["external"]) == (None, True)
    assert result["accuracy"] == found.weighted_accuracy.value
    assert result["interval"] == [found.weighted_accuracy.low, found.weighted_accuracy.high]
    assert result["unweighted_accuracy"] == found.accuracy.value


def test_predictions_come_back(ferm, tmp_path):
    table = small_predictions(ferm, wrong=[2])
    write_parquet(tmp_path / "p.parquet", table, ABOUT)
    found = read_predictions(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(found.table, table)
    assert found.title == "m_xception, clean 0, a small set"
    assert found.probabilities.shape == (16, 4)
    np.testing.assert_array_equal(found.labels, ferm.labels)


def test_what_is_no_predictions_file_is_named(ferm, tmp_path):
    path = tmp_path / "p.parquet"
    with pytest.raises(FileNotFoundError, match=r"p\.parquet does not exist"):
        read_predictions(path)
    path.write_bytes(b"PAR1 cut short")
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        read_predictions(path)
    table = small_predictions(ferm)
    write_parquet(path, table.drop(columns="p_sad"), ABOUT)
    with pytest.raises(ValueError, match="lacks p_sad"):
        read_predictions(path)
    write_parquet(path, table, {"model": "m_xception"})
    with pytest.raises(ValueError, match="lacks about"):
        read_predictions(path)
    write_parquet(path, table.assign(label="happy"), ABOUT)
    with pytest.raises(ValueError, match="happy"):
        read_predictions(path)
    write_parquet(path, table.assign(p_sad=np.nan), ABOUT)
    with pytest.raises(ValueError, match="row 0"):
        read_predictions(path)


def test_mcnemar_is_the_sign_test_of_the_faces_that_only_one_names():
    # 1 and 5 of 8 faces: 2 · (1 + 6) / 2⁶.
    first = np.array([1, 0, 0, 0, 0, 0, 1, 0], dtype=bool)
    second = np.array([0, 1, 1, 1, 1, 1, 1, 0], dtype=bool)
    pair = mcnemar(first, second)
    assert (pair.only_first, pair.only_second, pair.n) == (1, 5, 8)
    assert pair.p == pytest.approx(14 / 64)


def test_mcnemar_of_the_same_answers_shows_no_difference():
    assert mcnemar(np.ones(3, dtype=bool), np.ones(3, dtype=bool)).p == 1


def test_the_interval_of_a_paired_difference():
    # By hand: shares 2/23 and 8/23, so -6/23 ± 1.96 · √((10/23 - (6/23)²) / 23).
    pair = Paired(only_first=1, only_second=7, n=21, p=0.07)
    found = paired_difference(pair)
    assert found.value == pytest.approx(-6 / 21)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.508, -0.013)
    assert np.isnan(paired_difference(Paired(0, 0, 0, 1.0)).value)
    certain = paired_difference(Paired(50, 0, 50, 0.0))
    assert certain.low < certain.value == certain.high == 1


def test_faces_that_nobody_knows_of_are_warned_of():
    assert unknown_warning(pd.Series(["validation", "training"])) == ""
    assert "2 of these 3" in unknown_warning(pd.Series(["unknown", "training", "unknown"]))
    assert "whether these faces" in unknown_warning(pd.Series(["unknown"]))
