"""Faces in a photograph, with or without a mask: BlazeFace's "back camera" model.

Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019).
The weights are MediaPipe's (Apache-2.0), converted by ``scripts/export_blazeface.py``.

The network sees a 256×256 square. A picture is shown to it in several *views*: as it is,
and again within dark borders, where a face that fills the picture gets small enough to be
found. A face's score is the mean of the two views that see it best, which saves a third of
the false boxes: a pattern that passes for a face at one size seldom does at another. Small
faces are looked at once more closely, or their boxes would come out too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL_PATH = Path(__file__).parents[1] / "data" / "models" / "blazeface_back.onnx"

INPUT_SIZE = 256

# (stride in input pixels, anchors at each place), as in MediaPipe's
# face_detection_back_desktop_live.pbtxt: one layer of stride 16, three of 32, two each.
ANCHOR_LAYERS: tuple[tuple[int, int], ...] = ((16, 2), (32, 6))

# The person's own right and left, so that a frontal face's right eye is on the left.
KEYPOINTS: tuple[str, ...] = (
    "right eye",
    "left eye",
    "nose",
    "mouth",
    "right ear",
    "left ear",
)


@dataclass(frozen=True)
class DetectionSettings:
    """How faces are looked for."""

    # 0…1. Chosen, with the views, on 60 photographs of masked faces, 40 of others and 25
    # without any: 57 and 40 are found, with 4 false boxes, all on the last. 0.5 finds no
    # other face, and over turned and quartered copies of the 25, 37 false boxes, not 16.
    score_threshold: float = 0.6
    # One view's output below this is not looked at.
    candidate_threshold: float = 0.3
    # Candidates that overlap more (intersection over union) are one face.
    iou_threshold: float = 0.3
    # Of two faces, the less sure one is dropped when more of the smaller box lies in the
    # other: eyes and mouths of a large face pass for small faces.
    overlap_threshold: float = 0.5
    # Faces smaller than this share of the picture's longer side are looked at again in a
    # square of which they are this share, if their first score is at least the threshold.
    close_up_share: float = 0.2
    close_up_threshold: float = 0.4
    # One view each: the width of the dark border, as a share of the picture's longer side.
    border_shares: tuple[float, ...] = (0.0, 0.3, 0.6)
    # How many views' best candidates a face's score is the mean of.
    agreeing_views: int = 2
    # Faces whose box's longer side is shorter, in pixels of the picture, are dropped.
    min_size: int = 16
    # Threads of onnxruntime.
    threads: int = 1


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face, in pixels of the upright picture."""

    # From brow to chin and from ear to ear, clipped to the picture.
    box_xywh: tuple[int, int, int, int]
    # 0…1.
    score: float
    # float32 (6, 2), in the order of KEYPOINTS; not clipped.
    keypoints_xy: np.ndarray


def detect_faces(
    image_rgb: np.ndarray, settings: DetectionSettings = DetectionSettings()
) -> list[DetectedFace]:
    """Find the faces in a picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, upright.
        settings: thresholds and views.

    Returns:
        The faces, largest box first; empty if there is none.

    Raises:
        ValueError: the array has another shape or type.
        FileNotFoundError: the detector's weights are missing.
    """
    _check_image(image_rgb)
    height, width = image_rgb.shape[:2]
    squares = view_squares(width, height, settings.border_shares)
    found = _candidates(image_rgb, squares, settings)
    points_xy, scores = merge_overlapping(*found, settings.iou_threshold, settings.agreeing_views)
    centres = points_xy[:, :2].mean(axis=1)
    inside = np.all((centres > 0) & (centres < (width, height)), axis=1)
    kept = inside & (scores >= settings.close_up_threshold)
    points_xy, scores = points_xy[kept], scores[kept]
    for i in range(len(scores)):
        if np.ptp(points_xy[i, :2], axis=0).max() < settings.close_up_share * max(height, width):
            points_xy[i], scores[i] = look_closer(image_rgb, points_xy[i], scores[i], settings)
    kept = scores >= settings.score_threshold
    points_xy, scores = points_xy[kept], scores[kept]
    kept = best_of_overlapping(points_xy[:, :2].reshape(-1, 4), scores, settings.overlap_threshold)
    faces = [
        DetectedFace(
            _clipped_box(points_xy[i, :2], width, height), float(scores[i]), points_xy[i, 2:]
        )
        for i in kept
    ]
    faces = [face for face in faces if max(face.box_xywh[2:]) >= settings.min_size]
    return sorted(faces, key=lambda face: face.box_xywh[2] * face.box_xywh[3], reverse=True)


