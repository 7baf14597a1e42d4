"""FER2013 as datasets on the Hub hold it: the same faces, or a sentence; never a guessed order."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import fermask.dataset.fer2013_files
from fermask.dataset.fer2013 import (
    data_hash,
    join_ferplus,
    read_fer2013,
    read_ferplus,
)
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.manifest import load, same_images, write
from fermask.faces.labels import FER2013_EMOTIONS
from tests.small import small_fer2013, small_ferm
from tests.tiny import stand_for_fer2013, write_fer2013, write_ferplus

COUNT = 9
PIXELS = np.random.default_rng(3).integers(0, 256, (COUNT, 48, 48), dtype=np.uint8)
EMOTIONS = [0, 1, 2, 3, 4, 5, 6, 0, 4]
USAGES = np.array(["Training"] * 5 + ["PublicTest"] * 2 + ["PrivateTest"] * 2)
SPLITS = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
ALPHABETICAL = sorted(FER2013_EMOTIONS)


@pytest.fixture(autouse=True)
def own_order(monkeypatch):
    """The nine faces stand for all of FER2013."""
    stand_for_fer2013(monkeypatch, PIXELS, USAGES)


@pytest.fixture
def of_csv(tmp_path):
    write_fer2013(tmp_path / "fer2013.csv", PIXELS, EMOTIONS, USAGES)
    return read_fer2013(tmp_path / "fer2013.csv")


def encoded(face, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(face).save(file, kind)
    return file.getvalue()


def as_images(pixels):
    """As ``datasets.Image`` is stored."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.array([{"bytes": encoded(face), "path": None} for face in pixels], kind)


def write_table(path, columns, names=None):
    """A Parquet file; ``names`` are those of a ``datasets.ClassLabel`` in its column of labels."""
    table = pa.table(columns)
    if names:
        column = next(name for name in columns if name.startswith("label"))
        features = {column: {"_type": "ClassLabel", "names": names}}
        about = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": about})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def write_splits(folder, order=range(COUNT)):
    """A dataset of three files with labels in alphabetical order, and its folder."""
    for split, usage in SPLITS.items():
        rows = [row for row in order if USAGES[row] == usage]
        labels = [ALPHABETICAL.index(FER2013_EMOTIONS[EMOTIONS[row]]) for row in rows]
        columns = {"image": as_images(PIXELS[rows]), "label": labels}
        write_table(folder / "data" / f"{split}-00000-of-00001.parquet", columns, ALPHABETICAL)
    return folder


def labelled(**columns):
    return {"image": as_images(PIXELS), **columns}


def assert_same(faces, of_csv):
    np.testing.assert_array_equal(faces.pixels, of_csv.pixels)
    pd.testing.assert_frame_equal(faces.table, of_csv.table)
    assert data_hash(faces) == data_hash(of_csv)


def test_a_folder_of_splits_is_the_csv(tmp_path, of_csv):
    folder = write_splits(tmp_path / "mirror")
    assert find_fer2013(folder).fer2013 == folder
    assert_same(read_fer2013(folder), of_csv)


def test_a_converted_folder_of_splits_is_the_csv(tmp_path, of_csv):
    for split, usage in SPLITS.items():
        ours = usage == USAGES
        names = [FER2013_EMOTIONS[emotion] for emotion in np.array(EMOTIONS)[ours]]
        columns = {"img_bytes": [encoded(face) for face in PIXELS[ours]], "labels": names}
        write_table(tmp_path / "mirror" / "default" / split / "0000.parquet", columns)
    assert_same(read_fer2013(tmp_path / "mirror"), of_csv)


@pytest.mark.parametrize("usages", [list(USAGES), ["train"] * 5 + ["valid"] * 2 + ["test"] * 2])
def test_one_file_with_a_column_of_usages_is_the_csv(tmp_path, of_csv, usages):
    columns = labelled(emotion=EMOTIONS, Usage=usages)
    assert_same(read_fer2013(write_table(tmp_path / "faces.parquet", columns)), of_csv)


@pytest.mark.parametrize("form", ["text", "list", "rows"])
def test_the_csv_saved_as_parquet_is_the_csv(tmp_path, of_csv, form):
    pixels = {
        "text": [" ".join(map(str, face.flat)) for face in PIXELS],
        "list": [face.ravel().tolist() for face in PIXELS],
        "rows": [face.tolist() for face in PIXELS],
    }[form]
    folder = tmp_path / "mirror"
    columns = {"emotion": EMOTIONS, "pixels": pixels, "Usage": list(USAGES)}
    write_table(folder / "fer2013.parquet", columns)
    assert_same(read_fer2013(find_fer2013(folder).fer2013), of_csv)


@pytest.mark.parametrize("numbered", ["{i}_{name}", "{name}", "{i:02} - {name}"])
def test_class_names_with_numbers_are_the_csv(tmp_path, of_csv, numbered):
    names = [numbered.format(i=i, name=name) for i, name in enumerate(FER2013_EMOTIONS)]
    columns = labelled(label=EMOTIONS, split=list(USAGES))
    assert_same(read_fer2013(write_table(tmp_path / "faces.parquet", columns, names)), of_csv)
    columns = labelled(label=[names[emotion] for emotion in EMOTIONS], split=list(USAGES))
    assert_same(read_fer2013(write_table(tmp_path / "faces.parquet", columns)), of_csv)


