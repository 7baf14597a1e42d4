"""Masks as people wear them, beside FERM's own four: what each is made of, as data.

A style is added by one ``MaskStyle`` in ``AS_WORN``, or in ``mask_styles`` if it is drawn plainly.
"""

import numpy as np

from fermask.faces.looks import Anchor, MaskStyle, Shading, Shape

_WHITES = ((242, 243, 245), (232, 234, 238), (215, 220, 226))
_DARKS = ((24, 24, 27), (40, 42, 48), (34, 42, 62), (70, 72, 78))
_PLAIN = ((70, 95, 140), (150, 50, 60), (95, 125, 85), (205, 190, 160), (120, 120, 125))

_EAR_LOOPS: tuple[tuple[int, Anchor], ...] = ((0, (0, 0.06, -0.04)), (1, (2, 0.08, -0.04)))
_OVER_THE_HEAD: tuple[tuple[int, Anchor], ...] = ((0, (0, 0.1, -0.08)), (1, (2, 0.14, 0.02)))
# A flat mask bent over the nose by its wire, down to the cheek, and along it to the corner.
_BENT: tuple[Anchor, ...] = ((29, 0, -0.03), (41, -0.05, 0.17), (2, -0.05, -0.04))
# One that is sewn in a curve: high on the nose, low on the cheek, up again towards the ear.
_CURVED: tuple[Anchor, ...] = ((29, 0, -0.04), (41, -0.06, 0.2), (1, -0.06, 0.09))


