"""The benchmark: jobs take turns, and what every part measures stands in RESULTS.md."""

from pathlib import Path

import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.faces.labels import CLASSES
from fermask.reporting.performance_report import performance_section, performance_table
from scripts.bench import __main__ as bench
from scripts.bench import building, demo, explorer, masking, prediction, scaling, training, visits
from scripts.bench.synthetic_set import synthetic_predictions, write_synthetic_set
from scripts.bench.timing import Run, row, run_alone, take_turns


def quiet(step, done, total):
    pass


def test_jobs_take_turns_and_the_first_round_does_not_count():
    ran = []
    jobs = {"a": lambda: ran.append("a"), "b": lambda: ran.append("b") or Run(len(ran))}
    runs = take_turns(jobs, 2, quiet)
    assert ran == ["a", "b"] * 3
    assert len(runs["a"]) == 2
    # A job that has measured itself is believed.
    assert runs["b"] == [Run(4), Run(6)]


def test_a_ratio_is_taken_within_each_round():
    ours, others = (
        [Run(0.004, 90), Run(0.004, 100), Run(0.0045)],
        [Run(0.001), Run(2e-3), Run(3e-3)],
    )
    alone, compared = row("open", 10, others), row("open", 1_000, ours, "10 faces", others)
    assert compared["ratio"] == [2, 1.5, 4]
    assert compared["MB"] == 100
    table = performance_table([alone, compared])
    assert "| open | 10 | 2.00 (1.00 to 3.00) |  |  |  |" in table
    assert "| open | 1,000 | 4.00 (4.00 to 4.50) | 100 | 2.00 (1.50 to 4.00) | 10 faces |" in table
    assert "MB" not in performance_table([alone])


def test_a_job_alone_has_memory_of_its_own_and_says_why_it_fails():
    run = run_alone(sorted, [2, 1])
    assert run.seconds > 0
    assert 5 < run.megabytes < 1_000
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        run_alone(building.read_fer2013, Path("none.csv"))


def test_the_last_record_stands_in_the_results(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "PERFORMANCE", tmp_path / "performance.json")
    monkeypatch.setattr("fermask.reporting.report.results_markdown", lambda *of: "# Results\n")
    for seconds in (1, 2):
        rows = [row("drawing", 10, [Run(seconds)])]
        monkeypatch.setattr(masking, "measure", lambda rounds, progress, rows=rows: rows)
        assert bench.main(["--only", "masking", "--record"]) == 0
    printed, text = capsys.readouterr().out, performance_section(tmp_path / "performance.json")
    for each in (printed, text):
        assert "Python 3." in each
        assert "| drawing | 10 | 2,000 |" in each
    assert text.count("### masking\n") == 1
    assert "1,000" not in text
    assert (tmp_path / "RESULTS.md").read_text(encoding="utf-8").startswith("# Results")


def test_without_a_record_the_section_says_how_to_measure(tmp_path):
    assert "make bench" in performance_section(tmp_path / "none.json")


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--rounds", "0"], ["--beside", "x"]])
def test_wrong_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        bench.main(arguments)
    assert "--only" in capsys.readouterr().err


def test_a_made_up_set_is_one_that_can_be_loaded(tmp_path):
    write_synthetic_set(tmp_path, 501)
    ferm = load(tmp_path)
    assert ferm.manifest["row"].tolist() == list(range(501))
    assert ferm.masked.shape == (501, 48, 48)
    assert len(np.unique(ferm.masked, axis=0)) > 450
    table, about = synthetic_predictions(ferm.labels)
    predicted = np.array(CLASSES)[table.filter(like="p_").to_numpy().argmax(axis=1)]
    assert 0.6 < (predicted == ferm.manifest["label"]).mean() < 0.95
    assert {"model", "protocol", "seed", "ferm"} <= set(about)


# -- The parts, on next to nothing ---------------------------------------------------------


def test_ours_is_compared_with_all_that_answer_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(prediction, "environment", lambda folder: folder / "python")
    monkeypatch.setattr(
        prediction, "_answer", lambda fer, path, task, job, starts: Run(0.04 if fer else 1)
    )
    alone = prediction.measure(1, quiet, tmp_path)
    assert not any("fer" in each["to"] for each in alone)
    (tmp_path / "installed").touch()
    rows = prediction.measure(1, quiet, tmp_path)
    assert [each["to"] for each in rows if each["job"] == "one face, called"] == [
        *("Xception", "Keras, model(face)", "Keras, predict_on_batch"),
        "fer, which takes its TFLite file",
    ]
    assert {each["job"] for each in rows} >= {"the whole way, crop", "faces at once"}


def test_a_process_answers_and_says_why_it_cannot(tmp_path):
    path, starts = tmp_path / "stacks.npz", {}
    np.savez(path, faces=np.zeros((3, 48, 48), np.uint8))
    one, *_ = prediction.TASKS
    assert prediction._answer(None, path, one, prediction.OURS, starts).seconds > 0
    ((start,),) = starts.values()
    assert 30 < start.megabytes < 1_000
    with pytest.raises(RuntimeError, match=r"fer.* fails: ModuleNotFoundError"):
        prediction._answer(prediction.sys.executable, path, one, prediction.FER, starts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "small", "compared"),
    [
        (building, {"rows": 30}, 1),
        (demo, {"users": 2, "seconds": 0.2}, 0),
        (explorer, {"large": 4_000}, 9),
        (masking, {"small": 2}, 3),
        (scaling, {"sizes": (20, 200)}, 4),
        (training, {"batches": 1, "batch_size": 4}, 4),
        pytest.param(visits, {"pages": ("map",)}, 0, marks=pytest.mark.browser),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_every_part_measures_and_compares(monkeypatch, part, small, compared):
    monkeypatch.delenv("FER2013", raising=False)
    rows = part.measure(1, quiet, **small)
    assert all(each["ms"][0] > 0 for each in rows)
    assert sum(each["ratio"] is not None for each in rows) == compared
