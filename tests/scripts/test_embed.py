"""``python -m scripts.embed``: the file it writes, and what it says."""

import pytest

from fermask.exploring.embedding import read_embedding
from scripts.embed import main


def test_it_writes_the_map_of_a_set(tiny_set, tmp_path, capsys):
    ferm, folder = tiny_set
    path = tmp_path / "maps" / "tiny.parquet"
    assert main(["--ferm", str(folder), "--out", str(path)]) == 0
    output = capsys.readouterr()
    assert f"{path}: 80 faces" in output.out
    assert "of the variance" in output.out
    assert read_embedding(path).is_of(ferm)


def test_a_missing_network_is_a_sentence_and_no_file(tiny_set, tmp_path, capsys):
    path = tmp_path / "tiny.parquet"
    arguments = ["--model", str(tmp_path / "none.onnx"), "--ferm", str(tiny_set[1])]
    with pytest.raises(SystemExit) as exit_status:
        main([*arguments, "--out", str(path)])
    assert exit_status.value.code == 1
    assert "none.onnx does not exist" in capsys.readouterr().err
    assert not path.exists()
