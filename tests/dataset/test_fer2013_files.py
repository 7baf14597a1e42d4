"""FER2013 and FER+ are found wherever people have them, or a sentence says where they may lie."""

import pytest

import fermask.dataset.fer2013_files
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.fer2013_files import Fer2013Files, find_fer2013
from tests.nine_faces import (
    BYTES,
    EMOTIONS,
    PIXELS,
    TRUE_USAGES,
    assert_is_the_tiny_set,
    write_picture,
    zip_of,
)
from tests.tiny import write_fer2013


@pytest.fixture(autouse=True)
def no_usual_places(monkeypatch, tmp_path):
    monkeypatch.delenv("FER2013", raising=False)
    monkeypatch.setattr(fermask.dataset.fer2013_files, "FER2013", tmp_path / "project/data/fer2013")


def test_paths_given(csv_path, ferplus_path, tmp_path):
    both = Fer2013Files(csv_path, ferplus_path)
    assert find_fer2013(csv_path, ferplus_path) == both
    assert find_fer2013(str(csv_path)) == both
    assert find_fer2013(tmp_path, tmp_path) == both
    ferplus_path.unlink()
    assert find_fer2013(csv_path) == Fer2013Files(csv_path, None)


def test_a_path_given_goes_before_the_environment(csv_path, tmp_path, monkeypatch):
    monkeypatch.setenv("FER2013", str(tmp_path / "elsewhere"))
    assert find_fer2013(csv_path).fer2013 == csv_path


def test_environment_goes_before_the_project(csv_path, ferplus_path, tmp_path, monkeypatch):
    project = tmp_path / "project/data/fer2013"
    project.mkdir(parents=True)
    write_fer2013(project / "fer2013.csv", PIXELS, EMOTIONS, TRUE_USAGES)
    assert find_fer2013() == Fer2013Files(project / "fer2013.csv", None)
    monkeypatch.setenv("FER2013", "")
    assert find_fer2013().fer2013 == project / "fer2013.csv"
    monkeypatch.setenv("FER2013", str(tmp_path))
    assert find_fer2013() == Fer2013Files(csv_path, ferplus_path)
    assert find_fer2013(ferplus=ferplus_path).fer2013 == csv_path


@pytest.mark.parametrize(
    "name",
    ["FER2013.csv", "fer2013.csv.gz", "fer2013.zip", "fer2013.tar.gz", "icml_face_data.csv.zip"],
)
def test_usual_names(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    (tmp_path / "fer2013new.csv.gz").write_bytes(b"")
    assert find_fer2013(tmp_path) == Fer2013Files(tmp_path / name, tmp_path / "fer2013new.csv.gz")


def test_class_folders_are_found(tmp_path, monkeypatch):
    write_picture(tmp_path, "train/angry/a.png", PIXELS[0])
    monkeypatch.setenv("FER2013", str(tmp_path))
    assert find_fer2013() == Fer2013Files(tmp_path, None)


def test_nowhere(tmp_path, csv_path, monkeypatch):
    three_ways = r"--fer2013 and --ferplus.*environment variable FER2013.*data/fer2013/"
    with pytest.raises(FileNotFoundError, match=r"does not exist\..*" + three_ways):
        find_fer2013()
    with pytest.raises(FileNotFoundError, match=r"none\.csv does not exist\..*" + three_ways):
        find_fer2013(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match=r"No FER\+ at .*none\.csv.*" + three_ways):
        find_fer2013(csv_path, tmp_path / "none.csv")
    (tmp_path / "bare").mkdir()
    monkeypatch.setenv("FER2013", str(tmp_path / "bare"))
    with pytest.raises(FileNotFoundError, match=r"No FER2013 in .*bare\..*" + three_ways):
        find_fer2013()


@pytest.mark.parametrize("form", ["'{}'", '"{}"', "file://{}", " {} "])
def test_paths_as_people_paste_them(csv_path, form):
    assert find_fer2013(form.format(csv_path)).fer2013 == csv_path
    assert_is_the_tiny_set(read_fer2013(form.format(csv_path)))


def test_a_path_on_the_web_is_told():
    with pytest.raises(ValueError, match="save it as a file"):
        find_fer2013("https://example.org/fer2013.csv")


@pytest.mark.parametrize(
    "name",
    ["fer2013", "fer2013 (1).csv", "FER2013(2).csv", "icml_face_data (1).csv", "archive.zip"],
)
def test_downloads_by_the_names_that_browsers_give(tmp_path, name):
    content = zip_of({"fer2013/fer2013.csv": BYTES}) if name.endswith("zip") else BYTES
    (tmp_path / name).write_bytes(content)
    (tmp_path / "fer2013new (1).csv").write_bytes(b"")
    found = find_fer2013(tmp_path)
    assert found == Fer2013Files(tmp_path / name, tmp_path / "fer2013new (1).csv")
    assert_is_the_tiny_set(read_fer2013(found.fer2013))
