"""Drawing masks beside finding the landmarks that they are drawn by, small and in a photograph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from skimage.data import astronaut

from fermask.dataset.face_quality import Progress
from fermask.faces.landmarks import find_landmarks, landmarks_in_box
from fermask.faces.mask_styles import WORN_STYLES
from fermask.faces.masking import draw_look, put_mask
from fermask.photographs.detection import detect_faces
from scripts.bench.synthetic_set import drawn_faces
from scripts.bench.timing import row, take_turns


def measure(rounds: int, progress: Progress, small: int = 100) -> list[dict[str, Any]]:
    """Rows on faces of 48 × 48 pixels, as FERM's builder masks them, and on a photograph."""
    photograph, (faces, points) = astronaut(), drawn_faces(small)
    box = detect_faces(photograph)[0].box_xywh
    of_photograph = landmarks_in_box(photograph, box)
    jobs = {
        "small": lambda: _draw(faces, points),
        "small, finding": lambda: [find_landmarks(face) for face in faces],
        "small, as worn": lambda: _draw(faces, points, WORN_STYLES),
        "large": lambda: _draw([photograph] * 10, [of_photograph] * 10),
        "large, as worn": lambda: _draw([photograph] * 10, [of_photograph] * 10, WORN_STYLES),
        "large, finding": lambda: [landmarks_in_box(photograph, box) for _ in range(10)],
        "whole": lambda: _detect_and_draw(photograph),
        "detecting": lambda: detect_faces(photograph),
    }
    runs = take_turns(jobs, rounds, progress)
    finding, plain = "finding their landmarks", "drawing FERM's"
    return [
        row("drawing, 48 × 48", small, runs["small"], finding, runs["small, finding"]),
        row("drawing as worn, 48 × 48", small, runs["small, as worn"], plain, runs["small"]),
        row("drawing, 512 × 512", 10, runs["large"], finding, runs["large, finding"]),
        row("drawing as worn, 512 × 512", 10, runs["large, as worn"], plain, runs["large"]),
        row(
            *("detecting, landmarks, drawing, 512 × 512", 1, runs["whole"]),
            *("detecting alone", runs["detecting"]),
        ),
    ]


def _draw(
    faces: np.ndarray | list[np.ndarray],
    points: np.ndarray | list[np.ndarray],
    styles: Sequence[str] = (),
) -> None:
    """Draws masks of these kinds in turn, or of FERM's by lot."""
    for seed, (face, of_face) in enumerate(zip(faces, points, strict=True)):
        style = styles[seed % len(styles)] if styles else None
        put_mask(face, of_face, draw_look(seed, style))


def _detect_and_draw(photograph: np.ndarray) -> None:
    """As the demo puts masks on."""
    for seed, face in enumerate(detect_faces(photograph)):
        put_mask(photograph, landmarks_in_box(photograph, face.box_xywh), draw_look(seed))
