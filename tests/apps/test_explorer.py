"""The explorer's pages, without and with pictures, and once in a real browser."""

import subprocess
import sys
from threading import Event

import numpy as np
import pandas as pd
import pytest

from apps.explorer_parts import data
from apps.explorer_parts.started import command_line
from fermask.dataset.manifest import load, open_set, write
from fermask.evaluation.calibration import calibration_record
from fermask.evaluation.headlines import headlines, published_out_of_fold
from fermask.evaluation.rates import Rate
from fermask.exploring import pictures
from fermask.exploring.embedding import find_embeddings
from fermask.faces.labels import VOTE_COLUMNS
from fermask.reporting.worn_report import worn_headlines
from fermask.system.files import read_json, write_json
from fermask.system.parquet import write_parquet
from fermask.system.paths import PUBLISHED, PUBLISHED_EMBEDDINGS, PUBLISHED_RUNS, SHIPPED, WORN
from tests.apps.browser import ROOT
from tests.apps.exploring import (
    VALIDATION,
    WRONG,
    all_faces,
    charts,
    checked,
    explorer,
    faces,
    go,
    html,
    opened,
    opened_face,
    part,
    plain,
    said,
    start,
    walk,
)
from tests.evaluation.test_calibration import made_up_predictions
from tests.small import ABOUT, small_fer2013, small_ferm, small_predictions

PAGES = ["overview", "samples", "confusion", "mistakes", "figures"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_small_set_without_pictures(folder, page):
    app = opened(page, ferm_path=folder / "set")
    assert not app.error
    # Of two networks' predictions neither is out of fold, so that no label is suspected; the
    # first figure holds no face.
    assert "drawn from their landmarks" in said(app) or page in ("mistakes", "figures")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_published_set(page, monkeypatch, tmp_path):
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path)
    app = opened(page)
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_pictures_where_fer2013_is(folder, page):
    app = start(ferm_path=folder / "set", fer2013_path=folder / "fer2013")
    app = go(app, page)
    assert not app.error
    assert "drawn from their landmarks" not in said(app)
    assert all(each["picture"].startswith("data:image/png") for each in faces(app))


def test_a_set_with_pictures_of_its_own_needs_no_fer2013(folder):
    app = opened("samples", ferm_path=folder / "full")
    assert faces(app)[0]["picture"].startswith("data:image/png")


def test_fer2013_in_the_environment_is_found(folder, monkeypatch):
    monkeypatch.setenv("FER2013", str(folder / "fer2013"))
    app = opened("samples", ferm_path=folder / "set")
    assert faces(app)[0]["picture"].startswith("data:image/png")


def test_faces_are_drawn_until_the_photographs_are_there(folder, monkeypatch):
    may_read = Event()
    read = pictures.read_fer2013
    monkeypatch.setattr(pictures, "read_fer2013", lambda path: may_read.wait() and read(path))
    monkeypatch.setattr(data, "PATIENCE", 0.1)
    app = opened("samples", ferm_path=folder / "set", fer2013_path=folder / "fer2013")
    assert faces(app)[0]["picture"].startswith("data:image/svg")
    monkeypatch.setattr(data, "PATIENCE", 300)
    may_read.set()
    checked(app.run())
    assert faces(app)[0]["picture"].startswith("data:image/png")


@pytest.mark.parametrize("path", ["nowhere", "~nobody-of-this-name", "words.txt", "a\0b"])
def test_a_wrong_path_of_fer2013_is_a_sentence_and_the_app_goes_on(folder, path):
    (folder / "words.txt").write_text("no table")
    where = path if path.startswith("~") else folder / path
    app = opened("samples", ferm_path=folder / "set", fer2013_path=where)
    assert len(app.error) == 1
    assert "--fer2013" not in app.error[0].value
    assert len(faces(app)) == 16


def test_another_fer2013_is_a_sentence(folder):
    other = small_ferm()
    small_fer2013(folder / "other", type(other)(other.manifest.iloc[::-1], other.about))
    file = folder / "other" / "fer2013.csv"
    file.write_text(file.read_text().replace(" 1 ", " 2 "))
    app = opened("samples", ferm_path=folder / "set", fer2013_path=file)
    assert "is not the FER2013" in app.error[0].value
    assert faces(app)[0]["picture"].startswith("data:image/svg")


