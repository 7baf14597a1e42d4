"""No file can bring code: pickles are never read, nor Keras' weights but in its safe mode."""

import ast
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from fermask.dataset.face_quality import _stored
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.manifest import BARE, MASKED, load, write
from fermask.dataset.marks import parse_marks
from fermask.exploring.imported_predictions import import_predictions
from fermask.networks.inference import load_network
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction_parts import open_faces
from fermask.system.kept import CHECKSUMS
from tests.conftest import ROOT
from tests.small import small_fer2013, small_ferm


class Code:
    """What, once it is unpickled, makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def trap(tmp_path):
    """A folder that is there once code has run; a pickle, and one as ``.npy``, that make it."""
    made = tmp_path / "made"
    pickled = pickle.dumps(Code(made))
    array = np.empty(1, dtype=object)
    array[0] = Code(made)
    np.save(tmp_path / "trap.npy", array, allow_pickle=True)
    yield made, pickled, tmp_path / "trap.npy"
    assert not made.exists()


def test_the_trap_works(tmp_path):
    pickle.loads(pickle.dumps(Code(tmp_path / "made")))
    assert (tmp_path / "made").exists()


def test_arrays(trap, tmp_path):
    with pytest.raises(ValueError, match=r"cannot be read as \.npy"):
        open_faces(trap[2])
    assert _stored(trap[2]) is None


@pytest.mark.parametrize("name", [MASKED, BARE])
def test_the_images_of_a_set(trap, tmp_path, name):
    write(small_fer2013(tmp_path / "fer2013", small_ferm()), tmp_path / "set")
    shutil.copy(trap[2], tmp_path / "set" / name)
    (tmp_path / "set" / CHECKSUMS).unlink()
    with pytest.raises(ValueError, match="is damaged"):
        load(tmp_path / "set")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".onnx", ".keras", ".jpg"])
def test_files_of_every_kind(trap, tmp_path, suffix):
    path = tmp_path / f"trap{suffix}"
    path.write_bytes(trap[1])
    for read in (read_fer2013, read_photograph, load_network):
        with pytest.raises(ValueError, match="trap"):
            read(path)
    with pytest.raises(ValueError, match="trap"):
        import_predictions(trap[1], path.name, small_ferm())
    with pytest.raises(ValueError, match="trap"):
        parse_marks(trap[1], path.name)


def called(path):
    """The calls of a file, as (name, whether safe_mode or allow_pickle are given, and how)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            named = {each.arg: ast.unparse(each.value) for each in node.keywords}
            yield ast.unparse(node.func), named


def test_nothing_asks_for_it():
    sources = [
        path for name in ("core", "apps", "scripts") for path in Path(ROOT, name).rglob("*.py")
    ]
    loaded = 0
    for path in sources:
        for name, named in called(path):
            assert named.get("allow_pickle", "False") == "False", path
            assert named.get("safe_mode", "True") == "True", path
            assert not name.endswith(("read_pickle", "joblib.load", "torch.load", "marshal.loads"))
            if name.startswith("pickle.load"):
                # What one of our own processes sends.
                assert path.name == "guarded.py"
                loaded += 1
    assert loaded == 1
