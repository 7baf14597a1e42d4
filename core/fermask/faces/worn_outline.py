"""Where a mask lies on a face: its outline from a style's anchors, how it sits, its straps."""

from dataclasses import dataclass

import numpy as np

from fermask.faces.landmarks import MIRRORED
from fermask.faces.looks import Anchor, MaskFit, MaskLook, Shape

# Of an outline's 23 first places, which are its upper edge.
NOSE = 11
# How many places each further part of an outline has.
_STEPS = 5
_MIRRORED = np.array(MIRRORED)


def shape_outline(points: np.ndarray, shape: Shape, look: MaskLook) -> np.ndarray:
    """The outline of a mask that sits well, ``(k, 2)``; the first 23 are its upper edge."""
    points = points.copy()
    points[29] += look.edge * (points[30] - points[29])
    rng = np.random.default_rng([look.grain_seed, 1])
    # No two sit alike, nor do the halves of one.
    moves = rng.normal(0, 1, (2, len(shape.upper) + len(shape.side), 2)) * (0.025, 0.012)
    right, left = (
        _places(points, (*shape.upper, *shape.side), side, moves[side]) for side in (0, 1)
    )
    n = len(shape.upper)
    edge = _curve(np.concatenate([right[:n][::-1], left[1:n]]), 8)
    upper = np.concatenate([_spread(edge[: 8 * n - 7], 12), _spread(edge[8 * n - 8 :], 12)[1:]])
    chin = points[8] + (shape.chin + look.drop - 0.04) * (points[8] - points[27])
    around = _curve(np.concatenate([left[n - 1 :], chin[None], right[n - 1 :][::-1]]), _STEPS)
    return np.concatenate([upper, around[1:-1]])


def fitted(outline: np.ndarray, points: np.ndarray, fit: MaskFit) -> np.ndarray:
    """An outline moved and turned as the mask sits."""
    if fit == MaskFit():
        return outline
    nose, down = outline[NOSE], points[8] - points[27]
    move = -fit.height * down
    if fit.under_nose:
        move = 0.5 * (points[33] + points[51]) - nose
    frame = MaskFrame.on(points, nose, points[8])
    across, below = frame.matrix @ np.concatenate([outline.T, np.ones((1, len(outline)))])
    weight = (1 - 0.4 * np.abs(frame.halves(across)).clip(0, 1)) * (1 - below.clip(0, 1))
    moved = outline + weight[:, None] * move
    middle = moved.mean(axis=0)
    return (moved - middle) @ _turn(fit.askew).T + middle


@dataclass(frozen=True)
class MaskFrame:
    """A mask's own coordinates: across from the nose to the ears, down from edge to chin.

    ``matrix``: affine ``(2, 3)``, from places in the picture to across (1 is half of the jaw's
    width) and down (0 where the edge crosses the nose, 1 at the chin). ``right``, ``left``: how far
    across the jaw reaches on either side, of a face that looks straight 1.
    """

    matrix: np.ndarray
    right: float
    left: float

    @classmethod
    def on(
        cls, points: np.ndarray, nose: np.ndarray, chin: np.ndarray, askew: float = 0.0
    ) -> "MaskFrame":
        """The frame of a mask whose edge crosses the nose there, turned by degrees."""
        axes = _turn(askew) @ np.stack([(points[16] - points[0]) / 2, chin - nose], axis=1)
        # Landmarks that fall together span nothing.
        flat = abs(axes[0, 0] * axes[1, 1] - axes[0, 1] * axes[1, 0]) < 1e-6
        linear = np.linalg.pinv(axes) if flat else np.linalg.inv(axes)
        right, left = np.maximum((-1, 1) * (linear[0] @ (points[[1, 15]] - nose).T), 0.25).tolist()
        return cls(np.column_stack([linear, -linear @ nose]), right, left)

    def halves(self, across: np.ndarray) -> np.ndarray:
        """Across by halves: −1 at the right end of the jaw, 1 at the left, however it is turned."""
        return np.where(across < 0, across / self.right, across / self.left)


def strap_lines(points: np.ndarray, outline: np.ndarray, shape: Shape) -> list[np.ndarray]:
    """Each strap as two places: where it leaves the mask, and where it is lost to sight.

    Of a face that looks aside only those at the near ear are seen.
    """
    widths = [float(np.linalg.norm(points[at] - points[30])) for at in (2, 14)]
    lines = []
    for side in (0, 1) if shape.straps else ():
        if widths[side] > 0.6 * max(widths):
            ends = _places(points, tuple(end for _, end in shape.straps), side)
            for (start, _), end in zip(shape.straps, ends, strict=True):
                at = 22 + _STEPS * start if side else -_STEPS * start % len(outline)
                lines.append(np.stack([outline[at], end]))
    return lines


def _places(
    points: np.ndarray, anchors: tuple[Anchor, ...], side: int, moves: np.ndarray | float = 0.0
) -> np.ndarray:
    """Anchors on the right half of a face (side 0) or on the left, ``(n, 2)``."""
    numbers, away = (
        np.array([each[0] for each in anchors]),
        np.array([each[1:] for each in anchors]),
    )
    jaw, middle = points[(1, 15)[side]], 0.5 * (points[27] + points[30])
    axis = (points[16] - points[0]) / 2
    # Of a face that looks aside, one half is wide and the other narrow.
    half = abs(float((jaw - middle) @ axis)) / max(float(axis @ axis), 1e-6)
    outward = axis * (-1, 1)[side] * min(max(half, 0.3), 1.5)
    start = points[_MIRRORED[numbers] if side else numbers]
    return start + (away + moves) @ np.stack([outward, points[8] - points[27]])


def _curve(points: np.ndarray, steps: int) -> np.ndarray:
    """A Catmull-Rom curve through the points, ``steps`` a part, its ends kept."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    before, start, end, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = (np.arange(steps) / steps)[:, None]
    curve = start + 0.5 * t * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after)
        + t * t * (3 * (start - end) + after - before)
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _spread(curve: np.ndarray, n: int) -> np.ndarray:
    """``n`` places on a curve, as far from each other."""
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    wanted = np.linspace(0, lengths[-1], n)
    return np.stack([np.interp(wanted, lengths, each) for each in curve.T], axis=1)


def _turn(degrees: float) -> np.ndarray:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])