def test_a_wrong_set_is_a_sentence_and_the_published_one_is_shown(folder):
    app = start(ferm_path=folder / "nowhere")
    assert "holds no manifest.parquet" in plain(app.error[0].value)
    (folder / "bad").mkdir()
    (folder / "bad" / "manifest.parquet").write_bytes(b"cut short")
    app = start(ferm_path=folder / "bad")
    assert any("cannot be read as Parquet" in each.value for each in app.error)
    assert app.title[0].value == "FERM v2"


def test_a_damaged_predictions_file_is_a_sentence(folder):
    (folder / "runs" / "first" / "predictions.parquet").write_bytes(b"cut short")
    app = opened("confusion", ferm_path=folder / "set")
    assert "cannot be read as Parquet" in app.error[0].value
    assert "no predictions for this set" in app.info[0].value


def test_without_predictions_the_pages_say_so(folder, monkeypatch):
    monkeypatch.setattr(data, "PUBLISHED_RUNS", folder / "none")
    for page in ("confusion", "mistakes"):
        app = opened(page, ferm_path=folder / "set")
        assert "no predictions" in app.info[0].value
    assert len(faces(opened("samples", ferm_path=folder / "set"))) == 16


def test_filters_come_from_the_url(folder):
    app = opened("samples", ferm_path=folder / "set", answer="wrong", sort="loss")
    assert sorted(each["row"] for each in faces(app)) == WRONG
    app.button_group(key="answer").set_value(["right"])
    checked(app.run())
    assert len(faces(app)) == 16 - len(WRONG)
    assert "**13** of 16 faces" in said(app)


def test_no_face_left_is_a_sentence_and_filters_can_be_cleared(folder):
    app = opened("samples", ferm_path=folder / "set", usage="Training", agree=["1.0", "1.0"])
    app.button_group(key="class").set_value(["angry"])
    app.button_group(key="answer").set_value(["wrong"])
    app.button_group(key="fold").set_value([0])
    checked(app.run())
    assert "No face passes" in app.info[0].value
    next(each for each in app.button if each.label == "Clear filters").click()
    checked(app.run())
    assert len(faces(app)) == 16


def test_an_order_in_the_url_holds(folder):
    app = start(ferm_path=folder / "set", fer2013_path=folder / "fer2013")
    app = go(app, "samples", sort="FER2013 row", direction="falling", view="bare")
    assert [each["row"] for each in faces(app)] == list(range(15, -1, -1))
    bare = faces(app)[0]["picture"]
    app.selectbox(key="sort").set_value("loss")
    checked(app.run())
    assert [each["row"] for each in faces(app)][:3] == WRONG
    app.button_group(key="view").set_value("masked")
    checked(app.run())
    assert bare not in [each["picture"] for each in faces(app)]


def test_twins_and_groups_come_from_the_url(folder):
    app = opened("samples", ferm_path=folder / "set", twins="true")
    assert [each["row"] for each in faces(app)] == [0, 1]
    assert "entropy of the votes" in app.selectbox(key="sort").options
    app = opened("samples", ferm_path=folder / "set", group="3")
    assert [each["row"] for each in faces(app)] == [3]
    next(each for each in app.button if each.label == "Clear filters").click()
    assert len(faces(checked(app.run()))) == 16


def test_evidence_maps_need_pixels_and_say_what_the_network_was_trained_on(folder):
    app = opened("samples", ferm_path=folder / "set", view="evidence")
    assert "not at hand" in app.info[0].value
    assert faces(app)[0]["picture"].startswith("data:image/svg")
    app = opened("samples", ferm_path=folder / "full", view="evidence")
    assert not app.info
    assert "trained on" in said(app)
    assert len({each["picture"] for each in faces(app)}) == 16
    assert all(each["picture"].startswith("data:image/png") for each in faces(app))


