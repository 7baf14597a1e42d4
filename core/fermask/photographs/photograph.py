"""Photographs as people have them → upright 8-bit RGB arrays, or a sentence that says why not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from pi_heif import register_heif_opener
from PIL import Image

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000

# A progressive JPEG sends the whole picture in about ten scans. A file may hold many thousands,
# of a few bytes each, and keep the decoder busy for hours.
MAX_SCANS = 32
_START_OF_SCAN = b"\xff\xda"

# Pillow's names. A closed list, because Pillow would also hand PostScript to Ghostscript.
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

EXTENSIONS: tuple[str, ...] = (
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".avif",
    ".heic",
    ".heif",
)

EXIF_ORIENTATION = 0x0112

# What undoes each EXIF orientation (CIPA DC-008, tag 0x0112).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_photograph(source: str | Path | bytes | BinaryIO) -> np.ndarray:
    """Read one picture file as the viewer of a photograph sees it.

    >>> import fermask, io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("CMYK", (60, 40)).save(file, "JPEG")
    >>> fermask.read_photograph(file).shape
    (40, 60, 3)

    EXIF orientation is applied, transparency is laid on white, grey, palette, CMYK and
    16-bit pictures become 8-bit RGB, and of an animation the first frame is taken.

    Args:
        source: a path, the bytes of a picture file, or a binary file object (which is read
            from its beginning). JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.

    Returns:
        uint8 ``(h, w, 3)`` RGB.

    Raises:
        FileNotFoundError: nothing is at the path.
        ValueError: it is no such picture, is damaged, has more than ``MAX_PIXELS``, or is a
            JPEG of more than ``MAX_SCANS`` scans.
    """
    name = _name_of(source)
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.exists():
            raise FileNotFoundError(f"{name}: there is no such file.")
        if not path.is_file():
            raise ValueError(f"{name}: expected a picture file, received a folder or a device.")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ValueError(f"{name}: the file cannot be read ({error.strerror}).") from error
    else:
        data = _bytes_of(source, name)
    return _decode(data, name)


def walk_photographs(paths: str | Path | Iterable[str | Path]) -> Iterator[str]:
    """The picture files that a list of files and folders stands for, one name at a time.

    Only the names in one folder, and in those above it, are in memory.

    Args:
        paths: files, which are taken as given whatever their extension, and folders, which
            are searched recursively for ``EXTENSIONS`` (in any case; hidden files and
            folders are passed over, and links to folders).

    Returns:
        Paths in the order given, each folder's own sorted.

    Raises:
        FileNotFoundError: nothing is at one of the paths.
    """
    for path in [paths] if isinstance(paths, str | Path) else paths:
        if os.path.isdir(path):
            yield from _walk(str(path))
        elif os.path.exists(path):
            yield str(path)
        else:
            raise FileNotFoundError(f"{path}: there is no such file or folder.")


def list_photographs(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """All that ``walk_photographs`` comes by."""
    return [Path(path) for path in walk_photographs(paths)]


def _walk(folder: str) -> Iterator[str]:
    # Names alone, since there may be a million.
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            if not os.path.islink(path):
                yield from _walk(path)
        elif os.path.splitext(name)[1].lower() in EXTENSIONS and os.path.isfile(path):
            yield path


def _name_of(source: object) -> str:
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", None) or "The picture")


def _bytes_of(source: Any, name: str) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if not hasattr(source, "read"):
        raise ValueError(
            f"Expected a path, bytes or a binary file, received {type(source).__name__}."
        )
    if hasattr(source, "seekable") and source.seekable():
        source.seek(0)
    data = source.read()
    if not isinstance(data, bytes):
        raise ValueError(f"{name}: expected a file opened in binary mode, received a text file.")
    return data


def _decode(data: bytes, name: str) -> np.ndarray:
    """Bytes of a picture file to uint8 ``(h, w, 3)``; ``name`` begins every error."""
    image = _open(data, name)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueError(_too_large(name, f"{width} × {height}"))
    if image.format in ("JPEG", "MPO") and data.count(_START_OF_SCAN) > MAX_SCANS:
        raise ValueError(
            f"{name}: expected a JPEG of at most {MAX_SCANS} scans, received more, which would "
            "take very long to read. Save it again."
        )
    if image.mode in ("I", "F"):
        raise ValueError(f"{name}: expected 8 or 16 bits a channel, received 32. Save it with 8.")
    # A decoder fed with damaged bytes raises whatever its format's code happens to meet:
    # OSError, SyntaxError, EOFError, struct.error, zlib.error and more.
    try:
        image.load()
        return _to_rgb(_turn_upright(image))
    except Exception as error:
        raise ValueError(
            f"{name}: the {image.format} picture is damaged or incomplete ({error})."
        ) from error


def _open(data: bytes, name: str) -> Image.Image:
    """The picture with its header read and its pixels not yet decoded."""
    if not data:
        raise ValueError(f"{name}: expected a picture, received an empty file.")
    _load_formats()
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(_too_large(name, "far more")) from error
    except Exception as error:
        raise ValueError(
            f"{name}: expected a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC picture, received "
            "something else."
        ) from error


@cache
def _load_formats() -> None:
    """A format can be named only once its plugin is loaded; HEIC's is a package of its own."""
    Image.init()
    register_heif_opener(thumbnails=False)


def _too_large(name: str, received: str) -> str:
    millions = MAX_PIXELS // 1_000_000
    return f"{name}: expected at most {millions} million pixels, received {received}. Reduce it."


def _turn_upright(image: Image.Image) -> Image.Image:
    # Not ImageOps.exif_transpose: it rewrites the EXIF block and so fails on a broken one,
    # although the picture itself is sound.
    try:
        orientation = image.getexif().get(EXIF_ORIENTATION)
    except Exception:
        orientation = None
    turn = None if orientation is None else UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image).astype(np.uint32) + 128) // 257
        return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return np.array(image.convert("RGB"))
