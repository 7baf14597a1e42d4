"""A window laid on each picture where it most resembles the middle of all faces.

Two crops of one photograph agree on that place, wherever they cut it and however large they
show it. What a window shows becomes a short vector, in which what all faces share counts for
little. All numbers that decide are whole ones, so that they come out the same on every machine.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import maximum_filter

# The largest window's width, pixels; a window is seen as so many cells on each side.
LARGEST = 30.0
_CELLS = 12
# How far a window's middle may lie from the picture's, in pixels.
_REACH = 13
_BLOCK_ROWS = 1024
# Whole numbers of this size have float32 sums that are exact (below 2**24), in whatever order
# and on how many threads BLAS adds them: roots of steps, a template, and vectors' length.
_ROOT, _TEMPLATE, LENGTH = 4, 60, 4000
# Directions in which vectors are told apart, those that vary most.
_DIRECTIONS = 64
# Added to each direction's variance, as a share of the mean: what hardly varies is noise.
_SHRINK = 0.3

_DIFFERENCES = np.arange(-255, 256)
_ROOTS = np.rint(_ROOT * np.sign(_DIFFERENCES) * np.sqrt(np.abs(_DIFFERENCES))).astype(np.float32)
# Steps that lie inside a window: right and down, not out of it.
_INSIDE = np.ones((_CELLS, _CELLS, 2), np.float32)
_INSIDE[:, -1, 0] = _INSIDE[-1, :, 1] = 0


@dataclass(frozen=True)
class Windows:
    """A window on each of some pictures, all of one size.

    ``middle``: x and y from the picture's middle, float64 ``(n, 2)``, pixels. ``likeness``: to
    the middle of all faces, float64 ``(n,)``, −1…1. ``seen``: its cells, uint8 ``(n, 12, 12)``.
    """

    middle: np.ndarray
    likeness: np.ndarray
    seen: np.ndarray


def middle_of_faces(pixels: np.ndarray, side: float, threads: Executor) -> np.ndarray:
    """What the middles of faces have in common, as steps of a window's cells."""

    def sum_of(block: np.ndarray) -> np.ndarray:
        soft = _softened(block, side / _CELLS)
        steps = _steps(_seen(soft, np.zeros((len(block), 1, 2)), side)[:, 0])
        return _unit(steps.reshape(len(steps), -1)).sum(axis=0)

    total = np.sum(list(threads.map(sum_of, _blocks(pixels))), axis=0)
    total = total.reshape(_CELLS, _CELLS, 2)
    mirrored = total[:, ::-1].copy()
    mirrored[:, :-1, 0] = -total[:, -2::-1, 0]
    mirrored[:, -1, 0] = 0
    total += mirrored
    return np.rint(_TEMPLATE * total / max(np.abs(total).max(), 1)).astype(np.float32)


def lay_windows(
    pixels: np.ndarray, template: np.ndarray, side: float, count: int, threads: Executor
) -> list[Windows]:
    """The windows of one size that most resemble the template: the best of each picture, then
    the second best, and so on."""

    def lay(block: np.ndarray) -> tuple[np.ndarray, ...]:
        soft = _softened(block, side / _CELLS)
        middle, likeness = _best_places(soft, template, side, count)
        return middle, likeness, _seen(soft, middle, side)

    found = zip(*threads.map(lay, _blocks(pixels)), strict=True)
    middle, likeness, seen = (np.concatenate(each) for each in found)
    return [Windows(middle[:, k], likeness[:, k], seen[:, k]) for k in range(count)]


