"""The map: an area, a row and their faces, by the URL and drawn with the mouse."""

import pytest

from fermask.dataset.manifest import load
from fermask.exploring.embedding import read_embedding
from fermask.exploring.map_selection import inside, nearest, read_area
from fermask.system.paths import FERM_V1, PUBLISHED_EMBEDDINGS
from tests.apps.browser import free_port, open_page, running_app
from tests.apps.exploring import faces, opened, said

AREA = "-10_-10_10_10"


@pytest.fixture(scope="module")
def embedding():
    return read_embedding(PUBLISHED_EMBEDDINGS / "m_xception.parquet")


def rows_inside(embedding, area):
    inside_it = inside(read_area(area), embedding.points_xy("t-SNE"))
    return set(embedding.table["row"].to_numpy()[inside_it].tolist())


def test_an_area_in_the_url_gives_its_faces(embedding):
    app = opened("map", area=AREA)
    rows = rows_inside(embedding, AREA)
    assert f"{len(rows):,} of 3,840 faces" in said(app)
    shown = {each["row"] for each in faces(app)}
    assert shown
    assert shown <= rows
    assert "were trained on 3,840 of the 3,840 faces" in said(app)


def test_the_faces_around_a_row_are_the_nearest_ones(embedding):
    row = int(load(FERM_V1).manifest["row"][100])
    points_xy = embedding.points_xy("t-SNE")
    near = nearest(points_xy, points_xy[100], 5)
    app = opened("map", around=str(row), how_many="5")
    assert [each["row"] for each in faces(app)] == embedding.table["row"].iloc[near].tolist()
    assert faces(app)[0]["row"] == row


def test_an_area_that_is_none_is_a_sentence():
    app = opened("map", area="here")
    assert "The area 'here' is not understood" in app.error[0].value
    assert not faces(app)


def test_a_set_without_a_map_says_how_to_make_one(folder):
    app = opened("map", ferm_path=folder / "set")
    assert "python -m scripts.embed" in app.info[-1].value


@pytest.mark.browser
def test_a_box_drawn_on_the_map_gives_faces_and_a_link_to_them(tmp_path, embedding):
    port = free_port()
    url = f"http://localhost:{port}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    none = {"FER2013": str(tmp_path)}
    with running_app(arguments, f"{url}/_stcore/health", none), open_page(f"{url}/map") as page:
        plot = page.locator(".nsewdrag").first
        plot.wait_for()
        box = plot.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 40, y - 40)
        page.mouse.down()
        page.mouse.move(x + 40, y + 40, steps=5)
        page.mouse.up()
        tiles = page.locator("button[data-row]")
        tiles.first.wait_for()
        drawn = [int(each.get_attribute("data-row")) for each in tiles.all()]
        area = page.get_by_role("textbox", name="Area").input_value()
        assert drawn
        assert set(drawn) <= rows_inside(embedding, area)
        page.reload()
        tiles.first.wait_for()
        assert [int(each.get_attribute("data-row")) for each in tiles.all()] == drawn
