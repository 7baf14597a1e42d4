"""What a mask is told by: its kind, how it sits, and the one mask of that kind.

Places on a face are anchors: a landmark of the right half, how far out from the middle of the face
(1 is that half's width) and how far down (1 is from landmark 27 to the chin). The left half mirrors
them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# How bright a form or a print leaves the cloth (1 as it is, 0 black), from two float32 (h, w):
# across is −1 at the right ear and 1 at the left; down is 0 at landmark 29 and 1 at the chin, or,
# on a mask with a ``Shape``, from its own upper edge on.
Shading = Callable[[np.ndarray, np.ndarray], np.ndarray]
Anchor = tuple[int, float, float]


@dataclass(frozen=True)
class Shape:
    """The outline of a mask as it is worn, and what is on it.

    ``upper``: anchors of the upper edge from the nose (landmark 29 stands for the place where the
    look has the edge cross it) to the corner. ``side``: from below the corner to beside the chin.
    ``chin``: how far below the chin it ends. ``straps``: each from one of ``side`` (0 is the
    corner) to an anchor. ``lines``: seams along the upper edge, how far below it and how bright.
    ``valves``: across, down and radius of each. ``hem``: how bright the outline is stitched.
    ``opacity``: of openwork, where nothing is printed. ``folds``: how deep its chance creases are.
    """

    upper: tuple[Anchor, ...]
    side: tuple[Anchor, ...]
    chin: float = 0.06
    straps: tuple[tuple[int, Anchor], ...] = ()
    lines: tuple[tuple[float, float], ...] = ()
    valves: tuple[tuple[float, float, float], ...] = ()
    hem: float = 1.0
    opacity: float = 1.0
    folds: float = 1.0


@dataclass(frozen=True)
class MaskStyle:
    """One kind of mask.

    ``name``: in manifests and commands. ``palette``: colours it is sold in, RGB 0…255.
    ``relief``: how bright its pleats, seams and sheen leave the cloth. ``label`` and
    ``description``: its words for people. ``lines``: which of ``pleats``, ``seam`` and ``wire`` a
    drawn face shows on it. ``prints``: of ``prints.PRINTS``, those it is sold with, or ``plain``.
    ``shape``: its outline as worn. Without one it is drawn plainly, as FERM's are, by ``sag``, how
    far the upper edge hangs over the cheek, as a share of the way from landmark 27 to the chin, and
    ``reach``, how far below the chin it ends, in those of the look (``MaskLook.drop``).
    """

    name: str
    palette: tuple[tuple[int, int, int], ...]
    relief: Shading
    label: str
    description: str
    lines: tuple[str, ...] = ()
    sag: float = 0.0
    reach: float = 1.0
    prints: tuple[str, ...] = ("plain",)
    shape: Shape | None = None


@dataclass(frozen=True)
class MaskFit:
    """How a mask sits on its face.

    ``height``: how far it is pulled up, or below 0 slipped down, as a share of the way from
    landmark 27 to the chin. ``askew``: degrees, clockwise in the picture. ``under_nose``: its upper
    edge lies between nose and mouth.
    """

    height: float = 0.0
    askew: float = 0.0
    under_nose: bool = False


FITS: dict[str, MaskFit] = {
    "well": MaskFit(),
    "high": MaskFit(height=0.1),
    "low": MaskFit(height=-0.06),
    "askew": MaskFit(askew=8.0),
    "under the nose": MaskFit(under_nose=True),
}


@dataclass(frozen=True)
class MaskLook:
    """How one mask looks.

    ``style``: one of ``MASK_STYLES``. ``colour_rgb``: 0…255. ``shade``: brightness beside the
    face's own light, about 0.85…1.1. ``edge``: where the upper edge crosses the nose, 0.15
    (just below landmark 29)…0.7 (towards 30). ``drop``: how far the mask reaches below the
    chin, as a share of the face's height. ``grain_seed``: seeds the weave and the folds. ``fit``:
    how it sits. ``printed``: of ``prints.PRINTS``, or ``plain``. ``print_rgb``: the colour of that.
    """

    style: str
    colour_rgb: tuple[int, int, int]
    shade: float = 1.0
    edge: float = 0.3
    drop: float = 0.04
    grain_seed: int = 0
    fit: MaskFit = MaskFit()
    printed: str = "plain"
    print_rgb: tuple[int, int, int] = (255, 255, 255)
