"""A sheet of faces as PNG, to take away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFont

from fermask.faces.drawing import INK
from fermask.faces.landmarks import enlarge
from fermask.reporting.figures.png import canvas, plain, png

# A sheet holds no more faces.
MOST_FACES = 400
_A_ROW = 16
_FACTOR = 2
_SIDE = 48 * _FACTOR
_GAP, _CAPTION, _TITLE = 8, 30, 44


@dataclass(frozen=True)
class Tile:
    """A face on a sheet: a grey picture, uint8 ``(48, 48)``, and two short lines below it."""

    picture: np.ndarray
    caption: tuple[str, str]


def contact_sheet(tiles: Sequence[Tile], title: str, count: int) -> bytes:
    """Faces in rows under a title, as PNG.

    Args:
        tiles: at least one; no more than ``MOST_FACES`` are drawn.
        title: what the faces are.
        count: how many such faces there are; the sheet says so where it does not hold all.

    Raises:
        ValueError: no face.
    """
    if not tiles:
        raise ValueError("There is no face to put on a sheet.")
    tiles = tiles[:MOST_FACES]
    if len(tiles) < count:
        title = f"{title}: the first {len(tiles)} of {count:,}"
    columns = min(max(len(tiles), 8), _A_ROW)
    rows = -(-len(tiles) // columns)
    title_lines = _wrapped(title, columns * (_SIDE + _GAP) - _GAP, 15)
    top = _TITLE + 20 * (len(title_lines) - 1)
    width = _GAP + columns * (_SIDE + _GAP)
    height = top + rows * (_SIDE + _CAPTION + _GAP)
    sheet, pen = canvas(width, height)
    for i, line in enumerate(title_lines):
        pen.text((_GAP, 12 + 20 * i), line, INK, ImageFont.load_default(15))
    small = ImageFont.load_default(11)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        x, y = _GAP + column * (_SIDE + _GAP), top + row * (_SIDE + _CAPTION + _GAP)
        sheet.paste(Image.fromarray(enlarge(tile.picture, _FACTOR)), (x, y))
        for i, line in enumerate(tile.caption):
            pen.text((x, y + _SIDE + 2 + 13 * i), plain(line), INK, small)
    return png(sheet)


def _wrapped(text: str, width: int, size: int) -> list[str]:
    """A text in lines no wider than so many pixels, broken between words."""
    font, lines = ImageFont.load_default(size), [""]
    for word in plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
