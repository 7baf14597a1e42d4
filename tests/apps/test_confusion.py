"""The Confusion page: one model or two, predictions of one's own, and the way there by URL."""

import pytest

from fermask.faces.labels import CLASSES
from fermask.system.parquet import write_parquet
from tests.apps.exploring import (
    VALIDATION,
    WRONG,
    checked,
    explorer,
    faces,
    go,
    opened,
    plain,
    said,
    start,
)
from tests.small import ABOUT, small_ferm, small_predictions

UPLOADED = "uploaded: mine.csv"


def csv_of(wrong=(), rows=range(16)):
    """Somebody's CSV: the small set's faces with their probabilities."""
    table = small_predictions(small_ferm(), wrong).iloc[list(rows)]
    table = table.rename(columns={"row": "id"} | {f"p_{name}": name for name in CLASSES})
    return table[["id", *CLASSES]].to_csv(index=False, float_format="%.4f")


def upload(app, name, text):
    uploader = next(iter(app.get("file_uploader")))
    uploader.set_value((name, text.encode(), "text/csv"))
    return checked(app.run())


@pytest.fixture
def side_by_side(folder):
    """The page with two models; the second is wrong on rows 2 and 3 alone."""
    table = small_predictions(small_ferm(), [2, 3], VALIDATION)
    write_parquet(folder / "runs" / "second" / "predictions.parquet", table, ABOUT | {"seed": 1})
    return opened("confusion", ferm_path=folder / "set", split="all", versus="second")


def test_two_models_are_compared_on_the_same_faces(side_by_side):
    words = said(side_by_side)
    assert "protocol clean 0 · all faces" in words
    assert "protocol clean 1 · all faces" in words
    # Only the first is wrong on 5 and 9, only the second on 3, both on 2.
    assert "Only the first names **1** right, only the second **2**" in words
    assert "both are right on 12 and both wrong on 1" in words
    assert "**-6.2 points**" in words
    assert [each.value.split()[0] for each in side_by_side.metric] == ["81.2%", "87.5%"]


@pytest.mark.parametrize(
    ("right", "rows"), [("only first", [3]), ("only second", [5, 9]), ("both wrong", [2])]
)
def test_the_faces_that_only_one_gets_right_are_shown(side_by_side, right, rows):
    side_by_side.button_group(key="right").set_value(right)
    app = checked(side_by_side.run())
    assert sorted(each["row"] for each in faces(app)) == rows
    assert "second:" in faces(app)[0]["lines"][1]


def test_a_cell_may_be_of_either_model(side_by_side):
    labels = small_ferm().manifest["label"]
    said_of_5 = CLASSES[(CLASSES.index(labels[5]) + 1) % 4]
    cell = {"split": "all", "versus": "second", "true": labels[5], "predicted": said_of_5}
    app = go(side_by_side, "confusion", **cell)
    assert 5 in [each["row"] for each in faces(app)]
    app = go(app, "confusion", **cell, whose="second")
    assert 5 not in [each["row"] for each in faces(app)]


def test_a_second_model_that_cannot_be_read_is_a_sentence(folder):
    (folder / "runs" / "second" / "predictions.parquet").write_bytes(b"cut short")
    app = opened("confusion", ferm_path=folder / "set", versus="second")
    assert "cannot be read as Parquet" in plain(app.error[0].value)
    app = opened("confusion", ferm_path=folder / "set", versus="third")
    assert not app.error
    assert len(app.metric) == 2


def test_the_first_model_is_no_choice_for_the_second(folder):
    app = opened("confusion", ferm_path=folder / "set", versus="second")
    assert "first" not in app.selectbox(key="versus").options
    app.selectbox(key="predictions").set_value("second")
    checked(app.run())
    assert app.selectbox(key="versus").options[1:] == ["first"]
    assert "protocol clean 1" in said(app)


