"""What screening reads off each face, computed in processes and kept from one build to the next.

Looking for landmarks takes most of a build's time, so it is done in chunks: each is stored once
it is there, and an interrupted build goes on with the next.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
import pandas as pd

from core.files import write_array
from core.landmarks import LandmarkSettings, find_landmarks, roll_degrees, yaw_degrees
from core.screening import sharpness

# Faces whose results are stored together.
CHUNK = 256

# Called with the name of a step, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]

_MEASURED = ("score", "template", "yaw", "roll", "sharpness")


def kept(work: Path | None, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """A computed array, from the working folder where it is already there."""
    if work is None:
        return compute()
    path = work / f"{name}.npy"
    if not path.is_file():
        write_array(path, compute())
    return np.load(path)


def measure(
    pixels: np.ndarray,
    settings: LandmarkSettings,
    work: Path | None,
    jobs: int,
    progress: Progress,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Score, template, yaw, roll and sharpness of each face, and its landmarks.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        settings: how dlib looks at them.
        work: a folder for what is already computed, or None to keep nothing.
        jobs: processes; they do not change the result.
        progress: told of the step ``landmarks``.

    Returns:
        A table with ``score``, ``template``, ``yaw``, ``roll`` (degrees; all missing where dlib
        finds no face) and ``sharpness``; and the points, float32 ``(n, 68, 2)``, NaN likewise.
    """
    starts = range(0, len(pixels), CHUNK)
    chunks = [pixels[start : start + CHUNK] for start in starts]
    paths = [work and work / f"faces-{start:05}.npy" for start in starts]
    results = []
    progress("landmarks", 0, len(pixels))
    for result in _in_processes(partial(_measure_chunk, settings), chunks, paths, jobs):
        results.append(result)
        progress("landmarks", sum(map(len, results)), len(pixels))
    values = np.concatenate([np.empty((0, len(_MEASURED) + 136)), *results])
    table = pd.DataFrame(values[:, : len(_MEASURED)], columns=list(_MEASURED))
    return table, values[:, len(_MEASURED) :].astype(np.float32).reshape(-1, 68, 2)


def _in_processes(
    compute: Callable[[np.ndarray], np.ndarray],
    chunks: list[np.ndarray],
    paths: list[Path | None],
    jobs: int,
) -> Iterator[np.ndarray]:
    """The chunks' results in order; those already stored are read."""
    task = partial(_chunk_result, compute)
    if jobs <= 1:
        yield from map(task, chunks, paths)
        return
    # dlib and OpenCV keep threads and locks that a forked process would inherit broken.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start_process) as pool:
        try:
            yield from pool.map(task, chunks, paths)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_process() -> None:
    """Leaves Ctrl-C to the main process, and ends when that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _chunk_result(
    compute: Callable[[np.ndarray], np.ndarray], chunk: np.ndarray, path: Path | None
) -> np.ndarray:
    return kept(path and path.parent, path.stem if path else "", lambda: compute(chunk))


def _measure_chunk(settings: LandmarkSettings, pixels: np.ndarray) -> np.ndarray:
    """float64 ``(n, 5 + 136)``: ``_MEASURED``, then the points; NaN where there is no face."""
    values = np.full((len(pixels), len(_MEASURED) + 136), np.nan)
    for row, face in zip(values, pixels, strict=True):
        row[4] = sharpness(face)
        found = find_landmarks(face, settings)
        if found is not None:
            points = found.points_xy
            row[:4] = found.score, found.template, yaw_degrees(points), roll_degrees(points)
            row[len(_MEASURED) :] = points.ravel()
    return values
