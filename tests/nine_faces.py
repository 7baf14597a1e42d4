"""Nine made-up faces of all parts of FER2013, with votes."""

import io
import zipfile

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from PIL import Image

from tests.tiny import fer2013_csv

RANDOM = np.random.default_rng(7)
COUNT = 9
PIXELS = RANDOM.integers(0, 256, (COUNT, 48, 48), dtype=np.uint8)
EMOTIONS = [0, 1, 2, 3, 4, 5, 6, 0, 4]
TRUE_USAGES = ["Training"] * 5 + ["PublicTest"] * 2 + ["PrivateTest"] * 2
VOTES = RANDOM.multinomial(10, [0.1] * 10, COUNT)
TEXT = fer2013_csv(PIXELS, EMOTIONS, TRUE_USAGES)
BYTES = TEXT.encode()
# As people and tools call FER2013's parts.
SPLIT_NAMES = {
    "Training": ["train", "Training"],
    "PublicTest": ["val", "valid", "validation", "PublicTest"],
    "PrivateTest": ["test", "PrivateTest"],
}
written = st.sampled_from([str.lower, str.upper, str.title])


def assert_is_the_tiny_set(faces):
    np.testing.assert_array_equal(faces.pixels, PIXELS)
    assert faces.pixels.dtype == np.uint8
    expected = pd.DataFrame(
        {
            "row": np.arange(COUNT, dtype=np.int64),
            "usage": pd.Series(TRUE_USAGES, dtype="str"),
            "emotion": np.array(EMOTIONS, dtype=np.int8),
            "file": pd.Series([""] * COUNT, dtype="str"),
        }
    )
    pd.testing.assert_frame_equal(faces.table[list(expected.columns)], expected)


def write_picture(root, name, face, mode=None):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(face).convert(mode).save(path)
    return path


def zip_of(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