def test_an_uploaded_csv_gives_every_page(folder):
    app = upload(start(ferm_path=folder / "set"), "mine.csv", csv_of(WRONG, range(15)))
    assert app.selectbox(key="predictions").value == UPLOADED
    app = go(app, "confusion", predictions=UPLOADED)
    assert "**mine** · protocol unknown · all faces · a small set · n = 15" in said(app)
    assert "1 of the set's 16 faces have no prediction" in said(app)
    assert "for this visit only" in said(app)
    assert "not known whether these faces were trained on" in app.warning[0].value
    assert sorted(each["row"] for each in faces(app)) == WRONG
    app = go(app, "samples", predictions=UPLOADED, answer="wrong")
    assert sorted(each["row"] for each in faces(app)) == WRONG
    for page in ("overview", "figures", "models"):
        go(app, page, predictions=UPLOADED)
        assert not app.error


def test_numbers_that_may_be_places_are_asked_about(folder):
    head, *lines = csv_of(WRONG).splitlines()
    counted = [f"{i},{line.partition(',')[2]}" for i, line in enumerate(lines, 1)]
    app = upload(start(ferm_path=folder / "set"), "mine.csv", "\n".join([head, *counted]))
    assert "Which are they?" in plain(app.warning[0].value)
    assert "mine.csv (uploaded) is not read yet" in plain(app.error[0].value)
    assert app.selectbox(key="predictions").value == "first"
    app.radio(key=f"ids_{UPLOADED}").set_value("places in the set")
    checked(app.run())
    assert not app.error
    assert app.selectbox(key="predictions").value == UPLOADED
    app = go(app, "samples", predictions=UPLOADED, answer="wrong")
    assert sorted(each["row"] for each in faces(app)) == WRONG


def test_a_bad_upload_names_line_and_column_and_the_pages_go_on(folder):
    bad = csv_of().replace("0.7000", "seventy", 1)
    app = upload(start(ferm_path=folder / "set"), "mine.csv", bad)
    assert "mine.csv, line 2, column" in plain(app.error[0].value)
    assert "'seventy'" in plain(app.error[0].value)
    assert app.selectbox(key="predictions").value == "first"
    assert "n = 4" in said(go(app, "confusion"))


def test_a_path_stands_in_the_url_and_a_link_opens_it_again(folder):
    path = folder / "mine.csv"
    path.write_text(csv_of([1]))
    app = opened("confusion", ferm_path=folder / "set")
    app.text_input(key="predictions_path").set_value(str(path))
    checked(app.run())
    assert app.query_params["predictions"] == str(path)
    assert "**mine**" in said(app)
    fresh = explorer()
    fresh.query_params = {"set": str(folder / "set"), "predictions": str(path)}
    checked(fresh.run())
    assert fresh.selectbox(key="predictions").value == str(path)
    assert fresh.text_input(key="ferm_path").value == str(folder / "set")
    assert "**mine**" in said(go(fresh, "confusion"))
    path.unlink()
    assert "does not exist" in checked(fresh.run()).error[0].value
    assert "n = 4" in said(fresh)


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x.csv", "a\0b", "."])
def test_a_path_that_is_no_file_is_a_sentence(folder, path):
    app = start(ferm_path=folder / "set", predictions_path=path)
    assert len(app.error) == 1
    assert "n = 4" in said(go(app, "confusion"))


def test_a_link_to_an_upload_says_that_it_is_gone(folder):
    fresh = explorer()
    fresh.query_params = {"set": str(folder / "set"), "predictions": UPLOADED}
    assert "uploaded for one visit and is gone" in checked(fresh.run()).error[0].value


def test_sets_beside_each_other_can_be_picked(folder):
    app = start(ferm_path=folder / "set")
    listed = app.selectbox(key="set_listed")
    assert listed.value == str(folder / "set")
    assert f"a small set, 16 faces, {folder / 'full'}" in listed.options
    listed.set_value(str(folder / "full"))
    checked(app.run())
    assert app.text_input(key="ferm_path").value == str(folder / "full")
    assert app.query_params["set"] == str(folder / "full")
    assert faces(go(app, "samples"))[0]["picture"].startswith("data:image/png")
