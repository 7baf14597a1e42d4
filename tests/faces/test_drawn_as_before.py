"""Worn masks, prints, covers and stand-ins are drawn from their seeds as they have been.

``drawn_as_before.png`` shows them; where they are meant to change, it is drawn anew by
``PYTHONPATH=core:. python tests/faces/test_drawn_as_before.py``, and looked at.
"""

from pathlib import Path

import cv2
import numpy as np

from fermask.faces.covers import add_cap, random_cover
from fermask.faces.drawing import draw_pixels
from fermask.faces.mask_styles import STYLES, WORN_STYLES
from fermask.faces.masking import draw_look, put_mask
from fermask.faces.prints import PRINTS
from tests.masked_pictures import SMALL, SMALL_POINTS

SHEET = Path(__file__).with_name("drawn_as_before.png")
ACROSS = 12
# A made-up face: skin, lit from one side.
LIGHT = np.linspace(0.7, 1, 48)[:, None, None] * np.linspace(1, 0.8, 48)[:, None]
FACE = np.rint(LIGHT * (225, 180, 150)).astype(np.uint8)


def drawn():
    """uint8 ``(n, 48, 48, 3)``, RGB."""
    looks = [draw_look(seed, style, fit=None) for style in WORN_STYLES for seed in range(4)]
    looks += [draw_look(seed, "stretch", printed=name) for name in PRINTS for seed in range(2)]
    masked = [put_mask(FACE, SMALL_POINTS, look).image for look in looks]
    grey = [draw_pixels(SMALL_POINTS, draw_look(seed, style)) for seed, style in enumerate(STYLES)]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        grey.append(add_cap(random_cover(SMALL, SMALL_POINTS, rng), rng))
    return np.stack([*masked, *(cv2.cvtColor(face, cv2.COLOR_GRAY2RGB) for face in grey)])


def sheet(faces):
    rows = faces.reshape(-1, ACROSS, 48, 48, 3).transpose(0, 2, 1, 3, 4)
    return rows.reshape(-1, 48 * ACROSS, 3)


def test_masks_and_covers_are_drawn_as_before():
    before = cv2.cvtColor(cv2.imread(str(SHEET)), cv2.COLOR_BGR2RGB)
    now = sheet(drawn())
    assert now.shape == before.shape
    difference = np.abs(now.astype(int) - before)
    # Another processor may round otherwise, by one and rarely.
    changed = np.unique(np.argwhere(difference.max(axis=2) > 1) // 48, axis=0)
    assert not len(changed), f"changed (row, column of the sheet): {changed.tolist()}"
    assert (difference > 0).mean() < 0.001


if __name__ == "__main__":
    cv2.imwrite(str(SHEET), cv2.cvtColor(sheet(drawn()), cv2.COLOR_RGB2BGR))
