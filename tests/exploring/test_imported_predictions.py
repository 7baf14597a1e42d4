"""Files of somebody's own predictions: what is read, what is refused, and with which words."""

import dataclasses
import io
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermask.exploring import predictions_file
from fermask.exploring.faces_table import evaluated, faces_table
from fermask.exploring.imported_predictions import (
    MAX_BYTES,
    PLACES,
    ROWS,
    ROWS_FROM_1,
    files_of_version,
    import_or_ask,
    import_predictions,
)
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network, shift_neutral
from fermask.networks.predictions import PROBABILITY_COLUMNS, UNKNOWN
from fermask.photographs.prediction_parts import face_parts, write_parts
from fermask.system.parquet import write_parquet
from fermask.system.paths import SHIPPED
from scripts.bench.synthetic_set import drawn_faces
from tests.small import ABOUT, small_ferm, small_predictions

HEADER = "id,neutral,sad,surprise,angry"
LINE = "3,0.1,0.2,0.3,0.4"


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


def read(text, ferm, name="mine.csv", ids=""):
    return import_predictions(text if isinstance(text, bytes) else text.encode(), name, ferm, ids)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{LINE}\n0,1,0,0,0\n",
        f"\ufeff{HEADER}\r\n{LINE}\r\n0,1,0,0,0\r\n\r\n",
        "id;neutral;sad;surprise;angry\n3;0,1;0,2;0,3;0,4\n0;1;0;0;0",
        "row\tp_neutral\tp_sad\tp_surprise\tp_angry\n3\t.1\t.2\t.3\t.4\n0\t1\t0\t0\t0",
        '"ANGRY","ID","Neutral","Sad","Surprise"\n"0.4","3.0","0.1","0.2","0.3"\n0,0,1,0,0',
    ],
    ids=["plain", "BOM and CRLF", "semicolons and decimal commas", "tabs", "quoted, another order"],
)
def test_the_usual_forms_of_csv_say_the_same(text, ferm):
    found = read(text, ferm)
    table = found.predictions.table
    assert table["row"].tolist() == [3, 0]
    expected = [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]]
    np.testing.assert_allclose(found.predictions.probabilities, expected, atol=1e-6)
    assert table["label"].tolist() == ferm.manifest["label"].iloc[[3, 0]].tolist()
    assert found.notes == ()
    assert found.predictions.title == "mine, unknown, a small set"


def test_parquet_of_the_same_columns_is_read_and_its_rows_are_named(ferm):
    table = small_predictions(ferm).drop(columns=["label", "split"])
    file = io.BytesIO()
    table.to_parquet(file)
    found = read(file.getvalue(), ferm, "mine.parquet").predictions
    np.testing.assert_array_equal(found.probabilities, table[list(PROBABILITY_COLUMNS)])
    table.loc[4, "p_sad"] = np.nan
    file = io.BytesIO()
    table.to_parquet(file)
    with pytest.raises(ValueError, match=r"row 5 of the table, column p_sad.*found nothing"):
        read(file.getvalue(), ferm, "mine.parquet")


def test_a_file_of_this_project_keeps_its_model_and_protocol(ferm, tmp_path):
    write_parquet(tmp_path / "p.parquet", small_predictions(ferm), ABOUT)
    found = read((tmp_path / "p.parquet").read_bytes(), ferm, "p.parquet")
    assert found.predictions.title == "m_xception, clean 0, a small set"


def test_predictions_of_another_version_are_refused(ferm, tmp_path):
    version_2 = dataclasses.replace(ferm, about=ferm.about | {"name": "FERM v2"})
    for name in ("FERM v1", "FERM v2"):
        about = ABOUT | {"ferm": name}
        write_parquet(tmp_path / f"{name}.parquet", small_predictions(ferm), about)
    with pytest.raises(ValueError, match=r"predictions of FERM v1, .* Choose FERM v1 as the set"):
        read((tmp_path / "FERM v1.parquet").read_bytes(), version_2, "p.parquet")
    own = read((tmp_path / "FERM v2.parquet").read_bytes(), version_2, "p.parquet")
    assert own.notes == ()
    files = {path.stem: path for path in tmp_path.glob("*.parquet")}
    assert list(files_of_version(files, version_2)) == ["FERM v2"]
    assert set(files_of_version(files, ferm)) == set(files)


