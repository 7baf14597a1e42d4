"""Whatever form FER2013 comes in, the same table comes out, or a sentence names the fault."""

import gzip
import io
import re
import tarfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fermask.dataset.fer2013
import fermask.dataset.fer2013_csv
from fermask.dataset.fer2013 import (
    data_hash,
    join_ferplus,
    read_fer2013,
    read_ferplus,
)
from fermask.dataset.fer2013_files import find_fer2013
from fermask.faces.labels import (
    FER2013_EMOTIONS,
    FERPLUS_VOTES,
    USAGES,
    VOTE_COLUMNS,
)
from tests.nine_faces import (
    BYTES,
    COUNT,
    PIXELS,
    SPLIT_NAMES,
    TEXT,
    TRUE_USAGES,
    VOTES,
    assert_is_the_tiny_set,
    written,
    zip_of,
)
from tests.tiny import stand_for_fer2013


def with_value(row, column, value):
    """The tiny file with one value replaced."""
    lines = [line.split(",") for line in TEXT.splitlines()]
    lines[row + 1][lines[0].index(column)] = value
    return "\n".join(map(",".join, lines)) + "\n"


def tar_of(members, mode="w:gz", format=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=format) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def reordered(text=TEXT):
    """The header and order of Kaggle's icml_face_data.csv."""
    rows = [line.split(",") for line in text.splitlines()[1:]]
    lines = [f"{emotion},{usage},{pixels}" for emotion, pixels, usage in rows]
    return "\n".join(["emotion, Usage, pixels", *lines]) + "\n"


def complaint(path, content, read=read_fer2013):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r".") as error:
        read(path)
    message = str(error.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


FORMS = {
    "fer2013.csv": BYTES,
    "windows.csv": TEXT.replace("\n", "\r\n").encode(),
    "byte-order-mark.csv": TEXT.encode("utf-8-sig"),
    "no-last-newline.csv": TEXT.rstrip().encode(),
    "blank-lines.csv": TEXT.replace("\n", "\n\n").encode(),
    "fer2013.csv.gz": gzip.compress(BYTES),
    "fer2013.zip": zip_of(
        {"readme.txt": b"", "__MACOSX/._fer2013.csv": b"x", "fer2013.csv": BYTES}
    ),
    "fer2013.tar.gz": tar_of({"fer2013/README": b"words", "fer2013/fer2013.csv": BYTES}),
    "gnu.tgz": tar_of({"fer2013/fer2013.csv": BYTES}, format=tarfile.GNU_FORMAT),
    "fer2013.tar": tar_of({"fer2013.csv": BYTES}, mode="w"),
    "icml_face_data.csv": reordered().encode(),
    "icml_face_data.csv.gz": gzip.compress(reordered().encode()),
    "kaggle.zip": zip_of({"train.csv": b"x", "icml_face_data.csv": reordered().encode()}),
    "gzip-by-another-name.csv": gzip.compress(BYTES),
    "quoted.csv": re.sub(r",(\d[^,]*),", r',"\1",', TEXT).encode(),
    "spaces.csv": TEXT.replace(" ", "   ").replace(",", " , ").encode(),
    "more-columns.csv": "\n".join(
        f"{name},{line}" for name, line in zip(["", *range(COUNT)], TEXT.splitlines(), strict=True)
    ).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_forms_people_have(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMS[name])
    faces = read_fer2013(str(path))
    assert_is_the_tiny_set(faces)
    assert faces.source == str(path)
    assert not faces.has_votes
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("block_bytes", [20_000, 30_000])
def test_rows_that_cross_blocks(csv_path, monkeypatch, block_bytes):
    monkeypatch.setattr(fermask.dataset.fer2013_csv, "_BLOCK_BYTES", block_bytes)
    assert_is_the_tiny_set(read_fer2013(csv_path))
    fault = complaint(csv_path, with_value(7, "emotion", "9"))
    assert fault.startswith(", row 7 (line 9): emotion is '9'")


@settings(max_examples=25, deadline=None)
@given(
    order=st.permutations(["emotion", "pixels", "Usage"]),
    spaces=st.lists(st.sampled_from(["", " ", "  "]), min_size=3, max_size=3),
    upper=st.booleans(),
    rows=st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(USAGES), st.integers(0, 2**32)),
        min_size=1,
        max_size=5,
    ),
)
def test_round_trip(tmp_path_factory, order, spaces, upper, rows):
    emotions, usages, seeds = zip(*rows, strict=True)
    pixels = np.stack(
        [np.random.default_rng(seed).integers(0, 256, (48, 48), dtype=np.uint8) for seed in seeds]
    )
    header = ",".join(space + name for space, name in zip(spaces, order, strict=True))
    lines = [header.upper() if upper else header]
    for emotion, usage, face in zip(emotions, usages, pixels, strict=True):
        values = {"emotion": str(emotion), "Usage": usage, "pixels": " ".join(map(str, face.flat))}
        lines.append(",".join(values[name] for name in order))
    path = tmp_path_factory.mktemp("round") / "faces.csv"
    path.write_text("\n".join(lines) + "\n")
    faces = read_fer2013(path)
    np.testing.assert_array_equal(faces.pixels, pixels)
    assert faces.table["emotion"].tolist() == list(emotions)
    assert faces.table["usage"].tolist() == list(usages)


