"""Files and archives become pictures one by one, and whatever is none becomes a sentence."""

import numpy as np
import pytest
from PIL import Image

from fermask.photographs.album import AlbumLimits, list_album, read_album
from tests.pictures import encoded, zipped

RED = encoded(Image.new("RGB", (6, 4), "red"), "PNG")
BLUE = encoded(Image.new("RGB", (6, 4), "blue"), "JPEG")


def told(files, limits=AlbumLimits()):  # noqa: B008
    """Name → the mean colour, or the sentence."""
    entries = list(read_album(files, limits))
    assert len(list_album(files, limits)) == len(entries)
    return {
        each.name: each.photograph.image_rgb.mean(axis=(0, 1)) if each.photograph else each.error
        for each in entries
    }


def test_files_and_the_files_of_archives_come_in_order(tmp_path):
    path = tmp_path / "kept-under-another-name"
    path.write_bytes(zipped({"b/red.png": RED, "a/deep/er/blue.jpg": BLUE}))
    album = told([("blue.jpg", BLUE), ("album.zip", path)])
    assert list(album) == ["blue.jpg", "album.zip: b/red.png", "album.zip: a/deep/er/blue.jpg"]
    np.testing.assert_array_equal(album["album.zip: b/red.png"], (255, 0, 0))
    assert album["blue.jpg"][2] > 200


def test_names_that_lead_out_are_only_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"../../up.png": RED, "/etc/passwd": RED, "<b>bold</b>.png": RED}
    album = told([("a.zip", zipped(files))])
    assert list(album) == ["a.zip: ../../up.png", "a.zip: /etc/passwd", "a.zip: <b>bold</b>.png"]
    assert all(not isinstance(each, str) for each in album.values())
    assert list(tmp_path.rglob("*")) == []


def test_what_is_no_picture_is_a_sentence_and_the_rest_goes_on():
    inner = zipped({"red.png": RED})
    album = told(
        [
            ("a.zip", zipped({"letter.jpg": b"Dear all", "inner.zip": inner, "red.png": RED})),
            ("cut.zip", inner[:40]),
            ("empty.zip", zipped({})),
            ("empty.jpg", b""),
        ]
    )
    assert "expected a JPEG" in album["a.zip: letter.jpg"]
    assert "Archives inside archives" in album["a.zip: inner.zip"]
    np.testing.assert_array_equal(album["a.zip: red.png"], (255, 0, 0))
    assert "damaged or incomplete" in album["cut.zip"]
    assert "no file" in album["empty.zip"]
    assert "empty file" in album["empty.jpg"]


def test_damaged_and_encrypted_files_are_sentences():
    data = bytearray(zipped({"red.png": RED}))
    place = data.index(b"red.png") + 12
    data[place : place + 8] = b"\xff" * 8
    assert "damaged" in told([("a.zip", bytes(data))])["a.zip: red.png"]
    locked = bytearray(zipped({"red.png": RED}))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(header) + flags] |= 1
    assert "without a password" in told([("a.zip", bytes(locked))])["a.zip: red.png"]


def test_hidden_files_and_what_macos_adds_are_passed_over():
    files = {"__MACOSX/._red.png": b"x", ".DS_Store": b"x", "a/Thumbs.db": b"x", "red.png": RED}
    assert list(told([("a.zip", zipped(files))])) == ["a.zip: red.png"]


def test_a_bomb_is_not_unpacked():
    limits = AlbumLimits(pictures=9, bytes_each=1_000_000, bytes_all=2_000_000)
    bomb = zipped({"bomb.png": bytes(20_000_000), "red.png": RED})
    assert len(bomb) < 100_000
    album = told([("a.zip", bomb)], limits)
    assert "more than 1 MB" in album["a.zip: bomb.png"]
    np.testing.assert_array_equal(album["a.zip: red.png"], (255, 0, 0))


def test_an_archive_that_unpacks_to_too_much_ends_early():
    limits = AlbumLimits(pictures=9, bytes_each=1_000_000, bytes_all=2_000_000)
    many = zipped({f"{i}.png": bytes(900_000) for i in range(5)})
    *_, last = read_album([("a.zip", many)], limits)
    assert "more than 2 MB" in last.error


def test_too_many_files_end_early():
    album = told([(f"{i}.png", RED) for i in range(5)], AlbumLimits(pictures=3))
    assert list(album) == ["0.png", "1.png", "2.png", "the rest"]
    assert "at most 3 files" in album["the rest"]


@pytest.mark.parametrize("files", [[], [("gone.png", None)]])
def test_no_files_and_files_that_are_gone(files, tmp_path):
    files = [(name, tmp_path / "nothing") for name, _ in files]
    assert all("no longer kept" in said for said in told(files).values())
