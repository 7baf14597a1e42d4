"""A part of a map as short text, such as a URL can hold, and which points lie in it.

An area is the ``(x, y)`` of its corners: two opposite ones of a rectangle, or three and more
of a polygon. As text it is their coordinates in turn: ``-1.5_0_2_3.25``.
"""

import re

import cv2
import numpy as np

MAX_CORNERS = 40
# Of the largest coordinate; a map is a few hundred pixels wide.
_FIRST_TOLERANCE = 1 / 1000
_LARGEST = 1e6


def area_text(corners_xy: np.ndarray) -> str:
    """An area as text, each coordinate with four figures.

    Args:
        corners_xy: ``(2, 2)``, opposite corners of a rectangle, or ``(m, 2)`` of a polygon.
    """
    return "_".join(f"{value:.4g}" for value in np.asarray(corners_xy, dtype=float).ravel())


def read_area(text: str) -> np.ndarray:
    """An area from text: numbers between underscores, commas, semicolons or spaces.

    Returns:
        float64 ``(m, 2)``, as ``area_text`` takes it.

    Raises:
        ValueError: not such text, or a polygon of more than ``MAX_CORNERS``.
    """
    expected = (
        "expected four numbers for a rectangle, such as -1.5_0_2_3.25 (x and y of two opposite "
        f"corners), or x and y of each corner of a polygon, {MAX_CORNERS} at most"
    )
    try:
        values = np.array([float(word) for word in re.split(r"[_,;\s]+", text.strip())])
    except ValueError:
        raise ValueError(f"The area {_short(text)} is not understood; {expected}.") from None
    if not _on_a_map(values) or len(values) % 2 or not 4 <= len(values) <= 2 * MAX_CORNERS:
        raise ValueError(
            f"The area {_short(text)} holds {len(values)} numbers; {expected}."
            if _on_a_map(values)
            else f"The area {_short(text)} holds a number that is on no map; {expected}."
        )
    return values.reshape(-1, 2)


def _on_a_map(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and (np.abs(values) < _LARGEST).all())


def simplified(corners_xy: np.ndarray) -> np.ndarray:
    """A polygon with ``MAX_CORNERS`` at most, close to the one given (Douglas and Peucker).

    Args:
        corners_xy: ``(m, 2)``, such as a path drawn by hand.

    Returns:
        float64 ``(k, 2)``; three corners at least where the path has three.
    """
    corners = np.asarray(corners_xy, dtype=np.float32).reshape(-1, 2)
    tolerance = float(np.ptp(corners, axis=0).max()) * _FIRST_TOLERANCE
    simple: np.ndarray = corners
    while len(simple) > MAX_CORNERS:
        simple = cv2.approxPolyDP(corners, tolerance, closed=True).reshape(-1, 2)
        tolerance *= 1.5
    return (simple if len(simple) >= 3 else corners[:3]).astype(np.float64)


def inside(corners_xy: np.ndarray, points_xy: np.ndarray) -> np.ndarray:
    """Which points lie in an area or on its edge, bool ``(n,)``.

    Args:
        corners_xy: ``(m, 2)``, as ``read_area`` gives it.
        points_xy: ``(n, 2)``.
    """
    corners, points = np.asarray(corners_xy), np.asarray(points_xy)
    low, high = corners.min(axis=0), corners.max(axis=0)
    within = ((points >= low) & (points <= high)).all(axis=1)
    if len(corners) > 2:
        polygon = corners.astype(np.float32)
        for i in np.flatnonzero(within):
            within[i] = cv2.pointPolygonTest(polygon, points[i].tolist(), False) >= 0
    return within


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