def _pleats(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Three folds that lie together at the sides and gape over the mouth, each over the next."""
    relief = _planes(across, down, 0.05)
    # Stitched down at the sides, where the folds end.
    relief = relief - 0.14 * np.exp(-np.square((np.abs(across) - 0.88) / 0.05))
    middle = 1 - np.clip(np.abs(across), 0, 1)
    for level, gape in ((0.3, -0.07), (0.48, 0.03), (0.66, 0.13)):
        below = down - level - gape * middle
        over, under = np.exp(np.minimum(below, 0) / 0.07), np.exp(-np.maximum(below, 0) / 0.05)
        beyond = np.clip(below / 0.02 + 0.5, 0, 1)
        relief = relief + 0.13 * over * (1 - beyond) - (0.14 + 0.2 * middle) * under * beyond
    return relief


def _planes(across: np.ndarray, down: np.ndarray, depth: float) -> np.ndarray:
    """A ridge down the middle, whose two sides face away from each other."""
    fade = 1 / (1 + np.square(np.maximum(down - 0.35, 0) / 0.5))
    return 1 + depth * np.exp(-np.square(across / 0.2)) * fade - depth * np.abs(across)


def _halves(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Two pieces of stretch cloth, sewn together from nose to chin."""
    return _planes(across, down, 0.1) - 0.14 * np.exp(-np.square(across / 0.022))


def _folded(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A sharp fold from nose to chin and welded lines beside it."""
    weld = np.exp(-np.square((np.abs(across) - 0.62 - 0.25 * down) / 0.025))
    weld = weld + np.exp(-np.square((down - 0.16 - 0.12 * np.abs(across)) / 0.025))
    return _planes(across, down, 0.15) - 0.09 * weld - 0.12 * np.exp(-np.square(across / 0.016))


def _cup(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A moulded shell, brightest where it stands out, with a rim."""
    out = np.square(across / 0.95) + np.square((down - 0.5) / 0.62)
    return 1.08 - 0.2 * out - 0.1 * np.exp(-np.square((out - 0.75) / 0.1))


def _darts(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Sewn cloth, taken in beside the mouth."""
    dart = np.exp(-np.square((np.abs(across) - 0.3 - 0.3 * down) / 0.03))
    return _planes(across, down, 0.06) - 0.08 * dart * (down > 0.35)


def _panels(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Stiff panels of another brightness at the sides."""
    outer = np.abs(across) > 0.5 + 0.15 * down
    seam = np.exp(-np.square((np.abs(across) - 0.5 - 0.15 * down) / 0.025))
    return _planes(across, down, 0.1) - 0.12 * outer - 0.12 * seam


def _drape(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A cloth that hangs from nose and ears in curved folds."""
    hang = down - 0.55 * (1 - np.square(np.clip(across, -1.2, 1.2)))
    folds = 0.06 * np.sin(11 * hang + 1.3 * across) + 0.04 * np.sin(23 * hang - 2 * across)
    return 1 + folds * np.clip(down + 0.3, 0, 1)


def _smooth(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    return _planes(across, down, 0.05)


def _style(
    name: str,
    label: str,
    description: str,
    palette: tuple[tuple[int, int, int], ...],
    relief: Shading,
    shape: Shape,
    prints: tuple[str, ...] = ("plain",),
    lines: tuple[str, ...] = (),
) -> MaskStyle:
    return MaskStyle(
        name, palette, relief, label, description, lines=lines, prints=prints, shape=shape
    )


AS_WORN: tuple[MaskStyle, ...] = (
    _style(
        "pleated",
        "Pleated, ear loops",
        "a surgical mask as worn: gaping pleats, a nose wire, loops around the ears",
        ((175, 210, 232), (185, 222, 214), (244, 205, 216), *_WHITES, *_DARKS[:2]),
        _pleats,
        Shape(
            upper=_BENT,
            side=((3, -0.03, 0.04), (5, 0.03, 0.05), (7, 0.0, 0.07)),
            chin=0.07,
            straps=_EAR_LOOPS,
            lines=((0.055, 0.86),),
            hem=0.9,
        ),
        lines=("pleats", "wire"),
    ),
    _style(
        "stretch",
        "Stretch (pitta)",
        "two halves of foam, sewn in the middle, openings for the ears",
        (*_DARKS, *_DARKS, (150, 150, 158), (205, 185, 160), (235, 235, 238), (110, 120, 90)),
        _halves,
        Shape(
            upper=((29, 0, -0.05), (41, -0.1, 0.2), (0, 0.02, 0.17)),
            side=(
                (1, 0.02, 0.05),
                (2, -0.12, 0.02),
                (3, -0.06, 0.03),
                (5, 0.02, 0.0),
                (7, 0.0, 0.03),
            ),
            folds=0.5,
            chin=0.03,
        ),
        lines=("seam",),
    ),
    _style(
        "respirator",
        "KN95, head straps",
        "folded down the middle, welded lines, straps over the head",
        (*_WHITES, *_WHITES, (60, 62, 68)),
        _folded,
        Shape(
            upper=((29, 0, -0.04), (41, -0.1, 0.2), (2, -0.08, 0.0)),
            side=((3, -0.02, 0.05), (5, 0.05, 0.06), (7, 0.0, 0.1)),
            folds=0.5,
            chin=0.1,
            straps=_OVER_THE_HEAD,
            lines=((0.05, 0.85),),
            hem=0.92,
        ),
        lines=("seam", "wire"),
    ),
    _style(
        "valved",
        "With a valve",
        "a moulded cup with a valve",
        (*_WHITES, (95, 98, 104), (40, 42, 48), (120, 170, 200)),
        _cup,
        Shape(
            upper=((29, 0, -0.04), (41, -0.1, 0.19), (2, -0.1, 0.0)),
            side=((3, -0.04, 0.05), (5, 0.05, 0.06), (7, 0.0, 0.09)),
            folds=0.4,
            chin=0.09,
            straps=_OVER_THE_HEAD,
            lines=((0.07, 0.88),),
            valves=((0.34, 0.6, 0.17),),
            hem=0.9,
        ),
        lines=("wire",),
    ),
    _style(
        "printed",
        "Printed cloth",
        "sewn cloth with flowers, checks, dots, stripes, camouflage, spots, letters or a badge",
        (*_PLAIN, *_WHITES[:2], *_DARKS[:3], (200, 60, 110), (225, 180, 60)),
        _darts,
        Shape(
            upper=_CURVED,
            side=((2, 0.0, 0.08), (4, 0.03, 0.05), (7, 0.0, 0.05)),
            chin=0.06,
            straps=_EAR_LOOPS,
            hem=0.85,
        ),
        (
            "flowers",
            "flowers",
            "checks",
            "dots",
            "stripes",
            "camouflage",
            "animal",
            "lettering",
            "emblem",
            "plain",
            "plain",
            "plain",
        ),
    ),
    _style(
        "sports",
        "Sports",
        "stiff panels of mesh, a valve at either side, a dark edge",
        (*_DARKS, (35, 60, 130), (150, 40, 40)),
        _panels,
        Shape(
            upper=((29, 0, -0.04), (41, -0.05, 0.2), (1, 0.0, 0.09)),
            side=((2, 0.06, 0.06), (4, 0.06, 0.05), (7, 0.0, 0.06)),
            folds=0.5,
            chin=0.07,
            straps=((0, (0, 0.1, 0.02)), (1, (2, 0.1, 0.0))),
            valves=((-0.5, 0.62, 0.13), (0.5, 0.62, 0.13)),
            hem=0.6,
        ),
        ("mesh", "plain"),
    ),
    _style(
        "bandana",
        "Bandana, gaiter",
        "a cloth over nose, cheeks and neck, in folds",
        (*_DARKS, (165, 40, 45), (45, 70, 130), (120, 125, 115)),
        _drape,
        Shape(
            upper=((29, 0, -0.02), (41, 0.0, 0.17), (1, 0.06, 0.06)),
            side=((2, 0.1, 0.1), (4, 0.3, 0.3), (6, 0.35, 0.5)),
            chin=0.5,
        ),
        ("plain", "scales", "flowers", "camouflage", "animal", "emblem"),
    ),
    _style(
        "lace",
        "Lace",
        "openwork that lets some skin through",
        ((20, 20, 22), (235, 232, 228), (190, 40, 60)),
        _smooth,
        Shape(
            upper=_CURVED,
            side=((2, 0.0, 0.08), (4, 0.02, 0.04), (7, 0.0, 0.04)),
            straps=_EAR_LOOPS,
            hem=0.8,
            opacity=0.62,
        ),
        ("lace",),
    ),
    _style(
        "childs",
        "Child's",
        "a small mask with bears, dots or stripes",
        ((250, 225, 120), (160, 210, 240), (245, 180, 200), (190, 225, 170), (240, 240, 242)),
        _pleats,
        Shape(
            upper=((29, 0, 0), (41, 0.0, 0.23), (2, -0.22, -0.02)),
            side=((4, -0.14, 0.0), (6, -0.04, 0.02)),
            chin=0.0,
            straps=((0, (0, 0.06, -0.02)), (1, (2, 0.07, 0.0))),
            lines=((0.05, 0.88),),
            hem=0.9,
        ),
        ("bears", "dots", "stripes", "plain", "plain"),
        ("pleats",),
    ),
)
