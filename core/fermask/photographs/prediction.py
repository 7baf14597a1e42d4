"""A photograph → its faces → what the network says of each, bare or masked.

The one way from a picture to an answer: the command ``fermask`` and the demo both take it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fermask.faces.labels import CLASSES, OTHER_EXPRESSIONS
from fermask.faces.landmarks import landmarks_in_box
from fermask.faces.masking import MaskLook, draw_look, put_mask
from fermask.networks import NETWORKS
from fermask.networks.inference import load_network, shift_neutral
from fermask.photographs.boxes import scaled_box
from fermask.photographs.detection import KEYPOINTS, DetectedFace, detect_faces
from fermask.photographs.framing import crop_square_xywh, expression_crop, turn_degrees
from fermask.photographs.photograph import Photograph, open_photograph
from fermask.system.paths import MODELS, SHIPPED

if TYPE_CHECKING:
    from fermask.networks.inference import Network

HAPPY = OTHER_EXPRESSIONS.index("happy")
# Above this share of other expressions on none of the four is said surely.
OTHER_LIKELY = 0.5
# Above this share of happy a smile is named: a calm face behind a mask has more one time in twenty
# (``fermask.studies.worn``).
SMILE_LIKELY = 0.6

# Where the keypoints lie on a frontal face: from the centre of its box, in the box's sides.
_FRONTAL = {
    "right eye": (-0.21, -0.22),
    "left eye": (0.21, -0.22),
    "nose": (0.0, 0.0),
    "mouth": (0.0, 0.18),
}


@dataclass(frozen=True, eq=False)
class FacePrediction:
    """One face of a photograph and what the network says of it.

    ``face``: as found by ``fermask.photographs.detection``, in pixels of the upright picture.
    ``square_xywh``: the square that was cut out, not rounded and not clipped.
    ``crop``: uint8 ``(48, 48)``, the network's input. ``probabilities``: float32 ``(k,)`` in the
    order of ``classes``, 0…1, under the prior of photographs. ``evidence``: float32 ``(h, w, k)``,
    what each place of the crop adds to each class before softmax, under the network's own prior.
    ``mask``: whether the face wears a mask, None where that is unsure or the network has no such
    output. ``not_sure_below``: the network's threshold, 0…1. ``other``: the summed
    share of the four other expressions, ``smile``: happy's share of all eight, 0…1, and
    ``nose_covered``; None for a network that does not tell.
    """

    face: DetectedFace
    square_xywh: tuple[float, float, float, float]
    crop: np.ndarray
    probabilities: np.ndarray
    evidence: np.ndarray
    mask: bool | None
    not_sure_below: float = 0.0
    other: float | None = None
    smile: float | None = None
    nose_covered: bool | None = None
    classes: tuple[str, ...] = CLASSES

    @property
    def box_xywh(self) -> tuple[int, int, int, int]:
        """The face's box, brow to chin and ear to ear, in pixels of the upright picture."""
        return self.face.box_xywh

    @property
    def turn_degrees(self) -> float:
        """How far the square is turned about its centre, clockwise: 0 unless the face leans."""
        return turn_degrees(self.face)

    @property
    def class_index(self) -> int:
        """Index into ``classes`` of the likeliest class."""
        return int(np.argmax(self.probabilities))

    @property
    def label(self) -> str:
        """Name of the likeliest class."""
        return self.classes[self.class_index]

    @property
    def sure(self) -> bool:
        """Whether the likeliest class is as probable as the network's threshold asks.

        Never where another expression than the four is likelier than not.
        """
        if self.other is not None and self.other > OTHER_LIKELY:
            return False
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


@dataclass(frozen=True, eq=False)
class NetworkAnswer:
    """What one of several networks says of a face.

    ``probabilities``: float32 ``(4,)`` in class order. ``milliseconds``: the fastest of a few
    answers on one thread.
    """

    network: Network
    probabilities: np.ndarray
    milliseconds: float

    @property
    def label(self) -> str:
        """Name of the likeliest class."""
        return self.network.classes[int(np.argmax(self.probabilities))]


