"""How time and memory grow from a thousand faces to a million, each run in processes of its own.

The faces are made up. What would take more than a few minutes stops at fewer faces.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fermask.dataset.duplicates import duplicate_groups
from fermask.dataset.face_quality import Progress
from fermask.dataset.face_quality import measure as measure_faces
from fermask.dataset.manifest import open_set
from fermask.faces.landmarks import LandmarkSettings
from fermask.photographs.prediction_parts import face_parts, open_faces, write_parts
from fermask.system.paths import SHIPPED
from fermask.system.workers import open_workers
from scripts.bench.synthetic_set import write_faces, write_synthetic_set
from scripts.bench.timing import Run, row, run_alone

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_FACES = "faces.npy"


def measure(
    rounds: int, progress: Progress, sizes: tuple[int, ...] = SIZES
) -> list[dict[str, Any]]:
    """Rows on each job and size, beside ten times what a tenth of the faces took.

    Args:
        rounds: of the smallest set, three at most; work that takes longer averages by itself.
        progress: called with the runs.
        sizes: numbers of faces, each ten times the one before; a face takes 3 kB on the disk.
    """
    asked = {predict: sizes, open_it: sizes, find_landmarks: sizes[:2], find_duplicates: sizes[:2]}
    grow = [(job, faces) for job, each in asked.items() for faces in each]
    runs: dict[tuple[Callable[..., None], int], list[Run]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for faces in sizes:
            write_set(Path(folder) / f"{faces}", faces)
        for done, (job, faces) in enumerate(grow):
            times = min(rounds, 3) if faces == sizes[0] else 1
            where = Path(folder) / f"{faces}"
            runs[job, faces] = [run_alone(job, where, processes=2) for _ in range(times)]
            progress("runs", done + 1, len(grow))
    rows = []
    for job, faces in grow:
        of_job, tenth = runs[job, faces], runs.get((job, faces // 10), [])[:1]
        others = [Run(10 * run.seconds) for run in tenth]
        rows.append(row(JOBS[job], faces, of_job, "ten times a tenth of the faces", others))
    return rows


def write_set(folder: Path, faces: int) -> None:
    """Writes what the jobs read."""
    write_synthetic_set(folder, faces, pictures=False)
    write_faces(folder / _FACES, faces, np.random.default_rng(0), masked=False)


def predict(folder: Path) -> None:
    """Answers for each face, by two processes."""
    path = folder / _FACES
    with open_workers(2) as workers, tempfile.TemporaryDirectory(dir=folder) as out:
        total = len(open_faces(path))
        write_parts(face_parts(path), total, Path(out) / "parts", SHIPPED, workers, _quiet)


def open_it(folder: Path) -> None:
    """Opens the set, as the explorer does."""
    open_set(folder)


def find_landmarks(folder: Path) -> None:
    """Measures each face, by two processes."""
    with open_workers(2) as workers:
        measure_faces(np.load(folder / _FACES), LandmarkSettings(), None, workers, _quiet)


def find_duplicates(folder: Path) -> None:
    """Compares each face with all."""
    faces = np.load(folder / _FACES)
    duplicate_groups(faces, np.repeat("Training", len(faces)))


def _quiet(step: str, done: int, total: int) -> None:
    pass


JOBS: dict[Callable[[Path], None], str] = {
    predict: "predicting faces of a file",
    open_it: "opening a set",
    find_landmarks: "finding landmarks",
    find_duplicates: "finding duplicates",
}
