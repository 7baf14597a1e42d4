"""Several masked versions of each face, drawn once before a training that redraws masks.

Drawing takes longer than learning does: an epoch picks a version of each face instead.
"""

from dataclasses import replace

import numpy as np

from fermask.faces.covers import random_cover
from fermask.faces.masking import draw_look, put_mask
from fermask.training.augmentation import Augmentation
from fermask.training.training_data import Examples

LOOKS = 6


def dressed(examples: Examples, settings: Augmentation) -> Examples:
    """The examples with a wardrobe, where masks are drawn anew and they have none yet.

    Raises:
        ValueError: the faces have no landmarks to draw masks by.
    """
    if not (settings.redraw or settings.bare) or examples.wardrobe is not None:
        return examples
    if examples.bare is None or examples.points_xy is None:
        raise ValueError(f"{examples.name} has no bare faces and landmarks to draw masks on.")
    versions = draw_wardrobe(examples.bare, examples.points_xy, examples.rows, settings)
    return replace(examples, wardrobe=versions)


def draw_wardrobe(
    bare: np.ndarray, points_xy: np.ndarray, rows: np.ndarray, settings: Augmentation
) -> np.ndarray:
    """uint8 ``(n, LOOKS, 48, 48)``; a face's versions depend on its row alone.

    Args:
        bare: the faces, uint8 ``(n, 48, 48)``.
        points_xy: their landmarks, ``(n, 68, 2)``.
        rows: FER2013's rows, ``(n,)``.
        settings: what share are random covers, the rest FERM's, and how far the landmarks are
            moved.
    """
    covers = round(settings.covers * LOOKS)
    versions = np.empty((len(bare), LOOKS, *bare.shape[1:]), np.uint8)
    for face, points, row, drawn in zip(bare, points_xy, rows, versions, strict=True):
        rng = np.random.default_rng(int(row))
        for look in range(LOOKS):
            moved = points + rng.normal(0, settings.jitter, points.shape)
            if look < covers:
                drawn[look] = random_cover(face, moved, rng)
                continue
            drawn[look] = put_mask(face, moved, draw_look(int(rng.integers(2**31)))).image
    return versions