def predict(
    photograph: str | Path | np.ndarray | Photograph, model: str | Path | Network = SHIPPED
) -> list[FacePrediction]:
    """Find the faces in a photograph and read their expressions.

    >>> import fermask, skimage.data
    >>> (face,) = fermask.predict(skimage.data.astronaut())
    >>> face.label in fermask.CLASSES, face.sure, face.mask, face.probabilities.shape
    (True, False, False, (4,))

    Args:
        photograph: a picture file, what ``open_photograph`` gives of it, or its pixels, uint8
            ``(h, w, 3)`` RGB, upright, as ``read_photograph`` gives them.
        model: an ``.onnx`` file of ``scripts.export``, or a network already loaded.

    Returns:
        One prediction a face, largest face first; empty if there is none. Of a file boxes and
        squares are in pixels of its picture, also where that was reduced.

    Raises:
        ValueError: no such picture or array, or the file holds no network of this project.
        FileNotFoundError: the picture, the network's file or the detector's is missing.
    """
    if isinstance(photograph, str | Path):
        photograph = open_photograph(photograph)
    if not isinstance(photograph, Photograph):
        photograph = Photograph(photograph)
    image_rgb, reduced = photograph.image_rgb, photograph.reduced
    found = predict_faces(image_rgb, detect_faces(image_rgb), model)
    return found if reduced == 1 else [_enlarged(each, reduced) for each in found]


def _enlarged(prediction: FacePrediction, scale: float) -> FacePrediction:
    """The same face in the pixels of a picture that is so many times as wide."""
    face = prediction.face
    box, keypoints_xy = scaled_box(face.box_xywh, scale), scale * face.keypoints_xy
    left, top, side, _ = prediction.square_xywh
    enlarged = replace(face, box_xywh=box, keypoints_xy=keypoints_xy, whole_xywh=None)
    square = (scale * left, scale * top, scale * side, scale * side)
    return replace(prediction, face=enlarged, square_xywh=square)


def predict_faces(
    image_rgb: np.ndarray, faces: list[DetectedFace], model: str | Path | Network = SHIPPED
) -> list[FacePrediction]:
    """Read the expressions of faces already found, in their order; otherwise as ``predict``."""
    network = load_network(model) if isinstance(model, str | Path) else model
    crops = [expression_crop(image_rgb, face) for face in faces]
    if not crops:
        return []
    answer = network.answer(np.stack(crops))
    probabilities = shift_neutral(answer.probabilities, network.neutral_shift)
    predictions = []
    for i, (face, crop) in enumerate(zip(faces, crops, strict=True)):
        others = None if answer.other is None else answer.other[i]
        mask = None if answer.mask is None else mask_seen(float(answer.mask[i, 0]), network)
        predictions.append(
            FacePrediction(
                face=face,
                square_xywh=crop_square_xywh(face),
                crop=crop,
                probabilities=probabilities[i],
                evidence=answer.evidence[i],
                mask=mask,
                not_sure_below=network.not_sure_below,
                other=None if others is None else float(others.sum()),
                smile=None if others is None else float(others[HAPPY]),
                classes=network.classes,
            )
        )
    return predictions


def mask_seen(probability: float, network: Network) -> bool | None:
    """Whether a network sees a mask, from its output ``mask``; None where it is unsure."""
    low, high = network.mask_unsure
    if probability > high:
        return True
    return False if probability <= low else None


def predict_square(
    image_rgb: np.ndarray,
    square_xys: tuple[float, float, float],
    model: str | Path | Network = SHIPPED,
) -> FacePrediction:
    """Read the expression of a face that a person framed, whether the detector sees one or not.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        square_xys: ``(x, y, size)`` in pixels, the square cut out for the network; it may reach
            beyond the picture.
        model: as for ``predict``.

    Raises:
        ValueError: a square that is empty or does not touch the picture, or not such an array.
    """
    (prediction,) = predict_faces(image_rgb, [framed_face(image_rgb, square_xys)], model)
    return prediction


def framed_face(image_rgb: np.ndarray, square_xys: tuple[float, float, float]) -> DetectedFace:
    """The upright face that ``fermask.photographs.framing`` would cut this square for.

    Its eyes, nose and mouth lie where they do on a frontal face. Unlike a detected face's,
    its box is not clipped to the picture.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        square_xys: ``(x, y, size)`` in pixels.

    Raises:
        ValueError: a square that is empty or does not touch the picture.
    """
    x, y, size = square_xys
    height, width = image_rgb.shape[:2]
    if not (size > 0 and x < width and y < height and x + size > 0 and y + size > 0):
        raise ValueError(
            f"Expected a square that touches the picture of {width} × {height} pixels, "
            f"received {size:.0f} pixels at {x:.0f}, {y:.0f}."
        )
    keypoints = np.array([_FRONTAL[name] for name in KEYPOINTS])
    # What is cut out around a face moves and grows with it, so one face tells for all.
    whole = 1000
    box = (0, 0, whole, whole)
    model = DetectedFace(box, 1.0, (keypoints + 0.5) * whole, box)
    model_x, model_y, model_size, _ = crop_square_xywh(model)
    scale = size / model_size
    left, top = x - scale * model_x, y - scale * model_y
    side = scale * whole
    box = (round(left), round(top), max(round(side), 1), max(round(side), 1))
    keypoints_xy = ((keypoints + 0.5) * side + (left, top)).astype(np.float32)
    return DetectedFace(box, 1.0, keypoints_xy, (left, top, side, side))


