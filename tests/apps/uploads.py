"""Files as people, and those who would do harm, upload them: for the demo's tests."""

from collections.abc import Iterator

import numpy as np
import skimage.data
from PIL import Image

from tests.pictures import encoded, png_that_claims, zipped

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_NAMES = (
    "photo.jpg",
    "../../../etc/passwd.png",
    "<img src=x onerror=alert(1)>.jpg",
    "..\\..\\windows.bmp",
    "a" * 300 + ".jpg",
    "фото ☺.png",
    "'; drop table faces; --.gif",
    "no extension",
    ".hidden",
    "letter.exe",
)
_SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def fuzzed_uploads(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Names and bytes, drawn from a seed: whole, cut, damaged, mislabelled, empty, huge…"""
    random = np.random.default_rng(seed)
    small = Image.fromarray(skimage.data.astronaut()).resize((160, 160))
    files = {format: encoded(small, format) for format in _FORMATS}
    frames = [small, small.rotate(90), small.rotate(180)]
    animated = encoded(small, "GIF", save_all=True, append_images=frames)
    others = (
        b"",
        _SCRIPT,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<html><script>alert(1)</script></html>",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        png_that_claims(60_000, 60_000),
        encoded(Image.new("1", (9000, 5000)), "PNG"),
        files["JPEG"][:-2] + 60 * b"\xff\xda\0\x08\x01\x01\0\0\x3f\0",
        zipped({"a/../../b.jpg": files["JPEG"], "bomb": bytes(20_000_000)}),
        animated,
        bytes(10_000_001),
    )
    for _ in range(count):
        kind = random.integers(4)
        data = files[_FORMATS[random.integers(len(_FORMATS))]]
        if kind == 1:
            data = data[: random.integers(len(data))]
        elif kind == 2:
            data = _damaged(data, random)
        elif kind == 3:
            # The largest one seldom, or the run would only upload it.
            data = others[random.integers(len(others) - (random.random() > 0.1))]
        yield _NAMES[random.integers(len(_NAMES))], data


def _damaged(data: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(data)
    for place in random.integers(0, min(len(data), 2000), 8):
        damaged[place] = random.integers(256)
    return bytes(damaged)
