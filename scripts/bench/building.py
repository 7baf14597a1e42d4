"""The building part of the benchmark: reading Kaggle's file, and making FERM of all of FER2013.

The file is made up, as large as Kaggle's; beside its reading stands what a notebook does, with
pandas and NumPy, which checks nothing. The set is built where FER2013 and FER+ are at hand, once:
that takes a minute.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import Fer2013Files, find_fer2013
from fermask.studies.performance import Timing
from scripts.bench.own_process import Run, run_alone

# FER2013's, and how Kaggle's file is divided.
ROWS = {"Training": 28_709, "PublicTest": 3_589, "PrivateTest": 3_589}
_AIM_READING, _AIM_BUILDING = 5.0, 60.0
_MOST_ROUNDS = 3
# Lines that are made up; the rest are those again.
_LINES = 100


def bench_building(rounds: int, progress: Progress, rows: dict[str, int] = ROWS) -> list[Timing]:
    """Measures reading and, where FER2013 is at hand, building.

    Args:
        rounds: of the reading; three at most.
        progress: told of the rounds.
        rows: of the file made up, by usage.
    """
    rounds = min(rounds, _MOST_ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_csv(folder / "fer2013.csv", rows)
        ours, pandas = [], []
        for i in range(rounds):
            progress("reading", i, rounds)
            for job, runs in (("read", ours), ("read_by_pandas", pandas)):
                asked = f"scripts.bench.building:{job}", str(folder / "fer2013.csv")
                runs.append(run_alone(*asked))
        reading = Timing(
            "reading Kaggle's CSV",
            sum(rows.values()),
            tuple(run.spent for run in ours),
            aim=_AIM_READING,
            compared=tuple(run.spent for run in pandas),
            compared_with="pandas, then NumPy row by row",
            megabytes=max(run.megabytes for run in ours),
        )
        files = _files()
        if files is None:
            print("FER2013 and FER+ are not at hand: nothing is built.", file=sys.stderr)
            return [reading]
        progress("building", 0, 1)
        return [reading, _building(run_alone(*_build(files, folder / "ferm"), processes=2))]


def read(path: str) -> None:
    """Reads a file as the builder does."""
    from fermask.dataset.fer2013 import read_fer2013

    read_fer2013(path)


def read_by_pandas(path: str) -> None:
    """Reads a file as a notebook does."""
    import pandas as pd

    pixels = pd.read_csv(path)["pixels"]
    np.stack([np.fromstring(each, dtype=np.uint8, sep=" ") for each in pixels])


def build(fer2013: str, ferplus: str, out: str) -> None:
    """Builds FERM by two processes."""
    from scripts.build_ferm import main

    main(["--fer2013", fer2013, "--ferplus", ferplus, "--out", out, "--jobs", "2"])


def _files() -> Fer2013Files | None:
    with suppress(FileNotFoundError):
        files = find_fer2013()
        return files if files.ferplus is not None else None
    return None


def _build(files: Fer2013Files, out: Path) -> tuple[str, ...]:
    return ("scripts.bench.building:build", str(files.fer2013), str(files.ferplus), str(out))


def _building(run: Run) -> Timing:
    faces = sum(ROWS.values()) - ROWS["PrivateTest"]
    return Timing(
        "building FERM, two processes",
        faces,
        (run.spent,),
        aim=_AIM_BUILDING,
        megabytes=run.megabytes,
    )


def _write_csv(path: Path, rows: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    pixels = [" ".join(map(str, each)) for each in rng.integers(0, 256, (_LINES, 48 * 48))]
    with path.open("w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n")
        for usage, count in rows.items():
            file.writelines(f"{i % 7},{pixels[i % _LINES]},{usage}\n" for i in range(count))