def test_each_section_of_the_overview_opens_from_the_url_alone(folder):
    app = start(ferm_path=folder / "set")
    shown = {"Class balance": 1, "Screening": 2, "Votes": 2, "Quality": 4, "Data card": 0}
    for section, expected in shown.items():
        app = go(app, "overview", section=section)
        assert len(charts(app)) == expected
        assert ("Known limits" in said(app)) == (section == "Data card")


def test_a_set_without_votes_has_an_overview_and_sliders_less(folder):
    ferm = small_ferm()
    none = {name: pd.array([pd.NA] * 16, "Int8") for name in VOTE_COLUMNS}
    write(type(ferm)(ferm.manifest.assign(**none, agreement=np.nan), ferm.about), folder / "none")
    app = opened("overview", ferm_path=folder / "none", section="Votes")
    assert "no votes" in app.info[0].value
    app = go(app, "samples")
    assert "entropy of the votes" not in app.selectbox(key="sort").options
    assert len(faces(app)) == 16


def test_a_panel_shows_what_every_network_says(folder):
    (folder / "runs" / "third").mkdir()
    (folder / "runs" / "third" / "predictions.parquet").write_bytes(b"cut short")
    app = opened_face(2, "Every network", ferm_path=folder / "set")
    table = app.dataframe[0].value
    assert table["name"].tolist() == ["first", "second"]
    assert "0 of 2 are right" in said(app)
    assert "1 predictions files do not count" in [each.label for each in app.expander]


def test_a_panel_shows_votes_answer_rules_and_twins(folder):
    app = opened_face(0, ferm_path=folder / "set")
    assert "Row 0: " in app.subheader[0].value
    assert html(app).count("ferm-bars'") == 2
    assert "the network's answer" in said(app).lower()
    quality = opened_face(0, "Quality", ferm_path=folder / "set").table[0].value
    assert quality.loc["face found", "found"].startswith("yes, score ")
    twins = opened_face(0, "Near duplicates", ferm_path=folder / "set")
    assert [each["row"] for each in all_faces(twins)[-1]] == [1]
    assert "trained on this face" in opened_face(1, ferm_path=folder / "set").warning[0].value


def test_a_panel_shows_the_faces_most_like_it():
    app = opened_face(load(PUBLISHED).manifest["row"][0], "Faces like this")
    (embedding,) = find_embeddings(PUBLISHED_EMBEDDINGS, load(PUBLISHED))[0].values()
    rows = embedding.table["row"].to_numpy()[embedding.alike(0)]
    assert [each["row"] for each in all_faces(app)[-1]] == rows.tolist()


def test_a_doubtful_answer_is_called_so(folder):
    about = ABOUT | {"not_sure_below": 0.75}
    table = small_predictions(small_ferm(), WRONG, VALIDATION)
    write_parquet(folder / "runs" / "first" / "predictions.parquet", table, about)
    app = opened_face(0, ferm_path=folder / "set")
    assert "Under 75% the network is **not sure**" in said(app)
    app.selectbox(key="predictions").set_value("second")
    assert "not sure" not in said(checked(app.run()))


def calibration_page(path):
    from pathlib import Path

    from apps.explorer_parts.calibration_section import show_calibration

    show_calibration(Path(path))


def test_calibration_is_two_charts_and_a_table(tmp_path):
    path = tmp_path / "calibration.json"
    write_json(path, calibration_record(made_up_predictions()))
    app = part(calibration_page, str(path))
    assert len(charts(app)) == 2
    assert html(app).count("data:image/svg+xml") == 2
    assert "Under" in app.caption[-1].value
    path.write_text("cut sh")
    app = checked(app.run())
    assert "is not JSON" in app.error[0].value
    path.unlink()
    app = checked(app.run())
    assert not app.subheader


def test_next_and_previous_lead_through_the_list_chosen(folder):
    app = explorer({"ferm_path": folder / "set"})
    app = go(app, "samples", face="5", answer="wrong")
    assert "2 of 3" in said(app)
    assert walk(app) == {"rows": [2, 5, 9], "place": 1}
    app = opened_face(5, ferm_path=folder / "set")
    assert walk(app)["rows"] == list(range(16))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("999", "row 999 is not among the 16 faces"),
        ("-1", "asks for face '-1'"),
        ("x", "a FER2013"),
    ],
)
def test_a_link_to_no_face_is_a_sentence(folder, row, sentence):
    app = opened_face(row, ferm_path=folder / "set")
    assert sentence in plain(app.error[0].value)
    assert len(faces(app)) == 16


