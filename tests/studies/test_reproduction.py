"""Cached runs become tables that say what they rest on."""

import pandas as pd
import pytest

from fermask.dataset.splits import FER2013
from fermask.studies.reproduction import (
    finished_runs,
    predictions_of_runs,
    table_1,
    table_3,
    training_curves,
    twins_explain,
)
from fermask.training.epoch_time import pace_table
from tests.made_up_runs import PACE, write_run, write_runs


@pytest.fixture
def folder(tmp_path):
    write_runs(tmp_path)
    return tmp_path


def test_unfinished_runs_are_left_out(folder):
    runs = finished_runs(folder)
    assert runs[["model", "protocol", "seed"]].to_numpy().tolist() == [
        ["cnn", "clean", 0],
        ["m_xception", "clean", 0],
        ["m_xception", "clean", 1],
        ["m_xception", "paper", 0],
    ]


def test_table_3_pools_the_faces_and_averages_the_runs(folder):
    table = table_3(finished_runs(folder)).set_index(["model", "protocol"])
    clean = table.loc[("m_xception", "clean")]
    assert clean["runs"] == 2
    assert clean["n"] == 800
    assert clean["mean"] == pytest.approx(0.775)
    assert clean["sd"] == pytest.approx(0.0353553, abs=1e-6)
    assert clean["low"] < 0.775 < clean["high"]
    assert clean["best"] == pytest.approx(0.785)
    assert clean["paper"] == pytest.approx(0.8895)
    assert pd.isna(table.loc[("cnn", "clean")]["sd"])


def test_twins_explain_by_faces_until_there_are_two_runs_of_both(folder):
    write_run(folder, "cnn", "paper", 0, 300)
    table = twins_explain(finished_runs(folder)).set_index("model")
    assert table.loc["cnn", "over"] == "faces"
    assert table.loc["cnn", "difference"] == pytest.approx(0.05)
    # Newcombe's interval for 300/400 against 280/400, by hand.
    assert table.loc["cnn", "low"] == pytest.approx(-0.0119, abs=3e-4)
    assert table.loc["cnn", "high"] == pytest.approx(0.1114, abs=3e-4)


def test_twins_explain_by_runs_where_there_are_two_of_both(folder):
    write_run(folder, "m_xception", "paper", 1, 344)
    row = twins_explain(finished_runs(folder)).iloc[0]
    assert (row["model"], row["paper_runs"], row["clean_runs"]) == ("m_xception", 2, 2)
    assert row["over"] == "runs"
    assert row["difference"] == pytest.approx(0.855 - 0.775)
    # Two runs of a side say little: the interval must hold that.
    assert row["low"] < 0 < row["difference"] < row["high"]


def test_networks_without_runs_of_both_protocols_are_left_out(folder):
    assert twins_explain(finished_runs(folder))["model"].tolist() == ["m_xception"]


def test_runs_of_other_faces_stand_in_a_table_of_their_own(folder):
    write_run(folder, "xception", "fer2013", 0, 270)
    assert "xception" not in set(finished_runs(folder)["model"])
    public = finished_runs(folder, (FER2013,))
    assert public["protocol"].isna().all()
    row = table_1(public).iloc[0]
    assert (row["model"], row["n"]) == ("xception", 400)
    assert row["public"] == pytest.approx(0.675)
    assert row["low"] < 0.675 < row["high"]
    assert row["paper"] == pytest.approx(0.6836)
    assert pd.isna(row["private"])
    (folder / "xception-fer2013-0" / "predictions.parquet").touch()
    assert "xception-fer2013-0" not in predictions_of_runs(folder)


def test_pace_is_a_ratio_within_each_round():
    table = pace_table(PACE, 640).set_index("model")
    assert table.loc["xception", "ratio"] == 1
    cnn = table.loc["cnn"]
    assert cnn["seconds"] == pytest.approx(2.0)
    assert (cnn["lowest"], cnn["highest"]) == pytest.approx((0.5, 0.75))


def test_the_best_networks_predictions_come_first(tmp_path):
    for name in ("cnn-clean-0", "m_xception-clean-0", "xception-paper-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "predictions.parquet").touch()
    found = predictions_of_runs(tmp_path)
    assert list(found) == ["m_xception-clean-0", "cnn-clean-0", "xception-paper-1"]
    assert found["cnn-clean-0"] == tmp_path / "cnn-clean-0" / "predictions.parquet"


def test_training_curves_are_those_of_the_runs_given(folder):
    runs = finished_runs(folder).head(2)
    for name, accuracy in (("cnn-clean-0", 0.5), ("m_xception-clean-0", 0.7)):
        history = pd.DataFrame({"epoch": [1], "accuracy": [accuracy], "val_accuracy": [0.6]})
        history.to_csv(folder / name / "history.csv", index=False)
    curves = training_curves(folder, runs)
    assert curves["run"].tolist() == ["cnn-clean-0", "m_xception-clean-0"]
    assert curves["training"].tolist() == [0.5, 0.7]
    assert training_curves(folder, runs.head(0)).empty
