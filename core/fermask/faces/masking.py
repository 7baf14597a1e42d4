"""Face-Mask: a face and its landmarks become the face wearing a mask (§1.1, Figs. 4 and 5).

The paper names the technique and the number of landmarks left, 27; the drawing is this
project's. The upper edge crosses the nose just below landmark 29 and meets the jaw between
0 and 1 and between 15 and 16; the sides follow the jaw. Nothing under the mask takes part in
how the mask looks: light is read from the skin above it alone, so that no expression shines
through.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fermask.faces.landmarks import (
    BROWS,
    LEFT_EYE,
    MOUTH,
    NOSE_BASE,
    RIGHT_EYE,
    checked_landmarks,
)
from fermask.faces.looks import FITS, MaskFit, MaskLook, MaskStyle, Shading
from fermask.faces.mask_styles import STYLES, mask_style
from fermask.faces.painting import blend, face_light, fill, oversampling
from fermask.faces.pictures import check_picture
from fermask.faces.prints import PRINTS
from fermask.faces.worn import draw_worn
from fermask.faces.worn_outline import fitted, shape_outline

# Along the upper edge, from the jaw to the nose.
_ALONG = np.linspace(0, 1, 12)[:, None]
# How far each of the landmarks 15…1 moves down, for 1 of the chin.
_JAW_MOVES = np.sin(np.linspace(0, np.pi, 15))[:, None] ** 2


@dataclass(frozen=True)
class MaskedFace:
    """A drawn mask.

    ``image``: the picture, of the dtype and shape given. ``cover``: float32 ``(h, w)``, the
    share of each pixel that the mask hides, 0…1. ``problems``: such as ``mouth: not
    covered``, empty when the mask covers mouth and nose tip and leaves eyes and brows.
    """

    image: np.ndarray
    cover: np.ndarray
    problems: tuple[str, ...]

    @property
    def nose_covered(self) -> bool:
        """Whether the mask hides the tip of the nose, as it should."""
        return not any(each.startswith("nose tip") for each in self.problems)


def draw_look(
    seed: int, style: str | None = None, fit: str | None = "well", printed: str | None = None
) -> MaskLook:
    """A mask's look from a seed; the style too, one of FERM's own, unless one is given.

    >>> import fermask
    >>> look = fermask.draw_look(seed=1, style="kn95")
    >>> look.style, look == fermask.draw_look(seed=1, style="kn95")
    ('kn95', True)

    Args:
        seed: 0 or more.
        style: of ``MASK_STYLES``.
        fit: of ``looks.FITS``, or None for one drawn by the seed.
        printed: of ``prints.PRINTS`` or ``plain``, or None for one that such masks are sold with.

    Raises:
        ValueError: an unknown style, fit or print, or a print on one of FERM's plain styles.
    """
    if fit is not None and fit not in FITS:
        raise ValueError(f"Unknown fit {fit!r}; there are {', '.join(FITS)}.")
    if printed not in (None, "plain", *PRINTS):
        raise ValueError(f"Unknown print {printed!r}; there are plain, {', '.join(PRINTS)}.")
    rng = np.random.default_rng(seed)
    drawn = STYLES[rng.integers(len(STYLES))]
    style = drawn if style is None else style
    kind = mask_style(style)
    if kind.shape is None and printed not in (None, "plain"):
        raise ValueError(f"{kind.label} is drawn plainly, as FERM's masks are: nothing is printed.")
    colour = np.array(kind.palette[rng.integers(len(kind.palette))]) + rng.integers(-12, 13, size=3)
    red, green, blue = (int(c) for c in np.clip(colour, 0, 255))
    look = MaskLook(
        style=style,
        colour_rgb=(red, green, blue),
        shade=float(rng.uniform(0.85, 1.1)),
        edge=float(rng.uniform(0.15, 0.6)),
        drop=float(rng.uniform(0.02, 0.07)),
        grain_seed=seed,
        fit=_drawn_fit(rng) if fit is None else FITS[fit],
    )
    sold = kind.prints[rng.integers(len(kind.prints))]
    printed = sold if printed is None else printed
    if printed == "plain":
        return look
    # Bright on dark cloth and dark on bright, or loud.
    dark = sum(look.colour_rgb) < 3 * 128
    print_rgb = rng.integers(150, 250, 3) if dark else rng.integers(20, 130, 3)
    return replace(look, printed=printed, print_rgb=tuple(print_rgb.tolist()))


def _drawn_fit(rng: np.random.Generator) -> MaskFit:
    """Most masks sit well, if never quite level; one in twelve leaves the nose free."""
    height = rng.normal(0.01, 0.03)
    return MaskFit(float(height), float(rng.normal(0, 2.5)), bool(rng.random() < 1 / 12))


def mask_outline(points_xy: np.ndarray, look: MaskLook) -> np.ndarray:
    """The mask's outline as a closed polygon, float32 ``(k, 2)``, in the landmarks' pixels.

    Args:
        points_xy: ``(68, 2)``.
        look: its style, ``edge`` and ``drop`` shape the outline.
    """
    points, style = np.asarray(points_xy, dtype=np.float64), mask_style(look.style)
    if style.shape is None:
        outline = _plain_outline(points, look, style)
    else:
        outline = shape_outline(points, style.shape, look)
    return fitted(outline, points, look.fit).astype(np.float32)


def _plain_outline(points: np.ndarray, look: MaskLook, style: MaskStyle) -> np.ndarray:
    """The outline of one of FERM's own, ``(k, 2)``; the first 23 are its upper edge."""
    down = points[8] - points[27]
    right_end = points[0] + 0.55 * (points[1] - points[0])
    left_end = points[16] + 0.55 * (points[15] - points[16])
    nose = points[29] + look.edge * (points[30] - points[29])
    upper = np.concatenate(
        [
            _edge_to_nose(right_end, nose, style.sag * down),
            _edge_to_nose(left_end, nose, style.sag * down)[-2::-1],
        ]
    )
    jaw = points[15:0:-1].copy()
    # The lower jaw alone moves down: at the sides the mask ends where the face does.
    jaw += _JAW_MOVES * (style.reach * look.drop) * down
    return np.concatenate([upper, _smooth(jaw)])


