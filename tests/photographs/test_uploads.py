"""Visitors' pictures come back from beside this process as they would from it."""

import numpy as np
import pytest
from PIL import Image

from fermask.photographs import uploads
from fermask.photographs.album import AlbumLimits, read_album
from fermask.photographs.uploads import photograph_guard, read_upload, read_uploads
from fermask.system.guarded import Guard, Lost
from tests.pictures import encoded, zipped

RED = encoded(Image.new("RGB", (600, 400), "red"), "PNG")


@pytest.fixture(scope="module")
def guard():
    guard = photograph_guard(1)
    yield guard
    guard.close()


def test_a_picture_is_read_and_reduced(guard):
    assert read_upload(guard, RED).image_rgb.shape == (400, 600, 3)
    small = read_upload(guard, RED, 60)
    np.testing.assert_array_equal(small.image_rgb[0, 0], (255, 0, 0))
    assert (small.image_rgb.shape, small.reduced) == ((40, 60, 3), 10)
    jpeg = encoded(Image.new("RGB", (600, 400), "red"), "JPEG")
    small = read_upload(guard, jpeg, 100)
    assert (small.image_rgb.shape, small.reduced) == ((67, 100, 3), 6)
    with pytest.raises(ValueError, match="expected a JPEG"):
        read_upload(guard, b"Dear all")


def test_no_picture_is_looked_at_in_many_tiles(guard):
    strip = encoded(Image.new("1", (39_000, 1000)), "PNG")
    _, entries = read_uploads(guard, [("strip.png", strip)], AlbumLimits())
    for photograph in (read_upload(guard, strip), next(entries).photograph):
        assert photograph.image_rgb.shape == (105, 4096, 3)
        assert photograph.reduced == pytest.approx(39_000 / 4096)


def test_an_album_is_read_one_by_one(guard, tmp_path):
    (tmp_path / "a").write_bytes(zipped({"1.png": RED, "2.png": b"?", "3.png": RED}))
    files = [("a.zip", tmp_path / "a"), ("b.png", RED)]
    count, entries = read_uploads(guard, files, AlbumLimits())
    found = list(entries)
    assert count == len(found) == 4
    assert [each.name for each in found] == [each.name for each in read_album(files)]
    assert [each.error == "" for each in found] == [True, False, True, True]


class _OneIsLost(Guard):
    """Loses the process at each second file."""

    def __init__(self):
        pass

    def call(self, function, *arguments):
        return function(*arguments)

    def each(self, function, *arguments):
        for number, entry in enumerate(function(*arguments), start=arguments[-1]):
            if number % 2:
                raise Lost("It takes too long.")
            yield entry


def test_a_file_that_does_not_come_back_is_named_and_the_rest_goes_on():
    files = [(f"{i}.png", RED) for i in range(5)]
    count, entries = read_uploads(_OneIsLost(), files, AlbumLimits())
    found = list(entries)
    assert count == len(found) == 5
    assert [each.name for each in found] == [name for name, _ in files]
    assert [each.error for each in found] == [
        "",
        "It takes too long.",
        "",
        "It takes too long.",
        "",
    ]
    assert uploads.MEMORY < 2_000_000_000
