"""What the apps' tests share."""

import shutil

import pytest

from apps.explorer_parts import data
from fermask.dataset.manifest import write
from fermask.system.parquet import write_parquet
from tests.apps.exploring import VALIDATION, WRONG
from tests.small import ABOUT, small_fer2013, small_ferm, small_predictions


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A small set with two predictions files, and FER2013 beside it."""
    place, ferm = tmp_path_factory.mktemp("explored"), small_ferm()
    with_pictures = small_fer2013(place / "fer2013", ferm)
    write(type(ferm)(ferm.manifest, with_pictures.about), place / "set")
    write(with_pictures, place / "full")
    table = small_predictions(ferm, WRONG, VALIDATION)
    write_parquet(place / "runs" / "first" / "predictions.parquet", table, ABOUT)
    second = small_predictions(ferm, range(16), VALIDATION)
    write_parquet(place / "runs" / "second" / "predictions.parquet", second, ABOUT | {"seed": 1})
    return place


@pytest.fixture
def folder(written, tmp_path, monkeypatch):
    """A copy of what is ``written``; nothing else is in the usual places."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(data, "PUBLISHED_RUNS", tmp_path / "runs")
    monkeypatch.setattr(data, "OUT_OF_FOLD", tmp_path / "predictions.parquet")
    monkeypatch.setattr(data, "PATIENCE", 300)
    monkeypatch.setattr(data, "PICTURES_KEPT", tmp_path / "pictures")
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path / "nothing")
    return tmp_path
