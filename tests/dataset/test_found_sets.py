"""Folders that hold a set are found without reading it."""

from fermask.dataset.manifest import found_sets, write
from tests.small import small_ferm


def test_sets_are_found_in_a_place_and_one_below_each_once(tmp_path):
    write(small_ferm(), tmp_path / "sets" / "a")
    (tmp_path / "sets" / "b").mkdir()
    (tmp_path / "sets" / "b" / "manifest.parquet").write_bytes(b"cut short")
    (tmp_path / "sets" / "c").mkdir()
    places = [tmp_path / "nowhere", tmp_path / "sets" / "a", tmp_path / "sets"]
    found = found_sets(places)
    assert [(each.folder.name, each.name, each.n) for each in found] == [
        ("a", "a small set", 16),
        ("b", "", 0),
    ]
