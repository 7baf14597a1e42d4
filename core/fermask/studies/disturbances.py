"""How much of a network's accuracy is left when the picture is bad, or the mask unlike FERM's.

The paper leaves it to future work. Eight disturbances in five severities each, as in ImageNet-C
(Hendrycks and Dietterich 2019), with amounts fit for a 48×48 face; masks in styles that
``masking.draw_look`` never draws; and the faces without a mask.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import pandas as pd

from fermask.faces.looks import Shading
from fermask.faces.mask_styles import HELD_OUT
from fermask.faces.masking import MaskedFace, draw_look, put_mask
from fermask.faces.prints import Print, checks, dots, grin
from fermask.networks.inference import Network

# The file that scripts.studies.measure_disturbances writes.
MEASURED = "disturbances.json"
SEVERITIES: tuple[int, ...] = (1, 2, 3, 4, 5)
# The rows of a table beside the disturbances'; their severity is 0.
UNDISTURBED, UNSEEN, WORN_LIKE, BARE = "none", "unseen masks", "worn-like masks", "bare"


@dataclass(frozen=True)
class Disturbance:
    """One way in which a picture gets worse.

    ``words``: what an amount is, with its unit. ``amounts``: of severity 1…5. ``change``:
    (faces, amount, rng) → faces; what it draws by lot does not depend on the amount, so that
    with the same seed a face is disturbed the same way at every severity, only further.
    """

    words: str
    amounts: tuple[float, ...]
    change: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]

    def __call__(
        self, images: np.ndarray, severity: int, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """The faces disturbed.

        Args:
            images: uint8 ``(n, h, w)``; left as they are.
            severity: 1…5, or 0 for a copy.
            rng: where the random numbers come from; None for seed 0.

        Returns:
            uint8 ``(n, h, w)``.

        Raises:
            ValueError: an array of another shape or type, or another severity.
        """
        if images.ndim != 3 or images.dtype != np.uint8:
            raise ValueError(
                f"Expected faces (n, h, w) of uint8, received {images.shape} of {images.dtype}."
            )
        if severity not in (0, *SEVERITIES):
            raise ValueError(f"A severity is 0 (untouched) to {SEVERITIES[-1]}, got {severity}.")
        if severity == 0 or len(images) == 0:
            return images.copy()
        rng = np.random.default_rng(0) if rng is None else rng
        return self.change(images, self.amounts[severity - 1], rng)


def _light(images: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    up = rng.choice((-1.0, 1.0), size=(len(images), 1, 1))
    return _as_pixels(images * factor**up)


def _contrast(images: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    middle = images.mean(axis=(1, 2), keepdims=True)
    return _as_pixels(middle + (images - middle) * share)


def _blur(images: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in images])


def _noise(images: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return _as_pixels(images + rng.standard_normal(images.shape, dtype=np.float32) * sigma)


def _jpeg(images: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    settings = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    files = [cv2.imencode(".jpg", image, settings)[1] for image in images]
    # OpenCV gives None for what is no picture, and these are.
    return np.stack([cv2.imdecode(file, cv2.IMREAD_GRAYSCALE) for file in files])  # type: ignore[misc]


def _low_resolution(images: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    height, width = images.shape[1:]
    small = max(round(width * share), 1), max(round(height * share), 1)
    reduced = [cv2.resize(image, small, interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(
        [cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR) for image in reduced]
    )


def _rotation(images: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    height, width = images.shape[1:]
    rolls, yaws = np.radians(degrees) * rng.choice((-1.0, 1.0), size=(2, len(images)))
    to_centre = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, 1]])
    turned = np.empty_like(images)
    for i, (roll, yaw) in enumerate(zip(rolls, yaws, strict=True)):
        in_plane = np.array(
            [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
        )
        # A flat picture turned about its vertical axis, seen from four times its width away.
        sideways = np.array(
            [[np.cos(yaw), 0, 0], [0, 1, 0], [np.sin(yaw) / (4 * width), 0, 1]], dtype=float
        )
        matrix = np.linalg.inv(to_centre) @ sideways @ in_plane @ to_centre
        turned[i] = cv2.warpPerspective(
            images[i], matrix, (width, height), borderMode=cv2.BORDER_REPLICATE
        )
    return turned


def _shift(images: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    height, width = images.shape[1:]
    directions = rng.uniform(0, 2 * np.pi, len(images))
    moved = np.empty_like(images)
    for i, direction in enumerate(directions):
        right, down = share * width * np.cos(direction), share * height * np.sin(direction)
        moved[i] = cv2.warpAffine(
            images[i],
            np.array([[1, 0, right], [0, 1, down]]),
            (width, height),
            borderMode=cv2.BORDER_REPLICATE,
        )
    return moved


def _as_pixels(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


DISTURBANCES: dict[str, Disturbance] = {
    "light": Disturbance("times brighter or darker", (1.2, 1.4, 1.65, 1.95, 2.3), _light),
    "contrast": Disturbance("of the contrast is left", (0.7, 0.5, 0.35, 0.25, 0.15), _contrast),
    "blur": Disturbance("pixels, standard deviation", (0.6, 0.9, 1.2, 1.6, 2.0), _blur),
    "noise": Disturbance("grey levels, standard deviation", (8, 14, 20, 28, 38), _noise),
    "JPEG": Disturbance("quality", (50, 30, 18, 11, 7), _jpeg),
    "low resolution": Disturbance(
        "of the side in pixels is left", (0.7, 0.5, 0.4, 0.3, 0.22), _low_resolution
    ),
    "rotation": Disturbance("degrees of roll and of yaw", (6, 12, 18, 24, 30), _rotation),
    "shift": Disturbance("of the side, any direction", (0.05, 0.1, 0.15, 0.2, 0.25), _shift),
}


@dataclass(frozen=True)
class UnseenMask:
    """A mask unlike FERM's.

    ``style``: of ``MASK_STYLES``, whose outline, colours and relief it shares. ``edge``,
    ``drop``: lowest and highest, as in ``MaskLook``; None where they are drawn as in training.
    ``printed``: what is printed on it.
    """

    style: str
    edge: tuple[float, float] | None = None
    drop: tuple[float, float] | None = None
    printed: Shading | None = None


def _darker(pattern: Print, by: float) -> Shading:
    """A print as much darker than its cloth, 0…1."""
    return lambda across, down: 1 - by * pattern(across, down)


# FERM draws the edge from 0.15…0.6 and the drop from 0.02…0.07, and prints nothing.
UNSEEN_MASKS: dict[str, UnseenMask] = {
    "checked": UnseenMask("cloth", printed=_darker(checks, 0.6)),
    "dotted": UnseenMask("surgical", printed=_darker(dots, 0.65)),
    "printed grin": UnseenMask("kn95", printed=_darker(grin, 0.7)),
    "worn high": UnseenMask("kn95", edge=(-0.6, -0.2)),
    "worn low": UnseenMask("surgical", edge=(0.7, 0.85), drop=(0.12, 0.2)),
}


def put_unseen_mask(
    image: np.ndarray, points_xy: np.ndarray, name: str, seed: int = 0
) -> MaskedFace:
    """Draws one of ``UNSEEN_MASKS`` on a face.

    Args:
        image: as for ``masking.put_mask``.
        points_xy: ``(68, 2)`` in its pixels.
        name: of the mask.
        seed: of its colour, shade and place.

    Raises:
        ValueError: an unknown name, or as ``put_mask``.
    """
    if name not in UNSEEN_MASKS:
        raise ValueError(f"Unknown mask {name!r}; there are {', '.join(UNSEEN_MASKS)}.")
    mask = UNSEEN_MASKS[name]
    look, rng = draw_look(seed, mask.style), np.random.default_rng([seed, 1])
    if mask.edge is not None:
        look = replace(look, edge=float(rng.uniform(*mask.edge)))
    if mask.drop is not None:
        look = replace(look, drop=float(rng.uniform(*mask.drop)))
    return put_mask(image, points_xy, look, mask.printed)


def unseen_masks(bare: np.ndarray, points_xy: np.ndarray, seed: int = 0) -> np.ndarray:
    """Faces in masks unlike FERM's, equally many of each kind, dealt out by the seed.

    Args:
        bare: uint8 ``(n, 48, 48)``.
        points_xy: ``(n, 68, 2)``.
        seed: 0 or more.

    Returns:
        uint8 ``(n, 48, 48)``.
    """
    return _dealt(put_unseen_mask, tuple(UNSEEN_MASKS), bare, points_xy, seed)


def worn_like_masks(bare: np.ndarray, points_xy: np.ndarray, seed: int = 0) -> np.ndarray:
    """Faces in masks as people wear them of the styles ``HELD_OUT``; as ``unseen_masks``."""

    def put(face: np.ndarray, points: np.ndarray, style: str, seed: int) -> MaskedFace:
        return put_mask(face, points, draw_look(seed, style, fit=None))

    return _dealt(put, HELD_OUT, bare, points_xy, seed)


def _dealt(
    put: Callable[[np.ndarray, np.ndarray, str, int], MaskedFace],
    names: tuple[str, ...],
    bare: np.ndarray,
    points_xy: np.ndarray,
    seed: int,
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kinds = rng.permutation(len(bare)) % len(names)
    seeds = rng.integers(2**31, size=len(bare))
    worn = bare.copy()
    for i, points in enumerate(points_xy):
        worn[i] = put(bare[i], points, names[kinds[i]], int(seeds[i])).image
    return worn


def disturbed_accuracy(
    network: Network,
    bare: np.ndarray,
    masked: np.ndarray,
    points_xy: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
) -> pd.DataFrame:
    """How many faces a network names right, disturbed in every way there is.

    Args:
        network: or anything else with its ``probabilities``.
        bare: faces without mask, uint8 ``(n, 48, 48)``.
        masked: the same with their masks; these are disturbed.
        points_xy: their landmarks, ``(n, 68, 2)``.
        labels: int ``(n,)``, indices into ``CLASSES``.
        seed: of all that is drawn by lot.

    Returns:
        ``disturbance``, ``severity`` (1…5), ``correct``, ``n``, ``accuracy`` (0…1), in the order
        of ``DISTURBANCES``; before them ``none``, after them ``unseen masks``, ``worn-like
        masks`` and ``bare``, whose severity is 0.

    Raises:
        ValueError: no faces, or the arrays are not of one length.
    """
    if len({len(bare), len(masked), len(points_xy), len(labels)}) > 1 or len(labels) == 0:
        raise ValueError(
            f"Expected as many bare as masked faces, landmarks and labels, and at least one; got "
            f"{len(bare)}, {len(masked)}, {len(points_xy)} and {len(labels)}."
        )

    def row(name: str, severity: int, faces: np.ndarray) -> dict[str, Any]:
        predicted = np.argmax(network.probabilities(faces), axis=1)
        correct, n = int((predicted == labels).sum()), len(labels)
        return {
            "disturbance": name,
            "severity": severity,
            "correct": correct,
            "n": n,
            "accuracy": correct / n,
        }

    rows = [row(UNDISTURBED, 0, masked)]
    for number, (name, disturb) in enumerate(DISTURBANCES.items()):
        for severity in SEVERITIES:
            rng = np.random.default_rng([seed, number])
            rows.append(row(name, severity, disturb(masked, severity, rng)))
    rows.append(row(UNSEEN, 0, unseen_masks(bare, points_xy, seed)))
    rows.append(row(WORN_LIKE, 0, worn_like_masks(bare, points_xy, seed)))
    rows.append(row(BARE, 0, bare))
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Robustness:
    """What is left of a network's accuracy, 0…1.

    ``mean``: over all disturbances and severities, each counting the same. ``worst``: the
    lowest of them; ``worst_of``: its disturbance and severity, such as ``noise 5``. ``worn_like``:
    None in what was measured before there were such masks.
    """

    undisturbed: float
    mean: float
    worst: float
    worst_of: str
    unseen_masks: float
    bare: float
    worn_like: float | None = None


def robustness(table: pd.DataFrame) -> Robustness:
    """The summary of a table of ``disturbed_accuracy``."""
    disturbed = table[table["severity"] > 0]
    worst = disturbed.loc[disturbed["accuracy"].idxmin()]
    alone = table[table["severity"] == 0].set_index("disturbance")["accuracy"]
    return Robustness(
        undisturbed=float(alone[UNDISTURBED]),
        mean=float(disturbed["accuracy"].mean()),
        worst=float(worst["accuracy"]),
        worst_of=f"{worst['disturbance']} {worst['severity']}",
        unseen_masks=float(alone[UNSEEN]),
        bare=float(alone[BARE]),
        worn_like=float(alone[WORN_LIKE]) if WORN_LIKE in alone else None,
    )


def measured_table(record: dict[str, Any], network: str) -> pd.DataFrame:
    """A network's table in what ``scripts.studies.measure_disturbances`` wrote."""
    return pd.DataFrame(record[network]["rows"])
