"""``scripts.studies.measure_disturbances``: what it writes and prints, and what it refuses."""

import json
import shutil

import pytest

from scripts.studies.measure_disturbances import main


@pytest.fixture
def arguments(tiny_set, tiny_export, tmp_path):
    model, out = tiny_export / "tiny.onnx", tmp_path / "new" / "disturbances.json"
    return [str(model), "--ferm", str(tiny_set[1]), "--out", str(out)], out


def test_the_entry_says_on_what_and_with_what_it_was_measured(arguments, tiny_set, capsys):
    given, out = arguments
    assert main(given) == 0
    entry = json.loads(out.read_text())["tiny"]
    ferm = tiny_set[0]
    held_back = int((ferm.manifest["fold"] == 0).sum())
    assert (entry["model"], entry["protocol"], entry["seed"]) == ("m_xception", "clean", 0)
    assert (entry["split"], entry["n"], entry["warning"]) == ("validation", held_back, "")
    assert entry["images_sha256"] == ferm.about["masked_sha256"]
    assert len(entry["rows"]) == 44
    assert {row["n"] for row in entry["rows"]} == {held_back}
    # The tiny set's bare faces are its masked ones.
    assert entry["summary"]["undisturbed"] == entry["summary"]["bare"]
    assert f"tiny, clean 0, validation, n = {held_back}: undisturbed" in capsys.readouterr().out


def test_the_same_command_writes_the_same_bytes_and_keeps_other_networks(arguments):
    given, out = arguments
    main(given)
    first = out.read_bytes()
    main(given)
    assert out.read_bytes() == first
    record = json.loads(first)
    out.write_text(json.dumps({"another": record["tiny"]}))
    main(given)
    assert json.loads(out.read_text()) == {"another": record["tiny"], "tiny": record["tiny"]}


def test_faces_that_were_trained_on_are_warned_of(arguments, capsys):
    given, out = arguments
    assert main([*given, "--protocol", "clean", "--seed", "1"]) == 0
    assert "were trained on" in capsys.readouterr().err
    assert "were trained on" in json.loads(out.read_text())["tiny"]["warning"]


def refused(arguments, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)
    assert exit_status.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_measured_is_one_sentence(arguments, tiny_export, tmp_path, capsys):
    given, out = arguments
    assert "does not exist" in refused([str(tmp_path / "no.onnx"), *given[1:]], capsys)
    assert "is the fold held back" in refused(
        [*given, "--protocol", "clean", "--seed", "10"], capsys
    )
    shutil.copy(tiny_export / "tiny.onnx", tmp_path / "tiny.onnx")
    assert "have the same name" in refused([str(tmp_path / "tiny.onnx"), *given], capsys)
    shutil.copy(tiny_export / "tiny.onnx", tmp_path / "unknown.onnx")
    assert "--protocol" in refused([str(tmp_path / "unknown.onnx"), *given[1:]], capsys)
    assert not out.exists()
