"""Photographs to click: two portraits in the public domain, bare and under drawn masks.

``scripts.draw_examples`` drew them, and says where they come from.
"""

from pathlib import Path

import numpy as np

from fermask.photographs.photograph import read_photograph

FOLDER = Path(__file__).with_name("examples")
CAPTIONS = {
    "masked": "Masked",
    "surprised": "Surprised",
    "angry": "Angry",
    "group": "Several",
    "bare": "Bare, a smile",
    "navy": "Masked, glasses",
}


def example_photographs() -> list[tuple[np.ndarray, str]]:
    """Each example, uint8 ``(h, w, 3)``, and its caption."""
    return [
        (read_photograph(FOLDER / f"{name}.jpg"), caption) for name, caption in CAPTIONS.items()
    ]
