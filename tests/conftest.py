"""What several tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_fer2013():
    """The real FER2013 and FER+, or the test is skipped."""
    from core.fer2013 import find_fer2013

    named = os.environ.get("FER2013")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    try:
        files = find_fer2013(folder)
    except FileNotFoundError:
        pytest.skip(f"FER2013 is not in {folder}; set FER2013 to the folder that holds it.")
    if files.ferplus is None:
        pytest.skip(f"FER+ (fer2013new.csv) is not in {folder}, beside FER2013.")
    return files
