"""Covers of any outline, cloth and print, for networks to learn that what is covered tells nothing.

Face-Mask draws masks as they are sold; people wear others, and wear them askew, too high and too
low. A network that has seen only Face-Mask's reads the rest as expressions.
"""

import cv2
import numpy as np

from fermask.faces.mask_styles import STYLES
from fermask.faces.masking import MaskLook, mask_outline

PATTERNS: tuple[str, ...] = ("plain", "pleats", "print", "ridge", "valve", "stripes")


def random_cover(face: np.ndarray, points_xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face whose lower part is under a cover of random outline, brightness and pattern.

    Its upper edge crosses the nose between landmark 28 and its tip, level or askew; it ends between
    the chin and far below; there may be straps, a seam along its edge and a shadow above it.

    Args:
        face: uint8 ``(h, w)`` grey, about 48 pixels wide.
        points_xy: ``(68, 2)``, its landmarks.
        rng: where the random numbers come from.

    Returns:
        uint8 ``(h, w)``.
    """
    height, width = face.shape
    outline = _outline(np.asarray(points_xy, dtype=np.float64), rng)
    corners = np.rint(outline * 16).astype(np.int32)
    cover = np.zeros((height, width), np.uint8)
    cv2.fillPoly(cover, [corners], 255, cv2.LINE_AA, shift=4)
    cloth = _cloth(height, width, points_xy, rng)
    result = face.astype(np.float32)
    if rng.random() < 0.4:
        shadow = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.6, 1.5)) / np.float32(255)
        result *= 1 - np.float32(rng.uniform(0, 0.3)) * shadow
    if rng.random() < 0.6:
        _draw_straps(result, outline, points_xy, rng)
    if rng.random() < 0.4:
        line = float(rng.uniform(0, 255))
        cv2.polylines(cloth, [corners[:24]], False, line, 1, cv2.LINE_AA, shift=4)
    share = cover / np.float32(255)
    result += share * (cloth - result)
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


def add_cap(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face under a brim or a fringe of one brightness, uint8 ``(h, w)``."""
    height, width = face.shape
    x = np.arange(width) - width / 2
    brim = height * rng.uniform(0.05, 0.27) + rng.normal(0, 0.1) * x + rng.normal(0, 0.004) * x**2
    result = face.copy()
    result[np.arange(height)[:, None] < brim] = rng.integers(256)
    return result


def _outline(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    look = MaskLook(
        STYLES[rng.integers(len(STYLES))],
        (0, 0, 0),
        edge=float(rng.uniform(-0.6, 0.8)),
        drop=float(rng.uniform(-0.02, 0.25)),
    )
    outline = mask_outline(points, look).astype(np.float64)
    if rng.random() < 0.5:
        middle = outline.mean(axis=0)
        angle, stretch = rng.normal(0, 0.06), 1 + rng.normal(0, 0.06, 2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        outline = (outline - middle) @ turn.T * stretch + middle
    return outline


def _cloth(height: int, width: int, points_xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grey levels of the cloth, float32 ``(h, w)``."""
    y = np.arange(height, dtype=np.float32)[:, None] / height
    x = np.arange(width, dtype=np.float32)[None] / width
    middle = np.float32(points_xy[29][0] / width)
    slope_x, slope_y = rng.normal(0, 40, 2).astype(np.float32)
    cloth = np.float32(rng.uniform(0, 255)) + slope_x * (x - middle) + slope_y * (y - 0.6)
    cloth = cloth - np.float32(rng.uniform(0, 60)) * np.square((x - middle) * 2)
    pattern = PATTERNS[rng.integers(len(PATTERNS))]
    if pattern == "pleats":
        for _ in range(rng.integers(2, 6)):
            bend = rng.normal(0, 0.15) * (x - 0.5) + rng.normal(0, 0.3) * np.square(x - 0.5)
            fold = (y - rng.uniform(0.5, 0.95) - bend) / rng.uniform(0.008, 0.02)
            cloth += np.float32(rng.normal(0, 35)) * np.exp(-np.square(fold))
    elif pattern == "print":
        grains = rng.normal(0, rng.uniform(5, 60), (rng.integers(8, 48),) * 2).astype(np.float32)
        cloth += cv2.resize(grains, (width, height))
    elif pattern == "ridge":
        ridge = middle + rng.normal(0, 0.03)
        cloth += np.float32(rng.normal(0, 40)) * (x > ridge)
        cloth += np.float32(rng.normal(0, 40)) * np.exp(-np.square((x - ridge) / 0.02))
    elif pattern == "valve":
        from_valve = np.hypot(x - rng.uniform(0.3, 0.7), y - rng.uniform(0.6, 0.9))
        cloth += np.float32(rng.normal(0, 70)) * (from_valve < rng.uniform(0.04, 0.12))
    elif pattern == "stripes":
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(0.04, 0.2)
        along = (np.cos(angle) * x + np.sin(angle) * y) / pitch
        cloth += np.float32(rng.normal(0, 40)) * np.sin(2 * np.pi * along)
    cloth = cv2.GaussianBlur(cloth.astype(np.float32), (3, 3), 0.5)
    return cloth + rng.normal(0, 3, (height, width)).astype(np.float32)


def _draw_straps(
    result: np.ndarray, outline: np.ndarray, points_xy: np.ndarray, rng: np.random.Generator
) -> None:
    level, top = float(rng.uniform(0, 255)), rng.uniform(-0.4, 0.1)
    size = float(points_xy[8][1] - points_xy[27][1])
    for end, side in ((outline[0], -1), (outline[23], 1)):
        ear = end + np.array([side * 0.5 * size, top * size])
        start, stop = (tuple(int(v) for v in np.rint(16 * each)) for each in (end, ear))
        cv2.line(result, start, stop, level, 1, cv2.LINE_AA, shift=4)
