"""A set that an older search grouped says how often its photographs stand in the file."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.copies import COPIES, read_copies, write_copies
from fermask.dataset.manifest import load, open_set, write
from fermask.system.kept import DamagedFile
from tests.small import small_ferm


@pytest.fixture
def folder(tmp_path):
    ferm = small_ferm()
    manifest = ferm.manifest.drop(columns="copies")
    ferm = replace(ferm, manifest=manifest, about=ferm.about | {"schema": 1})
    write(ferm, tmp_path / "set")
    rows = ferm.manifest["row"]
    # Not in the manifest's order.
    found = pd.DataFrame({"row": rows, "photograph": rows, "copies": 1 + np.arange(len(rows)) % 3})
    write_copies(tmp_path / "set", found[::-1])
    return tmp_path / "set"


def test_its_faces_get_the_counts_by_row(folder):
    for opened in (load(folder), open_set(folder)):
        assert opened.copies.tolist() == (1 + np.arange(len(opened.manifest)) % 3).tolist()


def test_without_the_file_nobody_counted(folder):
    (folder / COPIES).unlink()
    assert load(folder).copies is None
    with pytest.raises(FileNotFoundError):
        read_copies(folder)


def test_a_damaged_file_is_not_believed(folder):
    text = (folder / COPIES).read_text(encoding="utf-8")
    (folder / COPIES).write_text(text.replace(",2\n", ",1\n", 1), encoding="utf-8")
    with pytest.raises(DamagedFile):
        load(folder)
