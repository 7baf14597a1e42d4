"""A set's photographs, made once from the user's FER2013 and kept for the next start."""

import hashlib
from pathlib import Path

from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import MANIFEST, load, open_set, write


def with_pictures(folder: Path, fer2013: Path, kept: Path, progress: Progress) -> Ferm:
    """A set with its images, which are drawn anew where manifest or FER2013 have changed.

    Args:
        folder: the set's, without images.
        fer2013: what FER2013 is read from.
        kept: a folder of such images, on the user's own disk.
        progress: called at each step.

    Raises:
        FileNotFoundError, OSError, ValueError: as ``read_fer2013`` and ``load`` do.
    """
    place = kept / _name(folder / MANIFEST, fer2013)
    try:
        return open_set(place)
    except (FileNotFoundError, ValueError):
        # Never drawn, or not to the end.
        progress(f"Reading {fer2013.name}", 0, 1)
    ferm = load(folder, read_fer2013(fer2013), progress)
    try:
        write(ferm, place)
    except OSError:
        # A disk that is full or may not be written to: they are drawn again next time.
        progress("Photographs cannot be kept", 1, 1)
    return ferm


def _name(*paths: Path) -> str:
    stats = [(path.resolve(), path.stat()) for path in paths]
    states = [f"{path} {stat.st_mtime_ns} {stat.st_size}" for path, stat in stats]
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]
