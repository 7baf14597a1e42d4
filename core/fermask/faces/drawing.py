"""Faces as drawings: what landmarks and a mask's look tell, without FER2013's pixels.

They are SVG documents as strings, ``data:`` URLs of pictures, or grey pixels. The coordinates
are those of the landmarks: pixels of a square face, pixel centres at whole numbers.
"""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from fermask.faces.landmarks import (
    JAW,
    LEFT_EYE,
    MOUTH,
    NOSE_BASE,
    NOSE_BRIDGE,
    RIGHT_EYE,
    VISIBLE_27,
    checked_landmarks,
    enlarge,
)
from fermask.faces.mask_styles import mask_style
from fermask.faces.masking import MaskLook, mask_outline
from fermask.faces.pictures import check_picture

_SIDE = 48
_RIGHT_BROW, _LEFT_BROW = range(17, 22), range(22, 27)
_OUTER_LIPS, _INNER_LIPS = MOUTH[:12], MOUTH[12:]

# What the paper's figures are drawn with too: lines and text, paper, what a mask leaves and hides.
INK, PAPER, SEEN, HIDDEN = "#353b45", "#f4f3f0", "#0b7285", "#c2410c"

# Of the classes, in both apps. Told apart in lightness too, for those who see hues less well; fit
# for light and dark.
CLASS_COLOURS: dict[str, str] = {
    "neutral": "#8a93a3",
    "sad": "#2f7fc1",
    "surprise": "#e0a526",
    "angry": "#c4513a",
}

# Of a set's other classes, in their order; begun again where there are more.
_MORE_COLOURS = (
    *("#8a93a3", "#2f7fc1", "#e0a526", "#c4513a", "#4f9d69", "#8a63b8", "#b8860b", "#d77fa1"),
    *("#3aa6a0", "#6b4f3a"),
)

_BACKGROUND, _SKIN, _SKIN_EDGE = "#b9c0c9", "#e6dfd6", "#a79f96"
_EYE_WHITE, _LIPS, _LIPS_OPEN = "#fbfaf8", "#b98a80", "#5e3f3c"
# Of the same face in grey pixels, whose lines are drawn four times as large, then reduced.
_GREY_BACKGROUND, _GREY_SKIN, _GREY_LINE = 188, 226, 60
_FINE = 4


def class_colours(classes: tuple[str, ...]) -> dict[str, str]:
    """The colour of each of a set's classes; FERM's keep theirs."""
    used = [CLASS_COLOURS[name] for name in classes if name in CLASS_COLOURS]
    unused = [colour for colour in _MORE_COLOURS if colour not in used]
    others = [name for name in classes if name not in CLASS_COLOURS]
    colours = {name: unused[i % len(unused)] for i, name in enumerate(others)}
    return {name: CLASS_COLOURS.get(name) or colours[name] for name in classes}


def draw_face(points_xy: np.ndarray, look: MaskLook | None = None, side: int = _SIDE) -> str:
    """A face drawn from its landmarks, with a mask or without, as an SVG document.

    The forehead and the ears, which have no landmarks, are made up. Under a mask neither
    mouth nor nose is drawn.

    Args:
        points_xy: ``(68, 2)``; points outside the picture are cut off.
        look: the mask's, or None for the bare face.
        side: width and height of the picture that the landmarks lie in, pixels.

    Raises:
        ValueError: not 68 finite points, or an unknown mask style.
    """
    points = checked_landmarks(points_xy)
    parts = [f'<rect x="-0.5" y="-0.5" width="{side}" height="{side}" fill="{_BACKGROUND}"/>']
    parts += _head(points)
    for brow in (_RIGHT_BROW, _LEFT_BROW):
        parts.append(_stroke(_smooth_path(points[list(brow)]), INK, 1.5))
    for eye in (RIGHT_EYE, LEFT_EYE):
        parts += _eye(points[list(eye)])
    parts.append(_stroke(_smooth_path(points[list(NOSE_BRIDGE)]), _SKIN_EDGE, 0.8))
    if look is None:
        parts.append(_stroke(_smooth_path(points[list(NOSE_BASE)]), _SKIN_EDGE, 0.9))
        parts += _mouth(points)
    else:
        parts += _mask(points, look)
    return _document(parts, side)


