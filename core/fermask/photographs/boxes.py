"""Boxes in a picture: how much they share, which ones stay, and the pixels in one."""

from __future__ import annotations

import cv2
import numpy as np


def intersections(box_xyxy: np.ndarray, boxes_xyxy: np.ndarray) -> np.ndarray:
    """Area that one box, ``(4,)``, shares with each of many, ``(n, 4)``: float ``(n,)``."""
    upper_left = np.maximum(box_xyxy[:2], boxes_xyxy[:, :2])
    lower_right = np.minimum(box_xyxy[2:], boxes_xyxy[:, 2:])
    return np.prod(np.clip(lower_right - upper_left, 0, None), axis=1)


def areas(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Areas of boxes ``(n, 4)`` given by their corners: float ``(n,)``, 0 if inside out."""
    return np.prod(np.clip(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0, None), axis=1)


def iou(box_xyxy: np.ndarray, boxes_xyxy: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with each of many.

    Args:
        box_xyxy: ``(4,)``, upper left and lower right corner.
        boxes_xyxy: ``(n, 4)``.

    Returns:
        float ``(n,)`` in 0…1; 0 where both boxes are empty.
    """
    shared = intersections(box_xyxy, boxes_xyxy)
    union = areas(box_xyxy[None]) + areas(boxes_xyxy) - shared
    return np.divide(shared, union, out=np.zeros(len(shared)), where=union > 0)


def best_of_overlapping(
    boxes_xyxy: np.ndarray, scores: np.ndarray, overlap_threshold: float
) -> list[int]:
    """Which boxes stay when those that cover each other's faces are settled by score.

    Args:
        boxes_xyxy: ``(n, 4)``.
        scores: ``(n,)``.
        overlap_threshold: two boxes compete if they share more of the smaller one's area.

    Returns:
        Indices of the boxes kept, best first.
    """
    size = areas(boxes_xyxy)
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable").tolist():
        shared = intersections(boxes_xyxy[i], boxes_xyxy[kept])
        if np.all(shared <= overlap_threshold * np.minimum(size[i], size[kept])):
            kept.append(i)
    return kept


def scaled_box(box_xywh: tuple[int, int, int, int], scale: float) -> tuple[int, int, int, int]:
    """The same box in the whole pixels of a picture that is ``scale`` times as wide."""
    x, y, width, height = box_xywh
    return round(x * scale), round(y * scale), round(width * scale), round(height * scale)


def square_around(box_xyxy: np.ndarray, share: float) -> tuple[float, float, float, float]:
    """The square ``(x, y, size, size)`` about a box whose longer side is ``share`` of it."""
    left, top, right, bottom = map(float, box_xyxy)
    size = max(right - left, bottom - top, 1.0) / share
    return (left + right - size) / 2, (top + bottom - size) / 2, size, size


def sample_view(
    image_rgb: np.ndarray,
    area_xywh: tuple[float, float, float, float],
    view_wh: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Show a part of a picture at another size, black outside the picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        area_xywh: the part, in pixels of the picture; it may reach beyond it.
        view_wh: width and height of the result.

    Returns:
        uint8 ``(view height, view width, 3)``, and what takes a point of it back to the
        picture: ``picture_xy = origin_xy + view_xy * step_xy``, float ``(2,)`` each.
    """
    corner, extent = np.array(area_xywh[:2], float), np.array(area_xywh[2:], float)
    scale = view_wh / extent
    view = np.zeros((view_wh[1], view_wh[0], 3), np.uint8)
    # The part of the picture inside the area, in whole pixels of its own and of the view.
    start = np.clip(np.floor(corner), 0, image_rgb.shape[1::-1]).astype(int)
    stop = np.clip(np.ceil(corner + extent), 0, image_rgb.shape[1::-1]).astype(int)
    if np.any(stop <= start):
        return view, corner, 1 / scale
    view_start = np.rint((start - corner) * scale).astype(int)
    view_size = np.maximum(np.rint((stop - start) * scale).astype(int), 1)
    part = image_rgb[start[1] : stop[1], start[0] : stop[0]]
    # INTER_AREA averages what it shrinks, but enlarges to blocks.
    shrinks = view_size[0] < part.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    shown = cv2.resize(part, view_size.tolist(), interpolation=interpolation)
    skipped = np.maximum(-view_start, 0)
    shown = shown[skipped[1] :, skipped[0] :]
    left, top = np.maximum(view_start, 0)
    shown = shown[: max(view_wh[1] - top, 0), : max(view_wh[0] - left, 0)]
    view[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    step = (stop - start) / view_size
    return view, start - view_start * step, step