WRONG_FILES = {
    "empty": (b"", "is empty"),
    "blank": ("\n \n", "is empty"),
    "a header alone": (HEADER, "no line below"),
    "binary": (bytes(range(256)), "not text in UTF-8"),
    "UTF-16": (f"{HEADER}\n{LINE}".encode("utf-16"), "not text in UTF-8"),
    "Parquet cut short": (b"PAR1" + b"\1" * 50, "cannot be read as Parquet"),
    "no probabilities": ("id,neutral,p1\n3,0.1,1", "no column sad, surprise, angry.*'p1'"),
    "no id": ("neutral,sad,surprise,angry\n0,0,0,1", "no column id"),
    "two ids": (f"{HEADER},row\n{LINE},3", "columns id and row"),
    "a column twice": (f"{HEADER},sad\n{LINE},0", "columns sad and sad"),
    "a line cut short": (f"{HEADER}\n{LINE}\n4,0.1", "line 3: expected 5 values.*found 2.*cut"),
    "a quote left open": (f'{HEADER}\n3,"0.1,0.2', "line 2: this is no CSV"),
    "the same id": (
        f"{HEADER}\n{LINE}\n\n4,1,0,0,0\n{LINE}",
        "line 5, column id: 3 is in line 2 already",
    ),
    "no whole number": (f"{HEADER}\n3.5,1,0,0,0", "line 2, column id: .*found '3.5'"),
    "a name for an id": (f"{HEADER}\nfer3.png,1,0,0,0", "line 2, column id: .*'fer3.png'"),
    "beyond FER2013": (f"{HEADER}\n40000,1,0,0,0", "column id: expected a row of FER2013, 0 to"),
    "no face of the set": (f"{HEADER}\n99,1,0,0,0", "none of its 1 faces is in a small set"),
    "a word": (f"{HEADER}\n3,0.1,high,0.3,0.4", "line 2, column sad: .*0 to 1, found 'high'"),
    "nothing": (f"{HEADER}\n{LINE}\n4,0.1,,0.3,0.4", "line 3, column sad: .*found nothing"),
    "NaN": (f"{HEADER}\n3,0.1,nan,0.3,0.4\n4,,0,0,1", "line 3, column neutral: .*found nothing"),
    "negative": (f"{HEADER}\n3,0.5,0.5,0.5,-0.5", "line 2, column angry: .*found '-0.5'"),
    "percent": (
        f"{HEADER}\n3,10,20,30,40\n4,1,2,3,94",
        r"line 2, column neutral: .*found '10'\.",
    ),
    "several": (f"{HEADER}\n3,a,0,0,0\n4,b,0,0,0\n5,c,0,0,0", "found 'a'; 2 more like it"),
    "another sum": (f"{HEADER}\n{LINE}\n4,0.1,0.2,0.3,0.3", "line 3.*sum of 1.*found 0.9"),
    "another split": (f"{HEADER},split\n{LINE},exam", "line 2, column split: .*found 'exam'"),
    "no class": ("id,prediction\n3,glad", "column prediction: expected one of neutral, sad"),
    "another fold": (f"{HEADER},split,fold\n{LINE},validation,99", "column fold: .*found 99"),
}


@pytest.mark.parametrize(("content", "words"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_file_is_a_sentence_that_names_the_place(content, words, ferm):
    with pytest.raises(ValueError, match=words) as caught:
        read(content, ferm)
    assert str(caught.value).startswith("mine.csv")


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(ferm):
    with pytest.raises(ValueError, match="at most 100"):
        read(bytes(MAX_BYTES + 1), ferm)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_half_written_file_is_refused_in_words(ferm, share):
    text = "\n".join([f"{HEADER},split", *[f"{i},0.1,0.2,0.3,0.4,validation" for i in range(16)]])
    # Within a line: nobody can tell that lines are missing.
    text = text[: text.index(",", int(share * len(text)))]
    file = io.BytesIO()
    small_predictions(ferm).drop(columns="label").to_parquet(file)
    parquet = file.getvalue()
    for content, name in (
        (text, "mine.csv"),
        (parquet[: int(share * len(parquet))], "mine.parquet"),
    ):
        with pytest.raises(ValueError, match=name):
            read(content, ferm, name)


def test_rounded_probabilities_pass(ferm):
    assert len(read(f"{HEADER}\n3,0.33,0.33,0.33,0", ferm).predictions.table) == 1


def test_columns_and_faces_that_do_not_count_are_named(ferm):
    found = read(f"{HEADER},p_happy,\n{LINE},0,1\n500,1,0,0,0,0,1", ferm)
    columns, faces = found.notes
    assert "p_happy, (no name)" in columns
    assert "1 of 2 lines" in faces
    assert "line 3, row 500" in faces
    assert found.predictions.table["row"].tolist() == [3]


def test_what_nobody_knows_of_training_is_unknown_and_all_faces_count(ferm):
    table = faces_table(ferm, read(f"{HEADER}\n{LINE}\n4,1,0,0,0", ferm).predictions)
    assert table["split"].iloc[3] == UNKNOWN
    assert table["predicted"].notna().sum() == 2
    assert evaluated(table, "validation").tolist() == evaluated(table, "all").tolist() == [3, 4]


def test_split_and_fold_say_what_was_held_back(ferm):
    fold = ferm.manifest["fold"]
    table = pd.DataFrame(np.full((16, 4), 0.25), columns=list(CLASSES))
    table = table.assign(id=range(16), split="validation", fold=fold)
    found = read(table.to_csv(index=False), ferm).predictions
    assert found.about["protocol"] == "clean"
    assert all(str(each) in found.about["seed"] for each in (fold.min(), fold.max()))
    table["split"] = ["training", "", *["Validation"] * 14]
    found = read(table.drop(columns="fold").to_csv(index=False), ferm).predictions
    assert found.table["split"].iloc[:3].tolist() == ["training", UNKNOWN, "validation"]
    assert (found.about["protocol"], found.about["seed"]) == (None, None)
    # A fold alone does not say that the face was held back.
    found = read(table.drop(columns="split").to_csv(index=False), ferm).predictions
    assert found.about["protocol"] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"p_sad": -5.0}, "row 0: its probabilities are not 0 to 1 with a sum of 1"),
        ({"p_sad": 1e300}, "row 0: its probabilities are not 0 to 1 with a sum of 1"),
        ({"p_sad": None}, "row 0: its probabilities are not 0 to 1 with a sum of 1"),
        ({"row": 1}, "row 1: the face is there twice"),
        ({"label": "glad"}, "has the label 'glad'"),
        ({"split": "held back"}, "has the split 'held back'"),
        ({"row": 1.5}, "its rows are not FER2013's"),
    ],
)
def test_a_file_of_this_project_is_checked_like_any_other(change, words, ferm, tmp_path):
    table = small_predictions(ferm)
    for name, value in change.items():
        table[name] = table[name].astype(object)
        table.loc[0, name] = value
    table = table.infer_objects()
    write_parquet(tmp_path / "a.parquet", table, {**ABOUT, "ferm": ferm.name})
    with pytest.raises(ValueError, match=words):
        read((tmp_path / "a.parquet").read_bytes(), ferm, "a.parquet")


