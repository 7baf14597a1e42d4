"""What the apps' tests share."""

import sys

import pytest

from apps.explorer_parts import data
from fermask.dataset.manifest import write
from fermask.system.parquet import write_parquet
from tests.apps.exploring import VALIDATION, WRONG
from tests.small import ABOUT, small_fer2013, small_ferm, small_predictions


@pytest.fixture(autouse=True)
def keep_main(monkeypatch):
    """Streamlit's tests leave their script as __main__, where new processes look for ours."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small set with two predictions files, FER2013 beside it, and none in the usual places."""
    ferm = small_ferm()
    with_pictures = small_fer2013(tmp_path / "fer2013", ferm)
    write(type(ferm)(ferm.manifest, with_pictures.about), tmp_path / "set")
    write(with_pictures, tmp_path / "full")
    table = small_predictions(ferm, WRONG, VALIDATION)
    write_parquet(tmp_path / "runs" / "first" / "predictions.parquet", table, ABOUT)
    second = small_predictions(ferm, range(16), VALIDATION)
    write_parquet(tmp_path / "runs" / "second" / "predictions.parquet", second, ABOUT | {"seed": 1})
    monkeypatch.setattr(data, "PUBLISHED_RUNS", tmp_path / "runs")
    monkeypatch.setattr(data, "OUT_OF_FOLD", tmp_path / "predictions.parquet")
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path / "nothing")
    return tmp_path
