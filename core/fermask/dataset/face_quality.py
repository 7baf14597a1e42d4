"""What screening reads off each face and its mask, computed in pieces by whoever is there.

Looking for landmarks takes most of a build's time, so it is done in chunks: each is stored once
it is there, and an interrupted build goes on with the next.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.screening import sharpness
from fermask.faces.landmarks import LandmarkSettings, find_landmarks, roll_degrees, yaw_degrees
from fermask.faces.masking import draw_look, put_mask
from fermask.system.files import save_array
from fermask.system.kept import check_file, keep_one
from fermask.system.workers import Workers, each_result

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
    found = _stored(path)
    if found is None:
        found = compute()
        _store(path, found)
    return found


def measure(
    pixels: np.ndarray,
    settings: LandmarkSettings,
    work: Path | None,
    workers: Workers,
    progress: Progress,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Score, template, yaw, roll and sharpness of each face, and its landmarks.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        settings: how dlib looks at them.
        work: a folder for what is already computed, or None to keep nothing.
        workers: who computes; they do not change the result.
        progress: called with the step ``landmarks``.

    Returns:
        A table with ``score``, ``template``, ``yaw``, ``roll`` (degrees; all missing where dlib
        finds no face) and ``sharpness``; and the points, float32 ``(n, 68, 2)``, NaN likewise.
    """
    values = in_chunks(
        pixels,
        partial(_measure_chunk, settings),
        len(_MEASURED) + 136,
        work,
        workers,
        partial(progress, "landmarks"),
        CHUNK,
    )
    table = pd.DataFrame(values[:, : len(_MEASURED)], columns=list(_MEASURED))
    return table, values[:, len(_MEASURED) :].astype(np.float32).reshape(-1, 68, 2)


def in_chunks(
    items: Sequence[Any] | np.ndarray,
    compute: Callable[[Any], np.ndarray],
    width: int,
    work: Path | None,
    workers: Workers,
    progress: Callable[[int, int], None],
    size: int,
) -> np.ndarray:
    """What is computed of many items, ``size`` of them at a time, each chunk kept once it is there.

    Args:
        items: faces, or names of files.
        compute: some of them → float ``(n, width)``.
        width: numbers an item.
        work, workers: as for ``measure``.
        progress: called with how many are done, and of how many.
        size: of a chunk.

    Returns:
        float64 ``(n, width)``.
    """
    values = np.empty((len(items), width))
    done, missing = 0, []
    for start in range(0, len(items), size):
        chunk = slice(start, min(start + size, len(items)))
        found = None if work is None else _stored(_chunk_path(work, start))
        if found is not None:
            values[chunk] = found
            done += chunk.stop - start
        else:
            missing.append((chunk, items[chunk]))
    progress(done, len(items))
    for chunk, result in each_result(workers, compute, missing):
        if work is not None:
            _store(_chunk_path(work, chunk.start), result)
        values[chunk] = result
        done += len(result)
        progress(done, len(items))
    return values


def draw_masks(
    pixels: np.ndarray,
    points_xy: np.ndarray,
    seeds: np.ndarray,
    workers: Workers,
    progress: Progress,
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Puts on each face the mask of its seed.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        points_xy: landmarks, float32 ``(n, 68, 2)``.
        seeds: int64 ``(n,)``.
        workers: who draws; they do not change the result.
        progress: called with the step ``masks``.

    Returns:
        The masked faces, uint8 ``(n, 48, 48)``; the masks' styles; and whether each mask is
        bad, bool ``(n,)``.
    """
    count = len(pixels)
    masked, bad = np.empty((count, 48, 48), np.uint8), np.empty(count, dtype=bool)
    styles = [""] * count
    chunks = [slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    pieces = ((chunk, (pixels[chunk], points_xy[chunk], seeds[chunk])) for chunk in chunks)
    done = 0
    progress("masks", done, count)
    for chunk, result in each_result(workers, _mask_chunk, pieces):
        masked[chunk], styles[chunk], bad[chunk] = result
        done += chunk.stop - chunk.start
        progress("masks", done, count)
    return masked, styles, bad


def _store(path: Path, array: np.ndarray) -> None:
    keep_one(path, partial(save_array, array=array))


def _stored(path: Path) -> np.ndarray | None:
    """What was computed before; None where it is not there, or damaged: it is computed again."""
    try:
        check_file(path)
        return np.load(path)
    except (OSError, ValueError, EOFError):
        return None


def _chunk_path(work: Path, start: int) -> Path:
    return work / f"faces-{start:05}.npy"


def _mask_chunk(
    faces: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, list[str], np.ndarray]:
    looks = [draw_look(seed) for seed in faces[2].tolist()]
    drawn = [put_mask(*each) for each in zip(*faces[:2], looks, strict=True)]
    images, problems = [each.image for each in drawn], [bool(each.problems) for each in drawn]
    return np.stack(images), [look.style for look in looks], np.array(problems)


def _measure_chunk(settings: LandmarkSettings, pixels: np.ndarray) -> np.ndarray:
    """float64 ``(n, 5 + 136)``: ``_MEASURED``, then the points; NaN where there is no face."""
    values = np.full((len(pixels), len(_MEASURED) + 136), np.nan)
    for row, face in zip(values, pixels, strict=True):
        row[4] = sharpness(face)
        found = find_landmarks(face, settings)
        if found is not None:
            points = found.points_xy
            roll = roll_degrees(points[36], points[45])
            row[:4] = found.score, found.template, yaw_degrees(points), roll
            row[len(_MEASURED) :] = points.ravel()
    return values
