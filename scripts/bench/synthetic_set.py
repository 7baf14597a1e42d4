"""Sets of any size whose faces are made up, to measure and test with what FERM is too small for.

No pixel of FER2013 is in them: the pictures are drawn from landmarks, the rest is taken from the
published manifest and shaken.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa

from fermask.dataset.manifest import BARE, MANIFEST, MASKED, load
from fermask.dataset.splits import fold_of_group
from fermask.faces.labels import CLASSES
from fermask.faces.landmarks import JAW, LEFT_EYE, NOSE_BASE, NOSE_BRIDGE, RIGHT_EYE
from fermask.faces.masking import draw_look, put_mask
from fermask.networks.predictions import predictions_table
from fermask.system.files import whole_file
from fermask.system.parquet import StoredTable, write_parquet
from fermask.system.paths import PUBLISHED

_CHUNK = 16_384
# Faces that are drawn; the rest are those, moved.
_POOL = 2_000
# Pixels drawn for one along each side.
_FINE = 4


def write_synthetic_set(folder: Path, count: int, pictures: bool = True, seed: int = 0) -> None:
    """Writes a set's folder of ``count`` faces, rows 0…, each two of them one duplicate group.

    Args:
        folder: a new one.
        count: of faces, at least 1.
        pictures: whether it has pixels; the bare ones are masked too.
        seed: of everything drawn.
    """
    rng = np.random.default_rng(seed)
    published = StoredTable(PUBLISHED / MANIFEST)
    source = published.read(published.schema.names)
    table = source.take(pa.array(rng.integers(0, len(source), count)))
    row = np.arange(count, dtype=np.int64)
    group = row // 2 * 2
    drawn = {
        "row": row,
        "group": group,
        "fold": np.repeat(fold_of_group(group[::2]), 2)[:count],
        "yaw": rng.normal(0, 8, count).astype(np.float32),
        "sharpness": rng.uniform(0.2, 1, count).astype(np.float32),
        "mask_seed": rng.integers(0, 2**31, count),
        "landmarks": _shaken(table["landmarks"], rng),
    }
    for name, values in drawn.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    about = published.about | {"name": f"{count:,} made-up faces"}
    if pictures:
        about |= dict.fromkeys(
            ("bare_sha256", "masked_sha256"), _write_pictures(folder, count, rng)
        )
    write_parquet(folder / MANIFEST, table, about)


def synthetic_predictions(labels: np.ndarray, seed: int = 0) -> tuple[pd.DataFrame, dict]:
    """Made-up answers for the faces in rows 0…, right for about four in five.

    Args:
        labels: int ``(n,)``, indices into ``CLASSES``.
        seed: of the answers.

    Returns:
        What ``fermask.system.parquet.write_parquet`` takes: the table, and what is said about it.
    """
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (len(labels), len(CLASSES)))
    logits[np.arange(len(labels)), labels] += 2
    shares = np.exp(logits)
    shares /= shares.sum(axis=1, keepdims=True)
    names = np.array(CLASSES)[labels]
    faces = pd.DataFrame({"row": np.arange(len(labels)), "label": names, "split": "validation"})
    about = {"model": "made up", "protocol": "clean", "seed": 0, "ferm": "made-up faces"}
    return predictions_table(faces, shares), about


def _shaken(landmarks: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    flat = landmarks.combine_chunks().flatten().to_numpy()
    flat = flat + 0.5 * rng.standard_normal(len(flat), dtype=np.float32)
    return pa.ListArray.from_arrays(np.arange(0, len(flat) + 1, 136, dtype=np.int32), flat)


def drawn_faces(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Faces drawn from the published landmarks, such as dlib finds most of the time.

    Args:
        count: of them.
        seed: which landmarks, and in what light and shade.

    Returns:
        The faces, uint8 ``(count, 48, 48)``, and their landmarks, float32 ``(count, 68, 2)``.
    """
    rng = np.random.default_rng(seed)
    published = load(PUBLISHED).points_xy
    points_xy = published[rng.integers(0, len(published), count)]
    return np.array([_draw_face(points, rng) for points in points_xy]), points_xy


