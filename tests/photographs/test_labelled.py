"""Labelled photographs as people have them, and what is refused with a sentence."""

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fermask.photographs.labelled import read_labelled


def write_pictures(folder, **names):
    """Small pictures in class folders."""
    for label, files in names.items():
        for file in files:
            path = folder / label / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(path, "PNG")
    return folder


def listed(found):
    return list(zip(found.table["file"], found.table["label"], strict=True))


def test_class_folders_are_called_as_fer2013_calls_expressions(tmp_path):
    write_pictures(tmp_path, **{"0_Angry": ["b.jpg"], "sadness": ["a"], "Calm faces": ["c.PNG"]})
    write_pictures(tmp_path, **{".hidden": ["d.png"], "sad": ["deep/e.png"]})
    (tmp_path / "sad" / "notes.txt").write_text("no picture")
    found = read_labelled(tmp_path)
    assert listed(found) == [
        ("0_Angry/b.jpg", "angry"),
        ("Calm faces/c.PNG", "Calm faces"),
        ("sad/deep/e.png", "sad"),
        ("sadness/a", "sad"),
    ]
    assert found.classes == ("sad", "angry", "Calm faces")
    assert "1 files that are no pictures" in found.note


@pytest.mark.parametrize("above", [(), ("images",), ("archive", "images")])
def test_folders_of_splits_are_taken_together_however_deep(tmp_path, above):
    folder = tmp_path.joinpath(*above)
    write_pictures(folder / "train", calm=["1.png"], stern=["2.png"])
    write_pictures(folder / "test", calm=["1.png"])
    found = read_labelled(tmp_path)
    assert listed(found) == [
        ("test/calm/1.png", "calm"),
        ("train/calm/1.png", "calm"),
        ("train/stern/2.png", "stern"),
    ]
    assert "test and train are taken together" in found.note


def test_a_class_may_be_called_like_a_split_beside_others(tmp_path):
    found = read_labelled(write_pictures(tmp_path, test=["1.png"], calm=["2.png"]))
    assert found.classes == ("calm", "test")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_tells_path_label_and_person(tmp_path, separator):
    rows = [["Person", "Path", "Label"], ["p1", "a.png", "Happiness"], ["", "b/c.png", " calm "]]
    text = "\n".join(separator.join(row) for row in [*rows, [""]])
    (tmp_path / "mine.csv").write_text("\ufeff" + text, encoding="utf-8")
    found = read_labelled(f'"{tmp_path / "mine.csv"}"')
    assert listed(found) == [("a.png", "happy"), ("b/c.png", "calm")]
    assert found.table["person"].to_list() == ["p1", ""]
    assert (found.folder, found.name) == (tmp_path, "mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has the columns nothing; expected a folder for each class"),
        ("a,b\n1,2\n", "has the columns 'a', 'b'; expected a folder"),
        (
            "path,label\na.png,calm\n",
            "two classes or more, none of them called other; found 'calm'",
        ),
        ("path,label\na.png,calm\nb.png,other\n", "none of them called other"),
        ("path,label\na.png,calm\na.png,stern\n", "a.png is there twice"),
        ("path,label\na.png,calm\nb.png\n", "line 3: expected 2 values"),
        ("path,label\na.png,calm\nb.png,\n", "line 3: expected 2 values, a label among them"),
    ],
)
def test_what_is_no_list_of_labels_is_refused_with_what_was_expected(tmp_path, text, words):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.csv") as refused:
        read_labelled(tmp_path / "mine.csv")
    assert words in str(refused.value)


def test_folders_without_classes_and_nothing_at_all_are_sentences(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match="two classes or more"):
        read_labelled(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere: there is no such folder"):
        read_labelled(tmp_path / "nowhere")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no text in UTF-8"):
        read_labelled(tmp_path / "bytes.csv")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6))
def test_whatever_stands_in_a_csv_gives_classes_or_a_sentence(tmp_path, rows):
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("path", "label", "person"), *rows])
    table, words = None, ""
    try:
        table = read_labelled(path).table
    except ValueError as refused:
        words = str(refused)
    if table is None:
        assert "expected" in words
    else:
        assert table["label"].nunique() > 1
        assert not table["file"].duplicated().any()
