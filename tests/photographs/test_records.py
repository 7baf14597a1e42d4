"""What JSON, CSV and pictures say of a photograph, under the same names."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from fermask.faces.labels import CLASSES
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import predict
from fermask.photographs.records import (
    COLUMNS,
    PictureFolder,
    as_record,
    as_rows,
    csv_header,
    csv_lines,
    draw_predictions,
    face_caption,
    write_csv,
    write_picture,
)
from fermask.system.paths import MODELS

GREY = np.full((40, 60, 3), 127, np.uint8)


@pytest.fixture(scope="module")
def face():
    (face,) = predict(skimage.data.astronaut(), MODELS / "cnn.onnx")
    return face


def test_the_record_is_json_in_the_agreed_form(face):
    record = json.loads(json.dumps(as_record("a.jpg", [face])))
    assert record["image"] == "a.jpg"
    (said,) = record["faces"]
    assert list(said) == [
        *("box", "probabilities", "label", "sure", "other", "smile", "mask", "nose_covered")
    ]
    assert said["box"] == list(face.box_xywh)
    assert list(said["probabilities"]) == list(CLASSES)
    assert sum(said["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert (said["label"], said["sure"], said["mask"]) == (face.label, face.sure, None)
    assert (said["other"], said["smile"], said["nose_covered"]) == (None, None, None)
    assert as_record("b.jpg", [])["faces"] == []


def test_what_a_network_tells_beyond_the_four_classes_is_passed_on(face):
    told = replace(face, other=0.25, smile=0.2, nose_covered=True)
    (said,) = as_record("a.jpg", [told])["faces"]
    assert (said["other"], said["smile"], said["nose_covered"]) == (0.25, 0.2, True)
    (row,) = as_rows("a.jpg", [told])
    assert (row["other"], row["smile"], row["nose_covered"]) == (0.25, 0.2, True)


def test_what_was_missing_is_a_warning(face):
    assert as_record("a.jpg", [face], "It ends early.")["warning"] == "It ends early."
    for faces in ([face], []):
        (row,) = as_rows("a.jpg", faces, warning="It ends early.")
        assert (row["warning"], row["error"]) == ("It ends early.", "")


def test_rows_hold_every_face_or_why_there_is_none(face):
    rows = [
        *as_rows("=a,b.jpg", [face, face]),
        *as_rows("none.jpg", []),
        *as_rows("bad.jpg", [], "It is damaged."),
    ]
    assert all(tuple(sorted(row)) == tuple(sorted(COLUMNS)) for row in rows)
    read = list(csv.DictReader(StringIO(write_csv(rows))))
    assert [row["image"] for row in read] == ["'=a,b.jpg", "'=a,b.jpg", "none.jpg", "bad.jpg"]
    assert [row["face"] for row in read] == ["1", "2", "", ""]
    assert [row["error"] for row in read] == ["", "", "", "It is damaged."]
    assert [row["smile"] for row in read] == [""] * 4
    assert float(read[0][face.label]) == pytest.approx(face.probabilities.max(), abs=1e-4)
    assert tuple(int(read[0][side]) for side in ("x", "y", "width", "height")) == face.box_xywh


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_spreadsheet_takes_a_file_s_name_for_a_formula(start):
    name = f"{start}HYPERLINK(1,2).jpg"
    (row,) = csv.DictReader(StringIO(write_csv(as_rows(name, [])), newline=""))
    assert row["image"] == f"'{name}"


@pytest.mark.parametrize("name", ["a=b.jpg", "1-2.png", "me@home.jpg", "'a.jpg", "a,b\n.jpg"])
def test_other_names_stay_as_they_are(name):
    (row,) = csv.DictReader(StringIO(write_csv(as_rows(name, [])), newline=""))
    assert row["image"] == name


def test_a_table_may_be_written_picture_by_picture(face):
    pictures = [as_rows("a.jpg", [face]), as_rows("b.jpg", [])]
    whole = write_csv([*pictures[0], *pictures[1]])
    assert csv_header() + "".join(map(csv_lines, pictures)) == whole


def test_a_caption_names_only_what_is_sure(face):
    assert face_caption(2, replace(face, not_sure_below=0.0)).startswith(f"2: {face.label} ")
    unsure = replace(face, not_sure_below=1.1)
    assert face_caption(1, unsure) == "1: not sure"
    assert face_caption(1, replace(unsure, mask=True)) == "1: not sure, mask"
    assert face_caption(1, replace(unsure, other=0.1, smile=0.1)) == "1: not sure, perhaps a mask"
    below = replace(face, mask=True, nose_covered=False)
    assert face_caption(1, below).endswith(", mask, nose uncovered")
    assert face_caption(3, replace(face, other=0.7, smile=0.64)).startswith("3: smile 64%")
    doubted = replace(face, other=0.7, smile=0.2)
    assert face_caption(3, doubted).startswith("3: another expression 70%")


def test_a_drawn_picture_has_the_photograph_s_size_and_a_frame_about_the_face(face):
    astronaut = skimage.data.astronaut()
    drawn = draw_predictions(astronaut, [face])
    assert drawn.shape == astronaut.shape
    x, y, w, h = face.box_xywh
    changed = (drawn != astronaut).any(axis=2)
    assert changed[y : y + h, x - 1 : x + 2].any(axis=1).all()
    assert not changed[y + h // 3 : y + 2 * h // 3, x + w // 3 : x + 2 * w // 3].any()
    np.testing.assert_array_equal(draw_predictions(astronaut, []), astronaut)


def test_pictures_of_one_name_do_not_write_over_each_other(tmp_path):
    folder = PictureFolder(tmp_path / "out", [])
    sources = [Path("x/a.png"), Path("y/A.jpg"), Path("y/a.heic"), Path("b.tif")]
    names = [folder.write(source, GREY).name for source in sources]
    assert names == ["a.jpg", "A-2.jpg", "a-3.jpg", "b.jpg"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert read_photograph(tmp_path / "out" / "b.jpg").shape == (40, 60, 3)


def test_what_is_read_is_never_written_over(tmp_path):
    with pytest.raises(ValueError, match="holds pictures that are read"):
        PictureFolder(tmp_path, [tmp_path / "b.png"])
    (tmp_path / "notes").touch()
    with pytest.raises(NotADirectoryError, match="notes is a file"):
        PictureFolder(tmp_path / "notes", [])


def test_a_picture_is_written_in_the_format_of_its_name(tmp_path):
    for name, format in (("a.JPG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")):
        write_picture(tmp_path / name, GREY)
        with Image.open(tmp_path / name) as written:
            assert written.format == format
    with pytest.raises(ValueError, match=r"a\.psd: expected a name that ends in"):
        write_picture(tmp_path / "a.psd", GREY)