def test_a_row_asked_for_is_opened(folder):
    app = opened("samples", ferm_path=folder / "set")
    app.number_input(key="open").set_value(7)
    assert "Row 7: " in checked(app.run()).subheader[0].value


def test_confusion_says_what_it_is_of_and_warns_of_training_faces(folder):
    app = opened("confusion", ferm_path=folder / "set")
    assert "n = 4" in said(app)
    assert "validation faces" in said(app)
    # Row 0 is held back, but its twin is not.
    assert "share a photograph" in app.warning[0].value
    app.button_group(key="split").set_value("all")
    checked(app.run())
    assert "12 of these 16 faces were trained on" in app.warning[0].value
    assert len(app.metric) == 2


def test_a_cell_s_faces_are_shown(folder):
    labels = small_ferm().manifest["label"]
    own = set(labels.index[labels == labels[2]])
    app = opened("confusion", ferm_path=folder / "set", split="all", true=labels[2])
    assert {each["row"] for each in faces(app)} == own
    app = go(app, "confusion", split="all", true=labels[2], predicted=labels[2])
    assert {each["row"] for each in faces(app)} == own - set(WRONG)
    app = go(app, "confusion", split="all", true="happy")
    assert sorted(each["row"] for each in faces(app)) == WRONG


def test_mistakes_are_those_of_the_split_in_the_order_asked(folder):
    app = opened("confusion", ferm_path=folder / "set")
    assert sorted(each["row"] for each in faces(app)) == [2, 9]
    assert "**All mistakes**: 2 faces, surest first" in said(app)
    app.button_group(key="split").set_value("all")
    app.selectbox(key="order").set_value("smallest margin")
    checked(app.run())
    assert sorted(each["row"] for each in faces(app)) == WRONG
    assert "smallest margin" in said(app)


def test_what_is_reported_leaves_the_development_fold_out(folder):
    ferm = small_ferm()
    folds = np.array([9, *range(1, 9)] * 2)[:16].astype(np.int8)
    write(type(ferm)(ferm.manifest.assign(fold=folds), ferm.about), folder / "set")
    table = small_predictions(ferm, WRONG)
    write_parquet(folder / "runs" / "first" / "predictions.parquet", table, ABOUT)
    app = opened("confusion", ferm_path=folder / "set")
    assert app.button_group(key="split").options == ["folds 0–8", "fresh", "all"]
    assert "faces of folds 0 to 8 · a small set · n = 14" in said(app)
    assert sorted(each["row"] for each in faces(app)) == [2, 5]
    app.button_group(key="split").set_value("fresh")
    # Rows 0 and 1 show the same photograph, and 0 is of fold 9 as well.
    assert "n = 13" in said(checked(app.run()))


def test_the_choice_of_predictions_stays_on_every_page(folder):
    app = start(ferm_path=folder / "set")
    app.selectbox(key="predictions").set_value("second")
    checked(app.run())
    app = go(app, "confusion")
    assert "clean 1" in said(app)
    assert app.query_params["predictions"] == "second"


def test_predictions_of_another_set_are_a_sentence(folder):
    table = small_predictions(small_ferm())
    table["row"] += 1000
    write_parquet(folder / "runs" / "first" / "predictions.parquet", table, ABOUT)
    app = opened("confusion", ferm_path=folder / "set")
    assert "none is of a face" in app.info[0].value


def test_the_command_line():
    assert command_line(["pytest", "--ferm", "x"]).ferm == ""
    found = command_line(["apps/explorer.py", "--ferm", "a", "--fer2013", "b"])
    assert (found.ferm, found.fer2013, found.problem) == ("a", "b", "")
    found = command_line(["apps/explorer.py", "--predictions", "a", "--predictions", "b"])
    assert found.predictions == ("a", "b")
    assert "--ferm" in command_line(["apps/explorer.py", "--ferm"]).problem
    assert "Unknown argument --fermm" in command_line(["apps/explorer.py", "--fermm=a"]).problem


