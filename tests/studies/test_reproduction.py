"""Cached runs become tables that say what they rest on."""

import pandas as pd
import pytest

from fermask.dataset.ferm import Ferm
from fermask.evaluation.tables import markdown_table
from fermask.faces.labels import CLASSES
from fermask.networks import NETWORKS
from fermask.reporting.report import results_markdown
from fermask.studies.reproduction import (
    finished_runs,
    predictions_of_runs,
    run_name,
    table_1,
    table_3,
    training_curves,
    twins_explain,
)
from fermask.system.files import write_json
from fermask.training.epoch_time import pace_table
from fermask.training.training import TrainingSettings

FOLDS = [{"fold": 0, "correct": 70, "n": 100, "accuracy": 0.7}]
GEOMETRY = {"folds": {"27": FOLDS, "68": FOLDS}, "lost": {"21": 0.2, "22": 0.1}}
PACE = {
    "settings": {"rounds": 2, "batches": 4, "batch_size": 64},
    "machine": "2 × test",
    "backend": "tensorflow",
    "seconds_a_batch": {name: [0.1, 0.3] for name in NETWORKS} | {"xception": [0.2, 0.4]},
}


def _write_run(folder, model, protocol, seed, correct, finished=True):
    run = folder / run_name(TrainingSettings(model, protocol, seed))
    settings = {"model": model, "protocol": protocol, "seed": seed, "epochs": 100}
    write_json(
        run / "run.json",
        {
            "settings": settings,
            "ferm": "FERM v1",
            "images_sha256": "ab" * 32,
            "versions": {"keras": "3"},
            "machine": "2 × test",
        },
    )
    if finished:
        result = {
            "accuracy": correct / 400,
            "correct": correct,
            "n": 400,
            "best_accuracy": (correct + 4) / 400,
            "best_epoch": 90,
            "seconds_an_epoch": 1.0,
            "parameters": 81_788,
            "backend": "tensorflow",
        }
        write_json(run / "result.json", result)


@pytest.fixture
def folder(tmp_path):
    _write_run(tmp_path, "m_xception", "clean", 0, 300)
    _write_run(tmp_path, "m_xception", "clean", 1, 320)
    _write_run(tmp_path, "m_xception", "paper", 0, 340)
    _write_run(tmp_path, "cnn", "clean", 0, 280)
    _write_run(tmp_path, "cnn", "clean", 1, 0, finished=False)
    # Held back the development fold, on which choices are made.
    _write_run(tmp_path, "m_xception", "clean", 9, 390)
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
    _write_run(folder, "cnn", "paper", 0, 300)
    table = twins_explain(finished_runs(folder)).set_index("model")
    assert table.loc["cnn", "over"] == "faces"
    assert table.loc["cnn", "difference"] == pytest.approx(0.05)
    # Newcombe's interval for 300/400 against 280/400, by hand.
    assert table.loc["cnn", "low"] == pytest.approx(-0.0119, abs=3e-4)
    assert table.loc["cnn", "high"] == pytest.approx(0.1114, abs=3e-4)


def test_twins_explain_by_runs_where_there_are_two_of_both(folder):
    _write_run(folder, "m_xception", "paper", 1, 344)
    row = twins_explain(finished_runs(folder)).iloc[0]
    assert (row["model"], row["paper_runs"], row["clean_runs"]) == ("m_xception", 2, 2)
    assert row["over"] == "runs"
    assert row["difference"] == pytest.approx(0.855 - 0.775)
    # Two runs of a side say little: the interval must hold that.
    assert row["low"] < 0 < row["difference"] < row["high"]


def test_networks_without_runs_of_both_protocols_are_left_out(folder):
    assert twins_explain(finished_runs(folder))["model"].tolist() == ["m_xception"]


def test_runs_of_other_faces_stand_in_a_table_of_their_own(folder):
    _write_run(folder, "xception", "fer2013", 0, 270)
    assert "xception" not in set(finished_runs(folder)["model"])
    row = table_1(finished_runs(folder, ("fer2013",))).iloc[0]
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


@pytest.fixture
def named_set(tiny_set):
    ferm = tiny_set[0]
    counts = {name: [1] for name in (*CLASSES, "other")}
    return Ferm(ferm.manifest, ferm.about | {"funnel": {"step": ["all"], **counts}})


def test_results_name_every_run_and_where_it_comes_from(folder, named_set):
    write_json(folder / "landmarks.json", GEOMETRY)
    write_json(folder / "pace.json", PACE)
    text = results_markdown(named_set, folder, folder / "recipe")
    assert "| m_xception | 81,788 | clean | 100 | 2 | 77.5 ± 3.5 | 800 |" in text
    assert "m_xception clean 0, m_xception clean 1" in text
    assert "2 × test" in text
    assert "| 27 | 1 | 70.0 | 100 |" in text
    assert "21 (20.0), 22 (10.0)" in text
    # 54 batches at 0.2 s; half and three quarters of Xception's in the same round.
    assert "| cnn | 10.80 | 0.62 (0.50 to 0.75) | 1.296 | 0.28 |" in text


def test_results_say_whether_the_papers_figure_was_reached(folder, named_set):
    assert "the paper's 88.95% is not reached under either" in results_markdown(
        named_set, folder, folder / "recipe"
    )
    _write_run(folder, "m_xception", "paper", 0, 390)
    assert "the paper's 88.95% is reached" in results_markdown(named_set, folder, folder / "recipe")


def test_results_without_runs_say_so(tmp_path, named_set):
    text = results_markdown(named_set, tmp_path, tmp_path / "recipe")
    assert text.count("No run is there yet") == 4
    assert "Not asked yet" in text


def test_a_markdown_table_has_a_line_for_each_row():
    table = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert markdown_table(table) == "| a | b |\n| --- | --: |\n| x | 1 |\n| y | 2 |\n"


def test_training_curves_are_those_of_the_runs_given(folder):
    runs = finished_runs(folder).head(2)
    for name, accuracy in (("cnn-clean-0", 0.5), ("m_xception-clean-0", 0.7)):
        history = pd.DataFrame({"epoch": [1], "accuracy": [accuracy], "val_accuracy": [0.6]})
        history.to_csv(folder / name / "history.csv", index=False)
    curves = training_curves(folder, runs)
    assert curves["run"].tolist() == ["cnn-clean-0", "m_xception-clean-0"]
    assert curves["training"].tolist() == [0.5, 0.7]
    assert training_curves(folder, runs.head(0)).empty
