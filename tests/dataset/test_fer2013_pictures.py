"""FER2013 as folders of pictures, named as people and tools name them, and FERPlus' own folders."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fermask.dataset.fer2013 import join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.fer2013_files import Fer2013Files, find_fer2013
from fermask.faces.labels import EMOTION_OF_FERPLUS, FER2013_EMOTIONS, FERPLUS_VOTES
from tests.nine_faces import (
    EMOTIONS,
    PIXELS,
    SPLIT_NAMES,
    TRUE_USAGES,
    VOTES,
    write_picture,
    written,
    zip_of,
)
from tests.tiny import stand_for_fer2013

EMOTION_NAMES = {
    emotion: [emotion, *more]
    for emotion, *more in (
        ("angry", "anger"),
        ("disgust", "disgusted"),
        ("fear", "fearful"),
        ("happy", "happiness"),
        ("sad", "sadness"),
        ("surprise", "surprised"),
        ("neutral",),
    )
}


def test_class_folders(tmp_path):
    names = {
        "Train/Angry/b.png": ("Training", "angry"),
        "Train/Angry/c.png": ("Training", "angry"),
        "Train/happiness/a.png": ("Training", "happy"),
        "test/surprised/a.png": ("PrivateTest", "surprise"),
        "validation/sad/a.png": ("PublicTest", "sad"),
    }
    for face, name in zip(PIXELS, reversed(names), strict=False):
        write_picture(tmp_path, name, face)
    write_picture(tmp_path, "other/angry/a.png", PIXELS[0])
    (tmp_path / "Train/Angry/._b.png").write_bytes(b"x")
    (tmp_path / "Train/Angry/Thumbs.db").write_bytes(b"x")
    faces = read_fer2013(tmp_path)
    assert faces.table["row"].tolist() == [0, 1, 2, 3, 4]
    assert faces.table["file"].tolist() == list(names)
    assert faces.table["usage"].tolist() == [usage for usage, _ in names.values()]
    emotions = [FER2013_EMOTIONS[emotion] for emotion in faces.table["emotion"]]
    assert emotions == [emotion for _, emotion in names.values()]
    np.testing.assert_array_equal(faces.pixels, PIXELS[: len(names)][::-1])


@pytest.mark.parametrize(
    ("folder", "usage"),
    [
        ("train", "Training"),
        ("Training", "Training"),
        ("val", "PublicTest"),
        ("PublicTest", "PublicTest"),
        ("test", "PrivateTest"),
        ("PrivateTest", "PrivateTest"),
    ],
)
@pytest.mark.parametrize("emotion", ["disgusted", "Fearful", "NEUTRAL"])
def test_folder_names(tmp_path, folder, usage, emotion):
    write_picture(tmp_path, f"{folder}/{emotion}/a.png", PIXELS[0])
    table = read_fer2013(tmp_path).table
    assert table["usage"].tolist() == [usage]
    assert FER2013_EMOTIONS[table["emotion"][0]] in emotion.lower()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_grey_pictures_saved_in_colour(tmp_path, mode):
    write_picture(tmp_path, "train/angry/a.png", PIXELS[0], mode)
    np.testing.assert_array_equal(read_fer2013(tmp_path).pixels[0], PIXELS[0])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg(tmp_path, mode):
    ramp = np.add.outer(np.arange(48), np.arange(48)).astype(np.uint8)
    write_picture(tmp_path, "train/angry/a.jpg", ramp, mode)
    assert np.abs(read_fer2013(tmp_path).pixels[0].astype(int) - ramp).max() <= 4


def test_faulty_pictures_are_named(tmp_path):
    sizes = tmp_path / "sizes"
    write_picture(sizes, "train/angry/wide.jpg", PIXELS[0][:40])
    with pytest.raises(ValueError, match=r"wide\.jpg is 48×40 pixels; expected 48×48"):
        read_fer2013(sizes)
    colours = tmp_path / "colours"
    write_picture(colours, "train/angry/red.png", np.full((48, 48, 3), (200, 0, 0), np.uint8))
    with pytest.raises(ValueError, match=r"red\.png is 48×48 in colour; expected"):
        read_fer2013(colours)
    deep = tmp_path / "deep"
    write_picture(deep, "train/angry/deep.png", PIXELS[0].astype(np.uint16) * 256)
    with pytest.raises(ValueError, match=r"deep\.png is 48×48 in more than 8 bits"):
        read_fer2013(deep)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_broken_pictures_are_named(tmp_path, suffix):
    path = write_picture(tmp_path, f"train/angry/a.{suffix}", PIXELS[0])
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(ValueError, match=rf"a\.{suffix} cannot be read as a picture"):
        read_fer2013(tmp_path)
    path.write_bytes(b"words")
    with pytest.raises(ValueError, match=rf"a\.{suffix} cannot be read as a picture"):
        read_fer2013(tmp_path)


def test_folders_that_are_no_class_folders(tmp_path):
    with pytest.raises(ValueError, match=r"holds no pictures as train/angry"):
        read_fer2013(tmp_path)
    write_picture(tmp_path, "train/contempt/a.png", PIXELS[0])
    with pytest.raises(ValueError, match=r"contempt is not named after .* expected one of angry"):
        read_fer2013(tmp_path)


def test_class_folders_take_no_ferplus(tmp_path, ferplus_path):
    write_picture(tmp_path, "train/angry/a.png", PIXELS[0])
    with pytest.raises(ValueError, match=r"row order, which class folders have lost"):
        join_ferplus(read_fer2013(tmp_path), read_ferplus(ferplus_path))


# -- What people do to them ----------------------------------------------------------------


@st.composite
def class_names(draw):
    """A name a class for each of FER2013's seven, as people and tools write them."""
    how = draw(st.sampled_from(["{name}", "{i}_{name}", "{i}-{name}", "0{i} {name}", "{name}_{i}"]))
    case = draw(written)
    return [
        case(how.format(i=i, name=draw(st.sampled_from(EMOTION_NAMES[name]))))
        for i, name in enumerate(FER2013_EMOTIONS)
    ]


