"""Sets of any size whose faces are made up, to measure and test with what FERM is too small for.

No pixel of FER2013 is in them: the pictures are noise, the rest is drawn from the published
manifest and shaken.
"""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from core.ferm import BARE, MANIFEST, MASKED, PUBLISHED, fold_of_group
from core.files import StoredTable, whole_file, write_parquet
from core.labels import CLASSES
from core.training import predictions_table

_CHUNK = 65_536


def write_synthetic_set(folder: Path, count: int, pictures: bool = True, seed: int = 0) -> None:
    """Writes a set's folder of ``count`` faces, rows 0…, each two of them one duplicate group.

    Args:
        folder: a new one.
        count: of faces, at least 1.
        pictures: whether it has pixels; the masked and the bare ones are the same noise.
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
        about |= dict.fromkeys(("bare_sha256", "masked_sha256"), _write_noise(folder, count, rng))
    write_parquet(folder / MANIFEST, table, about)


def synthetic_predictions(labels: np.ndarray, seed: int = 0) -> tuple[pd.DataFrame, dict]:
    """Made-up answers for the faces in rows 0…, right for about four in five.

    Args:
        labels: int ``(n,)``, indices into ``CLASSES``.
        seed: of the answers.

    Returns:
        What ``core.files.write_parquet`` takes: the table, and what is said about it.
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


def _write_noise(folder: Path, count: int, rng: np.random.Generator) -> str:
    """Writes the pictures; gives their SHA-256 (hex)."""
    digest = hashlib.sha256()
    form = {"descr": "|u1", "fortran_order": False, "shape": (count, 48, 48)}
    with whole_file(folder / BARE) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, form)
        for start in range(0, count, _CHUNK):
            faces = rng.integers(0, 256, (min(_CHUNK, count - start), 48, 48), dtype=np.uint8)
            file.write(faces)
            digest.update(faces)
    # A second name for the same bytes, which may be gigabytes.
    (folder / MASKED).hardlink_to(folder / BARE)
    return digest.hexdigest()
