"""The command says what it found, goes on past unreadable files, and keeps JSON clean."""

import csv
import json
import shutil
import subprocess
import sys
from importlib import import_module
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skimage.data
from PIL import Image

from fermask.cli.command import main as fermask
from fermask.photographs.photograph import read_photograph
from fermask.photographs.records import COLUMNS
from fermask.system.files import write_json
from fermask.system.paths import MODELS
from scripts.bench.synthetic_set import drawn_faces
from tests.pictures import write_film
from tests.telling_network import write_telling_network

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def album(tmp_path):
    """A face, a picture without one in a folder below, and a letter named as a picture."""
    folder = tmp_path / "album"
    (folder / "below").mkdir(parents=True)
    Image.fromarray(skimage.data.astronaut()).save(folder / "a.png")
    Image.new("RGB", (60, 40), "grey").save(folder / "below" / "b.png")
    (folder / "c.jpg").write_text("Dear all")
    (folder / "notes.txt").write_text("passed over")
    return folder


def main(arguments):
    return fermask(["predict", *arguments])


def records_of(text):
    return [json.loads(line) for line in text.splitlines()]


def test_one_object_a_picture(album, capsys):
    assert main(["--json", str(album / "a.png"), str(album / "below")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    face, none = records_of(said.out)
    assert face["image"] == str(album / "a.png")
    assert face["faces"][0].keys() == {
        *("box", "probabilities", "label", "sure", "other", "smile", "mask", "nose_covered")
    }
    assert none == {"image": str(album / "below" / "b.png"), "faces": []}


def test_unreadable_and_missing_files_do_not_stop_the_rest(album, capsys):
    missing = album / "missing.jpg"
    assert main(["--json", str(missing), str(album)]) == 1
    records = records_of(capsys.readouterr().out)
    assert [Path(record["image"]).name for record in records] == [
        "missing.jpg",
        "a.png",
        "b.png",
        "c.jpg",
    ]
    assert ["error" in record for record in records] == [True, False, False, True]
    assert "no such file" in records[0]["error"]
    assert "expected a JPEG" in records[3]["error"]
    assert all(record.keys() in ({"image", "faces"}, {"image", "error"}) for record in records)


def test_people_get_a_table(album, capsys):
    assert main([str(album)]) == 1
    said = capsys.readouterr()
    assert "a.png: 1 face\n" in said.out
    assert "b.png: no face found" in said.out
    assert "neutral       sad  surprise     angry" in said.out
    assert said.err.count("Error:") == 1
    assert "c.jpg" in said.err


def test_csv_is_a_row_a_face_under_the_names_of_the_json(album, capsys):
    assert main(["--csv", str(album)]) == 1
    said = capsys.readouterr()
    assert said.err == "1 other file was passed over: no pictures.\n"
    rows = list(csv.DictReader(StringIO(said.out)))
    assert tuple(rows[0]) == COLUMNS
    assert [Path(row["image"]).name for row in rows] == ["a.png", "b.png", "c.jpg"]
    assert [row["face"] for row in rows] == ["1", "", ""]
    assert [bool(row["error"]) for row in rows] == [False, False, True]
    assert main(["--json", str(album / "a.png")]) == 0
    ((face,),) = (record["faces"] for record in records_of(capsys.readouterr().out))
    assert [float(rows[0][name]) for name in face["probabilities"]] == [
        *face["probabilities"].values()
    ]
    assert (rows[0]["label"], rows[0]["mask"]) == (face["label"], str(face["mask"]))


def test_pictures_are_written_beside_what_is_printed(album, tmp_path, capsys):
    assert main(["--json", str(album), "--pictures", str(tmp_path / "drawn")]) == 1
    assert len(records_of(capsys.readouterr().out)) == 3
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["a.jpg", "b.jpg"]
    drawn = read_photograph(tmp_path / "drawn" / "a.jpg").astype(int)
    assert drawn.shape == (512, 512, 3)
    assert np.abs(drawn - skimage.data.astronaut()).max() > 100


def test_under_the_networks_threshold_it_is_not_sure(album, capsys):
    model = album / "doubtful.onnx"
    shutil.copy(MODELS / "cnn.onnx", model)
    write_json(model.with_suffix(".json"), {"not_sure_below": 1.0})
    command = [str(album / "a.png"), "--model", str(model)]
    assert main(["--json", *command]) == 0
    (record,) = records_of(capsys.readouterr().out)
    assert record["faces"][0]["sure"] is False
    assert main(command) == 0
    assert "(not sure)" in capsys.readouterr().out


def test_the_prior_of_photographs_is_switched_off(album, capsys):
    model = write_telling_network(album / "a.onnx", [0.4, 0.6, 0, 0], {"neutral_shift": 1.0})
    labels = []
    for prior in ([], ["--prior", "photographs"], ["--prior", "ferm"]):
        assert main(["--json", str(album / "a.png"), "--model", str(model), *prior]) == 0
        (record,) = records_of(capsys.readouterr().out)
        labels += [face["label"] for face in record["faces"]]
    assert labels == ["neutral", "neutral", "sad"]


def test_a_file_that_lacks_its_end_is_read_with_a_warning(album, capsys):
    Image.fromarray(skimage.data.astronaut()).save(album / "d.jpg")
    (album / "d.jpg").write_bytes((album / "d.jpg").read_bytes()[:-2000])
    for form in ("--json", "--csv"):
        assert main([form, str(album / "d.jpg")]) == 0
        assert "The file ends early: about " in capsys.readouterr().out
    assert main([str(album / "d.jpg"), "--out", str(album / "out"), "--jobs", "1"]) == 0
    (warning,) = pd.read_parquet(album / "out")["warning"]
    assert "ends early" in warning
    capsys.readouterr()
    assert main([str(album / "d.jpg")]) == 0
    assert f"Warning: {album / 'd.jpg'}: The file ends early" in capsys.readouterr().err


def test_a_film_is_read_frame_by_frame(album, tmp_path, capsys):
    face = skimage.data.astronaut()[:256, 100:356]
    film = write_film(album / "b.mp4", [face] * 3 + [np.zeros_like(face)] * 3)
    assert main(["--json", "--every", "2", str(film), "--pictures", str(tmp_path / "drawn")]) == 0
    said = capsys.readouterr()
    records = records_of(said.out)
    assert [(each["frame"], len(each["faces"])) for each in records] == [(0, 1), (2, 1), (4, 0)]
    assert [each["seconds"] for each in records] == pytest.approx([0, 0.2, 0.4], abs=0.01)
    assert "b.mp4:" in said.err
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == [
        f"b-00000{frame}.jpg" for frame in (0, 2, 4)
    ]
    assert main(["--csv", "--every", "3", str(film)]) == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [(row["frame"], row["face"]) for row in rows] == [("0", "1"), ("3", "")]
    assert main([str(film), "--every", "3", "--out", str(tmp_path / "out"), "--jobs", "1"]) == 0
    assert pd.read_parquet(tmp_path / "out")["frame"].to_list() == [0, 3]
    assert main([str(film)]) == 0
    assert "b.mp4, frame 0 (0.0 s): 1 face" in capsys.readouterr().out
    assert main(["--json", str(album)]) == 1
    assert "2 other files were passed over: no pictures; films among" in capsys.readouterr().err


def test_nothing_asked_for_is_a_table_too(tmp_path):
    np.save(tmp_path / "faces.npy", np.zeros((0, 48, 48), np.uint8))
    out = tmp_path / "notes"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    assert main([str(tmp_path / "faces.npy"), "--out", str(out), "--jobs", "1"]) == 0
    assert pd.read_parquet(next(out.glob("*.parquet"))).empty
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("jobs", ["0", "-3", "two", "1.5", ""])
def test_jobs_that_are_none_are_refused(jobs, capsys):
    for option in ("--jobs", "--every"):
        with pytest.raises(SystemExit, match="2"):
            main(["a.png", f"{option}={jobs}"])
        assert "expected a whole number from 1 on" in capsys.readouterr().err


def test_an_address_on_the_web_is_a_sentence(capsys):
    assert main(["--json", "https://example.org/a.jpg"]) == 1
    (record,) = records_of(capsys.readouterr().out)
    assert record["image"] == "https://example.org/a.jpg"
    assert "save it as a file" in record["error"]


def test_a_folder_without_pictures_is_said(tmp_path, capsys):
    assert main(["--json", str(tmp_path)]) == 1
    (record,) = records_of(capsys.readouterr().out)
    assert "no picture" in record["error"]


def test_a_missing_model_is_one_sentence(album, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(album), "--model", str(album / "nothing.onnx")])
    assert ended.value.code == 1
    assert "nothing.onnx does not exist" in capsys.readouterr().err


# -- Many of them --------------------------------------------------------------------------


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_becomes_parquet_files(album, tmp_path, capsys):
    assert main([str(album), "--out", str(tmp_path / "one"), "--jobs", "1"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"3 rows of 3 pictures in {tmp_path / 'one'}" in said.err
    assert "1 could not be read" in said.err
    assert main([str(album), "--out", str(tmp_path / "two"), "--jobs", "2"]) == 1
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    table = pd.read_parquet(tmp_path / "one")
    assert [Path(file).name for file in table["image"]] == ["a.png", "b.png", "c.jpg"]


def test_a_file_of_faces_becomes_parquet_files(tmp_path, capsys):
    np.save(tmp_path / "faces.npy", drawn_faces(20)[0])
    out = tmp_path / "out"
    assert main([str(tmp_path / "faces.npy"), "--out", str(out), "--jobs", "1"]) == 0
    assert "20 rows of 20 faces" in capsys.readouterr().err
    assert pd.read_parquet(out)["face"].to_list() == list(range(20))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing", "--out", "out"], "missing: there is no such file or folder"),
        (["missing.npy", "--out", "out"], "missing.npy is not there"),
        (["a.npy", "b.png", "--out", "out"], "Expected one .npy file alone"),
        ([".", "--out", "out"], "There is no picture in ."),
        ([".", "--out", "notes.txt"], "notes.txt is a file; expected the name of a folder"),
        (["a.png", "--scheduler", "tcp://127.0.0.1:9"], "--scheduler needs --out"),
        (["a.png", "--out", "out", "--pictures", "drawn"], "--out prints nothing"),
        (["a.png", "--csv", "--json"], "not allowed with argument"),
        (["notes.txt", "--pictures", "."], ". holds pictures that are read"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(arguments, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_script_is_the_same_command(album, capsys):
    arguments = ["--json", str(album / "a.png")]
    command = [sys.executable, "-m", "scripts.predict", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert main(arguments) == 0
    assert done.stdout == capsys.readouterr().out


# -- Without an extra ----------------------------------------------------------------------


def hide(monkeypatch, *packages):
    """Makes packages missing, as where their extra is not installed."""
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)


def test_answers_need_nothing_of_an_extra(album, capsys, monkeypatch):
    hide(monkeypatch, "pandas", "pyarrow", "scipy", "dlib", "keras", "streamlit", "gradio")
    assert main(["--json", str(album / "a.png")]) == 0
    assert len(records_of(capsys.readouterr().out)[0]["faces"]) == 1


def test_parquet_and_clusters_name_the_extra_that_they_need(album, tmp_path, capsys, monkeypatch):
    # Imported anew here alone: other tests go on with the module that they know.
    name = "fermask.photographs.prediction_parts"
    monkeypatch.setattr(name, import_module(name))
    monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as without:
        hide(without, "pyarrow")
        with pytest.raises(SystemExit, match="1"):
            main([str(album), "--out", str(tmp_path / "out")])
    assert (
        "Error: fermask predict --out needs pyarrow, which is not installed: "
        "`pip install 'fermask[build]'`." in capsys.readouterr().err
    )
    hide(monkeypatch, "distributed.scheduler")
    with pytest.raises(SystemExit, match="1"):
        main([str(album), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"])
    assert "`pip install 'fermask[build]'`" in capsys.readouterr().err
