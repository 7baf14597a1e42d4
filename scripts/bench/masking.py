"""The masking part of the benchmark: drawing masks, and finding what to draw them by.

Beside it stands MaskTheFace's method (Anwar and Raychowdhury 2020), the field's tool, written
anew: a picture of a mask is read from its file, warped by a homography to six points of the
face, matched to it in brightness and saturation, and put over the whole picture; faces and
landmarks are dlib's, in the picture enlarged once. Its lines through the landmarks, by which it
chooses the six points and one of three views of a mask, are left out: here each point is a
landmark. So it may be a little slower than this.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from fermask.dataset.face_quality import Progress
from fermask.faces.landmarks import find_landmarks, landmarks_in_box, model_path
from fermask.faces.masking import draw_look, mask_outline, put_mask
from fermask.photographs.detection import detect_faces
from fermask.studies.performance import Timing, take_turns
from scripts.bench.synthetic_set import drawn_faces

METHOD = "MaskTheFace's method"
_SMALL, _FOUND, _PHOTOGRAPHS = 100, 10, 10
_AIM_DRAWING, _AIM_WHOLE = 0.1, 0.5
# Sides, top of the nose and chin of a face, as its masks mark them.
_SIX = (2, 28, 14, 12, 8, 4)
# Width and height of its masks, about.
_TEMPLATE_WH = (622, 480)


def bench_masking(rounds: int, progress: Progress) -> list[Timing]:
    """Measures drawing alone and with detection and landmarks, on small faces and a photograph.

    Args:
        rounds: that count.
        progress: told of the rounds.
    """
    photograph = astronaut()
    enlarged = cv2.resize(photograph, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    faces, points = drawn_faces(_SMALL)
    of_photograph = landmarks_in_box(photograph, detect_faces(photograph)[0].box_xywh)
    with tempfile.TemporaryDirectory() as folder:
        template = _template(Path(folder))
        small = (faces, points)
        large = ([photograph] * _PHOTOGRAPHS, [of_photograph] * _PHOTOGRAPHS)
        spent = take_turns(
            {
                "small": lambda: _draw(*small),
                "small, method": lambda: _draw_by_template(template, *small),
                "large": lambda: _draw(*large),
                "large, method": lambda: _draw_by_template(template, *large),
                "found": lambda: _find_and_draw(faces[:_FOUND]),
                "whole": lambda: _detect_and_draw(photograph),
                "whole, method": lambda: _detect_and_draw_by_template(template, photograph),
                "enlarged": lambda: _detect_and_draw(enlarged),
                "enlarged, method": lambda: _detect_and_draw_by_template(template, enlarged),
            },
            rounds,
            progress,
        )
    size, twice = ("{1} × {0}".format(*each.shape) for each in (photograph, enlarged))
    return [
        Timing(
            name,
            count,
            spent[job],
            compared=spent[f"{job}, method"],
            compared_with=METHOD,
            aim_ratio=aim,
        )
        for name, count, job, aim in (
            ("drawing, 48 × 48", _SMALL, "small", _AIM_DRAWING),
            (f"drawing, {size}", _PHOTOGRAPHS, "large", _AIM_DRAWING),
            (f"detecting, landmarks, drawing, {size}", 1, "whole", _AIM_WHOLE),
            (f"detecting, landmarks, drawing, {twice}", 1, "enlarged", _AIM_WHOLE),
        )
    ] + [Timing("detecting, landmarks, drawing, 48 × 48", _FOUND, spent["found"])]


Faces = np.ndarray | list[np.ndarray]


def _draw(faces: Faces, points: Faces) -> None:
    for seed, (face, of_face) in enumerate(zip(faces, points, strict=True)):
        put_mask(face, of_face, draw_look(seed))


def _find_and_draw(faces: Faces) -> None:
    """As FERM's builder does it."""
    for seed, face in enumerate(faces):
        found = find_landmarks(face)
        if found is not None:
            put_mask(face, found.points_xy, draw_look(seed))