def put_mask(
    image: np.ndarray, points_xy: np.ndarray, look: MaskLook, printed: Shading | None = None
) -> MaskedFace:
    """Draws a mask on a face.

    The mask is drawn at a higher resolution and averaged down, so that even a 48×48 face
    has an antialiased edge.

    >>> import cv2, fermask, skimage.data
    >>> face = cv2.resize(skimage.data.astronaut()[55:185, 160:290], (48, 48))
    >>> points_xy = fermask.find_landmarks(face).points_xy
    >>> masked = fermask.put_mask(face, points_xy, fermask.draw_look(seed=1))
    >>> masked.image.shape, masked.problems
    ((48, 48, 3), ())

    Args:
        image: uint8 ``(h, w)`` grey or ``(h, w, 3)`` RGB, any size; left as it is.
        points_xy: ``(68, 2)`` in its pixels (points outside the picture are allowed).
        look: how the mask looks.
        printed: how dark a print leaves one of FERM's masks, which are plain themselves.

    Raises:
        ValueError: not an uint8 picture, not 68 finite points, or an unknown style.
    """
    check_picture(image)
    points = checked_landmarks(points_xy)
    outline, style = mask_outline(points, look), mask_style(look.style)
    if style.shape is None:
        result, cover = _draw_plain(image, points, outline, look, printed)
    else:
        result, cover = draw_worn(image, points, outline, look, style.relief, style.shape)
    return MaskedFace(result, cover, tuple(mask_problems(cover, points)))


def _draw_plain(
    image: np.ndarray,
    points: np.ndarray,
    outline: np.ndarray,
    look: MaskLook,
    printed: Shading | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with one of FERM's own, and how much of each pixel it hides, as ``draw_worn``."""
    height, width = image.shape[:2]
    left, top = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 2, (width, height))
    cover = np.zeros((height, width), dtype=np.float32)
    result = image.copy()
    if right > left and bottom > top:
        window = np.s_[top:bottom, left:right]
        factor = oversampling(points)
        size = (bottom - top, right - left)
        alpha = fill(outline - (left, top), size, factor)
        relief = _relief(points - (left, top), size, look, factor, printed)
        light = look.shade * face_light(image, points, outline)[:, left:right]
        cover[window] = alpha
        result[window] = blend(image[window], _fabric(relief, light, look), alpha)
    return result, cover


