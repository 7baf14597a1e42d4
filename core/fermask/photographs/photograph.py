"""Photographs as people have them → upright 8-bit RGB arrays, or a sentence that says why not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from pi_heif import register_heif_opener
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from fermask.photographs.bounds import bound_bitmap, check_comments
from fermask.photographs.jpeg import END, START, read_markers
from fermask.system.files import given_path
from fermask.system.untrusted import read_at_most

# Of a file on a page. Today's telephones write pictures of 200 megapixels in 20 to 60 MB.
MAX_BYTES = 60_000_000
# Of a picture as it is decoded. A JPEG may have more in its file: it is decoded at a half, a
# quarter or an eighth of its size.
MAX_PIXELS = 50_000_000
# Of a file on one's own disk: MAX_PIXELS of 16 bits, stored as they are.
MAX_FILE_BYTES = 300_000_000
MAX_JPEG_PIXELS = 200_000_000

# A progressive JPEG sends the whole picture in about ten scans. A file may hold many thousands,
# of a few bytes each, and keep the decoder busy for hours.
MAX_SCANS = 32

# Pillow's names. A closed list, because Pillow would also hand PostScript to Ghostscript.
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")

EXTENSIONS: tuple[str, ...] = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif"),
)
# How files of these formats begin, whatever they are called.
_BEGINNING = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP|GIF8[79]a|BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"
    rb"|II\*\0|MM\0\*|....ftyp(?:avi[fs]|he[iv][cmsx]|mif1|msf1)",
    re.DOTALL,
)

EXIF_ORIENTATION = 0x0112

# What undoes each EXIF orientation (CIPA DC-008, tag 0x0112): whether rows and columns change
# places, then the steps along the rows and along the columns.
UPRIGHT = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}

# Rows that are converted at a time, so that no second picture is in memory.
_STRIP = 256


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture file as it was read.

    ``image_rgb``: uint8 ``(h, w, 3)``, upright. ``reduced``: how many pixels of the file's picture
    one of ``image_rgb`` is wide, 1 but for large JPEGs. ``warning``: what was missing, a
    sentence, or "".
    """

    image_rgb: np.ndarray
    reduced: float = 1.0
    warning: str = ""


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
        uint8 ``(h, w, 3)`` RGB; of a JPEG of more than ``MAX_PIXELS`` a reduced picture.

    Raises:
        FileNotFoundError: nothing is at the path.
        ValueError: it is no such picture, nothing of it can be read, it has more than
            ``MAX_PIXELS`` (a JPEG: ``MAX_JPEG_PIXELS``), or is a JPEG of more than ``MAX_SCANS``
            scans.
    """
    return open_photograph(source).image_rgb


def open_photograph(
    source: str | Path | bytes | BinaryIO, longest: int | None = None
) -> Photograph:
    """Read one picture file, and say what was missing; otherwise as ``read_photograph``.

    With ``longest``, pixels, a JPEG is decoded at the smallest part of its size whose longer side
    is no shorter, which takes a fraction of the time.
    """
    if not isinstance(source, str | Path):
        name = str(getattr(source, "name", None) or "The picture")
        return _decode(_bytes_of(source, name), name, longest)
    path, name = given_path(source), str(source)
    if not path.exists():
        raise FileNotFoundError(f"{name}: there is no such file.")
    if not path.is_file():
        raise ValueError(f"{name}: expected a picture file, received a folder or a device.")
    try:
        data = read_at_most(path, MAX_FILE_BYTES)
    except OSError as error:
        raise ValueError(f"{name}: the file cannot be read ({error.strerror}).") from error
    return _decode(data, name, longest)


def walk_photographs(
    paths: str | Path | Iterable[str | Path], passed_over: Callable[[str], object] = str
) -> Iterator[str]:
    """The picture files that a list of files and folders stands for, one name at a time.

    Only the names in one folder, and in those above it, are in memory.

    Args:
        paths: files, which are taken as given whatever they are, and folders, which are searched
            recursively for ``EXTENSIONS`` (in any case) and for files that begin as a picture
            does; hidden files and folders are passed over, and links to folders.
        passed_over: called with the name of each file that is not hidden and no picture.

    Returns:
        Paths in the order given, each folder's own sorted.

    Raises:
        FileNotFoundError: nothing is at one of the paths.
        ValueError: one is a web address.
    """
    for given in [paths] if isinstance(paths, str | Path) else paths:
        path = given_path(given)
        if path.is_dir():
            yield from _walk(str(path), passed_over)
        elif path.exists():
            yield str(path)
        else:
            raise FileNotFoundError(f"{given}: there is no such file or folder.")


def list_photographs(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """All that ``walk_photographs`` comes by."""
    return [Path(path) for path in walk_photographs(paths)]


def _walk(folder: str, passed_over: Callable[[str], object]) -> Iterator[str]:
    # Names alone, since there may be a million.
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            if not os.path.islink(path):
                yield from _walk(path, passed_over)
        elif os.path.isfile(path):
            if os.path.splitext(name)[1].lower() in EXTENSIONS or _begins_as_a_picture(path):
                yield path
            else:
                passed_over(path)


def _begins_as_a_picture(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(_BEGINNING.match(file.read(32)))
    except OSError:
        return False


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


def _decode(data: bytes, name: str, longest: int | None) -> Photograph:
    """Bytes of a picture file to its pixels; ``name`` begins every error."""
    if not data:
        raise ValueError(f"{name}: expected a picture, received an empty file.")
    warning = ""
    if data.startswith(START):
        image, ends = _open_jpeg(data, name)
        warning = "" if ends else "The file ends early"
    else:
        image = _open(data, name)
    stored_width = image.width
    _reduce(image, longest)
    # A decoder fed with damaged bytes raises whatever its format's code happens to meet:
    # OSError, SyntaxError, EOFError, struct.error, zlib.error and more.
    try:
        try:
            image.load()
        except MemoryError:
            raise
        except Exception:
            # What was decoded until then is in the picture, which now asks for no more.
            image.tile, warning = [], "The file is damaged or ends early"
        image_rgb = _to_rgb(image)
        if warning:
            warning += f": {_missing(image_rgb)} missing."
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(
            f"{name}: the {image.format} picture is damaged or incomplete ({error})."
        ) from error
    reduced = stored_width / image.width
    return Photograph(_turn_upright(image_rgb, _orientation(image)), reduced, warning)


def _open_jpeg(data: bytes, name: str) -> tuple[ImageFile, bool]:
    """The picture, its pixels not yet decoded, and whether the file has its end."""
    markers = read_markers(data)
    if markers.scans > MAX_SCANS:
        raise ValueError(
            f"{name}: expected a JPEG of at most {MAX_SCANS} scans, received more, which would "
            "take very long to read. Save it again."
        )
    # Of several scans the decoder keeps the whole picture at its full size.
    _check_size(markers.size_wh, MAX_JPEG_PIXELS if markers.scans == 1 else MAX_PIXELS, name)
    # Without an end the decoder waits, and gives nothing of a progressive picture.
    file = BytesIO(data if markers.ends else data + END)
    try:
        # Not Image.open, which refuses pictures of 180 megapixels whatever they are decoded to.
        return JpegImageFile(file), markers.ends
    except Exception as error:
        raise ValueError(f"{name}: the JPEG picture is damaged or incomplete ({error}).") from error


def _open(data: bytes, name: str) -> ImageFile:
    """The picture with its header read and its pixels not yet decoded."""
    _load_formats()
    try:
        check_comments(data)
    except ValueError as error:
        raise ValueError(f"{name}: the GIF cannot be read, {error}. Save it again.") from error
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(_too_large(name, "far more", MAX_PIXELS)) from error
    except Exception as error:
        raise ValueError(
            f"{name}: expected a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC picture, received "
            "something else."
        ) from error
    _check_size(image.size, MAX_PIXELS, name)
    bound_bitmap(image)
    return image


@cache
def _load_formats() -> None:
    """A format can be named only once its plugin is loaded; HEIC's is a package of its own."""
    Image.init()
    register_heif_opener(thumbnails=False)


