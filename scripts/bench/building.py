"""Reading Kaggle's file beside what a notebook does with pandas, and making FERM of FER2013.

The file is made up, as large as Kaggle's. FERM is built where FER2013 and FER+ are at hand, once:
that takes a minute.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.fer2013_files import find_fer2013
from scripts.bench.timing import row, run_alone, take_turns

ROWS, SCREENED = 35_887, 32_298
# Lines that are made up; the rest are those again.
_LINES = 100


def measure(rounds: int, progress: Progress, rows: int = ROWS) -> list[dict[str, Any]]:
    """Rows on reading, in three rounds at most, and on building where FER2013 is at hand."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fer2013.csv"
        _write_csv(path, rows)
        jobs = {job: lambda job=job: run_alone(job, path) for job in (read_fer2013, by_pandas)}
        ours, pandas = take_turns(jobs, min(rounds, 3), progress).values()
        found = [row("reading Kaggle's CSV", rows, ours, "pandas, then NumPy row by row", pandas)]
        try:
            files = find_fer2013()
        except FileNotFoundError as error:
            print(f"Nothing is built: {error}", file=sys.stderr)
            return found
        out = Path(folder) / "ferm"
        built = run_alone(build, files.fer2013, files.ferplus, out, processes=2)
    return [*found, row("building FERM, two processes", SCREENED, [built])]


def by_pandas(path: Path) -> None:
    """Reads a file as a notebook does."""
    import pandas as pd

    pixels = pd.read_csv(path)["pixels"]
    np.stack([np.fromstring(each, dtype=np.uint8, sep=" ") for each in pixels])


def build(*files_and_folder: Path) -> None:
    """Builds FERM of FER2013 and FER+ in a folder."""
    from scripts.build_ferm import main

    names = ("--fer2013", "--ferplus", "--out")
    given = zip(names, map(str, files_and_folder), strict=True)
    main([*(word for pair in given for word in pair), "--jobs", "2"])


def _write_csv(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    pixels = [" ".join(map(str, each)) for each in rng.integers(0, 256, (_LINES, 48 * 48))]
    with path.open("w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n")
        file.writelines(f"{i % 7},{pixels[i % _LINES]},Training\n" for i in range(rows))
