"""Faces in a photograph, with or without a mask, found by CenterFace.

One look decides nothing: the network is shown the picture at several sizes. A face's score
is the mean of the looks that show it at a size the network can judge; a pattern that passes
for a face at one size seldom does at another. Small faces, which the picture as a whole shows
in one look or two, are looked at again closely, until each has had three.

A picture many times as long as it is wide is looked at in tiles. Where nothing is found, the
picture is shown once more within a border, which a face that fills it may need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fermask.faces.pictures import check_rgb
from fermask.photographs.boxes import best_of_overlapping, iou, sample_view, square_around
from fermask.photographs.centerface import MULTIPLE, find_centerfaces

# CenterFace's boxes begin at the forehead and end at the chin's tip. On FERM's faces, bare and
# masked, the brows lie lower by a fifth of the box's height and the jaw ends a little below it;
# people who draw boxes by hand begin between forehead and brows.
BROW, CHIN = 0.15, 0.02

# x, y, width and height in pixels of the picture; and with it the width and height of a view.
Area = tuple[float, float, float, float]
View = tuple[Area, tuple[int, int]]

# The person's own right and left, so that a frontal face's right eye is on the left.
KEYPOINTS: tuple[str, ...] = ("right eye", "left eye", "nose", "mouth")


@dataclass(frozen=True)
class DetectionSettings:
    """How faces are looked for; ``scripts.studies.measure_detection`` measures what comes of it."""

    # 0…1, of the mean over a face's looks. A lower one finds hardly any face more, a higher
    # one saves few false boxes.
    score_threshold: float = 0.25
    # What one look gives less than this counts 0.
    candidate_threshold: float = 0.1
    # The longer side that each look at the whole picture has, in pixels.
    view_sides: tuple[int, ...] = (224, 256, 320)
    # For small faces the picture is shown once more, at this share of its own size, but with
    # a shorter side of no more pixels than this, if that is more than the views show.
    detail_share: float = 0.8
    detail_side: int = 960
    # Of a picture that is longer, in its shorter sides, tiles of this length are looked at, which
    # share one shorter side with the next; but never more tiles than this.
    tile_length: float = 3.0
    most_tiles: int = 64
    # Where nothing is found: the border on each side, in the picture's own sides, and the longer
    # side that the picture itself has in each look then.
    border: float = 0.25
    border_sides: tuple[int, ...] = (96, 128, 160)
    # What is seen then has to be surer: most such pictures hold no face.
    border_threshold: float = 0.28
    # Shortest and longest, in pixels of the view, that a face's longer side may be for the
    # look to count.
    judged: tuple[int, int] = (20, 320)
    # Looks that each face has at least, and how close the close ones are: what share of the
    # square the face's longer side is, and the side of the square as the network sees it.
    looks: int = 3
    close_up_shares: tuple[float, ...] = (0.25, 0.4)
    close_up_side: int = 192
    # Candidates that overlap more (intersection over union) are one face.
    iou_threshold: float = 0.3
    # Of two faces, the less sure one is dropped when more of the smaller box lies in the
    # other: eyes and mouths of a large face pass for small faces.
    overlap_threshold: float = 0.5
    # Faces whose box's longer side is shorter, in pixels of the picture, are dropped.
    min_size: int = 10
    # Threads of onnxruntime.
    threads: int = 1


# Of a camera's frames: one look, in which a face at arm's length is well seen. A false box goes
# with the next frame.
LIVE = DetectionSettings(view_sides=(256,), detail_side=0, looks=1, border_sides=())


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face, in pixels of the upright picture."""

    # From brow to chin and from ear to ear, clipped to the picture.
    box_xywh: tuple[int, int, int, int]
    # 0…1.
    score: float
    # float32 (4, 2), in the order of KEYPOINTS; not clipped.
    keypoints_xy: np.ndarray
    # The box neither rounded nor clipped to the picture; None where that is all there is.
    whole_xywh: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What one look saw.

    ``points_xy``: float32 ``(n, 7, 2)`` in pixels of the picture, box corners first.
    ``scores``: float32 ``(n,)``. ``scale``: pixels of the view that one of the picture is.
    """

    points_xy: np.ndarray
    scores: np.ndarray
    scale: float


def detect_faces(
    image_rgb: np.ndarray, settings: DetectionSettings = DetectionSettings()
) -> list[DetectedFace]:
    """Find the faces in a picture.

    >>> import fermask, skimage.data
    >>> (face,) = fermask.detect_faces(skimage.data.astronaut())
    >>> len(face.box_xywh), face.keypoints_xy.shape
    (4, (4, 2))

    Args:
        image_rgb: uint8 ``(h, w, 3)``, upright.
        settings: thresholds and views.

    Returns:
        The faces, largest box first; empty if there is none.

    Raises:
        ValueError: the array has another shape or type.
        FileNotFoundError: the detector's weights are missing.
    """
    check_rgb(image_rgb)
    height, width = image_rgb.shape[:2]
    judged = []
    for area in tiles(width, height, settings):
        views = [view_of(area, side) for side in _sides(*area[2:], settings)]
        judged += _seen_in(image_rgb, views, settings)
    if not judged and settings.border_sides:
        views = [
            view_of((0, 0, width, height), side, settings.border) for side in settings.border_sides
        ]
        seen = _seen_in(image_rgb, views, settings)
        judged = [face for face in seen if face[1] >= settings.border_threshold]
    boxes = np.array([points_xy[:2].reshape(4) for points_xy, _ in judged]).reshape(-1, 4)
    scores = np.array([score for _, score in judged])
    kept = best_of_overlapping(boxes, scores, settings.overlap_threshold)
    faces = [_as_face(*judged[i], width, height) for i in kept]
    faces = [face for face in faces if max(face.box_xywh[2:]) >= settings.min_size]
    return sorted(faces, key=lambda face: face.box_xywh[2] * face.box_xywh[3], reverse=True)


def tiles(width: int, height: int, settings: DetectionSettings) -> list[Area]:
    """What a picture of this size is looked at in: all of it, or overlapping tiles along it."""
    shorter, longer = sorted((width, height))
    length = settings.tile_length * shorter
    if longer <= length:
        return [(0, 0, width, height)]
    # A face at the edge of a tile, at most as wide as the picture, is whole in the next.
    count = min(math.ceil((longer - length) / (length - shorter)) + 1, settings.most_tiles)
    length = max(length, (longer + (count - 1) * shorter) / count)
    starts = np.linspace(0, longer - length, count).tolist()
    if width > height:
        return [(start, 0, length, height) for start in starts]
    return [(0, start, width, length) for start in starts]


def view_of(area_xywh: Area, side: int, border: float = 0.0) -> View:
    """The area that a view of a part of the picture has, and the size at which it is shown.

    Args:
        area_xywh: the part, in pixels of the picture.
        side: the part's longer side as shown.
        border: what is shown around it, in its own sides.

    Returns:
        ``(x, y, width, height)`` in pixels of the picture, with what it takes beyond the part to
        make the view's ``(width, height)`` whole multiples of 32 pixels.
    """
    x, y, width, height = area_xywh
    scale = side / max(width, height)
    wanted = [round(length * (1 + 2 * border) * scale) for length in (width, height)]
    shown = [max(-(-length // MULTIPLE), 1) * MULTIPLE for length in wanted]
    w, h = (length / scale for length in shown)
    return (x + (width - w) / 2, y + (height - h) / 2, w, h), (shown[0], shown[1])


def _sides(width: float, height: float, settings: DetectionSettings) -> tuple[int, ...]:
    """The longer side of each look at a part of this size."""
    shorter, longer = sorted((width, height))
    sides = settings.view_sides
    # Of a tile that is longer than tiles should be, no more is shown than of one that is not.
    most = settings.detail_side * min(longer / shorter, settings.tile_length)
    detail = min(longer * settings.detail_share, most)
    return (*sides, round(detail)) if detail > max(sides, default=0) else sides


def _seen_in(
    image_rgb: np.ndarray, views: list[View], settings: DetectionSettings
) -> list[tuple[np.ndarray, float]]:
    """What some views of the same part show: places and scores that reach the threshold."""
    looks = [look_at(image_rgb, *view, settings) for view in views]
    judged = [
        judge(image_rgb, points_xy, looks, settings)
        for points_xy in group_candidates(looks, settings.iou_threshold)
    ]
    return [face for face in judged if face[1] >= settings.score_threshold]


def look_at(
    image_rgb: np.ndarray,
    area_xywh: tuple[float, float, float, float],
    view_wh: tuple[int, int],
    settings: DetectionSettings,
) -> Look:
    """Show an area of the picture to the network, once for each face it sees there."""
    view, origin_xy, step_xy = sample_view(image_rgb, area_xywh, view_wh)
    points_xy, scores = find_centerfaces(view, settings.candidate_threshold, settings.threads)
    kept = best_of_overlapping(points_xy[:, :2].reshape(-1, 4), scores, settings.overlap_threshold)
    points_xy = (origin_xy + points_xy[kept] * step_xy).astype(np.float32)
    return Look(points_xy, scores[kept], float(1 / step_xy.mean()))


def group_candidates(looks: list[Look], iou_threshold: float) -> list[np.ndarray]:
    """What may be faces, each once: of those that overlap, the surest, float32 ``(7, 2)``."""
    points_xy = np.concatenate([look.points_xy for look in looks])
    scores = np.concatenate([look.scores for look in looks])
    order = np.argsort(-scores, kind="stable")
    groups = []
    while len(order):
        boxes = points_xy[order, :2].reshape(-1, 4)
        same = iou(boxes[0], boxes) > iou_threshold
        # An empty box overlaps nothing, not even itself.
        same[0] = True
        groups.append(points_xy[order[0]])
        order = order[~same]
    return groups


def judge(
    image_rgb: np.ndarray,
    candidate_xy: np.ndarray,
    looks: list[Look],
    settings: DetectionSettings,
) -> tuple[np.ndarray, float]:
    """A candidate's place and score from all looks that can judge it, close ones if need be.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        candidate_xy: ``(7, 2)``, box corners first, in pixels of the picture.
        looks: at the whole picture.
        settings: as for ``detect_faces``.

    Returns:
        float32 ``(7, 2)``, the mean of what the looks saw there, weighted by score, and the
        mean of their scores, where a look that sees no face counts 0.
    """
    size = np.ptp(candidate_xy[:2], axis=0).max()
    shortest, longest = settings.judged
    seen = [
        _seen_at(candidate_xy, look, settings.iou_threshold)
        for look in looks
        if shortest <= size * look.scale <= longest
    ]
    side = settings.close_up_side
    for share in settings.close_up_shares[: max(settings.looks - len(seen), 0)]:
        area = square_around(candidate_xy[:2].reshape(4), share)
        look = look_at(image_rgb, area, (side, side), settings)
        seen.append(_seen_at(candidate_xy, look, settings.iou_threshold))
    scores = np.array([score for _, score in seen])
    if not scores.any():
        return candidate_xy, 0.0
    points_xy = np.average([points for points, _ in seen], axis=0, weights=scores)
    return points_xy.astype(np.float32), float(scores.mean())


def _seen_at(
    candidate_xy: np.ndarray, look: Look, iou_threshold: float
) -> tuple[np.ndarray, float]:
    """What a look saw where the candidate is, and its score; 0 if nothing."""
    overlap = iou(candidate_xy[:2].reshape(4), look.points_xy[:, :2].reshape(-1, 4))
    there = np.flatnonzero(overlap > iou_threshold)
    if not len(there):
        return candidate_xy, 0.0
    best = there[np.argmax(look.scores[there])]
    return look.points_xy[best], float(look.scores[best])


def _as_face(points_xy: np.ndarray, score: float, width: int, height: int) -> DetectedFace:
    """A face of the picture from the network's box and points, float32 ``(7, 2)``."""
    (left, top), (right, bottom) = points_xy[:2].tolist()
    top, bottom = top + BROW * (bottom - top), bottom + CHIN * (bottom - top)
    corners = np.clip(np.rint([[left, top], [right, bottom]]), 0, (width, height)).astype(int)
    x, y, x_end, y_end = corners.ravel().tolist()
    mouth = points_xy[5:].mean(axis=0)
    keypoints_xy = np.vstack([points_xy[2:5], mouth]).astype(np.float32)
    whole_xywh = (left, top, right - left, bottom - top)
    return DetectedFace((x, y, x_end - x, y_end - y), score, keypoints_xy, whole_xywh)