def _check_size(size_wh: tuple[int, int], most: int, name: str) -> None:
    width, height = size_wh
    if width * height > most:
        raise ValueError(_too_large(name, f"{width} × {height}", most))


def _too_large(name: str, received: str, most: int) -> str:
    millions = most // 1_000_000
    return f"{name}: expected at most {millions} million pixels, received {received}. Reduce it."


def _reduce(image: Image.Image, longest: int | None) -> None:
    """Has a JPEG decoded at a half, a quarter or an eighth where it is larger than is asked for."""
    parts = next(n for n in (1, 2, 4, 8) if image.width * image.height <= MAX_PIXELS * n * n)
    if longest is not None:
        parts = max([parts, *(n for n in (2, 4, 8) if max(image.size) >= n * longest)])
    if parts > 1:
        image.draft(None, (image.width // parts, image.height // parts))


def _missing(image_rgb: np.ndarray) -> str:
    """How much of a picture whose file is not whole is missing: rows without anything in them.

    Raises:
        ValueError: all of it.
    """
    blank = (image_rgb[:, ::8] == image_rgb[:, :1]).all(axis=(1, 2))
    if blank.all():
        raise ValueError("nothing of it can be read")
    # Some formats begin with the lowest row.
    rows = max(int(np.argmin(blank)), int(np.argmin(blank[::-1])))
    share = rows / len(blank)
    return "its last details are" if share < 0.005 else f"about {share:.0%} of the picture is"


def _orientation(image: Image.Image) -> int | None:
    # Not ImageOps.exif_transpose: it rewrites the EXIF block and so fails on a broken one,
    # although the picture itself is sound.
    try:
        return image.getexif().get(EXIF_ORIENTATION)
    except Exception:
        return None


def _turn_upright(image_rgb: np.ndarray, orientation: int | None) -> np.ndarray:
    if orientation not in UPRIGHT:
        return image_rgb
    swapped, down, across = UPRIGHT[orientation]
    turned = image_rgb.transpose(1, 0, 2) if swapped else image_rgb
    return np.ascontiguousarray(turned[::down, ::across])


def _to_rgb(image: Image.Image) -> np.ndarray:
    """A decoded picture of any mode as uint8 ``(h, w, 3)``."""
    white = _white(image)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP):
        strip = image.crop((0, top, image.width, min(top + _STRIP, image.height)))
        if white is not None:
            grey = np.nan_to_num(np.asarray(strip, np.float64)) * (255 / white)
            rgb[top : top + _STRIP] = np.clip(np.rint(grey), 0, 255)[..., None]
            continue
        if strip.has_transparency_data:
            rgba = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
        rgb[top : top + _STRIP] = np.asarray(strip.convert("RGB"))
    return rgb


def _white(image: Image.Image) -> float | None:
    """What is white in a picture of more than 8 bits a channel; None for one of 8 bits."""
    if image.mode.startswith("I;16"):
        return 65535
    if image.mode not in ("I", "F"):
        return None
    # No file says it; 1, 255 and 65535 are usual, whichever holds the brightest place.
    highest = float(np.nanmax(image.getextrema()))
    return next((white for white in (1, 255, 65535) if highest <= white), highest)
