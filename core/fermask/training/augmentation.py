"""How training faces change from epoch to epoch: moves as in the paper (§2.3), and more.

The masks may be drawn anew, the light changed; the defaults do what the paper does.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fermask.faces.covers import add_cap
from fermask.training.training_data import Examples


@dataclass(frozen=True)
class Augmentation:
    """How each training face is changed, anew in every epoch.

    ``rotation`` degrees, ``shift`` share of the side, either way; ``zoom`` factor about 1
    (the paper gives no amount; 0.1 is this project's); ``flip`` half of the faces. These are
    the paper's (§2.3); the rest is not: ``light`` largest change of brightness and contrast,
    share; ``blur`` and ``noise`` largest standard deviation (pixels; grey levels), for half of
    the faces each; ``redraw`` share of the faces that wear another mask than FERM's own
    (``fermask.training.wardrobe``), of any style and shade, its landmarks moved by a standard
    deviation of ``jitter`` pixels, a share ``covers`` of them random covers; ``bare`` share of
    the faces shown without a mask; ``caps`` share that get a brim or fringe.
    """

    rotation: float = 10.0
    shift: float = 0.1
    zoom: float = 0.1
    flip: bool = True
    light: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    redraw: float = 0.0
    jitter: float = 0.0
    bare: float = 0.0
    covers: float = 0.0
    caps: float = 0.0


def dress(
    examples: Examples, order: np.ndarray, settings: Augmentation, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The faces of an epoch in their order, with their own masks, new ones or none.

    Args:
        examples: with ``bare`` and a ``wardrobe`` where ``redraw`` or ``bare`` ask for them.
        order: int ``(m,)``, indices of the faces.
        settings: how many get what.
        rng: where the random numbers come from.

    Returns:
        uint8 ``(m, 48, 48)``, and which of them wear one, bool ``(m,)``.

    Raises:
        ValueError: the examples lack them.
    """
    faces = examples.images[order]
    if not settings.redraw and not settings.bare:
        return faces, np.ones(len(order), dtype=bool)
    if examples.bare is None or examples.wardrobe is None:
        raise ValueError(f"{examples.name} has no bare faces and no wardrobe to dress them from.")
    lot = rng.random(len(order))
    bare = lot < settings.bare
    redrawn = ~bare & (lot < settings.bare + settings.redraw * (1 - settings.bare))
    look = rng.integers(examples.wardrobe.shape[1], size=len(order))
    faces[bare] = examples.bare[order[bare]]
    faces[redrawn] = examples.wardrobe[order[redrawn], look[redrawn]]
    for face in np.flatnonzero(rng.random(len(order)) < settings.caps):
        faces[face] = add_cap(faces[face], rng)
    return faces, ~bare


def augment(images: np.ndarray, settings: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Each face rotated, shifted, zoomed and flipped at random, by one interpolation; then
    lit, blurred and the rest as the settings say.

    As in Keras' ImageDataGenerator, the moves make up one affine map about the centre,
    sampled linearly, and pixels from outside repeat the nearest edge.

    Args:
        images: uint8 ``(n, h, w)``.
        settings: how far.
        rng: where the random numbers come from.

    Returns:
        uint8 ``(n, h, w)``.
    """
    count, height, width = images.shape
    angles = np.radians(rng.uniform(-settings.rotation, settings.rotation, count))
    zooms = rng.uniform(1 - settings.zoom, 1 + settings.zoom, (count, 2))
    shifts = rng.uniform(-settings.shift, settings.shift, (count, 2)) * (width, height)
    mirrored = np.less(rng.random(count), 0.5) if settings.flip else np.zeros(count, dtype=bool)
    centre = np.array([width - 1, height - 1]) / 2
    moved = np.empty_like(images)
    for i, image in enumerate(images):
        cosine, sine = math.cos(angles[i]), math.sin(angles[i])
        linear = np.array([[cosine, -sine], [sine, cosine]]) * zooms[i]
        linear[:, 0] *= -1 if mirrored[i] else 1
        matrix = np.column_stack([linear, centre + shifts[i] - linear @ centre])
        cv2.warpAffine(
            image,
            matrix,
            (width, height),
            dst=moved[i],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return _disturbed(moved, settings, rng)


def _disturbed(faces: np.ndarray, settings: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Other light, blur and noise, each only where the settings ask for it."""
    count, height, width = faces.shape
    if settings.light:
        contrast, brightness = 1 + rng.uniform(-settings.light, settings.light, (2, count, 1, 1))
        middle = faces.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
        lit = (faces - middle) * contrast.astype(np.float32) + middle * brightness.astype(
            np.float32
        )
        faces = np.clip(np.rint(lit), 0, 255).astype(np.uint8)
    if settings.blur:
        for i in np.flatnonzero(rng.random(count) < 0.5):
            sigma = rng.uniform(0.1, settings.blur)
            cv2.GaussianBlur(faces[i], (0, 0), sigma, dst=faces[i])
    if settings.noise:
        noisy = np.flatnonzero(rng.random(count) < 0.5)
        spread = rng.uniform(0, settings.noise, (len(noisy), 1, 1)).astype(np.float32)
        grain = rng.standard_normal((len(noisy), height, width), dtype=np.float32) * spread
        faces[noisy] = np.clip(np.rint(faces[noisy] + grain), 0, 255).astype(np.uint8)
    return faces