def shipped_networks() -> list[Path]:
    """The ``.onnx`` files of the networks that ship, the one that answers first."""
    files = [MODELS / f"{name}.onnx" for name in NETWORKS]
    return [SHIPPED, *(path for path in files if path.is_file() and path != SHIPPED)]


def compare_networks(
    crop: np.ndarray, networks: list[Network], repeats: int = 5
) -> list[NetworkAnswer]:
    """Ask several networks about the same face.

    Args:
        crop: uint8 ``(48, 48)``.
        networks: in the order of the answers.
        repeats: how often each is asked for its time.
    """
    answers = []
    for network in networks:
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            answer = network.answer(crop[None])
            times.append(1000 * (time.perf_counter() - start))
        probabilities = shift_neutral(answer.probabilities, network.neutral_shift)
        answers.append(NetworkAnswer(network, probabilities[0], min(times)))
    return answers


def try_mask(
    image_rgb: np.ndarray,
    prediction: FacePrediction,
    style: str | None = None,
    seed: int = 0,
    model: str | Path | Network = SHIPPED,
    colour_rgb: tuple[int, int, int] | None = None,
    fit: str | None = "well",
    printed: str | None = None,
) -> MaskTrial:
    """Put a mask on a face of a photograph and ask the network again.

    >>> import fermask, skimage.data
    >>> photograph = skimage.data.astronaut()
    >>> (face,) = fermask.predict(photograph)
    >>> trial = fermask.try_mask(photograph, face, "surgical")
    >>> trial.prediction.mask, trial.image_rgb.shape, trial.problems
    (True, (512, 512, 3), ())

    The box and so the crop stay those of the bare face: only the mask differs.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, the photograph; left as it is.
        prediction: of the face, in this photograph.
        style: one of ``fermask.faces.mask_styles.MASK_STYLES``, or None for one drawn by ``seed``.
        seed: of the mask's colour, edge and weave.
        model: as for ``predict``.
        colour_rgb: of the mask, 0…255, or None for one that such masks are sold in.
        fit: one of ``fermask.faces.looks.FITS``, or None for one drawn by ``seed``.
        printed: one of ``fermask.faces.prints.PRINTS``, or None for one that such masks have.

    Raises:
        ValueError: as ``draw_look``, not such an array, or a face too small for a mask.
        MissingExtra: the extra ``mask`` is not installed.
    """
    look: MaskLook = draw_look(seed, style, fit, printed)
    if colour_rgb is not None:
        look = replace(look, colour_rgb=colour_rgb)
    points_xy = landmarks_in_box(image_rgb, prediction.box_xywh)
    masked = put_mask(image_rgb, points_xy, look)
    (again,) = predict_faces(masked.image, [prediction.face], model)
    return MaskTrial(masked.image, points_xy, again, masked.problems)


def mask_faces(
    image_rgb: np.ndarray,
    style: str | None = None,
    seed: int = 0,
    model: str | Path | Network = SHIPPED,
    colour_rgb: tuple[int, int, int] | None = None,
    fit: str | None = "well",
    printed: str | None = None,
) -> list[tuple[FacePrediction, MaskTrial]]:
    """Put a mask on every face of a photograph that does not surely wear one.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, the photograph; left as it is.
        style: as for ``try_mask``.
        seed: of the first mask; each further one has the next.
        model: as for ``predict``.
        colour_rgb, fit, printed: as for ``try_mask``.

    Returns:
        The bare faces, largest first, and what the mask on each changes. A trial's picture holds
        the masks of those before it too, so the last one's holds all.

    Raises:
        ValueError: as of ``try_mask``.
        MissingExtra: the extra ``mask`` is not installed.
    """
    trials: list[tuple[FacePrediction, MaskTrial]] = []
    for face in predict(image_rgb, model):
        if not face.mask:
            number = seed + len(trials)
            trial = try_mask(
                image_rgb, face, style, number, model, colour_rgb, fit=fit, printed=printed
            )
            trials.append((face, trial))
            image_rgb = trial.image_rgb
    return trials