@pytest.mark.parametrize("name", ["model", "seed", "ferm"])
@pytest.mark.parametrize("value", [["a", "list"], {"a": 1}, "x" * 1000])
def test_odd_names_in_a_file_of_this_project_are_a_sentence(name, value, ferm, tmp_path):
    about = {**ABOUT, "ferm": ferm.name, name: value}
    write_parquet(tmp_path / "a.parquet", small_predictions(ferm), about)
    with pytest.raises(ValueError, match="model, seed and set are names"):
        read((tmp_path / "a.parquet").read_bytes(), ferm, "a.parquet")


def test_more_lines_than_are_read_are_a_sentence(ferm, monkeypatch):
    monkeypatch.setattr(predictions_file, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="more than 2 lines"):
        read(f"{HEADER}\n{LINE}\n{LINE}\n{LINE}\n", ferm)
    with pytest.raises(ValueError, match="its first line has no end"):
        read("," * 70_000, ferm)


# -- As people write them ------------------------------------------------------------------


@pytest.fixture(scope="module")
def sparse():
    """A set whose rows are spread over FER2013, as FERM's are."""
    ferm = small_ferm()
    rows = np.arange(len(ferm.manifest)) * 7 % 60 + np.arange(len(ferm.manifest)) // 9 * 60 + 1
    return dataclasses.replace(ferm, manifest=ferm.manifest.assign(row=np.sort(rows)))


def lines_of(ids, header=HEADER):
    return "\n".join([header, *(f"{i},0.1,0.2,0.3,0.4" for i in ids)])


@given(order=st.permutations(range(16)), first=st.sampled_from([0, 1]), count=st.integers(2, 16))
@settings(max_examples=40, deadline=None)
def test_places_are_never_taken_for_rows(sparse, order, first, count):
    ids = [place + first for place in order if place < count]
    for name in ("id", ""):
        with pytest.raises(ValueError, match=r"as places in a list do.*Call the column place if"):
            read(lines_of(ids, f"{name},neutral,sad,surprise,angry"), sparse)
    as_rows = set(ids) & set(sparse.manifest["row"])
    if as_rows:
        found = read(lines_of(ids, "row,neutral,sad,surprise,angry"), sparse)
        assert set(found.predictions.table["row"]) == as_rows
        assert f"mine ({len(as_rows)} of {count} lines)" in found.predictions.title
    header = "place,neutral,sad,surprise,angry"
    if count == 16:
        found = read(lines_of(ids, header), sparse).predictions
        places = np.array(ids) - first
        assert (found.table["row"].to_numpy() == sparse.manifest["row"].to_numpy()[places]).all()
    else:
        with pytest.raises(ValueError, match="of each of the 16 faces of a small set"):
            read(lines_of(ids, header), sparse)


