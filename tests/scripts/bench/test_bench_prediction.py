"""The prediction part: all answer the same faces, and ours is compared with each of the others."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from scripts.bench import prediction

# Seconds that a face takes.
SECONDS = {
    prediction.OURS: 0.002,
    prediction.FILE: 0.001,
    prediction.FER: 0.04,
    prediction.FER_FILE: 0.0009,
    prediction.CROP: 0.003,
    prediction.FER_LOOKS: 0.06,
}


class Pretended:
    def ask(self, job, faces=1, calls=1, of="faces"):
        if job.endswith("multiplications"):
            return 20_000_000 if job.startswith(prediction.OURS) else 9_000_000
        seconds = faces * SECONDS.get(job, 0.01)
        return {"clock": seconds, "processor": seconds, "megabytes": 100.0}


@pytest.fixture
def pretended(monkeypatch):
    """The interpreters that were asked for."""
    asked = []

    @contextmanager
    def answerer(python, path):
        stacks = np.load(path)
        assert stacks["faces"].shape == (64, 48, 48)
        assert stacks["crop"].shape == (1, 224, 224, 3)
        asked.append(python)
        yield Pretended()

    monkeypatch.setattr(prediction, "_answerer", answerer)
    return asked


def test_ours_is_compared_with_every_other_call_and_file(pretended, monkeypatch, tmp_path):
    (tmp_path / "installed").touch()
    monkeypatch.setattr(prediction, "environment", lambda folder: folder / "python")
    timings = prediction.bench_prediction(2, lambda *told: None, tmp_path)
    assert tmp_path / "python" in pretended
    one = {each.compared_with: each for each in timings if each.job == "one face, called"}
    assert len(one) == 5
    fer = one["fer, which takes its TFLite file"]
    np.testing.assert_allclose(fer.ratios, 0.05)
    assert fer.reached
    assert not one["fer, told to take Keras"].reached
    assert one["Xception"].reached is None
    file = next(each for each in timings if each.job == "one face, the file alone")
    assert not file.reached
    np.testing.assert_allclose(file.ratios, 1 / 0.9)
    work = next(each for each in timings if each.job.startswith("a million"))
    assert work.job == "a million of its 20.0 million multiplications"
    np.testing.assert_allclose(work.ratios, 0.5)
    assert work.reached
    crop = next(each for each in timings if each.job == "the whole way, crop")
    assert crop.compared_with == "fer, which looks for the face"
    np.testing.assert_allclose(crop.ratios, 0.05)
    assert crop.reached
    assert {each.faces for each in timings if each.job == "faces at once"} == {64}
    started = [each for each in timings if each.job.startswith("start")]
    assert len(started) == 6
    assert all(each.megabytes == 100 for each in started)


def test_without_its_environment_fer_is_left_out(pretended, tmp_path, capsys):
    timings = prediction.bench_prediction(1, lambda *told: None, tmp_path / "none")
    assert not any("fer" in each.job + each.compared_with for each in timings)
    assert "python -m scripts.studies.compare_peers" in capsys.readouterr().err


def test_a_process_answers_in_turns_and_says_why_it_cannot(tmp_path):
    path = tmp_path / "stacks.npz"
    np.savez(path, faces=np.zeros((3, 48, 48), np.uint8), crop=np.zeros((1, 60, 60, 3), np.uint8))
    with prediction._answerer(Path(prediction.sys.executable), path) as answerer:
        assert 0 < answerer.ask(prediction.CROP, of="crop")["clock"] < 1
        for job in (prediction.OURS, prediction.FILE, prediction.XCEPTION):
            took = answerer.ask(job, faces=3, calls=2)
            assert 0 < took["clock"] < 1
            assert 30 < took["megabytes"] < 1_000
        with pytest.raises(RuntimeError, match="fer fails: ModuleNotFoundError"):
            answerer.ask(prediction.FER)