GOOD = " ".join(["7"] * 2304)
ROW_FAULTS = {
    "row of 47": ("pixels", " ".join(["7"] * 2256), "2,256 pixel values; expected 2,304 (48×48)"),
    "one too many": ("pixels", GOOD + " 7", "2,305 pixel values; expected 2,304 (48×48)"),
    "no pixels": ("pixels", "", "0 pixel values; expected 2,304 (48×48)"),
    "too bright": ("pixels", GOOD[:-1] + "300", "pixel value '300'; expected whole numbers 0…255"),
    "256": ("pixels", GOOD[:-1] + "256", "pixel value '256'; expected whole numbers 0…255"),
    "negative": ("pixels", GOOD[:-1] + "-1", "pixel value '-1'; expected whole numbers 0…255"),
    "decimal": ("pixels", "1.0" + GOOD[1:], "pixel value '1.0'; expected whole numbers 0…255"),
    "hexadecimal": ("pixels", "0x1f" + GOOD[1:], "pixel value '0x1f'; expected whole numbers"),
    "word": ("pixels", "dark" + GOOD[1:], "pixel value 'dark'; expected whole numbers 0…255"),
    "emotion 7": ("emotion", "7", "emotion is '7'; expected a whole number 0…6"),
    "emotion -1": ("emotion", "-1", "emotion is '-1'; expected a whole number 0…6"),
    "emotion's name": ("emotion", "angry", "emotion is 'angry'; expected a whole number 0…6"),
    "no emotion": ("emotion", "", "emotion is ''; expected a whole number 0…6"),
    "usage": ("Usage", "Exam", "Usage is 'Exam'; expected Training, PublicTest or PrivateTest"),
    "umlaut": ("Usage", "Prüfung", "Usage is 'Prüfung'; expected Training, PublicTest or"),
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_faulty_rows_are_named(tmp_path, fault):
    column, value, expected = ROW_FAULTS[fault]
    message = complaint(tmp_path / "fer2013.csv", with_value(4, column, value))
    assert message.startswith(f", row 4 (line 6): {expected}")


def test_text_in_another_encoding_names_the_row(tmp_path):
    content = with_value(3, "Usage", "Prüfung").encode("latin-1")
    message = complaint(tmp_path / "fer2013.csv", content)
    assert message.startswith(", row 3 (line 5): Usage is 'Pr\ufffdfung'")


def test_long_values_are_cut_in_messages(tmp_path):
    assert len(complaint(tmp_path / "fer2013.csv", with_value(0, "Usage", "x" * 9000))) < 200


FILE_FAULTS = {
    "empty.csv": (b"", " is empty; expected a CSV file."),
    "empty.csv.gz": (gzip.compress(b""), " is empty; expected a CSV file."),
    "header.csv": (b"emotion,pixels,Usage\n", " holds a header, but no rows."),
    "bare-header.csv": (b"emotion,pixels,Usage", " holds a header, but no rows."),
    "blank.csv": (b"emotion,pixels,Usage\n\n", " holds a header, but no rows."),
    "mine.csv": (
        b"emotion,pixels\n0,1\n",
        " lacks the column Usage; it has 'emotion', 'pixels'; only a file named after its part",
    ),
    "semicolons.csv": (
        TEXT.replace(",", ";").encode(),
        " lacks the column emotion, pixels, Usage; it has 'emotion;pixels;Usage'.",
    ),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\0\0", " is not UTF-8 text; expected a CSV file with the"),
    "utf-16.csv": (TEXT.encode("utf-16"), " is not UTF-8 text; expected a CSV file with the"),
    "cut.csv": (BYTES[:-4000], ", row 8 (line 10): 2 columns; expected 3 as in the header."),
    "comma.csv": (
        TEXT.replace("Training", "Training,", 1).encode(),
        ", row 0 (line 2): 4 columns; expected 3 as in the header.",
    ),
    "cut.csv.gz": (gzip.compress(BYTES)[:-9000], " is cut short or damaged ("),
    "checksum.csv.gz": (gzip.compress(BYTES)[:-8] + b"12345678", " is cut short or damaged ("),
    "cut.zip": (zip_of({"fer2013.csv": BYTES})[:-9000], " is cut short or damaged ("),
    "cut.tar.gz": (tar_of({"fer2013.csv": BYTES})[:-9000], " is cut short or damaged ("),
    "cut.tar": (tar_of({"fer2013.csv": BYTES}, mode="w")[:40_000], " is cut short or damaged ("),
    "other.zip": (
        zip_of({"faces/angry/1.jpg": b"", "fer.txt": b""}),
        " holds no fer2013.csv or icml_face_data.csv; it holds 'faces/angry/1.jpg', 'fer.txt'.",
    ),
    "other.tar.gz": (
        tar_of({"fer.txt": b""}),
        " holds no fer2013.csv or icml_face_data.csv; it holds 'fer.txt'.",
    ),
    "no-members.zip": (
        zip_of({}),
        " holds no fer2013.csv or icml_face_data.csv; it holds nothing.",
    ),
}


@pytest.mark.parametrize("name", FILE_FAULTS)
def test_faulty_files_are_named(tmp_path, name):
    content, expected = FILE_FAULTS[name]
    assert complaint(tmp_path / name, content).startswith(expected)


def test_damage_inside_a_zip(tmp_path):
    content = bytearray(zip_of({"fer2013.csv": BYTES}))
    content[5000:5010] = bytes(10)
    assert complaint(tmp_path / "fer2013.zip", bytes(content)).startswith(" is cut short or damag")


@pytest.mark.parametrize("read", [read_fer2013, read_ferplus])
def test_missing_file(tmp_path, read):
    with pytest.raises(FileNotFoundError, match=r"none\.csv does not exist"):
        read(tmp_path / "none.csv")


# -- FER+ ----------------------------------------------------------------------------------


def test_ferplus(ferplus_path):
    table = read_ferplus(ferplus_path)
    assert list(table.columns) == ["usage", "image_name", *VOTE_COLUMNS]
    assert (table[list(VOTE_COLUMNS)].dtypes == np.int8).all()
    assert table["usage"].tolist() == TRUE_USAGES
    np.testing.assert_array_equal(table[list(VOTE_COLUMNS)], VOTES)
    faceless = VOTES[:, -1] == VOTES.max(axis=1)
    assert ((table["image_name"] == "") == faceless).all()


@pytest.mark.parametrize("name", ["fer2013new.csv.gz", "fer2013new.zip"])
def test_ferplus_in_archives(ferplus_path, tmp_path, name):
    content = ferplus_path.read_bytes()
    path = tmp_path / "packed" / name
    path.parent.mkdir()
    packed = gzip.compress(content) if name.endswith("gz") else zip_of({"fer2013new.csv": content})
    path.write_bytes(packed)
    pd.testing.assert_frame_equal(read_ferplus(path), read_ferplus(ferplus_path))


@pytest.mark.parametrize("value", ["-1", "2.5", "many", "", "11", "300"])
def test_votes_that_are_no_counts(ferplus_path, value):
    lines = [line.split(",") for line in ferplus_path.read_text().splitlines()]
    lines[5][4] = value
    message = complaint(ferplus_path, "\n".join(map(",".join, lines)), read_ferplus)
    assert message == (
        f", row 4 (line 6): surprise is '{value}'; expected a whole number of votes 0…10."
    )


def test_ferplus_with_another_usage_or_encoding(ferplus_path):
    text = ferplus_path.read_text()
    message = complaint(ferplus_path, text.replace("PublicTest", "Exam", 1), read_ferplus)
    assert message.startswith(", row 5 (line 7): Usage is 'Exam'; expected Training, ")
    name = f"fer{int(np.flatnonzero(VOTES[:, -1] < VOTES.max(axis=1))[0]):07}"
    latin = text.replace(name, "Übung").encode("latin-1")
    assert "expected UTF-8 text" in complaint(ferplus_path, latin, read_ferplus)


def test_the_wrong_file_for_ferplus(csv_path):
    message = complaint(csv_path, TEXT, read_ferplus)
    assert message.startswith(" lacks the column Image name, neutral, happiness")
    assert message.endswith("it has 'emotion', 'pixels', 'Usage'.")


def test_join(csv_path, ferplus_path):
    faces = read_fer2013(csv_path)
    joined = join_ferplus(faces, read_ferplus(ferplus_path), ferplus_path)
    assert_is_the_tiny_set(joined)
    assert joined.has_votes
    assert joined.votes.dtype == np.int8
    np.testing.assert_array_equal(joined.votes, VOTES)
    assert [name.removeprefix("votes_") for name in joined.table.columns[4:]] == [*FERPLUS_VOTES]
    assert list(faces.table.columns) == ["row", "usage", "emotion", "file"]
    again = join_ferplus(joined, read_ferplus(ferplus_path))
    pd.testing.assert_frame_equal(again.table, joined.table)


def test_faces_without_votes_say_so(csv_path):
    with pytest.raises(ValueError, match=r"fer2013\.csv was read without FER\+"):
        _ = read_fer2013(csv_path).votes


def test_join_with_another_length(csv_path, ferplus_path):
    shorter = read_ferplus(ferplus_path).iloc[:-2]
    with pytest.raises(ValueError, match=r"fer2013\.csv has 9 rows, but plus\.csv has 7;"):
        join_ferplus(read_fer2013(csv_path), shorter, "plus.csv")


def test_join_with_another_order(csv_path, ferplus_path):
    backwards = read_ferplus(ferplus_path).iloc[::-1]
    expected = r"Row 0 \(line 2\) is Training in .*fer2013\.csv, but PrivateTest in plus\.csv;"
    with pytest.raises(ValueError, match=expected):
        join_ferplus(read_fer2013(csv_path), backwards, "plus.csv")


def test_an_archive_of_both_is_read_as_its_csv(tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(zip_of({"train/angry/1.png": b"x", "fer2013.csv": BYTES, "train.csv": b"y"}))
    assert_is_the_tiny_set(read_fer2013(path))


@settings(max_examples=20, deadline=None)
@given(st.tuples(*(st.sampled_from(each) for each in SPLIT_NAMES.values())), written)
def test_usages_by_other_names(tmp_path_factory, splits, case):
    text = TEXT
    for own, name in zip(SPLIT_NAMES, splits, strict=True):
        text = text.replace(own, case(name))
    path = tmp_path_factory.mktemp("usages") / "fer2013.csv"
    path.write_text(text)
    assert_is_the_tiny_set(read_fer2013(path))


def test_train_csv_without_usage_says_what_cannot_be_known(tmp_path, monkeypatch):
    lines = [line.rsplit(",", 1)[0] for line in TEXT.splitlines()]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n")
    faces = read_fer2013(find_fer2013(tmp_path).fer2013)
    assert set(faces.table["usage"]) == {"Training"}
    assert "no column Usage" in faces.note
    assert "cannot be known" in faces.note
    stand_for_fer2013(monkeypatch, PIXELS, TRUE_USAGES)
    (tmp_path / "train.csv").write_text("\n".join(lines[:8]) + "\n")
    faces = read_fer2013(tmp_path / "train.csv")
    assert faces.table["usage"].to_list() == TRUE_USAGES[:7]
    assert faces.note.endswith("its faces' pixels tell that they are Training, PublicTest.")


# -- The hash ------------------------------------------------------------------------------


def test_hash_is_of_the_content(csv_path, ferplus_path, tmp_path):
    faces = read_fer2013(csv_path)
    (tmp_path / "icml.csv").write_text(reordered())
    assert data_hash(faces) == data_hash(read_fer2013(tmp_path / "icml.csv"))
    assert len(data_hash(faces)) == 64
    assert data_hash(faces) != data_hash(join_ferplus(faces, read_ferplus(ferplus_path)))


@pytest.mark.parametrize(
    ("column", "value"),
    [("emotion", "2"), ("Usage", "PublicTest"), ("pixels", GOOD)],
)
def test_hash_of_other_content(csv_path, tmp_path, column, value):
    other = tmp_path / "other.csv"
    other.write_text(with_value(0, column, value))
    assert data_hash(read_fer2013(other)) != data_hash(read_fer2013(csv_path))


# -- The real files ------------------------------------------------------------------------


@pytest.mark.realdata
def test_real_files(real_fer2013, real_faces):
    faces = real_faces
    joined = join_ferplus(faces, read_ferplus(real_fer2013.ferplus), real_fer2013.ferplus)
    public = 28_709 + 3_589
    assert len(faces.table) in (public, public + 3_589)
    assert (faces.table["usage"][:28_709] == "Training").all()
    assert (faces.table["usage"][28_709:public] == "PublicTest").all()
    assert (faces.table["usage"][public:] == "PrivateTest").all()
    assert faces.pixels[0, 0, :4].tolist() == [70, 80, 82, 72]
    assert FER2013_EMOTIONS[faces.table["emotion"][0]] == "angry"
    flat = pd.Series([face.tobytes() for face in faces.pixels[:public]])
    assert flat.duplicated().sum() == 1_534
    assert joined.votes[0].tolist() == [4, 0, 0, 1, 3, 2, 0, 0, 0, 0]
    assert set(joined.votes[:public].sum(axis=1)) == {9, 10}