def test_rows_counted_from_one_are_asked_about(sparse):
    rows = sparse.manifest["row"]
    question = import_or_ask(lines_of(rows + 1).encode(), "mine.csv", sparse)
    assert "Are they FER2013's rows counted from 1?" in str(question)
    assert question.kinds == (ROWS_FROM_1, ROWS)
    found = read(lines_of(rows + 1), sparse, ids=ROWS_FROM_1)
    assert found.predictions.table["row"].tolist() == rows.tolist()
    # A question is asked of a process of its own.
    assert pickle.loads(pickle.dumps(question)).kinds == question.kinds
    with pytest.raises(ValueError, match="column id: expected a row, 0 to"):
        read(lines_of([0, *rows[1:] + 1]), sparse, ids=ROWS_FROM_1)


def test_numbers_of_which_somebody_said_what_they_are(sparse):
    lines = lines_of(range(16))
    question = import_or_ask(lines.encode(), "mine.csv", sparse)
    assert question.kinds == (PLACES, ROWS)
    as_places = read(lines, sparse, ids=PLACES).predictions.table
    assert as_places["row"].tolist() == sparse.manifest["row"].tolist()
    as_rows = read(lines, sparse, ids=ROWS).predictions.table
    assert set(as_rows["row"]) == set(range(16)) & set(sparse.manifest["row"])


def test_rows_of_the_set_are_not_asked_about(sparse):
    assert read(lines_of(sparse.manifest["row"]), sparse).notes == ()


@given(
    st.lists(
        st.sampled_from(
            ["{}", "p_{}", "prob_{}", "probability_{}", "{}_prob", "P_{}", "{}_Probability"]
        ),
        min_size=4,
        max_size=4,
    ),
    st.tuples(
        *(
            st.sampled_from(names)
            for names in (
                ("neutral",),
                ("sad", "sadness"),
                ("surprise", "Surprise"),
                ("angry", "anger"),
            )
        )
    ),
    st.sampled_from(["", "sep=,\n", '"sep=,"\r\n']),
    st.sampled_from([0.0, 1e-7, 4e-4]),
)
@settings(max_examples=40, deadline=None)
def test_columns_by_any_name_and_a_hair_outside(ferm, forms, names, first_line, hair):
    header = ",".join(form.format(name) for form, name in zip(forms, names, strict=True))
    text = f"{first_line}id,{header}\n3,{1 + hair},{-hair},0,0\n4,0,0,0,1"
    found = read(text, ferm).predictions
    np.testing.assert_array_equal(found.probabilities, [[1, 0, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("train", "training"), ("val", "validation"), ("Valid", "validation"), ("TEST", "validation")],
)
def test_splits_by_their_usual_names(ferm, theirs, ours):
    found = read(f"{HEADER},split\n{LINE},{theirs}", ferm).predictions
    assert found.table["split"].to_list() == [ours]


@pytest.mark.parametrize("column", ["prediction", "pred", "Predicted_Label"])
def test_classes_alone_count_as_sure_and_a_note_says_so(ferm, column):
    found = read(f"id,{column}\n3,Surprise\n4,anger\n", ferm)
    np.testing.assert_array_equal(found.predictions.probabilities, [[0, 0, 1, 0], [0, 0, 0, 1]])
    assert "classes without probabilities" in found.notes[0]


@pytest.mark.parametrize("name", ["id", None])
def test_an_index_of_pandas_is_a_column(ferm, name):
    table = pd.DataFrame(np.full((2, 4), 0.25), columns=list(CLASSES))
    table.index = pd.Index([3, 5], name=name)
    file = io.BytesIO()
    table.to_parquet(file)
    for content, file_name in (
        (file.getvalue(), "mine.parquet"),
        (table.to_csv().encode(), "mine.csv"),
    ):
        found = read(content, ferm, file_name).predictions
        assert found.table["row"].to_list() == [3, 5]


def test_what_predict_wrote_of_a_set_opens_as_it_is(sparse, tmp_path):
    faces, _ = drawn_faces(16)
    np.save(tmp_path / "masked.npy", faces)
    parts = face_parts(tmp_path / "masked.npy")
    quiet = lambda *_: None  # noqa: E731
    write_parts(parts, 16, tmp_path / "out", SHIPPED, None, quiet)
    (part,) = (tmp_path / "out").glob("*.parquet")
    found = read(part.read_bytes(), sparse, "part.parquet")
    assert found.predictions.table["row"].to_list() == sparse.manifest["row"].to_list()
    network = load_network()
    # A table of a set's own faces keeps the prior that ``predict`` answers under, and says so.
    expected = shift_neutral(network.probabilities(faces), network.neutral_shift)
    np.testing.assert_allclose(found.predictions.probabilities, expected, atol=1e-6)
    assert any("prior of photographs" in note for note in found.notes)
