"""Figures as PNG, for where SVG cannot go."""

from xml.etree import ElementTree

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fermask.faces.drawing import PAPER

_SVG = "{http://www.w3.org/2000/svg}"
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_BOLD = 600
# Pillow's own font has no other dash and no arrow.
_PLAIN = str.maketrans({"–": "-", "−": "-", "→": ">", "↓": ""})


def plain(words: str) -> str:
    """A text in the characters that Pillow's own font has."""
    return words.translate(_PLAIN)


def canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty picture, and what draws on it."""
    picture = Image.new("RGB", (width, height), PAPER)
    return picture, ImageDraw.Draw(picture)


def png(picture: Image.Image) -> bytes:
    """A picture as a PNG file."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def figure_png(svg: str, scale: int = 2) -> bytes:
    """A figure of rectangles and lines of text as PNG.

    Args:
        svg: as ``draw_confusion`` gives it.
        scale: pixels of the picture for one of the figure.

    Raises:
        ValueError: the figure has other parts.
    """
    figure = ElementTree.fromstring(svg)
    picture, pen = canvas(*(round(number * scale) for number in _numbers(figure, "width height")))
    for part in figure:
        x, y = (number * scale for number in _numbers(part, "x y"))
        match part.tag.removeprefix(_SVG):
            case "rect":
                width, height, radius = (
                    number * scale for number in _numbers(part, "width height rx")
                )
                box = (x, y, x + width - 1, y + height - 1)
                pen.rounded_rectangle(box, radius, part.get("fill"))
            case "text":
                size, weight = _numbers(part, "font-size font-weight")
                pen.text(
                    (x, y),
                    plain(part.text or ""),
                    part.get("fill"),
                    ImageFont.load_default(size * scale),
                    anchor=_ANCHORS[part.get("text-anchor", "start")],
                    stroke_width=int(weight >= _BOLD),
                )
            case "title":
                pass
            case other:
                raise ValueError(f"Expected rectangles and texts alone, received <{other}>.")
    return png(picture)


def _numbers(part: ElementTree.Element, names: str) -> list[float]:
    return [float(part.get(name, 0)) for name in names.split()]