def class_folder_files(names, split_names, above=""):
    """Each face's file in class folders, ``{name: bytes}``, in the tiny set's order."""
    files = {}
    for i, (face, emotion, usage) in enumerate(zip(PIXELS, EMOTIONS, TRUE_USAGES, strict=True)):
        buffer = io.BytesIO()
        Image.fromarray(face).save(buffer, "PNG")
        files[f"{above}{split_names[usage]}/{names[emotion]}/{i}.png"] = buffer.getvalue()
    return files


def assert_same_faces(faces):
    """The tiny set's faces with their emotions and usages, in whatever order."""
    found = {face.tobytes(): told for face, told in zip(faces.pixels, told_of(faces), strict=True)}
    own = [(emotion, usage) for emotion, usage in zip(EMOTIONS, TRUE_USAGES, strict=True)]
    assert found == {face.tobytes(): told for face, told in zip(PIXELS, own, strict=True)}


def told_of(faces):
    return list(zip(faces.table["emotion"], faces.table["usage"], strict=True))


@settings(max_examples=25, deadline=None)
@given(
    names=class_names(),
    splits=st.tuples(*(st.sampled_from(each) for each in SPLIT_NAMES.values())),
    above=st.sampled_from(["", "archive/", "fer2013/", "images/"]),
    zipped=st.sampled_from(["", "archive.zip", "archive (2).zip", "FER2013.zip"]),
)
def test_class_folders_whatever_they_are_called(tmp_path_factory, names, splits, above, zipped):
    root = tmp_path_factory.mktemp("folders")
    files = class_folder_files(names, dict(zip(SPLIT_NAMES, splits, strict=True)), above)
    if zipped:
        files["__MACOSX/train/angry/._0.png"] = b"x"
        (root / zipped).write_bytes(zip_of(files))
        assert_same_faces(read_fer2013(root / zipped))
    else:
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    found = find_fer2013(f"'{root}'").fer2013
    assert_same_faces(read_fer2013(found))


def write_ferplus_folders(root, votes=VOTES):
    names = dict(zip(SPLIT_NAMES, ("FER2013Train", "FER2013Valid", "FER2013Test"), strict=True))
    for i, usage in enumerate(TRUE_USAGES):
        write_picture(root, f"{names[usage]}/fer{i:07}.png", PIXELS[i])
        with (root / names[usage] / "label.csv").open("a") as file:
            counts = ",".join(map(str, votes[i]))
            file.write(f'fer{i:07}.png,"(0, 0, 48, 48)",{counts}\n')
    return root


def test_the_folders_that_ferplus_writes(tmp_path, monkeypatch):
    write_ferplus_folders(tmp_path / "data")
    found = find_fer2013(tmp_path)
    assert found == Fer2013Files(tmp_path / "data", None)
    faces = read_fer2013(found.fer2013)
    assert faces.has_votes
    np.testing.assert_array_equal(faces.pixels, PIXELS)
    np.testing.assert_array_equal(faces.votes, VOTES)
    assert faces.table["usage"].to_list() == TRUE_USAGES
    assert "the one of the seven that most voters chose" in faces.note
    seven = VOTES[:, [FERPLUS_VOTES.index(name) for name in FERPLUS_VOTES[:7]]]
    assert all(
        EMOTION_OF_FERPLUS[FERPLUS_VOTES[column]] == FER2013_EMOTIONS[emotion]
        for column, emotion in zip(seven.argmax(axis=1), faces.table["emotion"], strict=True)
    )
    stand_for_fer2013(monkeypatch, PIXELS, TRUE_USAGES)
    faces = read_fer2013(found.fer2013)
    assert faces.recognised
    np.testing.assert_array_equal(faces.votes, VOTES)
    with (tmp_path / "data" / "FER2013Test" / "label.csv").open("a") as file:
        file.write('fer9.png,"(0, 0, 48, 48)",1,2\n')
    with pytest.raises(ValueError, match=r"label\.csv, line 3: expected a picture's name"):
        read_fer2013(found.fer2013)
