"""A visitor's photograph with its faces, found and marked, and the pictures made of them."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fermask.faces.landmarks import VISIBLE_27
from fermask.networks.inference import Network
from fermask.photographs.overlays import (
    HIDDEN_RGB,
    LONGEST,
    cut_square,
    draw_evidence,
    draw_points,
    enlarge_pixels,
    limit_size,
)
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import FacePrediction, MaskTrial, predict, predict_square

# Of a picture of one face on the page.
SIDE = 300

Square = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Reading:
    """A photograph as it is kept for its visitor's session, and its faces.

    ``jpeg``: the photograph, reduced; the page shows this file and the network reads it, and the
    file is a tenth of its pixels. ``wh``: its size. ``faces``: the last ``marked`` are the
    visitor's own. ``warning``: what was missing of the file, or "".
    """

    jpeg: bytes
    wh: tuple[int, int]
    faces: tuple[FacePrediction, ...] = ()
    marked: int = 0
    warning: str = ""

    @property
    def image_rgb(self) -> np.ndarray:
        """The photograph's pixels, uint8 ``(h, w, 3)``."""
        return read_photograph(self.jpeg)


def as_reading(image_rgb: np.ndarray, warning: str = "") -> Reading:
    """A photograph, uint8 ``(h, w, 3)``, whose faces have not been looked for."""
    image_rgb = limit_size(image_rgb, LONGEST)
    return Reading(as_jpeg(image_rgb), image_rgb.shape[1::-1], warning=warning)


def find_faces(reading: Reading, network: Network) -> Reading:
    """The photograph with all faces that are found in it."""
    return replace(reading, faces=tuple(predict(reading.image_rgb, network)), marked=0)


def add_square(reading: Reading, square_xys: Square, network: Network) -> Reading:
    """The photograph with one more face, which the visitor marked.

    Args:
        reading: the photograph so far.
        square_xys: ``(x, y, size)`` in pixels of the reduced photograph.
        network: that reads it.

    Raises:
        ValueError: the square does not touch the picture.
    """
    face = predict_square(reading.image_rgb, square_xys, network)
    return replace(reading, faces=(*reading.faces, face), marked=reading.marked + 1)


def draw_seen(reading: Reading, face: FacePrediction) -> list[np.ndarray]:
    """A face as it was cut out, as the network saw it, and with its evidence; uint8 RGB."""
    cut, _ = cut_square(reading.image_rgb, face.square_xywh, SIDE, face.turn_degrees)
    evidence = draw_evidence(face.crop, face.evidence, face.class_index, SIDE)
    return [cut, enlarge_pixels(face.crop, SIDE // len(face.crop)), evidence]


def draw_trial(
    reading: Reading, face: FacePrediction, trial: MaskTrial
) -> tuple[np.ndarray, np.ndarray]:
    """The face without and with the mask, the 27 landmarks that stay visible on both.

    On the bare face the other 41 are drawn too, in another colour, as in the paper's Fig. 4.
    """
    square, turn = face.square_xywh, face.turn_degrees
    bare, to_square = cut_square(reading.image_rgb, square, SIDE, turn)
    masked, _ = cut_square(trial.image_rgb, square, SIDE, turn)
    points_xy = trial.points_xy @ to_square[:, :2].T + to_square[:, 2]
    visible = points_xy[list(VISIBLE_27)]
    hidden = np.delete(points_xy, VISIBLE_27, axis=0)
    return draw_points(draw_points(bare, hidden, HIDDEN_RGB), visible), draw_points(masked, visible)


def as_jpeg(image_rgb: np.ndarray) -> bytes:
    """A picture, uint8 ``(h, w, 3)``, as a JPEG file."""
    _, jpeg = cv2.imencode(".jpg", image_rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return jpeg.tobytes()
