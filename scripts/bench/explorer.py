"""The explorer on a set as large as FERM v1 and on one of a million faces, made up for it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.dataset.manifest import open_set
from fermask.exploring.browsing import FaceFilter, filter_faces, page_of, sort_by
from fermask.exploring.faces_table import faces_table
from fermask.faces.drawing import draw_face, picture_url
from fermask.faces.masking import draw_look
from fermask.networks.predictions import read_predictions
from fermask.system.parquet import write_parquet
from fermask.system.paths import ROOT, SOURCE
from scripts.bench.synthetic_set import synthetic_predictions, write_synthetic_set
from scripts.bench.timing import row, take_turns

SMALL, LARGE = 3_840, 1_000_000
_FILTER = FaceFilter(labels=("sad", "angry"), answers=("wrong",), sharpness=(0.4, 0.9))


def measure(rounds: int, progress: Progress, large: int = LARGE) -> list[dict[str, Any]]:
    """Rows on each job with both sets; a face of the larger one takes 3 kB on the disk.

    Raises:
        OSError: no room for the sets.
        RuntimeError: the explorer shows an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        of_size = {count: _jobs(Path(folder) / str(count), count) for count in (SMALL, large)}
        # Both sizes of a job one after the other, so that their ratio is of one moment.
        names = [(job, count) for job in of_size[SMALL] for count in of_size]
        jobs = {(job, count): of_size[count][job] for job, count in names}
        runs = take_turns(jobs, rounds, progress)
    return [
        row(job, count, took, f"{SMALL:,} faces", () if count == SMALL else runs[job, SMALL])
        for (job, count), took in runs.items()
    ]


def visit_samples(folder: Path, answers: Path):
    """The explorer's page of samples as a new visitor gets it, as Streamlit's ``AppTest``.

    Raises:
        RuntimeError: the page shows an error.
    """
    from streamlit.testing.v1 import AppTest

    visit = AppTest.from_file(str(ROOT / "apps" / "explorer.py"), default_timeout=600)
    visit.session_state["ferm_path"] = str(folder)
    visit.session_state["predictions_path"] = visit.query_params["predictions"] = str(answers)
    visit.switch_page("explorer_pages/samples.py")
    return _without_errors(visit.run())


def _without_errors(visit):
    for error in (*visit.exception, *visit.error):
        raise RuntimeError(f"The explorer shows an error: {error.value}")
    return visit


def _first_page(folder: Path, answers: Path) -> None:
    """In a new interpreter, whose imports count too, as for a new server's first visitor."""
    code = "import sys; from scripts.bench.explorer import visit_samples as v; v(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(answers)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{SOURCE}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The explorer does not start: {done.stderr.strip().splitlines()[-1]}")


def _jobs(place: Path, count: int) -> dict[str, Callable[[], object]]:
    """Writes a set and its predictions into a folder; gives the jobs on it by name."""
    folder, answers = place / "set", place / "predictions.parquet"
    write_synthetic_set(folder, count)
    ferm = open_set(folder)
    write_parquet(answers, *synthetic_predictions(ferm.labels))
    table = faces_table(ferm, read_predictions(answers))
    all_faces = np.arange(count)
    # Neighbours in a sorted list lie anywhere in the file.
    page = page_of(sort_by(table, all_faces, "sharpness", falling=True), 3)
    looks = [draw_look(int(seed)) for seed in table["mask_seed"].iloc[page]]
    visit = visit_samples(folder, answers)

    def draw() -> None:
        for each, look in zip(page, looks, strict=True):
            draw_face(ferm.points_at(np.array([each]))[0], look)

    def filter_otherwise() -> None:
        classes = visit.button_group(key="class")
        classes.set_value(["sad"] if classes.value != ["sad"] else ["angry", "surprise"])
        _without_errors(visit.run())

    return {
        "open": lambda: faces_table(open_set(folder)),
        "read predictions": lambda: faces_table(ferm, read_predictions(answers)),
        "filter": lambda: filter_faces(table, _FILTER),
        "sort": lambda: sort_by(table, all_faces, "loss", falling=True),
        "page of 48 pictures": lambda: [picture_url(ferm.masked[each]) for each in page],
        "page of 48 drawings": draw,
        "first page of a new server": lambda: _first_page(folder, answers),
        "first page of a new visit": lambda: visit_samples(folder, answers),
        "page with another filter": filter_otherwise,
    }
