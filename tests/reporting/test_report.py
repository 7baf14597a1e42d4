"""RESULTS.md says what its figures rest on, and what is missing."""

import pytest

from fermask.dataset.ferm import Ferm
from fermask.faces.labels import CLASSES
from fermask.reporting.report import results_markdown
from fermask.system.files import write_json
from tests.made_up_runs import PACE, write_run, write_runs

FOLDS = [{"fold": 0, "correct": 70, "n": 100, "accuracy": 0.7}]
GEOMETRY = {"folds": {"27": FOLDS, "68": FOLDS}, "lost": {"21": 0.2, "22": 0.1}}


@pytest.fixture
def folder(tmp_path):
    write_runs(tmp_path)
    return tmp_path


@pytest.fixture
def named_set(tiny_set):
    ferm = tiny_set[0]
    counts = {name: [1] for name in (*CLASSES, "other")}
    return Ferm(ferm.manifest, ferm.about | {"funnel": {"step": ["all"], **counts}})


def test_results_name_every_run_and_where_it_comes_from(folder, named_set):
    write_json(folder / "landmarks.json", GEOMETRY)
    write_json(folder / "pace.json", PACE)
    text = results_markdown(named_set, folder, folder / "recipe")
    assert "| m_xception | 81,788 | v1 | clean | 100 | 2 | 77.5 ± 3.5 | 800 |" in text
    assert "m_xception clean 0 on FERM v1, m_xception clean 1 on FERM v1" in text
    assert "2 × test" in text
    assert "it is the last epoch's as it was: cnn clean 0 on FERM v1, m_xception clean 0" in text
    assert "| 27 | 1 | 70.0 | 100 |" in text
    assert "21 (20.0), 22 (10.0)" in text
    # 54 batches at 0.2 s; half and three quarters of Xception's in the same round.
    assert "| cnn | 10.80 | 0.62 (0.50 to 0.75) | 1.296 | 0.28 |" in text


def test_results_say_whether_the_papers_figure_was_reached(folder, named_set):
    assert "the paper's 88.95% is not reached under either" in results_markdown(
        named_set, folder, folder / "recipe"
    )
    write_run(folder, "m_xception", "paper", 0, 390)
    assert "the paper's 88.95% is reached" in results_markdown(named_set, folder, folder / "recipe")


def test_results_without_runs_say_so(tmp_path, named_set):
    text = results_markdown(named_set, tmp_path, tmp_path / "recipe")
    assert text.count("No run is there yet") == 5
    assert "Not asked yet" in text
