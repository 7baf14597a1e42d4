"""Predictions of many pictures or faces: parts that are right, whole, and done once."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest
import skimage.data
from PIL import Image

from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network, shift_neutral
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import predict
from fermask.photographs.prediction_parts import (
    COMPLETE,
    Pictures,
    face_parts,
    picture_parts,
    write_parts,
)
from fermask.photographs.records import COLUMNS, as_rows
from fermask.system.files import read_json
from fermask.system.parquet import read_parquet
from fermask.system.paths import SHIPPED
from fermask.system.workers import open_workers
from scripts.bench.synthetic_set import drawn_faces
from tests.telling_network import write_telling_network


@pytest.fixture
def faces(tmp_path, monkeypatch):
    """The path of 35 faces, and their pixels; ten make a part."""
    monkeypatch.setattr("fermask.photographs.prediction_parts.FACES_A_PART", 10)
    pixels, _ = drawn_faces(35)
    np.save(tmp_path / "faces.npy", pixels)
    return tmp_path / "faces.npy", pixels


def write(parts, folder, model=SHIPPED, workers=None):
    """What ``write_parts`` gives, and the ``done`` that it told of."""
    told = []
    counts = write_parts(
        parts, 35, folder, model, workers, lambda step, done, total: told.append((done, total))
    )
    return counts, told


def ages(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}


# -- Faces ---------------------------------------------------------------------------------


def test_the_parts_hold_what_the_network_says_of_every_face(faces, tmp_path):
    path, pixels = faces
    counts, told = write(face_parts(path), tmp_path / "out")
    assert counts == {"schema": 2, "parts": 4, "faces": 35, "rows": 35, "unreadable": 0}
    assert read_json(tmp_path / "out" / COMPLETE) == counts
    assert told == [(0, 35), (10, 35), (20, 35), (30, 35), (35, 35)]
    table = pd.read_parquet(tmp_path / "out")
    assert table["face"].to_list() == list(range(35))
    network = load_network()
    answer = network.answer(pixels)
    shares = shift_neutral(answer.probabilities, network.neutral_shift)
    np.testing.assert_allclose(table[list(CLASSES)], shares, atol=1e-6)
    assert (table["label"] == np.array(CLASSES)[shares.argmax(axis=1)]).all()
    sure = (shares.max(axis=1) >= network.not_sure_below) & (answer.other.sum(axis=1) <= 0.5)
    assert (table["sure"] == sure).all()


def test_faces_are_told_what_the_network_tells_besides(faces, tmp_path):
    network = write_telling_network(
        tmp_path / "a.onnx",
        [0.2, 0.8, 0, 0],
        {"neutral_shift": 2.0, "mask_unsure": [0.4, 0.6]},
        other=[0.35, 0.05, 0.05, 0.1],
        mask=[0.5],
    )
    write(face_parts(faces[0]), tmp_path / "out", network)
    table = pd.read_parquet(tmp_path / "out")
    np.testing.assert_allclose(table[["other", "smile"]], [[0.55, 0.35]] * 35, rtol=1e-6)
    assert table["mask"].isna().all()
    assert set(table["label"]) == {"neutral"}
    assert not table["sure"].any()
    write_parts(face_parts(faces[0]), 35, tmp_path / "out", network, None, lambda *_: None, "ferm")
    assert set(pd.read_parquet(tmp_path / "out")["label"]) == {"sad"}


def test_processes_do_not_change_the_bytes(faces, tmp_path):
    write(face_parts(faces[0]), tmp_path / "one")
    with open_workers(2) as workers:
        write(face_parts(faces[0]), tmp_path / "two", workers=workers)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == 6
    for name in names:
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


class Stopped(Exception):
    pass


def test_an_interrupted_run_goes_on_and_a_whole_one_is_not_done_again(faces, tmp_path):
    def stop(step, done, total):
        if done == 20:
            raise Stopped

    with pytest.raises(Stopped):
        write_parts(face_parts(faces[0]), 35, tmp_path / "out", SHIPPED, None, stop)
    assert not (tmp_path / "out" / COMPLETE).exists()
    stopped = ages(tmp_path / "out")
    assert len(stopped) == 2
    write(face_parts(faces[0]), tmp_path / "out")
    whole = ages(tmp_path / "out")
    assert len(whole) == 4
    assert stopped.items() <= whole.items()
    assert write(face_parts(faces[0]), tmp_path / "out")[0]["faces"] == 35
    assert ages(tmp_path / "out") == whole


def test_parts_of_other_faces_or_another_network_and_damaged_ones_are_done_anew(faces, tmp_path):
    path, out = faces[0], tmp_path / "out"
    write(face_parts(path), out)
    first = ages(out)
    (out / "part-00001.parquet").write_bytes(b"PAR1")
    write(face_parts(path), out)
    assert {name for name in first if ages(out)[name] != first[name]} == {"part-00001.parquet"}
    for name in (SHIPPED, SHIPPED.with_suffix(".json")):
        shutil.copy(name, tmp_path / f"mine{name.suffix}")
    (tmp_path / "mine.json").write_text("{}")
    first = ages(out)
    write(face_parts(path), out, tmp_path / "mine.onnx")
    assert not first.items() & ages(out).items()
    np.save(path, drawn_faces(12, seed=1)[0])
    write(face_parts(path), out)
    assert sorted(ages(out)) == ["part-00000.parquet", "part-00001.parquet"]
    assert len(pd.read_parquet(out)) == 12


def test_a_worker_with_another_network_refuses(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "fermask.photographs.prediction_parts.file_hash", lambda path: "of another file"
    )
    with open_workers(2) as workers, pytest.raises(ValueError, match=r"onnx on .* is another net"):
        write(face_parts(faces[0]), tmp_path / "out", workers=workers)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((3, 48, 48)), r"holds float64 \(3, 48, 48\); expected faces"),
        (np.zeros((3, 40, 48), np.uint8), r"holds uint8 \(3, 40, 48\); expected faces"),
        (np.array(["a", None]), "cannot be read as .npy"),
    ],
)
def test_an_array_of_something_else_is_refused(array, sentence, tmp_path):
    np.save(tmp_path / "faces.npy", array)
    with pytest.raises(ValueError, match=rf"faces\.npy {sentence}"):
        list(face_parts(tmp_path / "faces.npy"))


# -- Pictures ------------------------------------------------------------------------------


@pytest.fixture
def album(tmp_path):
    """A face, a picture without one, one in a folder below, and a letter named as a picture."""
    folder = tmp_path / "album"
    (folder / "b").mkdir(parents=True)
    Image.fromarray(skimage.data.astronaut()[:256, 100:356]).save(folder / "a.png")
    Image.new("RGB", (60, 40), "grey").save(folder / "b" / "nobody.PNG")
    Image.new("RGB", (60, 40), "grey").save(folder / "b.png")
    (folder / "c.jpg").write_text("Dear all")
    return folder


def test_a_row_a_face_and_one_for_a_picture_without(album, tmp_path):
    counts, _ = write(picture_parts([album]), tmp_path / "out")
    assert counts == {"schema": 2, "parts": 1, "pictures": 4, "rows": 4, "unreadable": 1}
    table, about = read_parquet(tmp_path / "out" / "part-00000.parquet")
    assert tuple(table.columns) == COLUMNS
    assert about["schema"] == 2
    assert about["network"]["file"] == "data/models/m_xception.onnx"
    face, nobody, below, letter = table.to_dict("records")
    (expected,) = as_rows(
        str(album / "a.png"), predict(read_photograph(album / "a.png"), load_network())
    )
    assert {name: "" if pd.isna(face[name]) else face[name] for name in COLUMNS} == expected
    for row in (nobody, below):
        assert {name for name in COLUMNS if not pd.isna(row[name])} == {"image"}
    assert {name for name in COLUMNS if not pd.isna(letter[name])} == {"image", "error"}
    assert "expected a JPEG" in letter["error"]


def test_a_changed_picture_is_looked_at_again_and_the_others_are_not(album, tmp_path, monkeypatch):
    monkeypatch.setattr("fermask.photographs.prediction_parts.PICTURES_A_PART", 1)
    write(picture_parts([album]), tmp_path / "out")
    first = ages(tmp_path / "out")
    Image.new("RGB", (61, 41), "grey").save(album / "b.png")
    write(picture_parts([album]), tmp_path / "out")
    changed = {name for name in first if ages(tmp_path / "out")[name] != first[name]}
    assert changed == {"part-00002.parquet"}


def test_a_name_that_is_no_utf8_is_written_as_its_bytes(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    try:
        with open(os.fsencode(folder) + b"/\xff.jpg", "w") as file:
            file.write("Dear all")
    except OSError:
        pytest.skip("This file system takes no such name.")
    write(picture_parts([folder]), tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out")
    assert table["image"].to_list() == [f"{folder}/\\xff.jpg"]


def test_a_worker_that_does_not_see_the_pictures_says_so(tmp_path):
    part = Pictures(("a.png", "b.png"), tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match=r"a\.png is not there on .* every worker needs it"):
        part.predict(load_network())