def whitening(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and directions of windows' steps, whose products with them vary alike."""
    mean, square, count = 0.0, 0.0, 0
    for block in _blocks(seen):
        for each in (block, block[:, :, ::-1]):
            steps = _unit_steps(each)
            mean, square = mean + steps.sum(axis=0), square + steps.T @ steps
            count += len(steps)
    mean = mean / count
    variances, directions = np.linalg.eigh(square / count - np.outer(mean, mean))
    scaled = directions / np.sqrt(np.maximum(variances, 0) + _SHRINK * max(variances.mean(), 1))
    # Of few windows the rest do not vary at all, and are any.
    scaled[:, variances < 1e-6 * variances[-1]] = 0
    return np.rint(mean), scaled[:, -_DIRECTIONS:]


def vectors(
    seen: np.ndarray, mean: np.ndarray, directions: np.ndarray, threads: Executor
) -> np.ndarray:
    """What windows show, whole numbers ``(n, d)`` as float32, each row about 4000 long.

    Args:
        seen: cells of windows, uint8 ``(n, 12, 12)``.
        mean: of ``whitening``, with ``directions``.
        threads: who does it; they do not change the result.
    """

    def whitened(block: np.ndarray) -> np.ndarray:
        return _unit((_unit_steps(block) - mean) @ directions, LENGTH).astype(np.float32)

    return np.concatenate(list(threads.map(whitened, _blocks(seen))))


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(array), _BLOCK_ROWS):
        yield array[start : start + _BLOCK_ROWS]


def _unit(rows: np.ndarray, length: int = 1000) -> np.ndarray:
    rows = rows.astype(np.float64)
    norm = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.rint(length * rows / np.maximum(norm, 1e-6))


def _unit_steps(seen: np.ndarray) -> np.ndarray:
    steps = _steps(seen).reshape(len(seen), -1)
    return _unit(steps[:, _INSIDE.ravel() > 0])


def _steps(cells: np.ndarray) -> np.ndarray:
    """Signed roots of the steps right and down, float32 ``(n, h, w, 2)``, whole numbers."""
    cells = cells.astype(np.int16)
    steps = np.zeros((*cells.shape, 2), np.float32)
    steps[:, :, :-1, 0] = _ROOTS[cells[:, :, 1:] - cells[:, :, :-1] + 255]
    steps[:, :-1, :, 1] = _ROOTS[cells[:, 1:] - cells[:, :-1] + 255]
    return steps


def _softened(pixels: np.ndarray, cell: float) -> np.ndarray:
    """The pictures without what is smaller than a cell."""
    sigma = max(0.8 * cell, 0.5)
    size = (2 * round(2.5 * sigma) + 1,) * 2
    soft = np.empty_like(pixels)
    for picture, out in zip(pixels, soft, strict=True):
        cv2.GaussianBlur(picture, size, sigma, out, borderType=cv2.BORDER_REPLICATE)
    return soft


def _to_pictures(soft: np.ndarray, middle: np.ndarray, cell: float, cells: int) -> np.ndarray:
    """Affine maps ``(…, 2, 3)`` from cells, so many on each side, to the pictures' pixels.

    The cells lie about middles ``(…, 2)``, x and y from the picture's.
    """
    maps = np.zeros((*middle.shape[:-1], 2, 3))
    maps[..., 0, 0] = maps[..., 1, 1] = cell
    maps[..., 2] = (soft.shape[1] - 1) / 2 + middle - cell * (cells - 1) / 2
    return maps


def _sample(soft: np.ndarray, to_picture: np.ndarray, out: np.ndarray) -> None:
    """Cells of a picture, each one pixel of ``out``."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpAffine(soft, to_picture, out.shape, out, flags, cv2.BORDER_REPLICATE)


def _step_maps(soft: np.ndarray, cell: float) -> np.ndarray:
    """Steps of all cells that a window may hold, of each picture."""
    side = 2 * int(np.ceil(_REACH / cell + _CELLS / 2))
    cells = np.empty((len(soft), side, side), np.uint8)
    to_picture = _to_pictures(soft, np.zeros(2), cell, side)
    for picture, out in zip(soft, cells, strict=True):
        _sample(picture, to_picture, out)
    return _steps(cells)


def _seen(soft: np.ndarray, middle: np.ndarray, side: float) -> np.ndarray:
    """The cells of windows about middles ``(n, k, 2)``, uint8 ``(n, k, 12, 12)``."""
    seen = np.empty((*middle.shape[:2], _CELLS, _CELLS), np.uint8)
    maps = _to_pictures(soft, middle, side / _CELLS, _CELLS)
    for picture, to_picture, outs in zip(soft, maps, seen, strict=True):
        for each, out in zip(to_picture, outs, strict=True):
            _sample(picture, each, out)
    return seen


def _slide(maps: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The template's products with every place of the maps, float32 ``(n, p, p)``."""
    count, side = maps.shape[:2]
    places = side - _CELLS + 1
    band = np.zeros((side, 2, _CELLS, places), np.float32)
    for place in range(places):
        band[place : place + _CELLS, :, :, place] = template.transpose(1, 2, 0)
    lines = maps.reshape(count * side, -1) @ band.reshape(side * 2, -1)
    lines = lines.reshape(count, side, _CELLS, places)
    sums = np.zeros((count, places, places), np.float32)
    for k in range(_CELLS):
        sums += lines[:, k : k + places, k]
    return sums