def test_neither_tensorflow_nor_dlib_is_imported():
    program = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('apps/explorer.py', default_timeout=300).run()\n"
        "assert not app.exception, app.exception\n"
        "print([name for name in ('tensorflow', 'keras', 'dlib') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_models_shows_the_runs_there_are(folder, monkeypatch):
    app = opened("models", ferm_path=folder / "set")
    assert "No run is there yet" in app.info[-1].value
    monkeypatch.setattr(data, "PUBLISHED_RUNS", PUBLISHED_RUNS)
    app = opened("models", ferm_path=folder / "set")
    assert not app.exception
    tables = {
        "Recipe": "Can the probabilities be believed?",
        "Bad pictures": "Bad pictures and other masks",
        "Table 3: on FERM": "How much do twins explain?",
        "Beside others": "Was the paper right to drop classes?",
        "Finding faces": "What the landmarks alone can tell",
    }
    for table, subheader in tables.items():
        app = go(app, "models", table=table)
        assert subheader in [each.value for each in app.subheader]
        assert not app.error
    assert "PublicTest %" in go(app, "models", table="Table 1: on FER2013").table[0].value


def test_models_opens_with_what_the_shipped_networks_reach():
    app = opened("models", ferm_path=PUBLISHED)
    drawn, fresh, *worn = app.metric
    stated = headlines(open_set(PUBLISHED), published_out_of_fold())
    assert [each.label for each in (drawn, fresh)] == [
        f"{name.capitalize()}, n = {share.n:,}" for name, share in stated.items()
    ]
    assert [f"{each.value} ({each.delta})" for each in (drawn, fresh)] == [
        str(share) for share in stated.values()
    ]
    measured = worn_headlines(read_json(WORN))
    assert [f"{each.value} ({each.delta})" for each in worn] == [*map(str, measured.values())]
    assert "three vision-language viewers, not people" in said(app)
    # Never without how often it is sure at all.
    rates = read_json(WORN)["networks"][SHIPPED.stem]
    assert f"It is sure of {Rate(**rates['worn neutral sure'])} of them" in said(app)


def test_of_another_set_models_states_no_headline_of_the_shipped_recipe(folder):
    app = opened("models", ferm_path=folder / "set")
    assert any("has no predictions of the recipe that ships" in each.value for each in app.info)
    assert not any(each.label.startswith("Clean") for each in app.metric)


def test_the_paper_s_six_figures_are_shown(folder):
    app = opened("figures", ferm_path=folder / "set")
    assert app.subheader[0].value.startswith("Figure 6:")
    assert html(app).count('src="data:image/svg+xml') == 2
    assert "n = 16" in said(app)
    assert "n = 4" in said(app)
    assert "12 of these 16 faces were trained on" in app.warning[0].value
    for tab in (each.label for each in app.tabs[1:]):
        app = go(app, "figures", figure=tab)
        assert app.subheader[0].value.startswith(f"Figure {tab[0]}:")
        assert html(app).count('src="data:image/svg+xml') == 1
    # Each drawn set has faces of its own, before and after.
    styles = len(set(small_ferm().manifest["mask_style"]))
    assert html(app).count(", bare'") == html(app).count(", masked'") == styles


def test_figure_3_is_drawn_for_the_channels_asked(folder):
    app = opened("figures", ferm_path=folder / "set", figure="3 Convolutions", c="8", c_out="16")
    before = html(app)
    app.number_input(key="c_out").set_value(128)
    checked(app.run())
    assert html(app) != before
    assert (app.number_input(key="c").value, app.number_input(key="c_out").value) == (8, 128)


def test_figures_without_predictions_or_stored_drawings_are_sentences(folder, monkeypatch):
    monkeypatch.setattr(data, "PUBLISHED_RUNS", folder / "none")
    monkeypatch.setattr("fermask.reporting.figures.FIGURES", folder / "none")
    app = opened("figures", ferm_path=folder / "set")
    assert "no predictions" in app.info[-1].value
    app = go(app, "figures", figure="1 Framework")
    assert "figure_1.svg is not there" in app.info[0].value
