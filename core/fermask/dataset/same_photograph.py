"""Whether two pictures show the same photograph: laid over each other, then compared.

Pictures are compared by their fine structure, which neither contrast nor light changes
much. The first one of a pair shows at least as much as the second, which is reduced until
both are of one scale; then an affine map lays one over the other, first of small copies, then
of the pictures. What counts is the middle one of all patches' correlations, so that a
watermark or retouching in some of them does no harm.
"""

from concurrent.futures import Executor
from dataclasses import dataclass, fields

import cv2
import numpy as np

SIDE = 48
_BLOCK = 1024
# Small copies for a first look, and patches of the overlap, in pixels of the first picture.
SMALL = 24
_PATCH = 12
# A patch counts of which at least so much is in both pictures.
_LEAST_OF_PATCH = 0.5
_STEPS = 5
# Positions of the first look are whole numbers of so many parts of a pixel, its pictures are
# whole numbers: then float32 sums are exact, and the same on every machine.
_PARTS = 16
_SPREAD = 32


@dataclass(frozen=True)
class Pairs:
    """Pairs of pictures and how one is laid over the other, arrays with an entry a pair.

    ``first`` and ``second``: int64, places in the array of pictures; the first one is wider.
    ``view``: int64, how the first is seen (``views``). ``enlarged``: float64, how much larger the
    second shows the same. ``middle``: float64 ``(n, 2, 2)``, x and y of one point of the first's
    view and of the second, pixels from the picture's middle.
    """

    first: np.ndarray
    second: np.ndarray
    view: np.ndarray
    enlarged: np.ndarray
    middle: np.ndarray

    def at(self, index: np.ndarray | slice) -> "Pairs":
        """Some of the pairs."""
        return Pairs(*(getattr(self, field.name)[index] for field in fields(self)))

    @staticmethod
    def join(parts: list["Pairs"]) -> "Pairs":
        """All pairs of several (at least one)."""
        names = [field.name for field in fields(Pairs)]
        return Pairs(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def shifts(self, side: int, other: int) -> np.ndarray:
        """What is added to x and y in the first, ``side`` pixels wide, to come to those in the
        second, reduced to ``other`` pixels and so to the first's scale; ``(n, 2)``."""
        first = (side - 1) / 2 + self.middle[:, 0] * (side / SIDE)
        return (other - 1) / 2 + self.middle[:, 1] * (other / SIDE) - first


def views(pixels: np.ndarray, turns: tuple[float, ...]) -> list[np.ndarray]:
    """Pictures as they are, mirrored, and turned about their middle by so many degrees each."""
    found = [pixels, np.ascontiguousarray(pixels[:, :, ::-1])]
    for degrees in turns:
        matrix = cv2.getRotationMatrix2D(((SIDE - 1) / 2, (SIDE - 1) / 2), degrees, 1)
        turned = np.empty_like(pixels)
        for picture, out in zip(pixels, turned, strict=True):
            cv2.warpAffine(picture, matrix, (SIDE, SIDE), out, borderMode=cv2.BORDER_REPLICATE)
        found.append(turned)
    return found


def all_small_copies(pixels: np.ndarray, enlarged: float, threads: Executor) -> np.ndarray:
    """``small_copies`` of many pictures."""
    blocks = [pixels[start : start + _BLOCK] for start in range(0, len(pixels), _BLOCK)]
    return np.concatenate(list(threads.map(lambda some: small_copies(some, enlarged), blocks)))


def first_looks(
    wide: list[np.ndarray], near: np.ndarray, pairs: Pairs, threads: Executor
) -> np.ndarray:
    """Correlations of pairs' small copies, laid over each other as the pairs say, ``(n,)``.

    Args:
        wide: small copies of each view of all pictures, not enlarged.
        near: those enlarged as all the pairs' second ones are.
        pairs: what is looked at.
        threads: who does it; they do not change the result.
    """

    def look(start: int) -> np.ndarray:
        some = pairs.at(slice(start, start + _BLOCK))
        first = np.empty((len(some.first), SMALL, SMALL), np.int8)
        for view, copies in enumerate(wide):
            first[some.view == view] = copies[some.first[some.view == view]]
        shifts = some.shifts(SMALL, near.shape[1])
        return first_look(first.astype(np.float32), near[some.second].astype(np.float32), shifts)

    starts = range(0, len(pairs.first), _BLOCK)
    return np.concatenate([np.empty(0), *threads.map(look, starts)])


def likenesses(
    seen: list[np.ndarray],
    wide: list[np.ndarray],
    near: dict[float, np.ndarray],
    pairs: Pairs,
    min_laid_over: float,
) -> np.ndarray:
    """For each pair its likeness, and which share of the first is in both; ``(n, 2)``.

    Args:
        seen: ``views`` of all pictures.
        wide: small copies of these.
        near: small copies of the pictures by how much they are enlarged.
        pairs: what is looked at.
        min_laid_over: pairs whose small copies, aligned, correlate less get −1 and 0.
    """
    found = np.tile([-1.0, 0.0], (len(pairs.first), 1))
    for n in range(len(pairs.first)):
        pair = pairs.at(slice(n, n + 1))
        first, second, enlarged = pair.first[0], pair.second[0], pair.enlarged[0]
        view = pair.view[0]
        small = near[enlarged][second].astype(np.float32)
        x, y = pair.shifts(SMALL, len(small))[0]
        correlation, start = lay_over(
            wide[view][first].astype(np.float32), small, np.array([[1, 0, x], [0, 1, y]])
        )
        if correlation >= min_laid_over:
            side = round(SIDE / enlarged)
            reduced = cv2.resize(seen[0][second], (side, side), interpolation=cv2.INTER_AREA)
            start = _larger(start, SIDE / SMALL, side / len(small))
            found[n] = likeness(seen[view][first], reduced, start)
    return found


def _larger(to_second: np.ndarray, first: float, second: float) -> np.ndarray:
    """The map between pictures that are larger by a factor each."""
    turn, shift = to_second[:, :2].astype(np.float64), to_second[:, 2].astype(np.float64)
    shift = shift + turn @ np.full(2, 0.5 / first - 0.5)
    return np.column_stack([turn * (second / first), second * (shift + 0.5) - 0.5])


def small_copies(pixels: np.ndarray, enlarged: float) -> np.ndarray:
    """Structure of small copies, int8 ``(n, s, s)``.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        enlarged: how much larger what they show is than in pictures that get 24 pixels.
    """
    side = round(SMALL / enlarged)
    bands = np.empty((len(pixels), side, side), np.float32)
    for picture, out in zip(pixels, bands, strict=True):
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        out[:] = _structure(small.astype(np.float32), 0.7, 2.5)
    spread = bands.std(axis=(1, 2), keepdims=True, dtype=np.float64)
    return np.clip(np.rint(bands * (_SPREAD / np.maximum(spread, 0.5))), -127, 127).astype(np.int8)


def first_look(first: np.ndarray, second: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Correlation of small copies where they overlap, float64 ``(m,)``.

    Args:
        first: of ``small_copies``, ``(m, 24, 24)``.
        second: of ``small_copies``, ``(m, s, s)``.
        shift: added to x and y in the first to come to those in the second, ``(m, 2)``, with
            the ratio of scales that both sides leave.
    """
    reach, side = np.arange(SMALL), np.arange(second.shape[1])
    at = np.rint(_PARTS * (reach[None, :, None] + shift[:, None, :])) / _PARTS
    weights = np.maximum(0, 1 - np.abs(at[..., None] - side)).astype(np.float32)
    across, down = weights[:, :, 0], weights[:, :, 1]
    there = down @ second @ across.transpose(0, 2, 1)
    inside = (down.sum(axis=2) == 1)[:, :, None] & (across.sum(axis=2) == 1)[:, None, :]
    return _correlations(first, there, inside)


def _correlations(first: np.ndarray, second: np.ndarray, inside: np.ndarray) -> np.ndarray:
    count = np.maximum(inside.sum(axis=(1, 2)), 1).astype(np.float64)
    first, second = first * inside, second * inside

    def product(x, y):
        return np.einsum("ijk,ijk->i", x, y, dtype=np.float64)

    ones = inside.astype(np.float32)
    sums = product(first, ones), product(second, ones)
    both = product(first, second) - sums[0] * sums[1] / count
    alone = [product(x, x) - s * s / count for x, s in zip((first, second), sums, strict=True)]
    return both / np.sqrt(np.maximum(alone[0] * alone[1], 1e-6))


def lay_over(first: np.ndarray, second: np.ndarray, start: np.ndarray) -> tuple[float, np.ndarray]:
    """Correlation and map, float32 ``(2, 3)`` from x, y of the first to the second's; or −1."""
    steps = (cv2.TERM_CRITERIA_COUNT, _STEPS, 0.0)
    start = start.astype(np.float32)
    everywhere = np.full(second.shape, 255, np.uint8)
    try:
        return cv2.findTransformECC(first, second, start, cv2.MOTION_AFFINE, steps, everywhere, 1)
    # Where the two do not overlap, or one is flat.
    except cv2.error:
        return -1.0, start


def likeness(first: np.ndarray, second: np.ndarray, start: np.ndarray) -> tuple[float, float]:
    """The middle one of the patches' correlations, and which share of the first overlaps.

    Args:
        first: uint8 ``(48, 48)``.
        second: uint8 ``(s, s)``, of the same scale.
        start: roughly the map from the first's x, y to the second's, ``(2, 3)``.
    """
    first, second = first.astype(np.float32), second.astype(np.float32)
    found, to_second = lay_over(_structure(first, 1, 4), _structure(second, 1, 4), start)
    if found < 0:
        return -1.0, 0.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = first.shape[::-1]
    one = cv2.warpAffine(np.ones_like(second), to_second, size, flags=flags) > 0.999
    there = cv2.warpAffine(_structure(second, 0.7, 2), to_second, size, flags=flags)
    patches = _patches(_structure(first, 0.7, 2)), _patches(there), _patches(one)
    inside = patches[2].mean(axis=(1, 2)) >= _LEAST_OF_PATCH
    if not inside.any():
        return -1.0, 0.0
    return float(np.median(_correlations(*(p[inside] for p in patches)))), float(one.mean())


def _patches(picture: np.ndarray) -> np.ndarray:
    rows, columns = (length // _PATCH for length in picture.shape)
    parts = picture.reshape(rows, _PATCH, columns, _PATCH).swapaxes(1, 2)
    return parts.reshape(-1, _PATCH, _PATCH)


def _structure(picture: np.ndarray, fine: float, coarse: float) -> np.ndarray:
    """What is larger than ``fine`` and smaller than ``coarse``, pixels."""
    return _blurred(picture, fine) - _blurred(picture, coarse)


def _blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    size = 2 * round(2.5 * sigma) + 1
    return cv2.GaussianBlur(picture, (size, size), sigma)