def draw_pixels(points_xy: np.ndarray, look: MaskLook) -> np.ndarray:
    """A masked face drawn from its landmarks, uint8 ``(48, 48)`` grey.

    Args:
        points_xy: ``(68, 2)``, pixels of the 48×48 face.
        look: of its mask.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    face = np.full((48 * _FINE, 48 * _FINE), _GREY_BACKGROUND, dtype=np.uint8)
    up = points[27] - points[8]
    crown = [points[16] + 0.45 * up, points[24] + 0.4 * up, points[19] + 0.4 * up]
    head = np.array([*points[list(JAW)], *crown, points[0] + 0.45 * up])
    cv2.fillPoly(face, [_fine(head)], _GREY_SKIN, cv2.LINE_AA)
    for brow in (_RIGHT_BROW, _LEFT_BROW):
        cv2.polylines(face, [_fine(points[list(brow)])], False, _GREY_LINE, 5, cv2.LINE_AA)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(face, [_fine(points[list(eye)])], 250, cv2.LINE_AA)
        cv2.polylines(face, [_fine(points[list(eye)])], True, _GREY_LINE, 2, cv2.LINE_AA)
        centre = _fine(points[list(eye)].mean(axis=0)[None])[0]
        cv2.circle(face, tuple(map(int, centre)), 4, _GREY_LINE, -1, cv2.LINE_AA)
    outline = _fine(mask_outline(points, look))
    shade = int(np.clip(np.mean(look.colour_rgb) * min(look.shade, 1.0), 0, 255))
    cv2.fillPoly(face, [outline], shade, cv2.LINE_AA)
    cv2.polylines(face, [outline], True, _GREY_LINE, 2, cv2.LINE_AA)
    return cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)


def draw_landmarks(
    points_xy: np.ndarray,
    look: MaskLook | None = None,
    picture: str | None = None,
    side: int = _SIDE,
    filled: Sequence[int] = VISIBLE_27,
) -> str:
    """The 68 landmarks as an SVG document: the 27 that a mask leaves filled, the others hollow.

    Args:
        points_xy: ``(68, 2)``.
        look: of the mask whose outline is drawn, or None for no outline.
        picture: ``data:`` URL of the face itself, drawn faintly behind; None for a plain ground.
        side: width and height of the picture that the landmarks lie in, pixels.
        filled: numbers of the landmarks drawn filled.

    Raises:
        ValueError: not 68 finite points, or an unknown mask style.
    """
    points = checked_landmarks(points_xy)
    parts = [f'<rect x="-0.5" y="-0.5" width="{side}" height="{side}" fill="{PAPER}"/>']
    if picture is not None:
        parts.append(
            f'<image href="{picture}" x="-0.5" y="-0.5" width="{side}" height="{side}" '
            'opacity="0.45"/>'
        )
    lines = [JAW, _RIGHT_BROW, _LEFT_BROW, NOSE_BRIDGE, NOSE_BASE]
    closed = [RIGHT_EYE, LEFT_EYE, _OUTER_LIPS, _INNER_LIPS]
    paths = [_line_path(points[list(each)]) for each in lines]
    paths += [_line_path(points[list(each)]) + "Z" for each in closed]
    parts += [_stroke(path, "#8b919a", 0.25) for path in paths]
    if look is not None:
        parts.append(
            f'<path d="{_line_path(mask_outline(points, look))}Z" fill="{HIDDEN}" '
            f'fill-opacity="0.08" stroke="{HIDDEN}" stroke-width="0.35" '
            'stroke-dasharray="1.1 0.8"/>'
        )
    for number, (x, y) in enumerate(points):
        place = f'<circle cx="{_number(x)}" cy="{_number(y)}"'
        if number in filled:
            parts.append(f'{place} r="0.62" fill="{SEEN}" stroke="#fff" stroke-width="0.15"/>')
        else:
            parts.append(f'{place} r="0.42" fill="#fff" stroke="{HIDDEN}" stroke-width="0.22"/>')
    return _document(parts, side)


def draw_importance(points_xy: np.ndarray, lost: dict[int, float], side: int = _SIDE) -> str:
    """Landmarks as discs whose area tells how much accuracy is lost without each, as SVG.

    Args:
        points_xy: ``(68, 2)``, such as the mean of many faces.
        lost: by landmark number, 0…1; a loss below 0 is chance and drawn as none. Landmarks
            without a number are drawn as dots.
        side: width and height of the picture that the landmarks lie in, pixels.

    Raises:
        ValueError: not 68 finite points.
    """
    points = checked_landmarks(points_xy)
    parts = [f'<rect x="-0.5" y="-0.5" width="{side}" height="{side}" fill="{PAPER}"/>']
    lines = [JAW, _RIGHT_BROW, _LEFT_BROW, NOSE_BRIDGE, NOSE_BASE]
    paths = [_line_path(points[list(each)]) for each in lines]
    paths += [_line_path(points[list(each)]) + "Z" for each in (RIGHT_EYE, LEFT_EYE, _OUTER_LIPS)]
    parts += [_stroke(path, "#c9ccd1", 0.25) for path in paths]
    largest = max([*lost.values(), 1e-9])
    for number, (x, y) in enumerate(points):
        radius = 2.2 * (max(lost.get(number, 0.0), 0.0) / largest) ** 0.5
        fill = SEEN if number in lost else "#c9ccd1"
        parts.append(
            f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(max(radius, 0.2))}" '
            f'fill="{fill}" fill-opacity="0.75"/>'
        )
    return _document(parts, side)


def svg_url(svg: str) -> str:
    """A ``data:`` URL of an SVG document, for an ``<img>``."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def picture_url(face: np.ndarray, factor: int = 1) -> str:
    """A ``data:`` URL (PNG) of a picture, enlarged ``factor`` times.

    Args:
        face: uint8, ``(h, w)`` grey or ``(h, w, 3)`` RGB.
        factor: how many times as wide and high.

    Raises:
        ValueError: not such a picture.
    """
    check_picture(face)
    picture = enlarge(face, factor)
    # OpenCV writes blue first.
    _, png = cv2.imencode(".png", picture[..., ::-1] if face.ndim == 3 else picture)
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()