def view_squares(
    width: int, height: int, border_shares: tuple[float, ...]
) -> list[tuple[int, int, int]]:
    """The squares to look at: each holds the picture, centred, and a border around it.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        border_shares: the border's width on each side as a share of the longer side.

    Returns:
        ``(x, y, size)`` in pixels of the picture; x and y may be negative.
    """
    longer = max(width, height)
    sizes = [longer + 2 * round(share * longer) for share in border_shares]
    return [((width - size) // 2, (height - size) // 2, size) for size in sizes]


def sample_view(
    image_rgb: np.ndarray, square_xys: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Show a square of the picture at the network's size, black outside the picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        square_xys: ``(x, y, size)`` in pixels of the picture, which it must touch.

    Returns:
        float32 ``(1, 256, 256, 3)`` in −1…1, and what takes the view back to the picture:
        ``picture_xy = origin_xy + view_xy * step_xy``, view_xy in 0…1.
    """
    *corner, size = square_xys
    scale = INPUT_SIZE / size
    picture_size = np.array(image_rgb.shape[1::-1])
    # The part of the picture inside the square, in its own pixels and in the view's.
    start = np.maximum(corner, 0)
    stop = np.minimum(np.add(corner, size), picture_size)
    view_start = np.rint((start - corner) * scale).astype(int)
    view_size = np.maximum(np.rint((stop - start) * scale).astype(int), 1)
    part = image_rgb[start[1] : stop[1], start[0] : stop[0]]
    # INTER_AREA averages what it shrinks, but enlarges to blocks.
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(part, view_size.tolist(), interpolation=interpolation)
    (left, top), (right, bottom) = view_start, view_start + view_size
    view = np.full((1, INPUT_SIZE, INPUT_SIZE, 3), -1, np.float32)
    view[0, top:bottom, left:right] = small[: INPUT_SIZE - top, : INPUT_SIZE - left] / 127.5 - 1
    pixel_xy = (stop - start) / view_size
    return view, start - view_start * pixel_xy, pixel_xy * INPUT_SIZE


def anchor_centres() -> np.ndarray:
    """The places that BlazeFace's 896 outputs refer to: float32 ``(896, 2)``, x and y in 0…1."""
    layers = []
    for stride, repeats in ANCHOR_LAYERS:
        places = (np.arange(INPUT_SIZE // stride) + 0.5) * stride / INPUT_SIZE
        grid_xy = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid_xy, repeats, axis=0))
    return np.concatenate(layers).astype(np.float32)


def decode_points(raw: np.ndarray, anchors_xy: np.ndarray) -> np.ndarray:
    """The network's regressions as points of the view.

    Args:
        raw: float32 ``(n, 16)``: centre, size and six keypoints, in input pixels from the
            anchor.
        anchors_xy: float32 ``(n, 2)`` in 0…1.

    Returns:
        float32 ``(n, 8, 2)``, view coordinates in 0…1: the box's upper left and lower right
        corner, then the six ``KEYPOINTS``.
    """
    values = raw.reshape(-1, 8, 2) / INPUT_SIZE
    centre = values[:, 0] + anchors_xy
    half = values[:, 1] / 2
    corners = np.stack([centre - half, centre + half], axis=1)
    return np.concatenate([corners, values[:, 2:] + anchors_xy[:, None]], axis=1)


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


def merge_overlapping(
    points_xy: np.ndarray,
    scores: np.ndarray,
    views: np.ndarray,
    iou_threshold: float,
    agreeing_views: int,
) -> tuple[np.ndarray, np.ndarray]:
    """BlazeFace's non-maximum suppression: overlapping candidates are averaged, not dropped.

    Args:
        points_xy: ``(n, k, 2)``, the box's two corners first.
        scores: ``(n,)``, above 0 and up to 1.
        views: int ``(n,)``, the view that each candidate comes from.
        iou_threshold: candidates that overlap the best one more than this are the same face.
        agreeing_views: how many views a face's score is the mean of.

    Returns:
        float32 ``(m, k, 2)``, each face's points, weighted by score, and float32 ``(m,)``,
        its score: the mean of its best candidates in the views that see it best, where a
        view that does not see it counts 0.
    """
    faces, face_scores = [], []
    order = np.argsort(-scores, kind="stable")
    points_xy, scores, views = points_xy[order], scores[order], views[order]
    while len(scores):
        boxes = points_xy[:, :2].reshape(-1, 4)
        same = iou(boxes[0], boxes) > iou_threshold
        # An empty box overlaps nothing, not even itself.
        same[0] = True
        faces.append(np.average(points_xy[same], axis=0, weights=scores[same]))
        best = sorted(scores[same & (views == view)].max() for view in set(views[same]))
        face_scores.append(sum(best[-agreeing_views:]) / agreeing_views)
        points_xy, scores, views = points_xy[~same], scores[~same], views[~same]
    shape = (len(faces), *points_xy.shape[1:])
    return np.array(faces, np.float32).reshape(shape), np.array(face_scores, np.float32)


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


def look_closer(
    image_rgb: np.ndarray, points_xy: np.ndarray, score: float, settings: DetectionSettings
) -> tuple[np.ndarray, float]:
    """Find a small face again in a view of its surroundings.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        points_xy: ``(8, 2)``, the face's box corners and keypoints in pixels.
        score: of the face, 0…1.
        settings: as for ``detect_faces``.

    Returns:
        The face's points as seen closely, and the mean of both scores. The points come back
        unchanged, with half the score, where no face is seen.
    """
    (left, top), (right, bottom) = points_xy[:2]
    size = max(round(max(right - left, bottom - top) / settings.close_up_share), 2)
    square = (round((left + right - size) / 2), round((top + bottom - size) / 2), size)
    candidates = _candidates(image_rgb, [square], settings)
    found_xy, scores = merge_overlapping(*candidates, settings.iou_threshold, agreeing_views=1)
    centres = found_xy[:, :2].mean(axis=1)
    inside = np.all((centres > points_xy[0]) & (centres < points_xy[1]), axis=1)
    if not inside.any():
        return points_xy, score / 2
    best = np.flatnonzero(inside)[np.argmax(scores[inside])]
    return found_xy[best], (score + float(scores[best])) / 2


def _candidates(
    image_rgb: np.ndarray, squares_xys: list[tuple[int, int, int]], settings: DetectionSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unmerged faces: points ``(n, 8, 2)`` in picture pixels, scores and views ``(n,)``."""
    session, anchors_xy = _session(settings.threads), anchor_centres()
    points_xy, scores, views = [], [], []
    for view, square in enumerate(squares_xys):
        pixels, origin_xy, step_xy = sample_view(image_rgb, square)
        raw, logits = session.run(["regressors", "classificators"], {"input": pixels})
        # float32's exp overflows beyond 88.
        score = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        points = decode_points(raw[0], anchors_xy)
        kept = (score >= settings.candidate_threshold) & np.all(points[:, 1] > points[:, 0], axis=1)
        points_xy.append(origin_xy + points[kept] * step_xy)
        scores.append(score[kept])
        views.append(np.full(kept.sum(), view))
    return np.concatenate(points_xy), np.concatenate(scores), np.concatenate(views)


def _clipped_box(corners_xy: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    corners = np.clip(np.rint(corners_xy), 0, (width, height)).astype(int)
    (left, top), (right, bottom) = corners.tolist()
    return left, top, right - left, bottom - top


def _check_image(image_rgb: np.ndarray) -> None:
    if not isinstance(image_rgb, np.ndarray):
        raise ValueError(f"Expected a NumPy array, received {type(image_rgb).__name__}.")
    if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or image_rgb.size == 0:
        raise ValueError(f"Expected an RGB picture (h, w, 3), received shape {image_rgb.shape}.")
    if image_rgb.dtype != np.uint8:
        raise ValueError(f"Expected uint8 pixels in 0…255, received {image_rgb.dtype}.")


@cache
def _session(threads: int) -> InferenceSession:
    import onnxruntime

    if not MODEL_PATH.exists():
        raise FileNotFoundError(
            f"{MODEL_PATH}: the face detector's weights are missing. They are part of the "
            "project; scripts/export_blazeface.py rebuilds them."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(MODEL_PATH), options, providers=["CPUExecutionProvider"]
    )
