"""The map: an area, a row and their faces, by the URL and drawn with the mouse."""

import pytest

from fermask.dataset.manifest import load
from fermask.exploring.embedding import read_embedding
from fermask.exploring.map_selection import inside, read_area
from fermask.system.paths import PUBLISHED, PUBLISHED_EMBEDDINGS
from tests.apps.exploring import faces, opened, plain, said

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


def test_a_face_and_those_most_like_it_stand_beside_the_map(embedding):
    row = int(load(PUBLISHED).manifest["row"][100])
    app = opened("map", around=str(row))
    rows = embedding.table["row"].to_numpy()[[100, *embedding.alike(100)]]
    assert [each["row"] for each in faces(app)] == rows.tolist()


def test_an_area_that_is_none_is_a_sentence():
    app = opened("map", area="here")
    assert "The area 'here' is not understood" in plain(app.error[0].value)
    assert not faces(app)


def test_a_set_without_a_map_says_how_to_make_one(folder):
    app = opened("map", ferm_path=folder / "set")
    assert "python -m scripts.embed" in app.info[-1].value