def _document(parts: list[str], side: int) -> str:
    # The size beside the view box is what a browser shows where no other is asked for.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.5 -0.5 {side} {side}" '
        f'width="{side * 8}" height="{side * 8}" stroke-linecap="round" '
        f'stroke-linejoin="round">{"".join(parts)}</svg>'
    )


def _head(points: np.ndarray) -> list[str]:
    up = points[27] - points[8]
    out = (points[16] - points[0]) / 2
    ears = []
    for end, below, direction in ((points[0], points[2], -out), (points[16], points[14], out)):
        x, y = end + 0.25 * (below - end) + 0.06 * direction
        width, height = 0.13 * np.hypot(*out), 0.17 * np.hypot(*up)
        ears.append(
            f'<ellipse cx="{_number(x)}" cy="{_number(y)}" rx="{_number(width)}" '
            f'ry="{_number(height)}" fill="{_SKIN}" stroke="{_SKIN_EDGE}" stroke-width="0.7"/>'
        )
    crown = (points[16] + 1.15 * up - 0.05 * out, points[0] + 1.15 * up + 0.05 * out, points[0])
    head = _smooth_path(points[list(JAW)]) + "C" + " ".join(map(_pair, crown)) + "Z"
    edge = f'stroke="{_SKIN_EDGE}" stroke-width="0.7"'
    return [*ears, f'<path d="{head}" fill="{_SKIN}" {edge}/>']


def _fine(points_xy: np.ndarray) -> np.ndarray:
    """Points of the 48×48 face in the larger drawing, whose pixel centres lie otherwise."""
    return np.rint((np.asarray(points_xy) + 0.5) * _FINE - 0.5).astype(np.int32)