def mask_problems(cover: np.ndarray, points_xy: np.ndarray) -> list[str]:
    """What is wrong with a drawn mask, such as ``mouth: not covered``; empty where nothing is.

    Points outside the picture are not asked about, since FER2013 cuts some chins off, unless
    all of a feature lie there.

    Args:
        cover: float ``(h, w)``, 0…1, as in ``MaskedFace``.
        points_xy: ``(68, 2)``.
    """
    height, width = cover.shape
    column, row = np.rint(np.asarray(points_xy, dtype=np.float64)).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    hidden = np.zeros(len(inside))
    hidden[inside] = cover[row[inside], column[inside]]
    wanted = (
        ("mouth", MOUTH, True),
        ("nose tip", (30, *NOSE_BASE), True),
        ("eyes", (*RIGHT_EYE, *LEFT_EYE), False),
        ("brows", BROWS, False),
    )
    problems = []
    for feature, numbers, covered in wanted:
        ours = np.array(numbers)
        ours = ours[inside[ours]]
        wrong = hidden[ours] < 0.5 if covered else hidden[ours] > 0.5
        if len(ours) == 0:
            problems.append(f"{feature}: outside the picture")
        elif wrong.any():
            problems.append(f"{feature}: {'not covered' if covered else 'covered'}")
    return problems


def _edge_to_nose(end: np.ndarray, nose: np.ndarray, sag: np.ndarray) -> np.ndarray:
    """The upper edge from the jaw to the nose, hanging a little over the cheek."""
    middle = 0.5 * (end + nose) + sag
    t = _ALONG
    return (1 - t) ** 2 * end + 2 * t * (1 - t) * middle + t**2 * nose


def _smooth(points: np.ndarray) -> np.ndarray:
    """A polygon side with its corners cut twice (Chaikin), its ends kept."""
    for _ in range(2):
        before, after = points[:-1], points[1:]
        cut = np.empty((2 * len(points), 2))
        cut[0], cut[-1] = points[0], points[-1]
        cut[1:-1:2] = 0.75 * before + 0.25 * after
        cut[2:-1:2] = 0.25 * before + 0.75 * after
        points = cut
    return points


def _relief(
    points: np.ndarray,
    size: tuple[int, int],
    look: MaskLook,
    factor: int,
    printed: Shading | None,
) -> np.ndarray:
    """How bright the cloth's shape, print and weave leave it, float32 ``(h, w)``, about 1."""
    height, width = size
    # The larger the face, the more pixels wide is each pleat, and the less there is to average.
    fine = 4 if factor > 4 else 2 if factor > 2 else 1
    x = (np.arange(width * fine, dtype=np.float32)[None] + 0.5) / fine - 0.5
    y = (np.arange(height * fine, dtype=np.float32)[:, None] + 0.5) / fine - 0.5
    # across: −1 at the right ear, 1 at the left; down: 0 at landmark 29, 1 at the chin.
    origin, ear, chin = points[29], (points[16] - points[0]) / 2, points[8] - points[29]
    inverse = np.linalg.pinv(np.stack([ear, chin], axis=1)).astype(np.float32)
    dx, dy = x - np.float32(origin[0]), y - np.float32(origin[1])
    across = inverse[0, 0] * dx + inverse[0, 1] * dy
    down = inverse[1, 0] * dx + inverse[1, 1] * dy
    relief = mask_style(look.style).relief(across, down)
    if printed is not None:
        relief = relief * printed(across, down)
    rng = np.random.default_rng(look.grain_seed)
    relief = cv2.resize(relief, (width, height), interpolation=cv2.INTER_AREA)
    relief += rng.normal(0, 0.012, size=(height, width)).astype(np.float32)
    return relief


def _fabric(relief: np.ndarray, light: np.ndarray, look: MaskLook) -> list[np.ndarray]:
    """The cloth's red, green and blue in the face's light, each float32 ``(h, w)``, 0…255."""
    return [relief * np.float32(colour) * light for colour in look.colour_rgb]
