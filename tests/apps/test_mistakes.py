"""The Mistakes page's sections, and their state in the URL."""

from dataclasses import replace

import pytest

from apps.explorer_parts import data, marking
from fermask.dataset.manifest import write
from fermask.dataset.marks import marks_of
from fermask.system.parquet import write_parquet
from tests.apps.exploring import checked, opened, said
from tests.apps.exploring import faces as cards
from tests.small import ABOUT, small_ferm, small_predictions

WRONG = [0, 5, 30]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """80 faces, 0 and 1 twins, with predictions out of fold and with those of a single run."""
    ferm = small_ferm(80)
    write(ferm, tmp_path / "set")
    monkeypatch.setattr(data, "PUBLISHED_RUNS", tmp_path / "runs")
    monkeypatch.setattr(data, "OUT_OF_FOLD", tmp_path / "out_of_fold.parquet")
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path / "nothing")
    everywhere = small_predictions(ferm, WRONG)
    write_parquet(tmp_path / "out_of_fold.parquet", everywhere, ABOUT | {"seed": "0–9"})
    single = small_predictions(ferm, WRONG, validation=range(20))
    write_parquet(tmp_path / "runs" / "single" / "predictions.parquet", single, ABOUT)
    return tmp_path


def mistakes(place, **query):
    return opened("mistakes", ferm_path=place / "set", **query)


def rows(app):
    return [each["row"] for each in cards(app)]


def test_suspected_labels_stand_beside_the_votes(place):
    app = mistakes(place, show="label errors")
    assert sorted(rows(app)) == WRONG
    assert "out of fold" in said(app)
    assert "n = 80" in said(app)
    assert "**3** of 3 suspected labels" in said(app)
    assert "suspects 3.8%" in said(app)
    assert "ten voters agreed" in said(app)
    first = cards(app)[0]
    assert any("rank 1: rather" in line and "votes)" in line for line in first["lines"])
    assert first["votes"]


def test_suspects_are_filtered_and_sorted_by_the_url(place):
    faces = small_ferm(80).manifest
    label = faces["label"][5]
    app = mistakes(place, show="label errors", true=label)
    assert rows(app) == [row for row in WRONG if faces["label"][row] == label]
    app = mistakes(place, show="label errors", sorted="least agreement")
    agreement = faces["agreement"][rows(app)]
    assert agreement.is_monotonic_increasing
    same = faces["label"][0]
    app = mistakes(place, show="label errors", true=same, predicted=same)
    assert "No suspected label is left" in app.info[0].value


def test_predictions_with_training_faces_name_those_that_can_be_used(place):
    app = mistakes(place, show="label errors")
    app.selectbox(key="predictions").set_value("single")
    checked(app.run())
    assert "60 of the 80 faces predicted were trained on" in app.warning[0].value
    assert "**recipe, out of fold**" in said(app)
    assert not cards(app)
    (place / "out_of_fold.parquet").unlink()
    app = mistakes(place, show="label errors")
    assert "None of the predictions at hand" in said(app)


def test_a_set_without_votes(place):
    ferm = small_ferm(80)
    votes = [name for name in ferm.manifest if name.startswith("votes_")]
    bare = ferm.manifest.assign(agreement=float("nan"))
    bare[votes] = bare[votes].astype("Int8").where(bare["row"] < 0)
    write(replace(ferm, manifest=bare), place / "set")
    app = mistakes(place, show="label errors")
    assert sorted(rows(app)) == WRONG
    assert "voters" not in said(app)
    for section in ("duplicates", "blind spots"):
        checked(mistakes(place, show=section))


def test_twins_whose_answers_differ(place):
    ferm = small_ferm(80, group_of_two=False)
    manifest = ferm.manifest.copy()
    same = manifest.index[manifest["label"] == manifest["label"][5]]
    twins = sorted([5, next(row for row in same if row not in WRONG)])
    manifest.loc[twins, "group"] = twins[0]
    write(replace(ferm, manifest=manifest), place / "set")
    app = mistakes(place, show="duplicates")
    assert rows(app) == twins
    assert "In a small set more than once: 1 photograph. None has different labels" in said(app)
    assert "With different answers: **1**" in said(app)


def test_twins_whose_labels_differ_are_shown_even_without_predictions(place):
    ferm = small_ferm(80)
    manifest = ferm.manifest.copy()
    manifest.loc[[0, 1], "label"] = ["sad", "angry"]
    write(replace(ferm, manifest=manifest), place / "set")
    (place / "out_of_fold.parquet").unlink()
    (place / "runs" / "single" / "predictions.parquet").unlink()
    app = mistakes(place, show="duplicates")
    assert rows(app) == [0, 1]
    assert "With different labels: **1**" in said(app)
    assert any("labels" in line and "sad 1" in line for line in cards(app)[0]["lines"])
    app.button_group(key="on").set_value(["answers"])
    checked(app.run())
    assert "No photograph is left" in app.info[0].value


def test_a_slice_in_the_url_is_opened(place):
    faces = small_ferm(80).manifest
    app = mistakes(place, show="blind spots", min="5", slice="class: sad")
    sad = faces.index[(faces["label"] == "sad") & (faces["fold"] != 9)].tolist()
    assert sorted(rows(app)) == [row for row in WRONG if row in sad]
    app.button_group(key="answers").set_value("all")
    checked(app.run())
    assert f"**{len(sad)}** of {len(sad)} faces" in said(app)
    captions = app.radio(key="slice").proto.captions
    shares = [float(each.split("%")[0]) for each in captions]
    assert len(shares) > 3
    assert shares == sorted(shares)
    app.number_input(key="min").set_value(1000)
    checked(app.run())
    assert "No slice has 1,000 faces" in app.info[0].value


def test_a_photograph_is_chosen_from_the_list(place):
    ferm = small_ferm(80)
    manifest = ferm.manifest.copy()
    manifest.loc[[0, 1, 7, 8], "label"] = ["sad", "angry", "sad", "angry"]
    manifest.loc[8, "group"] = 7
    write(replace(ferm, manifest=manifest), place / "set")
    app = mistakes(place, show="duplicates")
    assert rows(app) == [0, 1, 7, 8]
    assert app.radio(key="photograph").proto.captions[2].startswith("labels ")
    app.radio(key="photograph").set_value(7)
    assert rows(checked(app.run())) == [7, 8]


def test_marked_suspects_are_filtered(place, monkeypatch):
    monkeypatch.setattr(marking, "MARKS", place / "marks.sqlite")
    marks_of(place / "marks.sqlite", small_ferm(80).about).mark([5], "keep")
    app = mistakes(place, show="label errors", marked="not marked")
    assert sorted(rows(app)) == [0, 30]
    app.button_group(key="marked").set_value(["keep"])
    assert rows(checked(app.run())) == [5]
