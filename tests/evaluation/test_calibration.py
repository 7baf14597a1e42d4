import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fermask.evaluation.calibration import (
    calibrated_table,
    calibration_record,
    cross_fitted,
    cross_fitted_sure,
    weights_record,
)
from fermask.evaluation.reliability import (
    coverage_curve,
    error_by_chance,
    expected_calibration_error,
    not_sure_threshold,
    reliability,
)
from fermask.evaluation.temperature import TEMPERATURES, fit_temperature, tempered
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS

some_logits = arrays(np.float64, (5, 4), elements=st.floats(-8, 8))


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def calibrated_faces(n, seed=0):
    """Probabilities, and labels drawn by them."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(scale=2, size=(n, 4)))
    labels = (rng.random(n)[:, None] > probabilities.cumsum(axis=1)[:, :3]).sum(axis=1)
    return probabilities, labels


def of_confidence(confidences, right):
    """Faces of these confidences, the rest evenly on the others; the label is first if right."""
    top = np.asarray(confidences, dtype=float)[:, None]
    probabilities = np.hstack([top, np.repeat((1 - top) / 3, 3, axis=1)])
    return probabilities, np.where(right, 0, 1)


def made_up_predictions(n=1200, sharpened=2.5):
    """A predictions table whose network is too sure of itself, in ten folds."""
    probabilities, labels = calibrated_faces(n)
    sharp = tempered(probabilities, 1 / sharpened).astype(np.float32)
    faces = pd.DataFrame({"row": np.arange(n), "label": np.array(CLASSES)[labels]})
    said = pd.DataFrame(sharp, columns=list(PROBABILITY_COLUMNS))
    return pd.concat([faces.assign(split="validation", fold=np.arange(n) % 10), said], axis=1)


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 3.0])
def test_the_temperature_that_sharpened_is_found_again(sharpened):
    probabilities, labels = calibrated_faces(20_000)
    sharp = tempered(probabilities, 1 / sharpened)
    assert fit_temperature(sharp, labels) == pytest.approx(sharpened, rel=0.05)


def test_chance_alone_makes_an_error_that_most_calibrated_networks_stay_under():
    confidence = np.tile([0.5, 0.7, 0.9], 200)
    limit = error_by_chance(confidence)
    errors = [
        expected_calibration_error(
            *of_confidence(confidence, np.random.default_rng(seed).random(600) < confidence)
        )
        for seed in range(100)
    ]
    assert 0.85 < np.mean(np.array(errors) < limit) <= 1
    assert limit < 0.08


def test_a_network_that_is_never_wrong_gets_the_lowest_temperature():
    probabilities, labels = of_confidence([0.6, 0.7], [True, True])
    assert fit_temperature(probabilities, labels) == pytest.approx(TEMPERATURES[0], rel=1e-3)


def test_probabilities_that_ran_out_in_float32_still_fit():
    probabilities = np.eye(4, dtype=np.float32)
    assert np.isfinite(fit_temperature(probabilities, np.array([0, 1, 2, 0])))
    assert np.isfinite(tempered(probabilities, 2.0)).all()


@given(some_logits, st.floats(0.1, 10))
def test_a_temperature_divides_the_logits(logits, temperature):
    said = tempered(softmax(logits), temperature)
    np.testing.assert_allclose(said, softmax(logits / temperature), atol=1e-9)
    np.testing.assert_allclose(said.sum(axis=1), 1)


@given(
    arrays(np.float32, (5, 4), elements=st.floats(-30, 30, width=32)),
    st.floats(*TEMPERATURES),
)
def test_no_answer_changes(logits, temperature):
    probabilities = softmax(logits)
    said = tempered(probabilities, temperature)
    answers = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(said[np.arange(5), answers], said.max(axis=1))


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_other_temperatures_are_refused(temperature):
    with pytest.raises(ValueError, match="above 0"):
        tempered(np.full((1, 4), 0.25), temperature)


def test_no_fold_is_calibrated_by_its_own_faces():
    probabilities, labels = calibrated_faces(300)
    fold = np.arange(300) % 3
    calibrated = cross_fitted(probabilities, labels, fold)
    sure = cross_fitted_sure(probabilities, labels, fold, 0.7)
    others, ours = fold != 1, fold == 1
    temperature = fit_temperature(probabilities[others], labels[others])
    threshold = not_sure_threshold(
        tempered(probabilities[others], temperature), labels[others], 0.7
    )
    np.testing.assert_allclose(calibrated[ours], tempered(probabilities[ours], temperature))
    np.testing.assert_array_equal(sure[ours], calibrated[ours].max(axis=1) >= threshold)
    # Whatever the fold's own labels are.
    changed = np.where(ours, 3 - labels, labels)
    np.testing.assert_array_equal(
        cross_fitted(probabilities, changed, fold)[ours], calibrated[ours]
    )
    np.testing.assert_array_equal(
        cross_fitted_sure(probabilities, changed, fold, 0.7)[ours], sure[ours]
    )


def test_the_calibration_error_is_the_weighted_distance():
    # One bin of four, 0.8 sure and 3 of 4 right; one face, 0.5 sure and wrong.
    probabilities, labels = of_confidence([0.8] * 4 + [0.5], [True] * 3 + [False] * 2)
    expected = 4 / 5 * 0.05 + 1 / 5 * 0.5
    assert expected_calibration_error(probabilities, labels) == pytest.approx(expected)
    probabilities, labels = of_confidence([0.75] * 4 + [0.5] * 2, [True] * 3 + [False, True, False])
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0)


def test_a_bin_s_upper_edge_is_its_own():
    probabilities, labels = of_confidence([0.7, 0.7, 0.71, 1.0], [True, False, True, True])
    table = reliability(probabilities, labels)
    np.testing.assert_allclose(table["high"], [0.7, 0.8, 1.0])
    assert table["n"].tolist() == [2, 1, 1]
    assert table["accuracy"].tolist() == [0.5, 1, 1]
    assert (table["accuracy_low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["accuracy_high"]).all()


def test_coverage_falls_from_all_faces():
    probabilities, labels = of_confidence([0.5, 0.6, 0.9, 0.9], [False, True, True, False])
    curve = coverage_curve(probabilities, labels)
    assert curve.iloc[0].tolist() == [0, 1, 0.5, 4]
    assert curve["coverage"].is_monotonic_decreasing
    at = curve.set_index("threshold").loc[0.55]
    assert at.tolist() == [0.75, pytest.approx(2 / 3), 3]
    assert curve["threshold"].max() == 0.9


@given(st.floats(0.5, 0.99))
def test_at_the_threshold_the_accuracy_is_reached_and_not_before(accuracy):
    probabilities, labels = calibrated_faces(2000)
    threshold = not_sure_threshold(probabilities, labels, accuracy)
    right = probabilities.argmax(axis=1) == labels
    confidence = probabilities.max(axis=1)
    assert right[confidence >= threshold].mean() >= accuracy
    assert round(threshold, 2) == threshold
    if threshold > 0:
        assert right[confidence >= threshold - 0.01].mean() < accuracy


def test_an_accuracy_out_of_reach_leaves_nothing_sure():
    probabilities, labels = of_confidence([0.9, 0.95], [True, False])
    assert not_sure_threshold(probabilities, labels) == 1.0
    assert not_sure_threshold(probabilities, labels, 0.5) == 0.0
    with pytest.raises(ValueError, match="from 0 to 1"):
        not_sure_threshold(probabilities, labels, 95)


def test_the_record_is_json_and_leaves_the_development_fold_out():
    table = made_up_predictions()
    record = calibration_record(table, 0.9)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["n"] == 1080
    assert record["rests_on"].startswith("clean 0 to 8, validation")
    assert record["temperature"] == pytest.approx(2.5, rel=0.15)
    assert record["after"]["ece"] < record["before"]["ece"]
    assert record["after"]["log_loss"] < record["before"]["log_loss"]
    assert record["after"]["ece"] < 1.5 * record["ece_by_chance"]
    sure = record["sure"]
    assert sure["accuracy"]["n"] + sure["rest"]["n"] == record["n"]
    assert sure["accuracy"]["value"] > record["accuracy"]["value"] > sure["rest"]["value"]
    assert sum(each["n"] for each in record["after"]["reliability"]) == record["n"]
    assert set(weights_record(record)) == {"temperature", "not_sure_below", "sure"}


def test_a_table_is_calibrated_in_place_of_its_probabilities():
    table = made_up_predictions()
    calibrated = calibrated_table(table)
    assert list(calibrated) == list(table)
    columns = list(PROBABILITY_COLUMNS)
    np.testing.assert_allclose(calibrated[columns].sum(axis=1), 1, atol=1e-6)
    assert calibrated[columns].max(axis=1).mean() < table[columns].max(axis=1).mean() - 0.05
    assert calibrated[columns].dtypes.eq(np.float32).all()


def test_what_cannot_be_calibrated_is_a_sentence():
    table = made_up_predictions(20)
    with pytest.raises(ValueError, match="lack fold"):
        calibration_record(table.drop(columns="fold"))
    with pytest.raises(ValueError, match="two folds or more, received fold 3"):
        calibration_record(table.assign(fold=3))
    with pytest.raises(ValueError, match="no face"):
        fit_temperature(np.empty((0, 4)), np.empty(0, dtype=int))
    with pytest.raises(ValueError, match=r"Expected probabilities \(1, 4\)"):
        reliability(np.ones((1, 3)), np.array([0]))
