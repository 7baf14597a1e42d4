"""The building part: our reading beside pandas', and a build where FER2013 is at hand."""

import pytest

from fermask.dataset.fer2013 import Fer2013Files
from fermask.studies.performance import Spent
from scripts.bench import building
from scripts.bench.own_process import Run, run_alone


def quiet(step, done, total):
    pass


def test_reading_takes_memory_of_its_own(monkeypatch):
    monkeypatch.setattr(building, "_files", lambda: None)
    (reading,) = building.bench_building(1, quiet, {"Training": 20, "PublicTest": 10})
    assert (reading.faces, reading.reached) == (30, True)
    assert len(reading.compared) == 1
    assert 30 < reading.megabytes < 500


def test_all_of_fer2013_is_built_where_it_is_at_hand(monkeypatch, tmp_path):
    asked = []

    def run(job, *arguments, processes=0):
        asked.append((job.split(":")[1], *arguments[:-1]))
        return Run(Spent(70.0), 900.0)

    monkeypatch.setattr(building, "run_alone", run)
    monkeypatch.setattr(building, "_files", lambda: Fer2013Files("a.csv", "b.csv"))
    _, built = building.bench_building(9, quiet, {"Training": 1})
    assert [job for job, *_ in asked] == 3 * ["read", "read_by_pandas"] + ["build"]
    assert asked[-1] == ("build", "a.csv", "b.csv")
    assert (built.faces, built.reached, built.megabytes) == (32_298, False, 900)


def test_a_job_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"none\.csv"):
        run_alone("scripts.bench.building:read", "none.csv")
