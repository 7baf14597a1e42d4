"""M-Xception served, beside Keras, Xception and ``fer``.

All answer the same pictures with one thread, each in a process of its own that starts anew in
every round. ``fer`` is given the face's place, so that its detector does not run, but for the rows
that say so; without its environment it is left out.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from skimage.data import astronaut

from fermask.dataset.face_quality import Progress
from fermask.system.paths import ROOT, SOURCE
from scripts.bench.synthetic_set import drawn_faces
from scripts.bench.timing import Run, row, take_turns
from scripts.studies.compare_peers import ENVIRONMENT, environment

PROGRAM = Path(__file__).with_name("answering.py")
OURS, XCEPTION, KERAS, KERAS_BATCH = (
    *("M-Xception", "Xception", "Keras, model(face)", "Keras, predict_on_batch"),
)
CROP, PHOTOGRAPH = f"{OURS}, of a crop", f"{OURS}, of a photograph"
FER, FER_LOOKS = "fer, which takes its TFLite file", "fer, which looks for the face"
# Where the face is in scikit-image's astronaut, with what a detector would leave around it.
_FACE = np.s_[30:254, 110:334]
# Each library has its own switch.
_ONE_THREAD = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"),
        *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    ),
    "1",
)


class Task(NamedTuple):
    """Jobs of ``answering.py`` that answer the same, ours first, and how many calls each gets."""

    name: str
    stack: str
    faces: int
    calls: dict[str, int]


TASKS = (
    Task(
        *("one face, called", "faces", 1),
        {OURS: 200, XCEPTION: 50, KERAS: 4, KERAS_BATCH: 40, FER: 200},
    ),
    Task("faces at once", "faces", 64, {OURS: 4, XCEPTION: 1, KERAS_BATCH: 4, FER: 4}),
    Task("the whole way, crop", "crop", 1, {CROP: 20, FER_LOOKS: 20}),
    Task("the whole way, photograph", "photograph", 1, {PHOTOGRAPH: 5, FER_LOOKS: 5}),
)


def measure(
    rounds: int, progress: Progress, fer_environment: Path = ENVIRONMENT
) -> list[dict[str, Any]]:
    """Rows on one face, 64 faces, whole pictures, and the way from nothing to the first answer.

    Args:
        rounds: that count; three at most.
        progress: called with the rounds.
        fer_environment: made by ``scripts.studies.compare_peers``.

    Raises:
        RuntimeError: a job fails.
    """
    fer = None
    if (fer_environment / "installed").is_file():
        fer = environment(fer_environment)
    else:
        print(
            f"fer is left out: `python -m scripts.studies.compare_peers` makes {fer_environment}.",
            file=sys.stderr,
        )
    starts: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stacks.npz"
        pictures = {"photograph": astronaut()[None], "crop": astronaut()[None][:, *_FACE]}
        np.savez(path, faces=drawn_faces(64)[0], **pictures)
        jobs = {
            (task.name, job): partial(_answer, fer, path, task, job, starts)
            for task in TASKS
            for job in task.calls
            if fer or not job.startswith("fer")
        }
        runs = take_turns(jobs, min(rounds, 3), progress)
    rows = []
    for task in TASKS:
        ours, *others = (job for job in task.calls if (task.name, job) in runs)
        for other in others or [""]:
            compared = runs.get((task.name, other), ())
            rows.append(row(task.name, task.faces, runs[task.name, ours], other, compared))
    return rows + _starts(starts)


def _answer(
    fer: Path | None, path: Path, task: Task, job: str, starts: dict[str, list[Run]]
) -> Run:
    """What a call takes; what the first answer to one face took goes into ``starts``."""
    python = str(fer) if job.startswith("fer") else sys.executable
    own = {"PYTHONPATH": f"{ROOT}{os.pathsep}{SOURCE}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    asked = (str(path), job, task.stack, str(task.faces), str(task.calls[job]))
    started = time.time()
    done = subprocess.run(
        [python, str(PROGRAM), *asked],
        env=os.environ | _ONE_THREAD | own,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise RuntimeError(f"{job} fails: {said[-1]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    if task is TASKS[0]:
        starts.setdefault(job, []).append(Run(answer["ready"] - started, answer["megabytes"]))
    return Run(answer["seconds"])


def _starts(starts: dict[str, list[Run]]) -> list[dict[str, Any]]:
    """The first round warms the disk."""
    runs = {job: each[1:] for job, each in starts.items() if job in (OURS, KERAS_BATCH, FER)}
    name = "start to the first answer"
    others = [job for job in runs if job != OURS]
    return [row(name, 1, runs[OURS], job, runs[job]) for job in others] + [
        row(f"{name}: {job}", 1, runs[job]) for job in others
    ]
