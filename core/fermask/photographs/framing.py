"""A detected face → the 48×48 grey square, framed as FER2013 frames its faces.

The networks have only ever seen FER2013's framing, so a photograph's face is cut out the
same way. ``scripts/studies/measure_framing.py`` measures that way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fermask.faces.landmarks import roll_degrees
from fermask.faces.pictures import check_rgb
from fermask.photographs.detection import DetectedFace

CROP_SIZE = 48


@dataclass(frozen=True)
class FramingSettings:
    """Where FER2013's frame lies around a face that ``fermask.photographs.detection`` found.

    Measured on the development fold's faces, masked and bare, each found again in a larger
    picture and read by a network that has not seen them (data/framing.json). It reads such
    crops as well as FERM's own images; from 1.1 to 1.3 and 0.03 up or down make no clear
    difference, and no more does putting faces upright that lean a little.
    """

    # The frame's side, in longer sides of the face's box.
    size: float = 1.18
    # How far the frame's centre lies below the box's, in longer sides of the box.
    down: float = -0.09
    # Degrees. FER2013 leaves faces as they lean (9 in 10 by less than 10), so only a face
    # that leans more than its faces do is put upright.
    largest_roll: float = 25.0


def turn_degrees(face: DetectedFace, settings: FramingSettings = FramingSettings()) -> float:
    """How far the frame is turned about its centre, clockwise: 0 unless the face leans far."""
    right_eye_xy, left_eye_xy = face.keypoints_xy[:2]
    roll = float(roll_degrees(right_eye_xy, left_eye_xy))
    return roll if abs(roll) > settings.largest_roll else 0.0


def crop_square_xywh(
    face: DetectedFace, settings: FramingSettings = FramingSettings()
) -> tuple[float, float, float, float]:
    """The square that FER2013 would cut out around a face.

    Args:
        face: as found by ``fermask.photographs.detection``.
        settings: the framing's constants.

    Returns:
        ``(x, y, size, size)`` in pixels of the picture, not rounded and not clipped. If the
        face leans by more than ``largest_roll``, the crop is this square turned by
        ``turn_degrees`` about its centre.
    """
    # A box that the picture's edge cuts off says little about the face's middle and size.
    left, top, width, height = face.box_xywh if face.whole_xywh is None else face.whole_xywh
    unit = max(width, height)
    size = float(settings.size * unit)
    # Straight down, however the face leans: what the box leaves out at its top does not lean.
    x = left + width / 2 - size / 2
    y = top + height / 2 + settings.down * unit - size / 2
    return float(x), float(y), size, size


def expression_crop(
    image_rgb: np.ndarray, face: DetectedFace, settings: FramingSettings = FramingSettings()
) -> np.ndarray:
    """Cut a face out as the networks expect it.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, the picture in which the face was found.
        face: as found by ``fermask.photographs.detection``.
        settings: the framing's constants.

    Returns:
        uint8 ``(48, 48)`` grey (BT.601). Each pixel is the mean of the area it stands for;
        beyond the picture its edge is repeated.

    Raises:
        ValueError: the picture has another shape or type, or the face's box is empty.
    """
    check_rgb(image_rgb)
    x, y, size, _ = crop_square_xywh(face, settings)
    if size <= 0:
        raise ValueError(f"Expected a face with a box, received the box {face.box_xywh}.")
    # Sampled at a whole multiple of the crop's size, then averaged: an area mean at any
    # angle, which warpAffine alone does not give.
    samples = CROP_SIZE * math.ceil(size / CROP_SIZE)
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    to_picture = _square_to_picture(x, y, size, samples, turn_degrees(face, settings))
    fine = cv2.warpAffine(
        grey,
        to_picture,
        (samples, samples),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.resize(fine, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_AREA)


def in_crop(points_xy: np.ndarray, face: DetectedFace) -> np.ndarray:
    """Points of the picture in the pixels of the face's ``expression_crop``, float32 ``(n, 2)``."""
    x, y, size, _ = crop_square_xywh(face)
    to_picture = _square_to_picture(x, y, size, CROP_SIZE, turn_degrees(face))
    to_crop = cv2.invertAffineTransform(to_picture)
    return (points_xy @ to_crop[:, :2].T + to_crop[:, 2]).astype(np.float32)


def _square_to_picture(
    x: float, y: float, size: float, samples: int, turn_degrees: float
) -> np.ndarray:
    """Affine ``(2, 3)``: pixel centres of the sampled square to pixel centres of the picture."""
    turn = math.radians(turn_degrees)
    step = size / samples
    linear = step * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    centre = np.array([x, y]) + size / 2 - 0.5
    return np.column_stack([linear, centre - linear @ np.full(2, (samples - 1) / 2)])