def _eye(eye: np.ndarray) -> list[str]:
    lid = _smooth_path(eye, closed=True)
    x, y = eye.mean(axis=0)
    opening = (np.hypot(*(eye[1] - eye[5])) + np.hypot(*(eye[2] - eye[4]))) / 2
    radius = float(np.clip(0.48 * opening, 0.4, 0.3 * max(np.hypot(*(eye[3] - eye[0])), 1.4)))
    return [
        f'<path d="{lid}" fill="{_EYE_WHITE}"/>',
        f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" fill="{INK}"/>',
        _stroke(lid, INK, 0.45),
        _stroke(_smooth_path(eye[:4]), INK, 0.8),
    ]


def _mouth(points: np.ndarray) -> list[str]:
    outer = _smooth_path(points[list(_OUTER_LIPS)], closed=True)
    inner = _smooth_path(points[list(_INNER_LIPS)], closed=True)
    return [
        f'<path d="{outer}" fill="{_LIPS}"/>',
        f'<path d="{inner}" fill="{_LIPS_OPEN}" stroke="{_LIPS_OPEN}" stroke-width="0.3"/>',
    ]


def _mask(points: np.ndarray, look: MaskLook) -> list[str]:
    outline = mask_outline(points, look)
    colour = np.array(look.colour_rgb) * min(look.shade, 1.0)
    edge = _colour(colour * 0.62 if colour.mean() > 90 else colour + 55)
    down, out = points[8] - points[27], (points[16] - points[0]) / 2
    parts = []
    for end, side in ((points[0], -out), (points[16], out)):
        # The loops around the ears, of which a frontal face shows the beginnings.
        start = end + 0.07 * down
        loop = f"M{_pair(start)}L{_pair(end + 0.1 * side - 0.03 * down)}"
        parts.append(_stroke(loop, edge, 0.6))
    parts.append(
        f'<path d="{_line_path(outline)}Z" fill="{_colour(colour)}" stroke="{edge}" '
        'stroke-width="0.5"/>'
    )
    nose, chin = points[29] + look.edge * (points[30] - points[29]), points[8]
    lines = mask_style(look.style).lines
    if "pleats" in lines:
        for right, left, level in ((2, 14, 0.3), (3, 13, 0.5), (4, 12, 0.7)):
            inset = 0.06 * (points[left] - points[right])
            middle = nose + level * (chin - nose) + 0.08 * down
            pleat = f"M{_pair(points[right] + inset)}Q{_pair(middle)} {_pair(points[left] - inset)}"
            parts.append(_stroke(pleat, edge, 0.35))
    if "seam" in lines:
        seam = f"M{_pair(nose + 0.05 * down)}L{_pair(chin)}"
        parts.append(_stroke(seam, edge, 0.4))
    if "wire" in lines:
        clip = 0.13 * out
        parts.append(
            _stroke(
                f"M{_pair(nose - clip + 0.06 * down)}L{_pair(nose + clip + 0.06 * down)}", edge, 0.9
            )
        )
    return parts


def _smooth_path(points: np.ndarray, closed: bool = False) -> str:
    """A Catmull-Rom curve through the points, as the cubic Bézier curves that SVG knows."""
    if closed:
        before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
        starts, ends = points, after
        tangents = (after - before) / 6
        tangents_at_end = np.roll(tangents, -1, axis=0)
    else:
        padded = np.concatenate([points[:1], points, points[-1:]])
        tangents = (padded[2:] - padded[:-2]) / 6
        starts, ends = points[:-1], points[1:]
        tangents, tangents_at_end = tangents[:-1], tangents[1:]
    curves = np.concatenate([starts + tangents, ends - tangents_at_end, ends], axis=1)
    return f"M{_pair(points[0])}" + "".join(
        "C" + " ".join(_number(value) for value in curve) for curve in curves.tolist()
    )


def _line_path(points: np.ndarray) -> str:
    return "M" + "L".join(map(_pair, points))


def _stroke(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _pair(point: np.ndarray) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}"


def _colour(rgb: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*np.clip(np.rint(rgb), 0, 255).astype(int))
