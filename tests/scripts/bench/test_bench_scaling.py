"""The scaling part: each run is a process of its own, and sizes are compared face by face."""

from contextlib import nullcontext

import numpy as np
import pytest

from fermask.studies.performance import Spent
from scripts.bench import scaling


def quiet(step, done, total):
    pass


def test_sizes_are_compared_face_by_face_and_two_workers_with_one(monkeypatch):
    def run(ask, folder, scheduler):
        assert np.load(folder / "faces.npy", mmap_mode="r").shape == (ask.faces, 48, 48)
        each = 0.002 if ask.faces == 100 else 0.001
        return scaling.Run(Spent(each * ask.faces / ask.workers), 100 + ask.faces)

    monkeypatch.setattr(scaling, "_run", run)
    monkeypatch.setattr(scaling, "_dask_cluster", lambda workers: nullcontext("tcp://"))
    timings = scaling.bench_scaling(3, quiet, sizes=(10, 100, 1_000), pair=160)
    predicting = [each for each in timings if each.job == scaling.PREDICTING]
    assert [each.faces for each in predicting] == [10, 100, 1_000]
    assert [len(each.spent) for each in predicting] == [3, 1, 1]
    assert [each.reached for each in predicting] == [None, False, True]
    np.testing.assert_allclose([each.ratios[0] for each in predicting[1:]], [2, 0.5])
    assert [each.megabytes for each in predicting] == [110, 200, 1_100]
    pairs = [each for each in timings if each.compared_with == "one process"]
    assert [(each.faces, each.reached) for each in pairs] == 2 * [(160, True)] + 2 * [(20, True)]
    np.testing.assert_allclose([each.ratios for each in pairs], 0.5)


def test_a_run_tells_seconds_and_megabytes_of_its_own(tmp_path):
    scaling._write_set(tmp_path, 20)
    run = scaling._run(scaling.Ask(scaling.PREDICTING, 20, workers=1), tmp_path, "")
    assert run.spent.clock > 0
    assert 50 < run.megabytes < 1_000
    (tmp_path / "faces.npy").unlink()
    with pytest.raises(RuntimeError, match=r"predicting.*fails: .*faces\.npy is not there"):
        scaling._run(scaling.Ask(scaling.PREDICTING, 20, workers=1), tmp_path, "")
