"""Marking faces in the explorer: on a face's page, in a gallery, and the Review page."""

from dataclasses import replace

import pytest

from apps.explorer_parts import data, marking
from apps.explorer_parts.started import command_line
from fermask.dataset.manifest import write
from fermask.dataset.marks import marks_of
from fermask.exploring.views import read_views
from fermask.faces.labels import CLASSES
from fermask.system.parquet import write_parquet
from tests.apps.browser import free_port, open_page, running_app
from tests.apps.exploring import checked, faces, opened, opened_face, plain, said
from tests.small import ABOUT, small_ferm, small_predictions


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a small set, and marks of the explorer there."""
    write(small_ferm(), tmp_path / "set")
    monkeypatch.setattr(data, "PUBLISHED_RUNS", tmp_path / "runs")
    monkeypatch.setattr(data, "OUT_OF_FOLD", tmp_path / "predictions.parquet")
    monkeypatch.setattr(marking, "MARKS", tmp_path / "marks.sqlite")
    monkeypatch.setenv("FER2013", "")
    monkeypatch.setattr("fermask.system.paths.FER2013", tmp_path / "nothing")
    return tmp_path


@pytest.fixture
def marks(place):
    return marks_of(place / "marks.sqlite", small_ferm().about)


def page_of(place, name, **query):
    return opened(name, ferm_path=place / "set", **query)


def label_of(row):
    return small_ferm().manifest["label"][row]


# -- A face's panel -------------------------------------------------------------------------


def test_a_face_is_marked_with_suggestion_and_note_and_the_mark_is_taken_back(place, marks):
    app = opened_face(2, ferm_path=place / "set")
    assert "Not marked." in said(app)
    other = next(name for name in ("sad", "angry") if name != label_of(2))
    app.selectbox(key="should_be_2").set_value(other)
    app.text_input(key="note_2").set_value("*brows*")
    checked(app.button(key="mark_wrong_label").click().run())
    assert f"Marked **wrong label**, should be **{other}**" in said(app)
    assert marks.current().iloc[0].drop("time").to_list() == [2, "wrong label", other, "*brows*"]
    checked(app.button(key="mark_keep").click().run())
    assert marks.current()["suggestion"].to_list() == [""]
    checked(app.button(key="mark_undo").click().run())
    assert "Marked **wrong label**" in said(app)
    checked(app.button(key="mark_undo").click().run())
    assert "Not marked." in said(app)


def test_a_face_cannot_be_suggested_what_it_is(place):
    app = opened_face(2, ferm_path=place / "set")
    assert label_of(2) not in app.selectbox(key="should_be_2").options


# -- A gallery -----------------------------------------------------------------------------


def test_marked_faces_say_so_in_every_gallery(place, marks):
    marks.mark([3], "wrong label", "sad", "a note")
    marks.mark([4], "keep")
    tiles = {face["row"]: face for face in faces(page_of(place, "samples"))}
    assert tiles[3]["mark"] == "→ sad"
    assert tiles[3]["alt"].endswith("marked wrong label, should be sad")
    assert tiles[4]["mark"] == "keep"
    assert "mark" not in tiles[5]


def test_a_link_opens_the_gallery_ready_to_mark(place):
    assert page_of(place, "samples", page_mark="true").toggle(key="page_mark").value
    assert not page_of(place, "samples").toggle(key="page_mark").value


# -- The Review page -----------------------------------------------------------------------


def test_without_marks_the_page_says_how_to_mark(place):
    app = page_of(place, "review")
    assert "Turn on **Mark faces**" in said(app)
    assert app.button(key="undo_last").disabled
    assert not (place / "marks.sqlite").exists()


def test_marks_are_listed_newest_first_and_filtered_by_the_url(place, marks):
    marks.mark([3, 5], "wrong label", note="a note")
    marks.mark([4], "keep")
    app = page_of(place, "review")
    assert [face["row"] for face in faces(app)] == [4, 5, 3]
    assert "3** of 16 faces marked: 2 wrong label · 1 keep" in said(app)
    assert "marked wrong label: a note" in faces(app)[1]["lines"]
    app = page_of(place, "review", verdict="keep")
    assert [face["row"] for face in faces(app)] == [4]
    assert "No face has this verdict" in said(page_of(place, "review", verdict="bad mask"))
    checked(app.button(key="undo_last").click().run())
    assert marks.current()["row"].to_list() == [3, 5]


def test_a_reviewed_set_is_compared_with_the_unreviewed_one(place, marks):
    ferm = small_ferm()
    measured = ferm.manifest["fold"] != 9
    assert measured[3:6].all()
    table = small_predictions(ferm, [3, 4, 5])
    write_parquet(place / "predictions.parquet", table, ABOUT)
    answer = CLASSES[(CLASSES.index(label_of(3)) + 1) % 4]
    marks.mark([3], "wrong label", answer)
    marks.mark([4], "not a face")
    words = said(page_of(place, "review"))
    n = measured.sum()
    assert f"As it is: **{1 - 3 / n:.1%}" in words
    # Of three that were wrong one is right now, and another gone.
    assert f"As reviewed: **{1 - 1 / (n - 1):.1%}" in words


def test_a_view_is_saved_by_name_and_forgotten(place):
    app = page_of(place, "samples", sort="loss")
    app.text_input(key="view_name").set_value("the losses")
    checked(app.run())
    assert read_views(place / "views.json")["the losses"]["page"] == "Samples"
    app.text_input(key="view_name").set_value("x" * 99)
    assert "needs a name" in checked(app.run()).error[0].value
    app.button(key="forget_the losses").click()
    checked(app.run())
    assert read_views(place / "views.json") == {}


def test_a_csv_is_added_as_one_step_and_a_wrong_one_adds_nothing(place, marks):
    app = page_of(place, "review")
    upload(app, b"row,verdict\n3,bad mask\n99,keep\n")
    assert "marks.csv, row 2 (line 3), column row: FER2013's row 99" in plain(app.error[0].value)
    upload(app, b"row,verdict\n3,bad mask\n4,keep\n")
    assert not app.error
    checked(app.button(key="add_marks").click().run())
    assert marks.current()["row"].to_list() == [3, 4]
    assert not app.get("file_uploader")[0].value
    checked(app.button(key="undo_last").click().run())
    assert marks.current().empty


def upload(app, content):
    app.get("file_uploader")[0].set_value(("marks.csv", content, "text/csv"))
    checked(app.run())


def test_the_command_is_the_one_that_made_the_set(place):
    app = page_of(place, "review")
    command = "python -m scripts.build_ferm --review marks.csv --out ferm-reviewed"
    assert f"`` {command} ``" in said(app)


def test_version_1_cannot_be_built_and_says_where_its_marks_go(place):
    ferm = small_ferm()
    manifest = ferm.manifest.drop(columns="copies")
    write(replace(ferm, manifest=manifest, about=ferm.about | {"schema": 1}), place / "set")
    app = page_of(place, "review")
    assert "cannot be built any more" in said(app)
    assert "--review marks.csv" in said(app)
    assert "``" not in said(app)


@pytest.mark.parametrize("page", ["review", "samples", "face"])
def test_a_damaged_marks_file_is_a_sentence_and_the_page_goes_on(place, page):
    (place / "marks.sqlite").write_bytes(b"no marks" * 1000)
    is_face = page == "face"
    app = opened_face(2, ferm_path=place / "set") if is_face else page_of(place, page)
    assert "marks.sqlite is damaged" in plain(app.error[0].value)
    if is_face:
        checked(app.button(key="mark_keep").click().run())
        assert "It was left as it is" in plain(app.error[0].value)
    assert (place / "marks.sqlite").read_bytes() == b"no marks" * 1000


def test_the_command_line_names_the_marks_file():
    assert command_line(["apps/explorer.py", "--marks", "m.sqlite"]).marks == "m.sqlite"


# -- In a browser --------------------------------------------------------------------------


def test_a_face_marked_in_the_browser_is_marked_after_a_reload(place):
    url = f"http://127.0.0.1:{(port := free_port())}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.address", "127.0.0.1", "--", "--ferm"]
    arguments += [str(place / "set"), "--marks", str(place / "marks.sqlite")]
    with running_app(arguments, f"{url}/_stcore/health"), open_page(f"{url}/samples") as page:
        page.get_by_text("Mark faces").click()
        tile = page.locator(".faces button[data-row='3']")
        page.locator(".bar").wait_for()
        tile.click()
        page.locator(".faces button[data-row='4']").click()
        page.get_by_label("The class it should be").select_option("sad")
        page.get_by_label("Note", exact=True).fill("brows down")
        page.locator(".bar").get_by_role("button", name="Wrong label").click()
        # What is only on its way is paler.
        tile.locator(".badge:not(.sent)").wait_for()
        # With the keyboard alone, and the place is kept.
        page.locator(".faces button[data-row='5']").focus()
        page.keyboard.press("b")
        page.locator(".faces button[data-row='5'] .badge:not(.sent)").wait_for()
        page.keyboard.press("Enter")
        assert page.locator(".bar .count").inner_text() == "1 selected"
        assert "page_mark=true" in page.url
        page.reload()
        tile.locator(".badge").wait_for()
        assert "marked wrong label, should be sad" in tile.get_attribute("aria-label")
        page.locator(".bar").wait_for()
    kept = marks_of(place / "marks.sqlite", small_ferm().about).current()
    assert kept["row"].to_list() == [3, 4, 5]
    assert kept["note"].to_list() == ["brows down", "brows down", ""]
