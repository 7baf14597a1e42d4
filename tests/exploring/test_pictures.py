"""Photographs are drawn once from FER2013, and again where it or the set has changed."""

import os

import numpy as np
import pytest

from fermask.dataset.manifest import MANIFEST, write
from fermask.exploring import pictures
from fermask.exploring.pictures import with_pictures
from tests.small import small_fer2013, small_ferm


@pytest.fixture
def place(tmp_path):
    full = small_fer2013(tmp_path / "fer2013", small_ferm())
    write(type(full)(full.manifest, full.about), tmp_path / "set")
    return tmp_path


def drawn(place, steps=None):
    def tell(*each):
        if steps is not None:
            steps.append(each)

    return with_pictures(place / "set", place / "fer2013" / "fer2013.csv", place / "kept", tell)


def test_they_are_kept_for_the_next_time(place, monkeypatch):
    steps = []
    first = drawn(place, steps)
    assert steps == [("Reading fer2013.csv", 0, 1), ("Drawing the masks", 0, 16)]
    monkeypatch.setattr(pictures, "read_fer2013", None)
    np.testing.assert_array_equal(drawn(place).masked, first.masked)
    np.testing.assert_array_equal(drawn(place).bare, first.bare)


@pytest.mark.parametrize("changed", [f"set/{MANIFEST}", "fer2013/fer2013.csv"])
def test_a_changed_file_is_read_anew(place, changed):
    drawn(place)
    os.utime(place / changed, (1, 1))
    steps = []
    drawn(place, steps)
    assert steps


def test_what_was_not_kept_to_the_end_is_drawn_anew(place):
    drawn(place)
    next(place.glob("kept/*/manifest.parquet")).unlink()
    assert drawn(place).masked is not None


def test_a_disk_that_cannot_be_written_to_costs_no_photograph(place):
    (place / "kept").write_text("a file, no folder")
    assert drawn(place).masked.shape == (16, 48, 48)
