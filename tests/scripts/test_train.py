"""``python -m scripts.train`` and ``scripts.export``: the command line over a real tiny set."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.evaluate import main as evaluate
from scripts.export import main as export
from scripts.train import main as train

ROOT = Path(__file__).resolve().parents[2]


def test_a_folder_with_another_run_is_left_alone(tiny_set, tiny_run, capsys):
    before = {path.name: path.read_bytes() for path in tiny_run.iterdir()}
    with pytest.raises(SystemExit) as exit_status:
        train(["--ferm", str(tiny_set[1]), "--seed", "1", "--out", str(tiny_run)])
    assert exit_status.value.code == 1
    differing = "seed was 0, not 1; epochs was 2, not 100; batch_size was 37, not 64."
    assert f"holds another run: {differing}" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tiny_run.iterdir()} == before


def test_a_set_that_is_not_there_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_status:
        train(["--ferm", str(tmp_path), "--fer2013", str(tmp_path), "--out", str(tmp_path / "run")])
    assert exit_status.value.code == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_seed_that_is_no_fold_is_a_sentence(tiny_set, tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_status:
        train(["--ferm", str(tiny_set[1]), "--seed", "12", "--out", str(tmp_path / "run")])
    assert exit_status.value.code == 1
    assert "0…9: 12" in capsys.readouterr().err


def test_what_cannot_be_exported_or_evaluated_is_told_before_anything_is_read(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("scripts.export.load_set", lambda options: pytest.fail("read"))
    monkeypatch.setattr("scripts.evaluate.load_set", lambda options: pytest.fail("read"))
    with pytest.raises(SystemExit, match="1"):
        export(["--run", str(tmp_path / "nope"), "--out", str(tmp_path / "out")])
    assert "nope does not exist; run scripts.train" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="1"):
        evaluate(["--split", "validation"])
    assert "were trained on every face" in capsys.readouterr().err


def test_a_backend_that_is_not_installed_is_a_sentence(tiny_set, tmp_path):
    command = [
        *(sys.executable, "-m", "scripts.train", "--ferm", str(tiny_set[1])),
        *("--out", str(tmp_path / "run")),
    ]
    absent = "jax" if find_spec("jax") is None else "torch"
    environment = os.environ | {"KERAS_BACKEND": absent}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert f"Error: Training needs {absent}, which KERAS_BACKEND names" in done.stderr
    assert "Traceback" not in done.stderr


def test_export_writes_all_three_files(tiny_set, tiny_run, tmp_path, capsys):
    status = export(
        [
            *("--run", str(tiny_run), "--ferm", str(tiny_set[1])),
            *("--out", str(tmp_path / "net")),
        ]
    )
    assert status == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["_checksums.json", "net.json", "net.keras", "net.onnx"]
    assert "faces" in capsys.readouterr().err


def test_export_of_an_unfinished_run_writes_nothing(tiny_set, tiny_run, tmp_path, capsys):
    unfinished = tmp_path / "run"
    unfinished.mkdir()
    shutil.copy(tiny_run / "run.json", unfinished)
    with pytest.raises(SystemExit) as exit_status:
        export(
            [
                *("--run", str(unfinished), "--ferm", str(tiny_set[1])),
                *("--out", str(tmp_path / "net")),
            ]
        )
    assert exit_status.value.code == 1
    assert "no finished run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
