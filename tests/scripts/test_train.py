"""``python -m scripts.train`` and ``scripts.export``: the command line over a real tiny set."""

import shutil

import pytest

from scripts.export import main as export
from scripts.train import main as train


def test_a_folder_with_another_run_is_left_alone(tiny_set, tiny_run, capsys):
    before = {path.name: path.read_bytes() for path in tiny_run.iterdir()}
    with pytest.raises(SystemExit) as exit_status:
        train(["--ferm", str(tiny_set[1]), "--seed", "1", "--out", str(tiny_run)])
    assert exit_status.value.code == 1
    assert "holds another run" in capsys.readouterr().err
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


def test_export_writes_all_three_files(tiny_set, tiny_run, tmp_path, capsys):
    status = export(
        [
            *("--run", str(tiny_run), "--ferm", str(tiny_set[1])),
            *("--out", str(tmp_path / "net")),
        ]
    )
    assert status == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["net.json", "net.keras", "net.onnx"]
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
