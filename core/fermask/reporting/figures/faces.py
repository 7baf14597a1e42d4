"""Figs. 4 and 5: landmarks and a photograph, before the mask and after it."""

import base64
from collections.abc import Iterable

import cv2
import numpy as np

from fermask.faces.drawing import SEEN, draw_landmarks, picture_url
from fermask.faces.landmarks import (
    BROWS,
    JAW,
    LEFT_EYE,
    MOUTH,
    NOSE_BASE,
    NOSE_BRIDGE,
    RIGHT_EYE,
    VISIBLE_27,
    landmarks_in_box,
)
from fermask.faces.mask_styles import STYLES
from fermask.faces.masking import draw_look, put_mask
from fermask.photographs.detection import detect_faces
from fermask.photographs.framing import crop_square_xywh, expression_crop
from fermask.photographs.overlays import cut_square
from fermask.reporting.figures.paper import (
    CAPTIONS,
    EXAMPLE_SEED,
    MARGIN,
    QUIET,
    document,
    image,
    placed,
    text,
)


def draw_landmark_pair(points_xy: np.ndarray) -> str:
    """Fig. 4: the 68 landmarks of a bare face beside the 27 that a mask leaves.

    Args:
        points_xy: ``(68, 2)``, pixels of a 48×48 face, such as the mean of a set's faces.

    Raises:
        ValueError: not 68 finite points.
    """
    side = 340
    right = MARGIN + side + MARGIN
    points_xy = np.asarray(points_xy, dtype=np.float64)
    # FER2013 cuts chins off: the face is drawn in the middle instead.
    points_xy = points_xy + 23.5 - (points_xy.min(axis=0) + points_xy.max(axis=0)) / 2
    look = draw_look(EXAMPLE_SEED, "surgical")
    pair = (
        (MARGIN, "(a) Without a mask", range(68), None),
        (right, "(b) With a mask", VISIBLE_27, look),
    )
    parts = []
    for x, name, left, worn in pair:
        parts.append(text(x, 40, name, 16, weight=600))
        parts.append(text(x + side, 40, f"{len(left)} landmarks", 14, "end", 600, SEEN))
        drawn = draw_landmarks(points_xy, worn, filled=tuple(left))
        parts.append(placed(drawn, x, 54, side))
        parts.append(text(x, 54 + side + 22, _named_landmarks(left), 13, fill=QUIET))
    hidden = 68 - len(VISIBLE_27)
    words = f"filled: visible · hollow: {hidden} under the mask"
    parts.append(text(right, 54 + side + 42, words, 13, fill=QUIET))
    return document(parts, right + side + MARGIN, 54 + side + 60, CAPTIONS[4][0])


def draw_face_masks(
    image_rgb: np.ndarray, styles: tuple[str, ...] = STYLES, seed: int = EXAMPLE_SEED
) -> str:
    """Fig. 5: the largest face of a photograph before Face-Mask and after it, in several styles.

    Below each picture stands the 48×48 grey square that a network reads.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, upright.
        styles: of ``fermask.faces.mask_styles.MASK_STYLES``.
        seed: of the masks' colours and edges.

    Raises:
        ValueError: no face is found, or an unknown style.
    """
    faces = detect_faces(image_rgb)
    if not faces:
        raise ValueError("No face was found in the photograph.")
    square = crop_square_xywh(faces[0])
    points_xy = landmarks_in_box(image_rgb, faces[0].box_xywh)
    pictures = {"bare": image_rgb}
    for style in styles:
        pictures[style] = put_mask(image_rgb, points_xy, draw_look(seed, style)).image
    parts, side = [text(MARGIN, 40, "(a) Before", 16, weight=600)], 140
    parts.append(text(MARGIN + side + 10, 40, "(b) After Face-Mask", 16, weight=600))
    for i, (name, picture) in enumerate(pictures.items()):
        x = MARGIN + i * (side + 10)
        parts.append(text(x, 84 + 2 * side, name, 13, weight=600))
        # Twice as fine as it is shown, for screens that show more.
        photograph, _ = cut_square(picture, square, 2 * side)
        parts.append(image(_photograph_url(photograph), x, 52, side))
        crop = picture_url(expression_crop(picture, faces[0]))
        parts.append(image(crop, x, 62 + side, side))
    words = "Below each: 48×48 grey pixels, framed as FER2013 frames its faces."
    parts.append(text(MARGIN, 106 + 2 * side, words, 13, fill=QUIET))
    width = 2 * MARGIN + len(pictures) * (side + 10) - 10
    return document(parts, width, 126 + 2 * side, CAPTIONS[5][0])


def _named_landmarks(numbers: Iterable[int]) -> str:
    """How many landmarks of each part of the face are among these."""
    parts = {
        "jaw": JAW,
        "brows": BROWS,
        "nose": (*NOSE_BRIDGE, *NOSE_BASE),
        "eyes": (*RIGHT_EYE, *LEFT_EYE),
        "mouth": MOUTH,
    }
    ours = set(numbers)
    found = {name: len(ours & set(part)) for name, part in parts.items()}
    return " · ".join(f"{name} {n}" for name, n in found.items() if n)


def _photograph_url(image_rgb: np.ndarray) -> str:
    # As PNG a photograph takes four times the bytes.
    quality = [cv2.IMWRITE_JPEG_QUALITY, 85]
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR), quality)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
