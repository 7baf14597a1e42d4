"""The explorer's part of the benchmark: a set as large as FERM v1 and one of a million faces.

The sets are made up for it (``scripts.bench.synthetic_set``) and deleted after it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.face_quality import Progress
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import open_set
from fermask.exploring.browsing import FaceFilter, filter_faces, page_of, sort_faces
from fermask.exploring.faces_table import faces_table
from fermask.faces.drawing import draw_face, picture_url
from fermask.faces.masking import draw_look
from fermask.networks.predictions import read_predictions
from fermask.studies.performance import Spent, Timing, take_turns
from fermask.system.parquet import write_parquet
from scripts.bench.synthetic_set import synthetic_predictions, write_synthetic_set
from scripts.running import ROOT

SMALL, LARGE = 3_840, 1_000_000
# Job → the seconds that it may take with FERM v1's count of faces, and with a million.
_AIMS: dict[str, tuple[float | None, float | None]] = {
    "open": (None, 1.0),
    "read predictions": (None, None),
    "filter": (None, 1.0),
    "sort": (None, 1.0),
    "page of 48 pictures": (None, 1.0),
    "page of 48 drawings": (None, 1.0),
    "first page of a new server": (2.0, None),
    "first page of a new visit": (2.0, 1.0),
    "page with another filter": (0.3, 1.0),
}
_FILTER = FaceFilter(labels=("sad", "angry"), answers=("wrong",), sharpness=(0.4, 0.9))
_APP = str(ROOT / "apps" / "explorer.py")
_FIRST_PAGE = """
import sys, time
started = time.perf_counter(), time.process_time()
from scripts.bench.explorer import visit_samples
visit_samples(*sys.argv[1:])
print(time.perf_counter() - started[0], time.process_time() - started[1])
"""


def bench_explorer(rounds: int, progress: Progress, large: int = LARGE) -> list[Timing]:
    """Measures opening, filtering, sorting and drawing, and the page of samples itself.

    Args:
        rounds: that count.
        progress: told of the sets that are written, and of the rounds.
        large: faces of the larger set, each of which takes 3 kB on the disk.

    Returns:
        A timing for each job and set; those of the larger set are compared with the smaller.

    Raises:
        OSError: no room for the sets.
        RuntimeError: the explorer shows an error.
    """
    sizes = (SMALL, large)
    with tempfile.TemporaryDirectory() as folder:
        of_size = {}
        for i, count in enumerate(sizes):
            progress("sets", i, len(sizes))
            of_size[count] = _jobs(Path(folder) / str(count), count)
        progress("sets", len(sizes), len(sizes))
        # Both sizes of a job one after the other, so that their ratio is of one moment.
        names = [(job, count) for job in _AIMS for count in sizes]
        jobs = {(job, count): of_size[count][job] for job, count in names}
        spent = take_turns(jobs, rounds, progress)
    return [
        Timing(
            job,
            count,
            spent[job, count],
            _AIMS[job][sizes.index(count)],
            () if count == SMALL else spent[job, SMALL],
            "" if count == SMALL else f"{SMALL:,} faces",
        )
        for job, count in names
    ]


def visit_samples(folder: str, answers: str):
    """The explorer's page of samples as a new visitor gets it, as Streamlit's ``AppTest``.

    Raises:
        RuntimeError: the page shows an error.
    """
    from streamlit.testing.v1 import AppTest

    visit = AppTest.from_file(_APP, default_timeout=600)
    visit.session_state["ferm_path"] = folder
    visit.session_state["predictions_path"] = visit.query_params["predictions"] = answers
    visit.switch_page("explorer_pages/samples.py")
    return _without_errors(visit.run())


def _without_errors(visit):
    for error in (*visit.exception, *visit.error):
        raise RuntimeError(f"The explorer shows an error: {error.value}")
    return visit


def _jobs(place: Path, count: int) -> dict[str, Callable[[], object]]:
    """Writes a set and its predictions into a folder; gives the jobs on it by name."""
    folder, answers = place / "set", place / "predictions.parquet"
    write_synthetic_set(folder, count)
    ferm = open_set(folder)
    write_parquet(answers, *synthetic_predictions(ferm.labels))
    table = faces_table(ferm, read_predictions(answers))
    all_faces = np.arange(count)
    # Neighbours in a sorted list lie anywhere in the file.
    page = page_of(sort_faces(table, all_faces, "sharpest"), 3)
    visit = visit_samples(str(folder), str(answers))
    return {
        "open": lambda: faces_table(open_set(folder)),
        "read predictions": lambda: faces_table(ferm, read_predictions(answers)),
        "filter": lambda: filter_faces(table, _FILTER),
        "sort": lambda: sort_faces(table, all_faces, "largest loss"),
        "page of 48 pictures": lambda: [picture_url(ferm.masked[each]) for each in page],
        "page of 48 drawings": lambda: _draw(ferm, table, page),
        "first page of a new server": lambda: _first_page(folder, answers),
        "first page of a new visit": lambda: visit_samples(str(folder), str(answers)),
        "page with another filter": lambda: _filter_otherwise(visit),
    }


def _draw(ferm: Ferm, table: pd.DataFrame, page: np.ndarray) -> list[str]:
    looks = [draw_look(int(seed)) for seed in table["mask_seed"].iloc[page]]
    return [
        draw_face(ferm.points_at(np.array([each]))[0], look)
        for each, look in zip(page, looks, strict=True)
    ]


def _filter_otherwise(visit) -> None:
    classes = visit.button_group(key="class")
    classes.set_value(["sad"] if classes.value != ["sad"] else ["angry", "surprise"])
    _without_errors(visit.run())


def _first_page(folder: Path, answers: Path) -> Spent:
    """What it takes in a fresh interpreter, as for the first visitor of a server just started."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_PAGE, str(folder), str(answers)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The explorer does not start: {done.stderr.strip().splitlines()[-1]}")
    return Spent(*map(float, done.stdout.split()))
