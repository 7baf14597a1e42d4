"""How FER2013 frames its faces, in terms of what the detector finds: FramingSettings' constants.

python -m scripts.measure_framing --fer2013 fer2013.csv --ferplus fer2013new.csv

Reads happy faces only, by FER+'s majority: none of them is in FERM. Prints medians and
median absolute deviations; nothing is written.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from core.detection import detect_faces
from core.fer2013 import find_fer2013, join_ferplus, read_fer2013, read_ferplus
from core.framing import FramingSettings
from core.labels import label_from_votes
from scripts.terminal import one_sentence_errors

ENLARGE = 4


def read_happy_faces(fer2013: Path | None, ferplus: Path | None, count: int) -> np.ndarray:
    """A fixed random choice of FER2013's happy faces, uint8 ``(count, 48, 48)``."""
    files = find_fer2013(fer2013, ferplus)
    if files.ferplus is None:
        raise FileNotFoundError(f"No fer2013new.csv beside {files.fer2013}; give --ferplus.")
    faces = join_ferplus(read_fer2013(files.fer2013), read_ferplus(files.ferplus), files.ferplus)
    happy = np.flatnonzero(label_from_votes(faces.votes)["majority"] == "happiness")
    rows = np.random.default_rng(0).choice(happy, min(count, len(happy)), replace=False)
    return faces.pixels[np.sort(rows)]


def measure(face48: np.ndarray, random: np.random.Generator) -> tuple[float, ...] | None:
    """Size, across and down of one frame, in longer sides of the box; last, that side.

    None if no face of a plausible size is found.
    """
    size = ENLARGE * len(face48)
    enlarged = cv2.resize(face48, (size, size), interpolation=cv2.INTER_CUBIC)
    picture = np.full((*[random.integers(size + 100, size + 500)] * 2, 3), 128, np.uint8)
    x, y = random.integers(0, len(picture) - size, 2)
    picture[y : y + size, x : x + size] = enlarged[:, :, None]
    faces = [face for face in detect_faces(picture) if max(face.box_xywh[2:]) > size / 3]
    if not faces:
        return None
    unit = max(faces[0].box_xywh[2:])
    eyes, ears = faces[0].keypoints_xy[:2].mean(axis=0), faces[0].keypoints_xy[4:].mean(axis=0)
    origin = eyes + FramingSettings().towards_ears * (ears - eyes)
    across, down = (np.array([x, y]) + size / 2 - origin) / unit
    return size / unit, across, down, unit * 48 / size


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.measure_framing", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--fer2013", type=Path, help="file or folder (else $FER2013)")
    parser.add_argument("--ferplus", type=Path, help="fer2013new.csv (else beside FER2013)")
    parser.add_argument("--faces", type=int, default=600)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        _print_medians(read_happy_faces(options.fer2013, options.ferplus, options.faces))
    return 0


def _print_medians(faces: np.ndarray) -> None:
    random = np.random.default_rng(1)
    found = np.array([row for face in faces if (row := measure(face, random)) is not None])
    medians = np.median(found[:, :3], axis=0)
    errors = np.abs(found[:, :3] - medians)
    print(f"{len(found)} of {len(faces)} faces found")
    print(f"size   {medians[0]:.3f}  half within {np.median(errors[:, 0]) / medians[0]:.1%}")
    for name, column in (("across", 1), ("down", 2)):
        pixels = np.median(errors[:, column] * found[:, 3])
        print(f"{name:6} {medians[column]:.3f}  half within {pixels:.2f} of 48 pixels")


if __name__ == "__main__":
    sys.exit(main())