def write_faces(path: Path, count: int, rng: np.random.Generator, masked: bool = True) -> str:
    """Writes drawn faces as ``.npy``, uint8 ``(count, 48, 48)``; gives their SHA-256 (hex).

    A few thousand are drawn; the rest are those, a little moved and in other light.
    """
    pool, points_xy = drawn_faces(min(count, _POOL), int(rng.integers(2**31)))
    if masked:
        numbered = enumerate(zip(pool, points_xy, strict=True))
        pool = np.array([put_mask(*face, draw_look(i)).image for i, face in numbered])
    moves = range(-2, 3)
    moved = np.stack([np.roll(pool, (x, y), axis=(1, 2)) for x in moves for y in moves])
    digest = hashlib.sha256()
    form = {"descr": "|u1", "fortran_order": False, "shape": (count, 48, 48)}
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, form)
        for start in range(0, count, _CHUNK):
            size = min(_CHUNK, count - start)
            which = rng.integers(0, len(moved), size), rng.integers(0, len(pool), size)
            # In whole numbers and in place: a float for each pixel would take four times as much.
            faces = moved[which] // 2
            faces += rng.integers(0, 128, (size, 1, 1), dtype=np.uint8)
            file.write(faces)
            digest.update(faces)
    return digest.hexdigest()


def _draw_face(points_xy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A head, brows, eyes, nose and mouth in soft light, uint8 ``(48, 48)``."""
    skin, hair, ground = rng.uniform(120, 220), rng.uniform(10, 90), rng.uniform(30, 230)
    face = np.full((48 * _FINE, 48 * _FINE), ground, dtype=np.float32)
    points = (points_xy + 0.5) * _FINE - 0.5

    def fill(numbers: Iterable[int], grey: float, grow: float = 1.0) -> None:
        chosen = points[list(numbers)]
        middle = chosen.mean(axis=0)
        corners = np.rint(middle + grow * (chosen - middle)).astype(np.int32)
        cv2.fillPoly(face, [corners], grey, cv2.LINE_AA)

    def stroke(numbers: Iterable[int], grey: float, width: int) -> None:
        corners = np.rint(points[list(numbers)]).astype(np.int32)
        cv2.polylines(face, [corners], False, grey, width, cv2.LINE_AA)

    ear_to_ear = points[16] - points[0]
    size, turn = float(np.linalg.norm(ear_to_ear)), np.degrees(np.arctan2(*ear_to_ear[::-1]))
    middle = tuple(np.rint((points[0] + points[16]) / 2).astype(int).tolist())
    for grey, grow in ((hair, 0.62), (skin, 0.5)):
        axes = (round(grow * size), round(grow * 1.25 * size))
        cv2.ellipse(face, middle, axes, float(turn), 180, 360, grey, -1, cv2.LINE_AA)
    fill(JAW, skin)
    for eye in (RIGHT_EYE, LEFT_EYE):
        fill(eye, 0.75 * skin, 2.0)
        fill(eye, 0.3 * skin, 1.3)
    for brow in (range(17, 22), range(22, 27)):
        stroke(brow, 0.35 * skin, _FINE)
    stroke(NOSE_BRIDGE, 1.1 * skin, _FINE)
    stroke(NOSE_BASE, 0.6 * skin, _FINE // 2)
    fill(range(48, 60), 0.55 * skin)
    stroke(range(60, 65), 0.3 * skin, _FINE // 2)
    spots = rng.normal(0, 12, (5, 5)).astype(np.float32)
    face = cv2.resize(
        cv2.GaussianBlur(face, (0, 0), _FINE / 2), (48, 48), None, 0, 0, cv2.INTER_AREA
    )
    face += cv2.resize(spots, (48, 48), None, 0, 0, cv2.INTER_CUBIC)
    face += rng.normal(0, 2, face.shape)
    return np.clip(face, 0, 255).astype(np.uint8)


def _write_pictures(folder: Path, count: int, rng: np.random.Generator) -> str:
    """Writes the set's pictures; gives their SHA-256 (hex)."""
    digest = write_faces(folder / BARE, count, rng)
    # A second name for the same bytes, which may be gigabytes.
    (folder / MASKED).hardlink_to(folder / BARE)
    return digest
