"""``python -m scripts.studies.compare_peers``, with a stand-in for fer and no network."""

import hashlib
import sys

import numpy as np
import pytest

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import pixel_hash, write
from fermask.studies.peers import FER_ANSWERS, answer_columns
from fermask.system.parquet import read_parquet
from scripts.studies import compare_peers
from scripts.studies.compare_peers import environment, main
from tests.tiny_set import tiny_ferm

# Names a face by its mean grey: darker than 100 sad, else neutral; fer rounds what it returns.
STAND_IN = """
import numpy as np

class FER:
    def __init__(self, offsets=(10, 10)):
        self.offsets = offsets

    def _get_labels(self):
        return dict(enumerate({emotions!r}))

    def _classify_emotions(self, faces):
        dark = faces.mean(axis=(1, 2)) < 100
        sad, neutral = np.eye(7)[4], np.eye(7)[6]
        return [(sad if each else neutral) * 0.996 for each in dark]

    def detect_emotions(self, image, rectangles):
        assert image.shape == (48, 48, 3), image.shape
        assert rectangles == [(0, 0, 48, 48)] and self.offsets == (0, 0)
        return np.round(self._classify_emotions(image[None, ..., 0].astype(float)), 2)
"""
EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def put_stand_in(folder, emotions=EMOTIONS):
    (folder / "fer" / "data").mkdir(parents=True, exist_ok=True)
    (folder / "fer" / "__init__.py").write_text("__version__ = '0.0'\n")
    (folder / "fer" / "fer.py").write_text(STAND_IN.format(emotions=emotions))
    (folder / "fer" / "data" / "emotion_model_quantized.tflite").write_bytes(b"weights")


@pytest.fixture
def public(tmp_path):
    """A set of PublicTest faces, of which the first half, masked, is black: its folder."""
    ferm = tiny_ferm(count=16, usage="PublicTest")
    masked = ferm.masked.copy()
    masked[:8] = 0
    about = ferm.about | {"masked_sha256": pixel_hash(masked)}
    folder = tmp_path / "set"
    write(Ferm(ferm.manifest, about, masked, ferm.bare), folder)
    return folder


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """How often fer's environment was asked for; this Python with the stand-in stands for it."""
    times = []
    put_stand_in(tmp_path / "stand-in")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-in"))

    def this_python(folder):
        times.append(folder)
        return sys.executable

    monkeypatch.setattr(compare_peers, "environment", this_python)
    return times


@pytest.fixture
def command(public, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    return ["--ferm", str(public), "--runs", str(runs)], runs / FER_ANSWERS


def test_answers_are_kept_beside_the_runs(command, asked, capsys):
    arguments, path = command
    assert main(arguments) == 0
    answers, about = read_parquet(path)
    assert answers["usage"].unique().tolist() == ["PublicTest"]
    bare, masked = (answers[answer_columns(look)].to_numpy() for look in ("bare", "masked"))
    assert masked.dtype == np.float32
    assert np.array(EMOTIONS)[masked.argmax(axis=1)].tolist() == ["sad"] * 8 + ["neutral"] * 8
    assert np.array(EMOTIONS)[bare.argmax(axis=1)].tolist() == ["neutral"] * 16
    # As the network gave them, not as fer rounds them.
    assert masked.max() == np.float32(0.996)
    assert about["fer"] == "0.0"
    assert about["model_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert about["requirements"][0] == compare_peers.FER
    assert "fer masked 16" in " ".join(capsys.readouterr().out.split())


def test_the_same_faces_are_asked_about_once(command, asked):
    arguments, _ = command
    main(arguments)
    main(arguments)
    assert len(asked) == 1


def test_other_faces_are_asked_about_again(command, asked, public):
    arguments, path = command
    main(arguments)
    ferm = tiny_ferm(count=16, usage="PublicTest")
    write(ferm, public)
    main(arguments)
    assert len(asked) == 2
    assert read_parquet(path)[1]["masked_sha256"] == ferm.about["masked_sha256"]


def test_another_version_of_fer_is_asked_again(command, asked, monkeypatch):
    arguments, path = command
    main(arguments)
    monkeypatch.setattr(compare_peers, "FER", "fer==99")
    main(arguments)
    assert len(asked) == 2
    assert read_parquet(path)[1]["requirements"][0] == "fer==99"


def test_a_fer_with_other_classes_is_refused(command, asked, tmp_path, capsys):
    put_stand_in(tmp_path / "stand-in", emotions=EMOTIONS[::-1])
    arguments, path = command
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)
    assert exit_status.value.code == 1
    assert "orders its classes otherwise" in capsys.readouterr().err
    assert not path.exists()


def test_without_pixels_fer2013_is_asked_for(command, asked, public, tmp_path, capsys):
    for name in ("masked.npy", "bare.npy"):
        (public / name).unlink()
    arguments, _ = command
    with pytest.raises(SystemExit) as exit_status:
        main([*arguments, "--fer2013", str(tmp_path / "nowhere.csv")])
    assert exit_status.value.code == 1
    assert "nowhere.csv" in capsys.readouterr().err
    assert asked == []


def put_python(folder, ending):
    """An interpreter that notes how it was called, then ends as told."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/called"\n{ending}\n')
    python.chmod(0o755)
    python.with_name("pip").touch()
    return folder / "called"


def test_the_environment_is_made_once(tmp_path):
    called = put_python(tmp_path, "exit 0")
    python = environment(tmp_path)
    first = called.read_text()
    assert "--no-deps fer==" in first
    assert environment(tmp_path) == python
    assert called.read_text() == first


def test_other_versions_are_installed_over_it(tmp_path, monkeypatch):
    called = put_python(tmp_path, "exit 0")
    environment(tmp_path)
    monkeypatch.setattr(compare_peers, "FER", "fer==99")
    environment(tmp_path)
    assert called.read_text().splitlines()[-1].endswith("--no-deps fer==99")


def test_without_the_network_pip_says_so_and_nothing_counts_as_done(tmp_path):
    put_python(tmp_path, 'echo "ERROR: No matching distribution found" >&2; exit 1')
    with pytest.raises(ValueError, match=r"needs the network: ERROR: No matching"):
        environment(tmp_path)
    called = put_python(tmp_path, "exit 0")
    before = called.read_text()
    environment(tmp_path)
    assert len(called.read_text()) > len(before)
