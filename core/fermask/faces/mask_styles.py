"""FERM's four kinds of mask, drawn plainly, and all there are by name.

A style is added by one ``MaskStyle`` and its place in ``MASK_STYLES``.
"""

import numpy as np

from fermask.faces.looks import MaskStyle
from fermask.faces.worn_styles import AS_WORN


def _roundness(across: np.ndarray) -> np.ndarray:
    return 1.04 - 0.16 * np.square(np.clip(across, -1.2, 1.2))


def _surgical_relief(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    pleats = np.zeros_like(down)
    for level in (0.28, 0.48, 0.68):
        fold = (down - level) / 0.035
        pleats -= 0.12 * np.exp(-np.square(fold)) - 0.05 * np.exp(-np.square(fold + 2))
    return _roundness(across) + pleats


def _cloth_relief(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    seam = 0.1 * np.exp(-np.square(across / 0.03))
    return _roundness(across) - seam + 0.03 * np.sin(40 * across) * np.sin(40 * down)


def _kn95_relief(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    ridge = 0.06 * np.exp(-np.square(across / 0.22)) - 0.14 * np.exp(-np.square(across / 0.025))
    wire = 0.12 * np.exp(-np.square((down - 0.14) / 0.03)) * (np.abs(across) < 0.35)
    return _roundness(across) + ridge - wire


def _dark_relief(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    sheen = 0.25 * np.exp(-np.square((across + 0.25) / 0.3) - np.square((down - 0.35) / 0.3))
    return _roundness(across) + sheen


_FERMS = (
    MaskStyle(
        name="surgical",
        palette=((150, 200, 225), (165, 215, 205), (225, 235, 240), (240, 190, 205)),
        relief=_surgical_relief,
        sag=0.05,
        reach=1.0,
        label="Surgical",
        description="three pleats across; light blue, green, white or pink",
        lines=("pleats",),
    ),
    MaskStyle(
        name="cloth",
        palette=((70, 95, 140), (150, 60, 60), (95, 125, 85), (200, 185, 155), (120, 120, 125)),
        relief=_cloth_relief,
        sag=0.09,
        reach=1.0,
        label="Cloth",
        description="a seam down the middle, a coarse weave, plain colours",
        lines=("seam",),
    ),
    MaskStyle(
        name="kn95",
        palette=((242, 242, 240), (232, 230, 222), (205, 208, 212)),
        relief=_kn95_relief,
        sag=0.12,
        reach=1.6,
        label="KN95 / FFP2",
        description="a ridge down the middle, a wire over the nose, white or grey; reaches low",
        lines=("seam", "wire"),
    ),
    MaskStyle(
        name="dark",
        palette=((28, 28, 30), (45, 45, 52), (35, 42, 60), (62, 60, 58)),
        relief=_dark_relief,
        sag=0.1,
        reach=0.7,
        label="Dark",
        description="smooth, black to dark blue, with a sheen; ends close to the chin",
    ),
)

# What FERM's masks are drawn from: another name in here would change which style a seed gives.
STYLES: tuple[str, ...] = tuple(style.name for style in _FERMS)

# As people wear them; two that no training may ever draw, so that FERM-C can ask about them.
HELD_OUT: tuple[str, ...] = ("bandana", "lace")
WORN_STYLES: tuple[str, ...] = tuple(style.name for style in AS_WORN)

# All there are, by name.
MASK_STYLES: dict[str, MaskStyle] = {style.name: style for style in (*_FERMS, *AS_WORN)}


# What a manifest calls the mask of a face that wears one of its own.
OWN_MASK = "worn"
MASK_NAMES: tuple[str, ...] = (*MASK_STYLES, OWN_MASK)


def mask_style(name: str) -> MaskStyle:
    """The style of this name.

    Raises:
        ValueError: an unknown style.
    """
    if name not in MASK_STYLES:
        raise ValueError(f"Unknown mask style {name!r}; there are {', '.join(MASK_STYLES)}.")
    return MASK_STYLES[name]