@pytest.mark.parametrize(("split", "rows"), [("train", range(5)), ("valid", (5, 6))])
def test_a_part_alone_keeps_its_rows(tmp_path, split, rows):
    folder = write_splits(tmp_path / "mirror")
    faces = read_fer2013(folder / "data" / f"{split}-00000-of-00001.parquet")
    assert faces.table["row"].to_list() == list(rows)
    assert (faces.table["file"] == "").all()


@pytest.mark.parametrize("order", [[1, 0, *range(2, COUNT)], [*range(5), 6, 5, 7, 8]])
def test_votes_go_to_the_faces_of_their_rows_in_whatever_order_these_stand(tmp_path, of_csv, order):
    write_ferplus(tmp_path / "fer2013new.csv", np.full((COUNT, 10), 1), USAGES)
    faces = read_fer2013(write_splits(tmp_path / "mirror", order))
    assert "not in FER2013's order" in faces.note
    joined = join_ferplus(faces, read_ferplus(tmp_path / "fer2013new.csv"))
    # PrivateTest's order cannot be known where the others have lost theirs.
    np.testing.assert_array_equal(joined.pixels, of_csv.pixels[:7])
    assert joined.table["row"].to_list() == list(range(7))


def test_votes_are_not_joined_to_pictures_of_another_encoding(tmp_path):
    write_ferplus(tmp_path / "fer2013new.csv", np.full((COUNT, 10), 1), USAGES)
    pictures = pa.array([encoded(face, "JPEG") for face in PIXELS])
    columns = {"image": pictures, "emotion": EMOTIONS, "usage": list(USAGES)}
    other = read_fer2013(write_table(tmp_path / "faces.parquet", columns))
    assert other.table["file"][0] == "faces.parquet#0"
    with pytest.raises(ValueError, match="class folders have lost, and most datasets"):
        join_ferplus(other, read_ferplus(tmp_path / "fer2013new.csv"))


def test_a_manifest_takes_the_faces_of_its_rows_and_no_others(tmp_path):
    ferm = small_fer2013(tmp_path / "csv", small_ferm())
    write(type(ferm)(ferm.manifest, ferm.about), tmp_path / "set")
    count = len(ferm.bare)

    def mirror(name, rows):
        columns = {"image": as_images(ferm.bare[rows]), "emotion": [6] * count}
        return read_fer2013(write_table(tmp_path / name / "train.parquet", columns))

    assert same_images(load(tmp_path / "set", mirror("same", np.arange(count))))
    with pytest.raises(ValueError, match=r"is not the FER2013 that .* was built from"):
        load(tmp_path / "set", mirror("reversed", np.arange(count)[::-1]))


@pytest.mark.parametrize(
    "place", ["hf://datasets/somebody/fer2013", "hf:/datasets/somebody/fer2013"]
)
def test_an_address_on_the_hub_is_fetched_when_it_is_named(tmp_path, monkeypatch, place):
    folder, asked = write_splits(tmp_path / "cache"), []

    def fetch(address):
        asked.append(address)
        return folder

    monkeypatch.setattr(fermask.dataset.fer2013_files, "fetch_dataset", fetch)
    assert find_fer2013(place).fer2013 == folder
    monkeypatch.setenv("FER2013", place)
    assert find_fer2013().fer2013 == folder
    assert asked == [place, place]
    find_fer2013(folder)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("columns", "names", "said"),
    [
        ({"image": as_images(PIXELS)}, None, "has no column of expressions: expected label"),
        ({"label": ["sad"] * COUNT}, None, "has no column of pictures: expected image"),
        (labelled(label=EMOTIONS), None, "does not say which expression each number"),
        (labelled(label=["glad"] * COUNT), None, "column label, row 0: 'glad'; expected one of"),
        (labelled(label=[7] * COUNT), ALPHABETICAL, "column label, row 0: 7; expected one of 0"),
        (labelled(label=[None] * COUNT), None, "row 0: None; expected one of"),
        (
            labelled(label=[0] * COUNT),
            ["cat", "dog"],
            "calls its classes 'cat', 'dog'; expected names",
        ),
        (
            {"pixels": ["1 2 x"] * COUNT, "emotion": EMOTIONS},
            None,
            "row 0, column pixels holds 3 valu",
        ),
        (
            {"pixels": [[300] * 2304] * COUNT, "emotion": EMOTIONS},
            None,
            "expected 2,304 whole numbers",
        ),
        ({"image": [1] * COUNT, "emotion": EMOTIONS}, None, "row 0, column image is no picture"),
        ({"image": [b"x"] * COUNT, "emotion": EMOTIONS}, None, "cannot be read as a picture"),
        (
            {"image": [encoded(np.zeros((64, 64), np.uint8))] * COUNT, "emotion": EMOTIONS},
            None,
            "row 0, column image is 64×64 pixels; expected 48×48",
        ),
        ({"image": pa.array([], pa.binary()), "emotion": pa.array([], pa.int8())}, None, "no rows"),
    ],
)
def test_a_wrong_file_is_told_in_a_sentence(tmp_path, columns, names, said):
    path = write_table(tmp_path / "train.parquet", columns, names)
    with pytest.raises(ValueError, match=said):
        read_fer2013(path)


def test_a_file_without_its_part_is_told(tmp_path):
    path = write_table(tmp_path / "faces.parquet", labelled(emotion=EMOTIONS))
    with pytest.raises(ValueError, match="has no column of parts: expected usage or split"):
        read_fer2013(path)
    path = write_table(tmp_path / "f.parquet", labelled(emotion=EMOTIONS, split=["all"] * COUNT))
    with pytest.raises(ValueError, match="column split, row 0: 'all'; expected one of"):
        read_fer2013(path)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        read_fer2013(tmp_path / "train.parquet")
