"""How FER2013 frames its faces, in terms of what the detector finds: FramingSettings' constants.

python -m scripts.measure_framing --fer2013 fer2013.csv --ferplus fer2013new.csv

Reads happy faces only, by FER+'s majority: none of them is in FERM. Prints medians and
median absolute deviations; nothing is written.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from core.detection import detect_faces
from core.framing import FramingSettings
from core.labels import FERPLUS_VOTES, label_from_votes

ENLARGE = 4


def read_happy_faces(fer2013: Path, ferplus: Path, count: int) -> list[np.ndarray]:
    """A fixed random choice of FER2013's happy faces, uint8 ``(48, 48)`` each."""
    votes = pd.read_csv(ferplus)[list(FERPLUS_VOTES)].to_numpy()
    happy = np.flatnonzero(label_from_votes(votes)["majority"] == "happiness")
    rows = np.random.default_rng(0).choice(happy, count, replace=False)
    pixels = pd.read_csv(fer2013, usecols=["pixels"])["pixels"].iloc[np.sort(rows)]
    return [np.array(text.split(), np.uint8).reshape(48, 48) for text in pixels]


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


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fer2013", type=Path, required=True)
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=600)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    faces = read_happy_faces(arguments.fer2013, arguments.ferplus, arguments.faces)
    found = np.array([row for face in faces if (row := measure(face, random)) is not None])
    medians = np.median(found[:, :3], axis=0)
    errors = np.abs(found[:, :3] - medians)
    print(f"{len(found)} of {len(faces)} faces found")
    print(f"size   {medians[0]:.3f}  half within {np.median(errors[:, 0]) / medians[0]:.1%}")
    for name, column in (("across", 1), ("down", 2)):
        pixels = np.median(errors[:, column] * found[:, 3])
        print(f"{name:6} {medians[column]:.3f}  half within {pixels:.2f} of 48 pixels")


if __name__ == "__main__":
    main()
