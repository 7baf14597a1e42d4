"""Small files that stand for more than memory or patience hold are read within bounds."""

import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from fermask.photographs import photograph
from fermask.photographs.album import read_album
from fermask.photographs.photograph import read_photograph
from tests.pictures import encoded, zipped


def bitmap(width, height, stream, bits=8):
    """A run-length BMP with a grey palette whose picture is a stream of runs."""
    colours = 1 << bits
    palette = b"".join(bytes((i * 255 // (colours - 1),) * 3 + (0,)) for i in range(colours))
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, 1 if bits == 8 else 2, 0, 0, 0, colours, 0
    )
    start = 14 + len(info) + len(palette)
    head = struct.pack("<2sIHHI", b"BM", start + len(stream), 0, 0, start)
    return head + info + palette + stream


@pytest.mark.parametrize(
    ("bits", "stream", "rows"),
    [
        (
            8,
            b"\x03\x10\x00\x00\x00\x04\x20\x30\x40\x50\x00\x01",
            [[32, 48, 64, 80], [16, 16, 16, 0]],
        ),
        (8, b"\x02\x10\x00\x02\x01\x01\x01\x20\x00\x01", [[0, 0, 0, 32], [16, 16, 0, 0]]),
        (4, b"\x03\x1f\x00\x00\x00\x03\xf0\xf0\x00\x01", [[255, 0, 255, 0], [17, 255, 17, 0]]),
        (8, b"\x09\x10\x00\x00\x02\x20", [[32, 32, 0, 0], [16, 16, 16, 16]]),
    ],
    ids=["runs and bytes", "a jump", "four bits", "a run beyond the row, and cut short"],
)
def test_run_length_bitmaps_are_read(bits, stream, rows):
    read = read_photograph(bitmap(4, 2, stream, bits))
    np.testing.assert_array_equal(read[..., 0], rows)


def test_jumps_out_of_a_bitmap_lead_nowhere():
    # Pillow's own decoder would make room for 255 rows of 40 million pixels at each jump.
    read = read_photograph(bitmap(100_000, 1, b"\x00\x02\xff\xff" * 1000))
    assert read.shape == (1, 100_000, 3)
    assert not read.any()


def gif(comment, times=1):
    """A GIF with comments, each in blocks of 255 bytes, before its picture."""
    data = encoded(Image.new("RGB", (4, 2), "red"), "GIF")
    # The header, and the colours that its last byte but two counts.
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    blocks = [comment[i : i + 255] for i in range(0, len(comment), 255)]
    comments = b"!\xfe" + b"".join(bytes((len(b),)) + b for b in blocks) + b"\0"
    return data[:start] + comments * times + data[start:]


def test_a_gif_may_have_comments_but_not_for_hours():
    assert read_photograph(gif(b"Taken in Oslo")).shape == (2, 4, 3)
    for data in (gif(b"x" * 9_000_000), gif(b"x", times=1_000_000)):
        with pytest.raises(ValueError, match="its comments have more than 65,536 bytes"):
            read_photograph(data)


def test_a_sparse_file_and_a_pipe_are_sentences(tmp_path, monkeypatch):
    sparse = tmp_path / "sparse.jpg"
    with sparse.open("wb") as file:
        file.truncate(6_000_000_000)
    with pytest.raises(ValueError, match=r"sparse\.jpg has more than 300 MB"):
        read_photograph(sparse)
    monkeypatch.setattr(photograph, "MAX_FILE_BYTES", 10)
    (tmp_path / "small.png").write_bytes(encoded(Image.new("L", (4, 2)), "PNG"))
    with pytest.raises(ValueError, match="more than"):
        read_photograph(tmp_path / "small.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_of_methods_without_a_bound_are_not_unpacked(method, monkeypatch):
    data = zipped({"a.png": bytes(1_000_000)}, method=method)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    (entry,) = read_album([("a.zip", data)])
    assert entry.error.startswith("The file is packed in a way that is not read")
