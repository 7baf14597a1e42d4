"""The explorer's pages, without and with pictures, and once in a real browser."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from apps.explorer_parts import data
from apps.explorer_parts.data import command_line
from fermask.dataset.manifest import write
from fermask.evaluation.calibration import calibration_record
from fermask.faces.labels import CLASSES, VOTE_COLUMNS
from fermask.networks.predictions import read_predictions
from fermask.system.files import write_json
from fermask.system.parquet import write_parquet
from fermask.system.paths import OUT_OF_FOLD, PUBLISHED_RUNS
from tests.apps.browser import ROOT, free_port, open_page, running_app
from tests.apps.exploring import VALIDATION, WRONG, checked, faces, go, opened, part, said, start
from tests.evaluation.test_calibration import made_up_predictions
from tests.small import ABOUT, small_fer2013, small_ferm, small_predictions

PAGES = ["overview", "samples", "sample", "confusion", "mistakes", "figures"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_small_set_without_pictures(folder, page):
    app = opened(page, ferm_path=folder / "set", **({"row": "2"} if page == "sample" else {}))
    assert not app.error
    assert "drawn from their landmarks" in said(app) or page == "confusion"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_published_set(page, monkeypatch, tmp_path):
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path)
    app = opened(page)
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_pictures_where_fer2013_is(folder, page):
    app = start(ferm_path=folder / "set", fer2013_path=folder / "fer2013")
    app = go(app, page, **({"row": "2"} if page == "sample" else {}))
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


@pytest.mark.parametrize("path", ["nowhere", "~nobody-of-this-name", "words.txt", "a\0b"])
def test_a_wrong_path_of_fer2013_is_a_sentence_and_the_app_goes_on(folder, path):
    (folder / "words.txt").write_text("no table")
    where = path if path.startswith("~") else folder / path
    app = opened("samples", ferm_path=folder / "set", fer2013_path=where)
    assert len(app.error) == 1
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
    assert "holds no manifest.parquet" in app.error[0].value
    (folder / "bad").mkdir()
    (folder / "bad" / "manifest.parquet").write_bytes(b"cut short")
    app = start(ferm_path=folder / "bad")
    assert any("cannot be read as Parquet" in each.value for each in app.error)
    assert app.title[0].value == "FERM v1"


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
    charts = {"Class balance": 2, "Screening": 2, "Votes": 2, "Quality": 4, "Data card": 0}
    for section, expected in charts.items():
        app = go(app, "overview", section=section)
        assert len(app.get("plotly_chart")) == expected
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


def test_a_sample_shows_what_every_network_says(folder):
    (folder / "runs" / "third").mkdir()
    (folder / "runs" / "third" / "predictions.parquet").write_bytes(b"cut short")
    app = opened("sample", ferm_path=folder / "set", row="2")
    table = app.dataframe[0].value
    assert table["name"].tolist() == ["first", "second"]
    assert "0 of 2 are right" in said(app)
    assert "1 predictions files do not count" in [each.label for each in app.expander]


def test_a_sample_shows_votes_answer_rules_and_twins(folder):
    app = opened("sample", ferm_path=folder / "set", row="0")
    assert "Row 0" in app.title[0].value
    assert len(app.get("plotly_chart")) == 2
    assert len(app.table) == 1
    assert [each["row"] for each in faces(app)] == [1]
    app.number_input(key="row").set_value(1)
    checked(app.run())
    assert "trained on this face" in app.warning[0].value


def test_a_doubtful_answer_is_called_so(folder):
    about = ABOUT | {"not_sure_below": 0.75}
    table = small_predictions(small_ferm(), WRONG, VALIDATION)
    write_parquet(folder / "runs" / "first" / "predictions.parquet", table, about)
    app = opened("sample", ferm_path=folder / "set", row="0")
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
    assert len(app.get("plotly_chart")) == 2
    assert "Under" in app.caption[-1].value
    path.write_text("cut sh")
    app = checked(app.run())
    assert "is not JSON" in app.error[0].value
    path.unlink()
    app = checked(app.run())
    assert not app.subheader


def test_next_and_previous_walk_through_the_list(folder):
    app = opened("sample", ferm_path=folder / "set", row="3")
    next(each for each in app.button if each.label == "Next").click()
    checked(app.run())
    assert "Row 4" in app.title[0].value
    next(each for each in app.button if each.label == "Previous").click()
    checked(app.run())
    assert "Row 3" in app.title[0].value


def test_a_row_that_is_not_in_the_set_is_a_sentence(folder):
    app = opened("sample", ferm_path=folder / "set", row="999")
    assert "row 999 is not among the 16 faces" in app.error[0].value


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
    app = opened("confusion", ferm_path=folder / "set", split="all")
    labels = small_ferm().manifest["label"]
    app.selectbox(key="true").set_value(labels[2])
    checked(app.run())
    assert {each["row"] for each in faces(app)} == set(labels.index[labels == labels[2]])
    app.selectbox(key="predicted").set_value(labels[2])
    checked(app.run())
    expected = {row for row in labels.index[labels == labels[2]] if row not in WRONG}
    assert {each["row"] for each in faces(app)} == expected


def test_mistakes_are_those_of_the_split_and_filtered(folder):
    app = opened("mistakes", ferm_path=folder / "set")
    assert sorted(each["row"] for each in faces(app)) == [2, 9]
    assert "**2** mistakes on 4 faces" in said(app)
    app.button_group(key="of").set_value("all")
    checked(app.run())
    assert sorted(each["row"] for each in faces(app)) == WRONG
    label = small_ferm().manifest["label"][5]
    app.button_group(key="is").set_value([label])
    checked(app.run())
    assert all(label in each["alt"] for each in faces(app))
    assert faces(app)[0]["votes"]


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
    app = opened("mistakes", ferm_path=folder / "set")
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


@pytest.mark.browser
def test_from_a_cell_to_a_face_and_back_and_again_by_its_url(tmp_path):
    said_of = read_predictions(OUT_OF_FOLD)
    angry = said_of.probabilities.argmax(axis=1) == CLASSES.index("angry")
    cell = said_of.table[(said_of.table["label"] == "surprise") & angry]
    expected = cell.sort_values("p_angry", ascending=False)["row"].astype(str).tolist()
    assert expected
    port = free_port()
    url = f"http://localhost:{port}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    none = {"FER2013": str(tmp_path)}
    with running_app(arguments, f"{url}/_stcore/health", none), open_page(url) as page:
        faces_shown = page.locator("button[data-row]")
        page.goto(f"{url}/confusion?split=all")
        page.locator("button[aria-label*='surprise faces predicted as angry']").click()
        page.wait_for_selector("button[data-row]")
        assert "true=surprise" in page.url
        assert "predicted=angry" in page.url
        assert [each.get_attribute("data-row") for each in faces_shown.all()] == expected
        faces_shown.first.click()
        page.wait_for_selector(f"h1:has-text('Row {expected[0]}: surprise')")
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        assert f"row={expected[0]}" in page.url
        page.get_by_role("button", name="Confusion").click()
        page.wait_for_selector(f"button[data-row='{expected[0]}']")
        assert "predicted=angry" in page.url
        page.reload()
        page.wait_for_selector("button[data-row]")
        assert [each.get_attribute("data-row") for each in faces_shown.all()] == expected
        assert page.locator("[data-testid=stException]").count() == 0


def test_models_shows_the_runs_there_are(folder, monkeypatch):
    app = opened("models", ferm_path=folder / "set")
    assert "No run is there yet" in app.info[0].value
    monkeypatch.setattr(data, "PUBLISHED_RUNS", PUBLISHED_RUNS)
    app = opened("models", ferm_path=folder / "set")
    assert not app.exception
    assert "m_xception" in set(app.dataframe[0].value["network"])
    assert [each.value for each in app.subheader] == [
        "Table 3: networks on FERM",
        "Beyond the paper's recipe",
        "Can the probabilities be believed?",
        "Training curves",
        "How much do twins explain?",
        "How long an epoch takes",
        "Table 1: FER2013 without masks",
        "Another package on the same faces",
        "Was the paper right to drop classes?",
        "Bad pictures and other masks",
        "Faces found in photographs",
        "What the landmarks alone can tell",
    ]


def html(app):
    return " ".join(each.proto.body for each in app.get("html"))


def test_the_paper_s_six_figures_are_shown(folder):
    app = opened("figures", ferm_path=folder / "set")
    titles = [each.value for each in app.subheader]
    assert [each.partition(":")[0] for each in titles] == [f"Figure {n}" for n in range(1, 7)]
    assert html(app).count('src="data:image/svg+xml') == 7
    # Each drawn set has faces of its own, before and after.
    styles = len(set(small_ferm().manifest["mask_style"]))
    assert html(app).count(", bare'") == html(app).count(", masked'") == styles
    assert "n = 16" in said(app)
    assert "n = 4" in said(app)
    assert "12 of these 16 faces were trained on" in app.warning[0].value


def test_figure_3_is_drawn_for_the_channels_asked(folder):
    app = opened("figures", ferm_path=folder / "set", c="8", c_out="16")
    before = html(app)
    app.number_input(key="c_out").set_value(128)
    checked(app.run())
    assert html(app) != before
    assert (app.number_input(key="c").value, app.number_input(key="c_out").value) == (8, 128)


def test_figures_without_predictions_or_stored_drawings_are_sentences(folder, monkeypatch):
    monkeypatch.setattr(data, "PUBLISHED_RUNS", folder / "none")
    monkeypatch.setattr("fermask.reporting.figures.FIGURES", folder / "none")
    app = opened("figures", ferm_path=folder / "set")
    assert "figure_1.svg is not there" in app.info[0].value
    assert "no predictions" in app.info[-1].value