def _detect_and_draw(photograph: np.ndarray) -> None:
    """As the demo puts masks on."""
    for seed, face in enumerate(detect_faces(photograph)):
        put_mask(photograph, landmarks_in_box(photograph, face.box_xywh), draw_look(seed))


# -- MaskTheFace's method ------------------------------------------------------------------


def _draw_by_template(template: Path, faces: Faces, points: Faces) -> None:
    for face, of_face in zip(faces, points, strict=True):
        put_template(face if face.ndim == 3 else cv2.merge([face] * 3), of_face, template)


def _detect_and_draw_by_template(template: Path, photograph: np.ndarray) -> None:
    detector, predictor = _dlib()
    # The surest alone: in this photograph dlib takes something else for a face too.
    box = detector(photograph, 1)[0]
    points = np.array([(p.x, p.y) for p in predictor(photograph, box).parts()])
    put_template(photograph, points, template)


def put_template(image: np.ndarray, points_xy: np.ndarray, template: Path) -> np.ndarray:
    """A picture of a mask, warped to a face and put over it.

    Args:
        image: uint8 ``(h, w, 3)``.
        points_xy: ``(68, 2)`` in its pixels.
        template: file with four channels; its marks are those of ``_marks``.
    """
    mask = cv2.imread(str(template), cv2.IMREAD_UNCHANGED)
    six = np.asarray(points_xy, dtype=np.float32)[list(_SIX)]
    homography, _ = cv2.findHomography(_marks(mask), six)
    height, width = image.shape[:2]
    warped = cv2.warpPerspective(mask, homography, (width, height))
    left, top, right, bottom = _box(points_xy, width, height)
    around = image[(top + bottom) // 2 : bottom, left:right]
    share = 1 + (_brightness(around) - _brightness(mask[..., :3])) / 255
    cloth, hidden = warped[..., :3], warped[..., 3]
    for channel in (2, 1):
        cloth = _scaled(cloth, channel, share)
    bare = cv2.bitwise_and(image, image, mask=cv2.bitwise_not(hidden))
    return cv2.add(bare, cv2.bitwise_and(cloth, cloth, mask=hidden))


def _box(points_xy: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = np.clip(np.min(points_xy, axis=0), 0, None).astype(int)
    right, bottom = np.ceil(np.max(points_xy, axis=0)).astype(int)
    return left, top, min(right, width), min(bottom, height)


def _brightness(image: np.ndarray) -> float:
    return float(cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))[2].mean())


def _scaled(image: np.ndarray, channel: int, share: float) -> np.ndarray:
    channels = list(cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV)))
    channels[channel] = np.clip(channels[channel] * share, 0, 255).astype(np.uint8)
    return cv2.cvtColor(cv2.merge(channels), cv2.COLOR_HSV2BGR)


def _marks(mask: np.ndarray) -> np.ndarray:
    """Where a template's six points are, float32 ``(6, 2)``."""
    height, width = mask.shape[:2]
    shares = ((0.03, 0.2), (0.5, 0.05), (0.97, 0.2), (0.97, 0.67), (0.5, 0.98), (0.03, 0.67))
    return np.array(shares, dtype=np.float32) * (width, height)


def _template(folder: Path) -> Path:
    """A file like a mask's picture: cloth with an antialiased edge."""
    width, height = _TEMPLATE_WH
    _, points = drawn_faces(1)
    outline = mask_outline(points[0], draw_look(0))
    low, high = outline.min(axis=0), outline.max(axis=0)
    outline = (outline - low) / (high - low) * (width - 1, height - 1)
    rgba = np.zeros((height, width, 4), dtype=np.uint8)
    weave = np.random.default_rng(0).normal(0, 4, (height, width))
    rgba[..., :3] = np.rint(205 + cv2.GaussianBlur(weave, (0, 0), 1))[..., None]
    alpha = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(alpha, [np.rint(outline).astype(np.int32)], 255, cv2.LINE_AA)
    rgba[..., 3] = alpha
    path = folder / "template.png"
    cv2.imwrite(str(path), rgba)
    return path


@cache
def _dlib() -> tuple[Callable, Callable]:
    import dlib

    return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(model_path()))
