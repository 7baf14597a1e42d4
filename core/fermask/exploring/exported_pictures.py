"""PNG files to take away: a sheet of faces, and a confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fermask.evaluation.evaluation import Evaluation
from fermask.faces.drawing import INK, PAPER, SEEN
from fermask.faces.labels import CLASSES
from fermask.faces.landmarks import JAW, LEFT_EYE, RIGHT_EYE, enlarge
from fermask.faces.masking import MaskLook, mask_outline

# A sheet holds no more faces.
MOST_FACES = 400
_A_ROW = 16
_FACTOR = 2
_SIDE = 48 * _FACTOR
_GAP, _CAPTION, _TITLE = 8, 30, 44
_CELL = (150, 84)
# Lines are drawn four times as large, then reduced.
_FINE = 4
# Pillow's own font has no other dash and no arrow.
_PLAIN = str.maketrans({"–": "-", "−": "-", "→": "to"})
_BACKGROUND, _SKIN, _LINE = 188, 226, 60


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
    sheet, pen = _canvas(width, height)
    for i, line in enumerate(title_lines):
        pen.text((_GAP, 12 + 20 * i), line, INK, ImageFont.load_default(15))
    small = ImageFont.load_default(11)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        x, y = _GAP + column * (_SIDE + _GAP), top + row * (_SIDE + _CAPTION + _GAP)
        sheet.paste(Image.fromarray(enlarge(tile.picture, _FACTOR)), (x, y))
        for i, line in enumerate(tile.caption):
            pen.text((x, y + _SIDE + 2 + 13 * i), line.translate(_PLAIN), INK, small)
    return _png(sheet)


def draw_pixels(points_xy: np.ndarray, look: MaskLook) -> np.ndarray:
    """A masked face drawn from its landmarks, uint8 ``(48, 48)`` grey.

    Args:
        points_xy: ``(68, 2)``, pixels of the 48×48 face.
        look: of its mask.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    face = np.full((48 * _FINE, 48 * _FINE), _BACKGROUND, dtype=np.uint8)
    up = points[27] - points[8]
    crown = [points[16] + 0.45 * up, points[24] + 0.4 * up, points[19] + 0.4 * up]
    head = np.array([*points[list(JAW)], *crown, points[0] + 0.45 * up])
    cv2.fillPoly(face, [_fine(head)], _SKIN, cv2.LINE_AA)
    for brow in (range(17, 22), range(22, 27)):
        cv2.polylines(face, [_fine(points[list(brow)])], False, _LINE, 5, cv2.LINE_AA)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(face, [_fine(points[list(eye)])], 250, cv2.LINE_AA)
        cv2.polylines(face, [_fine(points[list(eye)])], True, _LINE, 2, cv2.LINE_AA)
        centre = _fine(points[list(eye)].mean(axis=0)[None])[0]
        cv2.circle(face, tuple(map(int, centre)), 4, _LINE, -1, cv2.LINE_AA)
    outline = _fine(mask_outline(points, look))
    shade = int(np.clip(np.mean(look.colour_rgb) * min(look.shade, 1.0), 0, 255))
    cv2.fillPoly(face, [outline], shade, cv2.LINE_AA)
    cv2.polylines(face, [outline], True, _LINE, 2, cv2.LINE_AA)
    return cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)


def matrix_picture(evaluation: Evaluation, title: str, shares: bool) -> bytes:
    """A confusion matrix as PNG, with a title and the accuracy above it.

    Args:
        evaluation: whose matrix.
        title: model, protocol, split and set.
        shares: whether the large figure is the row's share; the small one is the other.
    """
    accuracy = evaluation.accuracy
    words = (
        f"n = {accuracy.n:,}; {accuracy.value:.1%} right (95% interval {accuracy.low:.1%} to "
        f"{accuracy.high:.1%})"
    )
    left, width = 130, 130 + len(CLASSES) * _CELL[0] + 16
    title_lines = [*_wrapped(title, width - 32, 17), words]
    top = 24 + 24 * len(title_lines) + 44
    picture, pen = _canvas(width, top + len(CLASSES) * _CELL[1] + 16)
    large, small = ImageFont.load_default(20), ImageFont.load_default(14)
    for i, line in enumerate(title_lines):
        pen.text((16, 16 + 24 * i), line, INK, ImageFont.load_default(17))
    pen.text((left - 12, top - 10), "true \\ predicted", INK, small, anchor="rs")
    totals = evaluation.confusion.sum(axis=1)
    for i, name in enumerate(CLASSES):
        x, y = left + _CELL[0] * i, top + _CELL[1] * i
        pen.text((x + _CELL[0] // 2, top - 10), name, INK, small, anchor="ms")
        pen.text((left - 12, y + 32), name, INK, small, anchor="rs")
        pen.text((left - 12, y + 54), f"n = {totals[i]:,}", INK, small, anchor="rs")
        for j, count in enumerate(evaluation.confusion[i]):
            share = count / totals[i] if totals[i] else 0.0
            texts = [f"{count:,}", f"{share:.1%}"]
            x = left + _CELL[0] * j
            box = (x, y, x + _CELL[0] - 4, y + _CELL[1] - 4)
            pen.rounded_rectangle(box, 6, _tint(share))
            middle = (x + _CELL[0] // 2 - 2, y + 36)
            pen.text(middle, texts[shares], INK, large, anchor="ms")
            pen.text((middle[0], y + 60), texts[not shares], INK, small, anchor="ms")
    return _png(picture)


def _canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (width, height), PAPER)
    return picture, ImageDraw.Draw(picture)


def _png(picture: Image.Image) -> bytes:
    _, png = cv2.imencode(".png", cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR))
    return png.tobytes()


def _fine(points_xy: np.ndarray) -> np.ndarray:
    """Points of the 48×48 face in the larger drawing, whose pixel centres lie otherwise."""
    return np.rint((np.asarray(points_xy) + 0.5) * _FINE - 0.5).astype(np.int32)


def _tint(share: float) -> tuple[int, ...]:
    """From a cell with nothing to one with all of its row, never too dark for the text on it."""
    ends = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in ("#e6e6e2", SEEN)]
    return tuple(np.rint(ends[0] + 0.6 * share * (ends[1] - ends[0])).astype(int).tolist())


def _wrapped(text: str, width: int, size: int) -> list[str]:
    """A text in lines no wider than so many pixels, broken between words."""
    font, lines = ImageFont.load_default(size), [""]
    for word in text.translate(_PLAIN).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
