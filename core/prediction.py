"""A photograph → its faces → what the network says of each, bare or masked.

The one way from a picture to an answer: ``scripts.predict`` and the demo both take it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.detection import DetectedFace, detect_faces
from core.framing import crop_square_xywh, expression_crop
from core.inference import SHIPPED, load_network
from core.labels import CLASSES
from core.landmarks import landmarks_in_box
from core.mask_seen import mask_probability
from core.masking import MaskLook, draw_look, put_mask

if TYPE_CHECKING:
    from core.inference import Network


@dataclass(frozen=True, eq=False)
class FacePrediction:
    """One face of a photograph and what the network says of it.

    ``face``: as found by ``core.detection``, in pixels of the upright picture.
    ``square_xywh``: the square that was cut out, not rounded and not clipped.
    ``crop``: uint8 ``(48, 48)``, the network's input. ``probabilities``: float32 ``(4,)`` in
    class order, 0…1. ``evidence``: float32 ``(h, w, 4)``, what each place of the crop adds to
    each class before softmax. ``mask_probability``: 0…1. ``not_sure_below``: the network's
    threshold, 0…1.
    """

    face: DetectedFace
    square_xywh: tuple[float, float, float, float]
    crop: np.ndarray
    probabilities: np.ndarray
    evidence: np.ndarray
    mask_probability: float
    not_sure_below: float = 0.0

    @property
    def box_xywh(self) -> tuple[int, int, int, int]:
        """The face's box, brow to chin and ear to ear, in pixels of the upright picture."""
        return self.face.box_xywh

    @property
    def mask(self) -> bool:
        """Whether the face seems to wear a mask."""
        return self.mask_probability > 0.5

    @property
    def class_index(self) -> int:
        """Index into ``CLASSES`` of the likeliest class."""
        return int(np.argmax(self.probabilities))

    @property
    def label(self) -> str:
        """Name of the likeliest class."""
        return CLASSES[self.class_index]

    @property
    def sure(self) -> bool:
        """Whether the likeliest class is as probable as the network's threshold asks."""
        return float(self.probabilities.max()) >= self.not_sure_below


@dataclass(frozen=True, eq=False)
class MaskTrial:
    """A face of a photograph with a drawn mask.

    ``image_rgb``: uint8 ``(h, w, 3)``, the photograph with the mask. ``points_xy``: float32
    ``(68, 2)``, the landmarks it was drawn by. ``prediction``: of the masked face, framed as
    the bare one was. ``problems``: sentences, empty when the mask covers mouth and nose tip
    and leaves the eyes.
    """

    image_rgb: np.ndarray
    points_xy: np.ndarray
    prediction: FacePrediction
    problems: tuple[str, ...]


def predict(image_rgb: np.ndarray, model: str | Path | Network = SHIPPED) -> list[FacePrediction]:
    """Find the faces in a photograph and read their expressions.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, upright, as ``core.photograph`` gives it.
        model: an ``.onnx`` file of ``scripts.export``, or a network already loaded.

    Returns:
        One prediction a face, largest face first; empty if there is none.

    Raises:
        ValueError: not such an array, or the file holds no network of this project.
        FileNotFoundError: the network's or the detector's file is missing.
    """
    faces = detect_faces(image_rgb)
    return predict_faces(image_rgb, faces, model)


def predict_faces(
    image_rgb: np.ndarray, faces: list[DetectedFace], model: str | Path | Network = SHIPPED
) -> list[FacePrediction]:
    """Read the expressions of faces already found, in their order; otherwise as ``predict``."""
    network = load_network(model) if isinstance(model, str | Path) else model
    crops = [expression_crop(image_rgb, face) for face in faces]
    if not crops:
        return []
    answer = network.answer(np.stack(crops))
    return [
        FacePrediction(
            face=face,
            square_xywh=crop_square_xywh(face),
            crop=crop,
            probabilities=answer.probabilities[i],
            evidence=answer.evidence[i],
            mask_probability=mask_probability(image_rgb, face, crop),
            not_sure_below=network.not_sure_below,
        )
        for i, (face, crop) in enumerate(zip(faces, crops, strict=True))
    ]


def try_mask(
    image_rgb: np.ndarray,
    prediction: FacePrediction,
    style: str | None = None,
    seed: int = 0,
    model: str | Path | Network = SHIPPED,
) -> MaskTrial:
    """Put a mask on a face of a photograph and ask the network again.

    The box and so the crop stay those of the bare face: only the mask differs.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, the photograph; left as it is.
        prediction: of the face, in this photograph.
        style: one of ``core.masking.STYLES``, or None for one drawn by ``seed``.
        seed: of the mask's colour, edge and weave.
        model: as for ``predict``.

    Raises:
        ValueError: an unknown style, not such an array, or a face too small for a mask.
    """
    look: MaskLook = draw_look(seed, style)
    points_xy = landmarks_in_box(image_rgb, prediction.box_xywh)
    masked = put_mask(image_rgb, points_xy, look)
    (again,) = predict_faces(masked.image, [prediction.face], model)
    return MaskTrial(masked.image, points_xy, again, masked.problems)


def as_record(image: str, predictions: list[FacePrediction]) -> dict[str, Any]:
    """What ``scripts.predict --json`` and the demo's API say of one photograph.

    Args:
        image: its name.
        predictions: of its faces.

    Returns:
        ``image`` and ``faces``, each with ``box`` (x, y, width and height in pixels of the
        upright picture), ``probabilities`` by class name, 0…1, ``mask``, and ``sure``: whether
        the likeliest class reaches the network's threshold; values that JSON knows.
    """
    return {
        "image": image,
        "faces": [
            {
                "box": list(prediction.box_xywh),
                "probabilities": {
                    name: round(float(probability), 4)
                    for name, probability in zip(CLASSES, prediction.probabilities, strict=True)
                },
                "mask": prediction.mask,
                "sure": prediction.sure,
            }
            for prediction in predictions
        ],
    }
