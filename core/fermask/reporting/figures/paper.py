"""What the figures share: their captions, colours, and the parts that SVG is made of.

Lengths are in CSS pixels; every function gives SVG text.
"""

from html import escape

import numpy as np

from fermask.faces.drawing import INK

# The paper's caption, and what differs from the paper here.
CAPTIONS: dict[int, tuple[str, str]] = {
    1: (
        "Training and testing framework of the M-Xception network",
        "The paper masks all faces and screens them by hand; here named rules screen the bare "
        "face, a drawn mask is checked, and the numbers are those of the published set.",
    ),
    2: (
        "Structure of the M-Xception network",
        "The paper fixes the flows, not the widths; this is the Keras model that is trained, and "
        "its ReLUs stand before the separable convolutions, as in Xception.",
    ),
    3: (
        "Standard convolution, “extreme Inception” and depthwise-separable convolution",
        "The paper gives formulas; here they are filled in with one of M-Xception's own "
        "convolutions (no biases, no batch normalisation).",
    ),
    4: (
        "Facial landmarks before and after wearing a mask",
        "The paper gives only the number 27; which ones these are is this project's "
        "reconstruction. The face is the mean of all faces of the set.",
    ),
    5: (
        "Before and after Face-Mask",
        "The paper shows faces of FER2013, which may not be passed on; this is scikit-image's "
        "astronaut (NASA, public domain), below it as the network reads it.",
    ),
    6: (
        "Confusion matrix of M-Xception + Dropout",
        "The paper shows the whole set alone, training faces included; beside it stand the "
        "faces held back, which alone tell of new ones.",
    ),
}

QUIET, CARD_GROUND, EDGE = "#5c636d", "#ffffff", "#d9dcdf"
MARGIN = 24
# Of how masks look that are drawn as examples.
EXAMPLE_SEED = 20

_GROUND = "#fcfcfb"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

# What fermask.faces.drawing's documents measure, and so what they are scaled from.
_DRAWN = 384


def document(parts: list[str], width: float, height: float, title: str) -> str:
    """A whole figure; the title is what a screen reader says of it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" font-family="{_FONT}" fill="{INK}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{_GROUND}"/>{"".join(parts)}'
        "</svg>\n"
    )


def text(
    x: float,
    y: float,
    words: str,
    size: float,
    anchor: str = "start",
    weight: int = 400,
    fill: str = INK,
) -> str:
    """One line of words on the baseline ``y``; ``anchor`` is the end that ``x`` names."""
    if not words:
        return ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="{fill}">{escape(words)}</text>'
    )


def rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    stroke: str = "none",
    radius: float = 2,
) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )


def arrow(points: list[tuple[float, float]], colour: str = QUIET) -> list[str]:
    """A line through points, level or upright in its last part, with a head at its end."""
    (x0, y0), (x, y) = points[-2:]
    along = np.sign([x - x0, y - y0])
    across = np.array([-along[1], along[0]])
    corners = [np.array([x, y]) - 6 * along + side * across for side in (4, -4)]
    tip = f"{x:.1f},{y:.1f} " + " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points[:-1])
    end = np.array([x, y]) - 5 * along
    return [
        f'<path d="M{path}L{end[0]:.1f} {end[1]:.1f}" fill="none" stroke="{colour}" '
        'stroke-width="1.4"/>',
        f'<polygon points="{tip}" fill="{colour}"/>',
    ]


def placed(drawing: str, x: float, y: float, side: float) -> str:
    """A document of ``fermask.faces.drawing`` as a part of another one."""
    return f'<g transform="translate({x:g} {y:g}) scale({side / _DRAWN:.4f})">{drawing}</g>'


def image(url: str, x: float, y: float, side: float) -> str:
    """A square picture from its ``data:`` URL, its pixels left as squares."""
    return (
        f'<image href="{url}" x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" '
        'style="image-rendering:pixelated"/>'
    )