def _squares_inside(maps: np.ndarray) -> np.ndarray:
    """Sums of the squared steps inside a window at every place of the maps, as ``_slide`` with
    ``_INSIDE`` would give them, in a third of the time."""
    squares = np.square(maps)
    right = _sums(squares[..., 0], _CELLS, _CELLS - 1)[:, :, :-1]
    down = _sums(squares[..., 1], _CELLS - 1, _CELLS)[:, :-1]
    return right + down


def _sums(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Sums over all rectangles of a height and a width; exact for whole numbers below 2**24."""
    n, rows, columns = values.shape
    total = np.zeros((n, rows + 1, columns + 1), np.float32)
    np.cumsum(values, axis=1, out=total[:, 1:, 1:])
    np.cumsum(total, axis=2, out=total)
    tall = total[:, height:] - total[:, :-height]
    return tall[:, :, width:] - tall[:, :, :-width]


def _best_places(
    soft: np.ndarray, template: np.ndarray, side: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Middles ``(n, count, 2)`` and likenesses ``(n, count)`` of the best places."""
    cell = side / _CELLS
    maps = _step_maps(soft, cell)
    norm = np.sqrt(np.maximum(_squares_inside(maps), 1).astype(np.float64))
    likeness = _slide(maps, template) / (norm * max(np.linalg.norm(template), 1))
    places = likeness.shape[1]
    # What grows on beyond the edge is no peak.
    inner = np.zeros(likeness.shape, dtype=bool)
    inner[:, 1:-1, 1:-1] = (likeness == maximum_filter(likeness, (1, 3, 3)))[:, 1:-1, 1:-1]
    found = _highest(np.where(inner, likeness, -2).reshape(len(likeness), -1), count)
    every = np.arange(len(likeness))[:, None]
    height = likeness.reshape(len(likeness), -1)[every, found]
    middle = [_between_cells(likeness, best) - (places - 1) / 2 for best in found.T]
    return cell * np.stack(middle, axis=1), height


def _highest(peaks: np.ndarray, count: int) -> np.ndarray:
    """Where each row's highest values are, ``(n, count)``, the first one again where no more are
    above −2, or the middle where none is."""
    every = np.arange(len(peaks))
    found: list[np.ndarray] = []
    for _ in range(count):
        best = peaks.argmax(axis=1)
        other = found[0] if found else peaks.shape[1] // 2
        found.append(np.where(peaks[every, best] > -2, best, other))
        peaks[every, best] = -2
    return np.stack(found, axis=1)


def _between_cells(likeness: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Peaks' x and y to a fraction of a cell, by the parabolas through their neighbours."""
    places = likeness.shape[1]
    row, column = np.divmod(best, places)
    every = np.arange(len(best))
    peak = likeness[every, row, column]
    found = []
    for at, right, down in ((column, 1, 0), (row, 0, 1)):
        inner = (at > 0) & (at < places - 1)
        right, down = right * inner, down * inner
        before = likeness[every, row - down, column - right]
        after = likeness[every, row + down, column + right]
        bend = np.minimum(before - 2 * peak + after, -1e-9)
        found.append(at + np.clip((before - after) / (2 * bend), -0.5, 0.5) * inner)
    return np.stack(found, axis=1)
