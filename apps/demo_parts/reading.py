"""A visitor's photograph with its faces, found and marked, and the pictures made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fermask.faces.landmarks import VISIBLE_27
from fermask.networks.inference import Network
from fermask.photographs.overlays import HIDDEN_RGB, cut_square, draw_boxes, draw_points, limit_size
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import FacePrediction, MaskTrial, predict, predict_square
from fermask.photographs.records import face_caption

# Pixels: larger photographs are reduced, on the page alone, since no face gains from more.
LONGEST = 2048
# Of a picture of one face on the page.
SIDE = 360

Square = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Reading:
    """A photograph, uint8 ``(h, w, 3)``, and its faces; the last ``marked`` are the visitor's."""

    image_rgb: np.ndarray
    predictions: list[FacePrediction]
    marked: int


def read_faces(data: bytes, squares_xys: Sequence[Square], network: Network) -> Reading:
    """Finds and reads a photograph's faces, and reads the squares that the visitor marked.

    Nothing is kept between two requests but the squares, so each begins with this.

    Args:
        data: of the picture file.
        squares_xys: ``(x, y, size)`` in pixels of the reduced photograph.
        network: that reads them.

    Raises:
        ValueError: not a picture that can be read.
    """
    image_rgb = limit_size(read_photograph(data), LONGEST)
    found = predict(image_rgb, network)
    marked = [predict_square(image_rgb, square, network) for square in squares_xys]
    return Reading(image_rgb, found + marked, len(marked))


def draw_faces(reading: Reading, chosen: int | None, square_xys: Square | None = None):
    """The photograph with its faces framed, and with the square that is being marked."""
    boxes = [each.box_xywh for each in reading.predictions]
    captions = [face_caption(i + 1, each) for i, each in enumerate(reading.predictions)]
    if square_xys is not None:
        x, y, size = (round(value) for value in square_xys)
        boxes, captions, chosen = [*boxes, (x, y, size, size)], [*captions, "your square"], -1
        chosen = len(boxes) - 1
    return draw_boxes(reading.image_rgb, boxes, captions, chosen)


def draw_framed(image_rgb: np.ndarray, prediction: FacePrediction) -> np.ndarray:
    """What was cut out for the network, in the photograph's own sharpness and colours."""
    cut, _ = cut_square(image_rgb, prediction.square_xywh, SIDE, prediction.turn_degrees)
    return cut


def draw_trial(before: Reading, chosen: int, trial: MaskTrial) -> tuple[np.ndarray, np.ndarray]:
    """The face without and with the mask, the 27 landmarks that stay visible on both.

    On the bare face the other 41 are drawn too, in another colour, as in the paper's Fig. 4.
    """
    prediction = before.predictions[chosen]
    square, turn = prediction.square_xywh, prediction.turn_degrees
    bare, to_square = cut_square(before.image_rgb, square, SIDE, turn)
    masked, _ = cut_square(trial.image_rgb, square, SIDE, turn)
    points_xy = trial.points_xy @ to_square[:, :2].T + to_square[:, 2]
    visible = points_xy[list(VISIBLE_27)]
    hidden = np.delete(points_xy, VISIBLE_27, axis=0)
    return draw_points(draw_points(bare, hidden, HIDDEN_RGB), visible), draw_points(masked, visible)


def face_at(reading: Reading, x: float, y: float) -> int | None:
    """The smallest face whose box holds this place, in pixels, or None."""
    holding = [
        (w * h, i)
        for i, (left, top, w, h) in enumerate(each.box_xywh for each in reading.predictions)
        if left <= x < left + w and top <= y < top + h
    ]
    return min(holding)[1] if holding else None


def square_of(image_rgb: np.ndarray, across: float, down: float, share: float) -> Square:
    """A square by its centre and size, in per cent of the picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        across: of the centre, from the left edge, 0…100.
        down: of the centre, from the upper edge, 0…100.
        share: of the square's side in the picture's longer side, above 0 and up to 100.
    """
    height, width = image_rgb.shape[:2]
    size = max(share / 100 * max(height, width), 1)
    return across / 100 * width - size / 2, down / 100 * height - size / 2, size
