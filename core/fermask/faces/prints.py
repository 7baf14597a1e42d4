"""What is printed on masks: for each place of the cloth, how much of a second colour is there.

A print takes two float32 arrays that go together and gives shares 0…1, broadcast: across is −1 at
the right ear, 0 over the nose, 1 at the left; down is 0 at the upper edge and 1 at the chin.
"""

from collections.abc import Callable

import numpy as np

Print = Callable[[np.ndarray, np.ndarray], np.ndarray]


def checks(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Gingham: full where two stripes cross, half along them."""
    return 0.5 * ((np.sin(18 * across) > 0).astype(np.float32) + (np.sin(18 * down) > 0))


def dots(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Large dots in staggered rows."""
    x, y = _staggered(across, down, 0.3, 0.25)
    return (np.hypot(x, y) < 0.3).astype(np.float32)


def stripes(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Oblique stripes."""
    return (np.sin(16 * across + 11 * down) > 0.1).astype(np.float32)


def grin(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A mouth that shows its teeth."""
    from_middle = down - 0.66 + 0.7 * np.square(across)
    lips = (np.abs(from_middle) < 0.17) & (np.abs(across) < 0.42)
    teeth = (np.abs(from_middle) < 0.1) & (np.abs(across) < 0.36)
    gap = np.abs(np.mod(across / 0.12, 1) - 0.5) > 0.38
    return (lips & (~teeth | gap)).astype(np.float32)


def flowers(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Strewn blossoms of every size, some pale, with leaves between them."""
    print_ = 0.5 * _blobs(across, down, 31, 1.0)
    for cell, tone in ((0.19, 0.7), (0.4, 1.0)):
        x, y, lot = _strewn(across, down, cell)
        petals = 3 + np.floor(4 * lot)
        size = (0.16 + 0.2 * lot) * (1 + 0.35 * np.cos(petals * np.arctan2(y, x) + 9 * lot))
        out = np.hypot(x, y) / size
        print_ = np.where(out < 1, np.where(out < 0.3, 0.4 * tone, tone), print_)
    return print_


def camouflage(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Large patches in three tones."""
    return 0.5 * (_blobs(across, down, 10, 0.2) + _blobs(down, across, 13, 0.4))


def animal(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Small irregular spots."""
    return _blobs(across, down, 19, 0.6)


def scales(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Outlined arches, one row over the other."""
    x, y = _staggered(across, down, 0.17, 0.11)
    return (np.abs(np.hypot(x, y - 0.5) - 0.55) < 0.17).astype(np.float32)


def lettering(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A line of letters that nobody can read."""
    column, row = np.floor(across / 0.045), np.floor((down - 0.5) / 0.06)
    stroke = np.mod(np.sin(12.9 * column + 78.2 * row) * 437.6, 1) > 0.35
    inside = (np.abs(across) < 0.45) & (np.abs(row + 0.5) < 2) & (np.mod(column, 4) != 3)
    return (stroke & inside).astype(np.float32)


def emblem(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """A small badge on one cheek."""
    inside = np.hypot(across - 0.42, 1.1 * (down - 0.55)) < 0.16
    return inside * np.maximum(_blobs(across, down, 41, -0.3), 0.4 * inside)


def bears(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Strewn round heads with two ears and eyes, as on masks for children."""
    x, y, lot = _strewn(across, down, 0.45)
    x, y = np.abs(x + 0.5 * (lot - 0.5) * y), y * (0.8 + 0.5 * lot)
    head = (np.hypot(x, y) < 0.22) | (np.hypot(x - 0.17, y + 0.18) < 0.1)
    return head * (np.hypot(x - 0.08, y + 0.02) > 0.04) * np.clip(2 * lot, 0.5, 1)


def mesh(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Fine holes, as in sports cloth."""
    x, y = _staggered(across, down, 0.07, 0.06)
    return 0.7 * (np.hypot(x, y) < 0.3)


def lace(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Openwork: blossoms and their outlines in a fine net."""
    x, y = _staggered(across, down, 0.42, 0.36)
    radius, petals = np.hypot(x, y), 0.32 + 0.09 * np.cos(6 * np.arctan2(y, x))
    slanted = (np.abs(np.mod(11 * across + way * 9.5 * down, 1) - 0.5) for way in (1, -1))
    thread = np.maximum(*slanted) > 0.41
    inside = (radius < 0.7 * petals) | (np.abs(radius - petals) < 0.05)
    return np.where(inside, 1, 0.75 * thread).astype(np.float32)


def _staggered(
    across: np.ndarray, down: np.ndarray, width: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where in its cell of a brick pattern each place lies, −0.5…0.5 either way."""
    row = np.floor(down / height)
    x = np.mod(across / width + 0.5 * np.mod(row, 2), 1) - 0.5
    return x, np.mod(down / height, 1) - 0.5


def _strewn(
    across: np.ndarray, down: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As ``_staggered``, out of order; and a number 0…1 by lot for each cell."""
    x, y = _staggered(across, down, size, size)
    row = np.floor(down / size)
    column = np.floor(across / size + 0.5 * np.mod(row, 2))
    lot = np.mod(437.6 * np.sin(12.9 * column + 78.2 * row), 1)
    return x + 0.3 * np.sin(40 * lot), y + 0.3 * np.cos(53 * lot), lot


def _blobs(across: np.ndarray, down: np.ndarray, rate: float, above: float) -> np.ndarray:
    """Patches without a pattern that the eye would find: sines bent by sines, cut off."""
    x, y = rate * across, rate * down
    waves = np.sin(x + 1.7 * np.sin(0.63 * y + 0.5)) + np.sin(0.9 * y + 1.9 * np.sin(0.71 * x))
    return (waves > above).astype(np.float32)


# By the name that a look gives.
PRINTS: dict[str, Print] = {
    each.__name__: each
    for each in (
        *(checks, dots, stripes, grin, flowers, camouflage, animal, scales),
        *(lettering, emblem, bears, mesh, lace),
    )
}
# Pictures, which belong where they are on the mask, whatever its cloth is cut from.
PLACED: tuple[str, ...] = ("grin", "lettering", "emblem")
