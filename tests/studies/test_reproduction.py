"""Cached runs become tables that say what they rest on."""

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.splits import FER2013
from fermask.networks.predictions import predictions_table
from fermask.reporting.paper_report import describe_best, describe_order, papers_number
from fermask.studies.reproduction import (
    finished_runs,
    predictions_of_runs,
    table_1,
    table_3,
    training_curves,
    twins_within,
)
from fermask.system.files import read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.training.epoch_time import pace_table
from tests.made_up_runs import PACE, write_run, write_runs


def write_predictions(run, right):
    """Predictions of neutral faces by row, right or not; those from 10 on were trained on."""
    faces = pd.DataFrame({"row": list(right), "label": "neutral", "group": list(right)})
    faces["split"] = np.where(faces["row"] < 10, "validation", "training")
    shares = [[1.0, 0.0, 0.0, 0.0] if each else [0.0, 1.0, 0.0, 0.0] for each in right.values()]
    write_parquet(run / "predictions.parquet", predictions_table(faces, np.array(shares)), {})


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


def test_runs_on_two_versions_of_the_set_are_never_pooled(folder):
    for seed in range(3):
        write_run(folder / "v1", "m_xception", "paper", seed, 320)
    write_run(folder, "m_xception", "paper", 0, 200, ferm="FERM v2")
    runs = finished_runs(folder)
    assert {"v1/m_xception-paper-2", "m_xception-paper-0"} <= set(runs["run"])
    table = table_3(runs).set_index(["model", "ferm", "protocol"])["mean"]
    assert table["m_xception", "FERM v1", "paper"] == pytest.approx(0.8)
    assert table["m_xception", "FERM v2", "paper"] == 0.5
    # Spoken of is the set that most runs are of.
    assert "comes to 77.5% under `clean` (n = 800) and 80.0%" in describe_best(runs)


def test_a_copy_on_the_training_side_is_told_apart_within_each_run(folder):
    # Rows 0 and 1 are held back; 10 shows the photograph of 0.
    photograph = pd.Series({0: 0, 10: 0, 1: 1, 11: 11})
    for seed, right in ((0, {0: True, 1: False}), (1, {0: True, 1: True})):
        write_run(folder, "m_xception", "paper", seed, 340)
        write_predictions(folder / f"m_xception-paper-{seed}", right | {10: True, 11: True})
    runs = finished_runs(folder)
    runs = runs[runs["run"].str.startswith("m_xception-paper")]
    row = twins_within(folder, runs, photograph).iloc[0]
    assert (row["protocol"], row["runs"], row["with_n"], row["without_n"]) == ("paper", 2, 2, 2)
    assert (row["with_copy"], row["without"], row["difference"]) == (1.0, 0.5, 0.5)
    # Two runs whose differences are 1 and 0 say little: the interval must hold that.
    assert row["low"] < 0 < row["difference"] < row["high"]


def test_one_run_gives_no_interval_over_runs(folder):
    write_predictions(folder / "m_xception-paper-0", {0: True, 1: False, 10: True})
    runs = finished_runs(folder)
    runs = runs[runs["run"] == "m_xception-paper-0"]
    row = twins_within(folder, runs, pd.Series({0: 0, 10: 0, 1: 1})).iloc[0]
    assert row["difference"] == 1.0
    assert pd.isna(row["low"])
    assert pd.isna(row["high"])


def test_the_whole_set_counts_the_faces_trained_on(folder):
    right = {0: True, 1: False, 10: True, 11: True}
    write_predictions(folder / "m_xception-paper-0", right)
    runs = finished_runs(folder)
    table = table_3(runs).set_index(["model", "protocol"])
    assert table.loc[("m_xception", "paper"), "whole"] == 0.75
    assert pd.isna(table.loc[("m_xception", "clean"), "whole"])
    said = papers_number(runs)
    assert "its recipe comes to 75.0% here (runs on FERM v1: 1; 75.0 to 75.0)" in said
    assert "it comes to 85.0% (n = 400)" in said
    assert papers_number(runs[runs["model"] == "cnn"]) == ""


def test_the_paper_s_order_is_set_beside_ours(folder):
    for model, correct, right in (("m_xception", 300, True), ("cnn", 320, False)):
        write_run(folder, model, "paper", 0, correct, ferm="FERM v2")
        write_predictions(folder / f"{model}-paper-0", {0: True, 1: right})
    # Of another set, and of another protocol: not compared.
    write_run(folder / "v1", "xception", "paper", 0, 200)
    write_predictions(folder / "v1" / "xception-paper-0", {0: True})
    said = describe_order(finished_runs(folder))
    assert "from the worst: CNN 83.4, M-Xception 89.0. Ours under `paper` on FERM v2" in said
    assert "held back M-Xception 75.0, CNN 80.0" in said
    assert "over the whole set CNN 50.0, M-Xception 100.0" in said
    runs = finished_runs(folder)
    assert describe_order(runs[runs["model"] == "m_xception"]) == ""


def test_older_runs_kept_the_last_epoch_as_it_was(folder):
    path = folder / "m_xception-clean-0" / "result.json"
    write_json(path, read_json(path) | {"last_accuracy": 0.7})
    runs = finished_runs(folder).set_index("run")
    assert runs.loc["m_xception-clean-0", ["estimated", "last_accuracy"]].tolist() == [True, 0.7]
    assert runs.loc["m_xception-clean-1", ["estimated", "last_accuracy"]].tolist() == [False, 0.8]
    table = table_3(runs.reset_index()).set_index(["model", "protocol"])
    assert table.loc[("m_xception", "clean"), "last"] == pytest.approx(0.75)


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
