"""``python -m scripts.evaluate``: what it prints, and what it warns of."""

import json
import shutil

import pytest

from scripts.evaluate import main


@pytest.fixture
def arguments(tiny_set, tiny_export):
    return ["--model", str(tiny_export / "tiny.onnx"), "--ferm", str(tiny_set[1])]


def test_json_is_one_object_and_nothing_else(arguments, tiny_set, capsys):
    assert main([*arguments, "--json"]) == 0
    output = capsys.readouterr()
    result = json.loads(output.out)
    assert output.out.count("\n") == 1
    held_back = int((tiny_set[0].manifest["fold"] == 0).sum())
    assert result["n"] == held_back == sum(map(sum, result["confusion"]))
    assert (result["model"], result["protocol"]) == ("m_xception", "clean")
    assert (result["seed"], result["split"]) == (0, "validation")
    low, high = result["interval"]
    assert 0 <= low <= result["accuracy"] <= high <= 1
    assert result["warning"] == ""
    assert output.err == ""


def test_faces_that_have_a_twin_in_the_file_are_not_fresh(arguments, capsys):
    with pytest.raises(SystemExit):
        main([*arguments, "--split", "fresh"])
    assert "tiny has no such face in the validation part" in capsys.readouterr().err


def test_a_person_gets_a_table(arguments, capsys):
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "clean 0, validation of tiny" in text
    assert "95% interval" in text
    assert "rows true, columns predicted" in text


def test_training_faces_are_warned_of(arguments, tiny_set, capsys):
    assert main([*arguments, "--split", "all", "--json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["n"] == 80
    seen = int((tiny_set[0].manifest["fold"] != 0).sum())
    assert f"{seen} of these 80 faces were trained on" in output.err


def test_another_fold_than_the_one_held_back_is_warned_of(arguments, capsys):
    assert main([*arguments, "--protocol", "clean", "--seed", "1"]) == 0
    assert "were trained on" in capsys.readouterr().err


def test_weights_without_a_record_need_to_be_told_the_split(
    tiny_set, tiny_export, tmp_path, capsys
):
    bare = tmp_path / "somebodys.onnx"
    shutil.copy(tiny_export / "tiny.onnx", bare)
    arguments = ["--model", str(bare), "--ferm", str(tiny_set[1])]
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)
    assert exit_status.value.code == 1
    assert "--split all" in capsys.readouterr().err
    assert main([*arguments, "--split", "all"]) == 0
    assert "may be among its training faces" in capsys.readouterr().err


def test_a_usage_that_the_set_lacks_is_named(arguments, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main([*arguments, "--usage", "PrivateTest"])
    assert exit_status.value.code == 1
    assert "no face of PrivateTest; it has Training" in capsys.readouterr().err


def test_a_file_that_is_no_network_is_named(tmp_path, tiny_set, capsys):
    wrong = tmp_path / "wrong.onnx"
    wrong.write_text("not a network")
    with pytest.raises(SystemExit) as exit_status:
        main(["--model", str(wrong), "--ferm", str(tiny_set[1])])
    assert exit_status.value.code == 1
    assert "cannot be read as ONNX" in capsys.readouterr().err
