"""Drawings over photographs and crops, all uint8 RGB arrays: boxes, landmarks, evidence."""

from __future__ import annotations

import math
import re

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fermask.faces.drawing import HIDDEN, SEEN

# Pixels: what a page shows and reads is reduced to this, since no face gains from more.
LONGEST = 2048
# Colours in RGB. For a class and against it: orange and blue stay apart for every eye.
_FOR, _AGAINST = (242, 120, 30), (45, 110, 210)
_CHOSEN, _OTHER = (11, 114, 133), (90, 98, 110)


def parse_colour(text: str) -> tuple[int, int, int]:
    """``#0b7285``, as colours are written on the web, to RGB 0…255.

    Raises:
        ValueError: it is not written so.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"Expected a colour such as #a5d7e1, received {text[:20]!r}.")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


SEEN_RGB, HIDDEN_RGB = parse_colour(SEEN), parse_colour(HIDDEN)


def limit_size(image_rgb: np.ndarray, longest: int) -> np.ndarray:
    """The picture, reduced so that its longer side is at most ``longest`` pixels."""
    scale = longest / max(image_rgb.shape[:2])
    if scale >= 1:
        return image_rgb
    height, width = (max(round(side * scale), 1) for side in image_rgb.shape[:2])
    return cv2.resize(image_rgb, (width, height), interpolation=cv2.INTER_AREA)


def draw_boxes(
    image_rgb: np.ndarray,
    boxes_xywh: list[tuple[int, int, int, int]],
    captions: list[str],
    chosen: int | None = None,
    longest: int = 1280,
) -> np.ndarray:
    """Faces framed and captioned on a copy of the picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        boxes_xywh: in pixels of ``image_rgb``.
        captions: one a box; an empty one leaves the box without.
        chosen: index of the box that stands out, or None.
        longest: the copy is reduced to this many pixels first.

    Returns:
        uint8 ``(h', w', 3)``, the longer side at most ``longest``.
    """
    small = limit_size(image_rgb, longest)
    height, width = small.shape[:2]
    scale = width / image_rgb.shape[1]
    picture = Image.fromarray(small)
    pen = ImageDraw.Draw(picture)
    unit = max(max(height, width) / 400, 1)
    font = ImageFont.load_default(max(8 * unit, 12))
    for i, ((x, y, w, h), caption) in enumerate(zip(boxes_xywh, captions, strict=True)):
        colour = _CHOSEN if i == chosen else _OTHER
        left, top, right, bottom = (scale * v for v in (x, y, x + w, y + h))
        line = round(1.5 * unit) if i == chosen else round(unit)
        pen.rectangle(
            (left, top, max(right, left), max(bottom, top)), outline="white", width=line + 2
        )
        pen.rectangle(
            (left + 1, top + 1, max(right - 1, left + 1), max(bottom - 1, top + 1)),
            outline=colour,
            width=line,
        )
        if caption:
            _write(pen, (left, top, bottom), caption, font, colour, (width, height))
    return np.array(picture)


def draw_points(
    image_rgb: np.ndarray, points_xy: np.ndarray, colour_rgb: tuple[int, int, int] = SEEN_RGB
) -> np.ndarray:
    """Landmarks as dots on a copy of the picture, uint8 ``(h, w, 3)``.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        points_xy: ``(n, 2)``, pixel centres at whole numbers; points outside are left out.
        colour_rgb: of the dots, 0…255.
    """
    drawn = np.ascontiguousarray(image_rgb).copy()
    radius = max(image_rgb.shape[:2]) / 90
    for x, y in np.asarray(points_xy, float):
        centre = (round(x * 16), round(y * 16))
        for size, colour in ((radius * 1.45, (255, 255, 255)), (radius, colour_rgb)):
            cv2.circle(drawn, centre, round(size * 16), colour, -1, cv2.LINE_AA, shift=4)
    return drawn


def cut_square(
    image_rgb: np.ndarray,
    square_xywh: tuple[float, float, float, float],
    size: int,
    turn_degrees: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """A square of the picture at another size; beyond the picture its edge is repeated.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        square_xywh: in pixels, at least one pixel wide.
        size: the result's side in pixels.
        turn_degrees: the square is turned about its centre, positive clockwise as the viewer
            sees it.

    Returns:
        uint8 ``(size, size, 3)``, and the affine ``(2, 3)`` float64 that takes pixels of the
        picture to pixels of the result.
    """
    x, y, width, _ = square_xywh
    scale, turn = size / width, math.radians(turn_degrees)
    towards = scale * np.array(
        [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]
    )
    # Pixel centres at whole numbers, in the picture and in the square.
    centre = np.array([x, y]) + width / 2 - 0.5
    to_square = np.column_stack([towards, (size - 1) / 2 - towards @ centre])
    # warpAffine takes single pixels where it shrinks, so the picture is averaged down first.
    source, shrink = image_rgb, to_square
    if scale < 1:
        reduced = limit_size(image_rgb, max(round(max(image_rgb.shape[:2]) * scale), 1))
        ratio = np.array(reduced.shape[1::-1]) / image_rgb.shape[1::-1]
        linear = to_square[:, :2] / ratio
        shrink = np.column_stack([linear, to_square[:, 2] + linear @ (0.5 - 0.5 * ratio)])
        source = reduced
    cut = cv2.warpAffine(
        source, shrink, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return cut, to_square


def enlarge_pixels(crop: np.ndarray, factor: int) -> np.ndarray:
    """A grey crop, uint8 ``(h, w)``, as RGB with each pixel a square of ``factor`` pixels."""
    blocks = crop.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.repeat(blocks[..., None], 3, axis=2)


def draw_evidence(
    crop: np.ndarray, evidence: np.ndarray, class_index: int, size: int = 384
) -> np.ndarray:
    """Where the network found what speaks for one class (orange) and against it (blue).

    Softmax sees only differences between classes, so each place shows the class's evidence
    less the mean of all classes there. The strongest place is the most opaque one, whatever
    its value: colours of two faces do not compare.

    Args:
        crop: uint8 ``(48, 48)``, the network's input.
        evidence: float ``(h, w, 4)``, as in ``FacePrediction``.
        class_index: of the class asked about.
        size: the result's side in pixels.

    Returns:
        uint8 ``(size, size, 3)``.

    Raises:
        ValueError: no map ``(h, w, classes)``, or no such class.
    """
    if evidence.ndim != 3 or 0 in evidence.shape:
        raise ValueError(f"Expected evidence (h, w, classes), received {evidence.shape}.")
    if not 0 <= class_index < evidence.shape[2]:
        raise ValueError(f"Expected a class in 0…{evidence.shape[2] - 1}, received {class_index}.")
    grey = cv2.resize(crop, (size, size), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    places = (evidence[..., class_index] - evidence.mean(axis=2)).astype(np.float32)
    strongest = float(np.abs(places).max())
    if strongest > 0:
        places = places / strongest
    heat = cv2.resize(places, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    colour = np.where(heat > 0, np.array(_FOR, np.float32), np.array(_AGAINST, np.float32))
    opacity = 0.65 * np.abs(heat)
    return np.rint(grey[..., None] * (1 - opacity) + colour * opacity).astype(np.uint8)


def _write(
    pen: ImageDraw.ImageDraw,
    place_ltb: tuple[float, float, float],
    caption: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    colour: tuple[int, int, int],
    size_wh: tuple[float, float],
) -> None:
    """A caption above the box, or below it at the picture's top edge, kept inside."""
    left, top, bottom = place_ltb
    x0, y0, x1, y1 = pen.textbbox((0, 0), caption, font=font)
    pad = 0.35 * (y1 - y0)
    width, height = x1 - x0 + 2 * pad, y1 - y0 + 2 * pad
    x = min(max(left, 0), max(size_wh[0] - width, 0))
    y = top - height if top >= height else min(bottom, size_wh[1] - height)
    pen.rectangle((x, y, x + width, y + height), fill=colour)
    pen.text((x + pad - x0, y + pad - y0), caption, font=font, fill="white")
