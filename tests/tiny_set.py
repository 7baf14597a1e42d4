"""A FERM set of rendered faces, small and easy to learn, for tests of training and evaluation."""

import cv2
import numpy as np
import pandas as pd

from fermask.dataset.ferm import SCHEMA_VERSION, Ferm
from fermask.dataset.manifest import pixel_hash
from fermask.dataset.splits import fold_of_group
from fermask.faces.labels import CLASSES, VOTE_COLUMNS


def tiny_ferm(count=80, usage="Training"):
    """``count`` rendered faces, classes in turn, each two of them one duplicate group."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) // 2 % len(CLASSES)
    masked = np.stack([_face(label, rng) for label in labels])
    group = np.arange(count) // 2 * 2
    manifest = pd.DataFrame(
        {
            "row": np.arange(count),
            "usage": usage,
            "label": np.array(CLASSES)[labels],
            "group": group,
            "fold": fold_of_group(group),
            "copies": np.int32(2),
            "file": "",
            "emotion": np.zeros(count, dtype=np.int8),
            "agreement": 0.9,
            **{name: np.zeros(count, dtype=np.int8) for name in VOTE_COLUMNS},
            "landmarks": list(rng.uniform(0, 47, (count, 136)).astype(np.float32)),
            "score": np.float32(1),
            "template": np.int8(0),
            "yaw": np.float32(0),
            "roll": np.float32(0),
            "sharpness": np.float32(0.7),
            "passed": [["no_label"]] * count,
            "mask_style": "cloth",
            "mask_seed": np.arange(count),
        }
    )
    about = {
        "schema": SCHEMA_VERSION,
        "name": "tiny",
        "source_sha256": "0" * 64,
        "bare_sha256": pixel_hash(masked),
        "masked_sha256": pixel_hash(masked),
        "drawn_with": {},
        "funnel": {"step": ["left"], **{name: [count // 4] for name in (*CLASSES, "other")}},
    }
    return Ferm(manifest, about, masked, masked)


def _face(label, rng):
    """Brows whose height tells the class, over a plain mask, on noise."""
    face = rng.integers(90, 130, (48, 48)).astype(np.uint8)
    for x in (8, 28):
        cv2.line(face, (x, 4 + 5 * int(label)), (x + 12, 4 + 5 * int(label)), 10, 2)
    face[28:] = 200
    return face
