"""Views saved by name."""

import pytest

from fermask.exploring.views import forget_view, read_views, save_view

QUERY = {"class": ["sad", "angry"], "sort": ["loss"]}


def test_views_are_saved_replaced_and_forgotten(tmp_path):
    path = tmp_path / "deep" / "views.json"
    assert read_views(path) == {}
    save_view(path, "  sad   ones ", "Samples", QUERY)
    save_view(path, "a first", "Map", {})
    assert list(read_views(path)) == ["a first", "sad ones"]
    assert read_views(path)["sad ones"] == {"page": "Samples", "query": QUERY}
    save_view(path, "sad ones", "Map", {})
    assert read_views(path)["sad ones"]["page"] == "Map"
    forget_view(path, "sad ones")
    forget_view(path, "never there")
    assert list(read_views(path)) == ["a first"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(tmp_path, name):
    with pytest.raises(ValueError, match="needs a name"):
        save_view(tmp_path / "views.json", name, "Samples", {})
    assert not (tmp_path / "views.json").exists()


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', '{"a": {"page": "Map"}}', "cut sh"])
def test_a_damaged_file_is_a_sentence_and_stays(tmp_path, text):
    path = tmp_path / "views.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"views\.json"):
        save_view(path, "new", "Map", {})
    assert path.read_text() == text
