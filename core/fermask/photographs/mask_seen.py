"""Does a detected face wear a mask? Edges of its 48×48 crop, and colours beside the skin's.

A linear rule on edge directions (histograms of oriented gradients, Dalal and Triggs 2005)
was fitted to FERM's bare faces and to the same faces under drawn covers of many kinds. Drawn
masks are not real ones, so it is joined by a fact that needs no drawing: cloth is seldom
skin-coloured. ``scripts/studies/fit_mask_seen.py`` fits and measures both; the numbers are in
``data/models/mask_seen.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fermask.faces.pictures import check_faces
from fermask.photographs.detection import KEYPOINTS, DetectedFace
from fermask.photographs.framing import CROP_SIZE
from fermask.system.files import read_json
from fermask.system.paths import MASK_SEEN

# The crop is cut into CELLS × CELLS squares with ORIENTATIONS edge directions each.
CELLS = 6
ORIENTATIONS = 6

# Of a grey photograph the colours lie this close to grey, in Lab units; a face in colour has
# a median of about 15.
GREY_CHROMA = 2.5

# Where colours are compared, in longer sides of the face's box: half widths and half heights
# of a patch between the eyes and of one below the mouth keypoint, and how far below.
_EYES_HALF = (0.06, 0.06)
_MOUTH_HALF = (0.18, 0.10)
_MOUTH_DOWN = 0.06


@dataclass(frozen=True, eq=False)
class MaskRule:
    """The rule's numbers.

    ``weights``: float64 ``(216,)`` for ``edge_features``, with ``bias`` giving the edges'
    logit. ``in_colour``: the weights of that logit and of ``colour_difference``, and a bias;
    ``in_grey``: the weight of the logit, and a bias. ``measured``: how good the rule is.
    """

    weights: np.ndarray
    bias: float
    in_colour: tuple[float, float, float]
    in_grey: tuple[float, float]
    measured: dict[str, Any]


@cache
def load_rule(path: Path = MASK_SEEN) -> MaskRule:
    """The rule in a file written by ``scripts/studies/fit_mask_seen.py``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not such a file.
    """
    numbers = read_json(path)
    try:
        weights = np.array(numbers["weights"], np.float64)
        rule = MaskRule(
            weights,
            float(numbers["bias"]),
            tuple(numbers["in_colour"][name] for name in ("edges", "colour", "bias")),
            tuple(numbers["in_grey"][name] for name in ("edges", "bias")),
            numbers["measured"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no mask rule; scripts/studies/fit_mask_seen.py writes one."
        ) from error
    if weights.shape != (CELLS * CELLS * ORIENTATIONS,):
        raise ValueError(
            f"{path} holds {weights.size} weights; expected {CELLS * CELLS * ORIENTATIONS}."
        )
    return rule


def mask_probability(
    image_rgb: np.ndarray, face: DetectedFace, crop: np.ndarray, rule: MaskRule | None = None
) -> float:
    """How likely a face wears a mask, 0…1; the rule says "mask" above 0.5.

    Args:
        image_rgb: uint8 ``(h, w, 3)``, the picture in which the face was found.
        face: as found by ``fermask.photographs.detection``.
        crop: uint8 ``(48, 48)``, its ``fermask.photographs.framing.expression_crop``.
        rule: else the shipped one.
    """
    rule = load_rule() if rule is None else rule
    edges = float(edge_features(crop[None])[0] @ rule.weights + rule.bias)
    difference = colour_difference(image_rgb, face)
    if difference is None:
        logit = rule.in_grey[0] * edges + rule.in_grey[1]
    else:
        logit = rule.in_colour[0] * edges + rule.in_colour[1] * difference + rule.in_colour[2]
    return float(1 / (1 + np.exp(-np.clip(logit, -80, 80))))


def edge_features(crops: np.ndarray) -> np.ndarray:
    """Edge directions of crops, whatever their brightness and contrast.

    Args:
        crops: uint8 ``(n, 48, 48)``.

    Returns:
        float32 ``(n, 216)``: the root of the mean edge strength for each orientation (of 6,
        in steps of 30°), row and column of 8×8 pixels; each crop's vector has length 10.
    """
    check_faces(crops)
    grey = crops.astype(np.float32)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.hypot(across, down)
    angle = (np.arctan2(down, across) % np.pi) / np.pi * ORIENTATIONS
    # Each edge counts for the two orientations beside it, by nearness.
    below = np.floor(angle)
    above_share = (angle - below) * strength
    row = np.arange(CROP_SIZE) * CELLS // CROP_SIZE
    cell = row[:, None] * CELLS + row
    face = np.arange(len(crops))[:, None, None]
    histograms = np.zeros(len(crops) * ORIENTATIONS * CELLS * CELLS)
    for side, share in ((0, strength - above_share), (1, above_share)):
        orientation = (below.astype(int) + side) % ORIENTATIONS
        place = (face * ORIENTATIONS + orientation) * CELLS * CELLS + cell
        histograms += np.bincount(place.ravel(), share.ravel(), len(histograms))
    means = histograms / (CROP_SIZE // CELLS) ** 2
    means = means.reshape(len(crops), CELLS * CELLS * ORIENTATIONS)
    roots = np.sqrt(means, dtype=np.float32)
    return 10 * roots / (np.linalg.norm(roots, axis=1, keepdims=True) + 1e-6)


def colour_difference(image_rgb: np.ndarray, face: DetectedFace) -> float | None:
    """How much the colour around the mouth differs from that between the eyes.

    Args:
        image_rgb: uint8 ``(h, w, 3)``.
        face: as found by ``fermask.photographs.detection``.

    Returns:
        Distance of the patches' median colours in Lab's a and b (OpenCV's 8-bit units; about
        5 on a bare face, 20 on a blue mask). None where the picture is grey or a patch lies
        outside it.
    """
    unit = max(face.box_xywh[2:])
    eyes = face.keypoints_xy[:2].mean(axis=0)
    mouth = face.keypoints_xy[KEYPOINTS.index("mouth")] + np.array([0, _MOUTH_DOWN * unit])
    skin = _median_ab(image_rgb, eyes, np.multiply(_EYES_HALF, unit))
    below = _median_ab(image_rgb, mouth, np.multiply(_MOUTH_HALF, unit))
    if skin is None or below is None:
        return None
    if max(np.hypot(*skin), np.hypot(*below)) < GREY_CHROMA:
        return None
    return float(np.hypot(*(below - skin)))


def _median_ab(
    image_rgb: np.ndarray, centre_xy: np.ndarray, half_wh: np.ndarray
) -> np.ndarray | None:
    """Median of Lab's a and b in a patch, 0 for grey: float ``(2,)``, or None if it is empty."""
    start = np.maximum(np.floor(centre_xy - half_wh), 0).astype(int)
    stop = np.maximum(np.ceil(centre_xy + half_wh), 0).astype(int)
    patch = image_rgb[start[1] : stop[1], start[0] : stop[0]]
    if patch.size == 0:
        return None
    lab = cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2LAB)
    return np.median(lab[..., 1:].reshape(-1, 2), axis=0) - 128
