"""CenterFace: faces of any size in a picture, with or without a mask.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2020). The
weights are the authors' (MIT), converted by ``scripts/studies/export_centerface.py``. A network
without fully connected layers: the view may have any size that is a multiple of 32.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fermask.system.kept import check_file
from fermask.system.paths import CENTERFACE

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


# Input pixels that one place of the outputs stands for, and what sides must be a multiple of.
STRIDE = 4
MULTIPLE = 32

# The person's own right and left.
POINTS: tuple[str, ...] = (
    "right eye",
    "left eye",
    "nose",
    "right mouth corner",
    "left mouth corner",
)


def find_centerfaces(
    view_rgb: np.ndarray, threshold: float, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """What the network takes for a face; candidates may overlap.

    Args:
        view_rgb: uint8 ``(h, w, 3)``, both sides multiples of 32.
        threshold: 0…1; candidates with a lower score are left out.
        threads: of onnxruntime.

    Returns:
        float32 ``(n, 7, 2)`` in pixels of the view: the box's upper left and lower right
        corner (brow or hairline to chin), then the five ``POINTS``; and the scores, float32
        ``(n,)``, 0…1.

    Raises:
        ValueError: a side is no multiple of 32.
        FileNotFoundError: the weights are missing.
    """
    if view_rgb.shape[0] % MULTIPLE or view_rgb.shape[1] % MULTIPLE:
        raise ValueError(f"Expected sides that 32 divides, received {view_rgb.shape[:2]}.")
    pixels = np.ascontiguousarray(view_rgb.transpose(2, 0, 1)[None], np.float32)
    heat, sizes, offsets, points = _session(threads).run(
        ["heatmap", "sizes", "offsets", "points"], {"input": pixels}
    )
    # Neighbouring places see the same face; the surest speaks for them.
    peaks = heat[0, 0] == cv2.dilate(heat[0, 0], np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(peaks & (heat[0, 0] >= threshold))
    at = (slice(None), rows, columns)
    # Every output gives y before x.
    places_xy = np.stack([columns, rows], axis=1) + 0.5
    centre = (places_xy + offsets[0][at].T[:, ::-1]) * STRIDE
    size = np.exp(sizes[0][at].T[:, ::-1]) * STRIDE
    corner = centre - size / 2
    points_xy = points[0][at].reshape(len(POINTS), 2, -1).transpose(2, 0, 1)[:, :, ::-1]
    points_xy = corner[:, None] + points_xy * size[:, None]
    found = np.concatenate([np.stack([corner, corner + size], axis=1), points_xy], axis=1)
    return found.astype(np.float32), heat[0, 0, rows, columns]


@cache
def _session(threads: int) -> InferenceSession:
    import onnxruntime

    if not CENTERFACE.exists():
        raise FileNotFoundError(
            f"{CENTERFACE}: the face detector's weights are missing. They are part of the "
            "project; scripts/studies/export_centerface.py rebuilds them."
        )
    check_file(CENTERFACE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(CENTERFACE), options, providers=["CPUExecutionProvider"]
    )
