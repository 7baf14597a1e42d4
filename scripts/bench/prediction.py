"""The prediction part of the benchmark: M-Xception served, beside Keras, Xception and ``fer``.

All answer the same faces with one thread. Those of an environment run in a process of its
interpreter (``scripts/studies/take_turns.py``) and take turns with the others. ``fer`` is told
where the face is, so that its detector does not run, but for the rows that say so; without its
environment it is left out.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from skimage.data import astronaut

from fermask.dataset.face_quality import Progress
from fermask.studies.performance import Spent, Timing, take_turns
from scripts.bench.synthetic_set import drawn_faces
from scripts.running import ROOT
from scripts.studies.compare_peers import ENVIRONMENT, environment

PROGRAM = ROOT / "scripts" / "studies" / "take_turns.py"
OURS, FILE = "M-Xception", "M-Xception's file"
FER, FER_KERAS, FER_FILE = "fer", "fer with Keras", "fer's TFLite file"
KERAS_CALL, KERAS_BATCH = "Keras, called", "Keras, predict_on_batch"
XCEPTION = "Xception"
# Faces at once → how often each job answers them in a round.
_CALLS = {
    1: {OURS: 200, FILE: 200, XCEPTION: 50, KERAS_CALL: 4, KERAS_BATCH: 40}
    | {FER: 200, FER_KERAS: 10, FER_FILE: 200},
    64: {OURS: 4, XCEPTION: 1, KERAS_BATCH: 4, FER: 4},
}
CROP, PHOTOGRAPH, FER_LOOKS = (
    f"{OURS}, of a crop",
    f"{OURS}, of a photograph",
    "fer, which looks for the face",
)
# Stack of one picture → who answers it, and how often in a round.
_PICTURE_CALLS = {"crop": {CROP: 20, FER_LOOKS: 20}, "photograph": {PHOTOGRAPH: 5, FER_LOOKS: 5}}
# Where the face is in scikit-image's astronaut, with what a detector would leave around it.
_FACE = np.s_[30:254, 110:334]
# What each is like to its users.
_SAID = {
    KERAS_CALL: "Keras, model(face)",
    FER: "fer, which takes its TFLite file",
    FER_KERAS: "fer, told to take Keras",
}
# A tenth of what fer takes; no more than its file does, whose network is half the work.
_AIM_CALL, _AIM_FILE = 0.1, 1.0
# Started anew in each of so many rounds.
_STARTED, _START_ROUNDS = (OURS, KERAS_BATCH, FER, FER_KERAS), 3
# Each library has its own way to be told.
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENCV_FOR_THREADS_NUM",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)


@dataclass(frozen=True)
class Answerer:
    """A process that takes turns.

    ``process``: it runs ``PROGRAM``. ``errors``: what it says besides.
    """

    process: subprocess.Popen
    errors: IO[str]

    def ask(self, job: str, faces: int = 1, calls: int = 1, of: str = "faces") -> Any:
        """What ``PROGRAM`` says of a turn.

        Raises:
            RuntimeError: it has failed; the last line of what it said.
        """
        with suppress(BrokenPipeError):
            print(
                json.dumps({"job": job, "of": of, "faces": faces, "calls": calls}),
                file=self.process.stdin,
                flush=True,
            )
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            said = self.errors.read().strip().splitlines() or ["it said nothing"]
            raise RuntimeError(f"{job} fails: {said[-1]}")
        return json.loads(line)


Each = dict[str, tuple[Spent, ...]]
# What answers, how many at once, of which stack.
Job = tuple[str, int, str]


def bench_prediction(
    rounds: int, progress: Progress, fer_environment: Path = ENVIRONMENT
) -> list[Timing]:
    """Measures one face, 64 faces, and the way from nothing to the first answer.

    Args:
        rounds: that count; of starts, which take seconds, three at most.
        progress: told of the rounds.
        fer_environment: made by ``scripts.studies.compare_peers``.

    Raises:
        RuntimeError: an environment lacks what it needs.
    """
    pythons = {OURS: Path(sys.executable)}
    if (fer_environment / "installed").is_file():
        pythons[FER] = environment(fer_environment)
    else:
        print(
            f"fer is left out: `python -m scripts.studies.compare_peers` makes {fer_environment}.",
            file=sys.stderr,
        )
    with tempfile.TemporaryDirectory() as folder:
        path, photograph = Path(folder) / "stacks.npz", astronaut()
        pictures = {"photograph": photograph[None], "crop": photograph[_FACE][None]}
        np.savez(path, faces=drawn_faces(max(_CALLS))[0], **pictures)
        spent, work = _answering(rounds, progress, pythons, path)
        starts = _starting(min(rounds, _START_ROUNDS), progress, pythons, path)
    one, many = (
        {job: each for (job, n, of), each in spent.items() if (n, of) == (faces, "faces")}
        for faces in _CALLS
    )
    return [
        *_beside("one face, called", 1, one, {FER: _AIM_CALL, FER_KERAS: _AIM_CALL}),
        *_files(one, work),
        *_pictures(spent),
        *_beside("faces at once", max(_CALLS), many, {}),
        *starts,
    ]


def _answering(
    rounds: int, progress: Progress, pythons: Mapping[str, Path], path: Path
) -> tuple[dict[Job, tuple[Spent, ...]], dict[str, int]]:
    """What a call takes, by job; and the multiplications of ours and fer's."""
    asked = [(faces, "faces", each) for faces, each in _CALLS.items()]
    asked += [(1, of, each) for of, each in _PICTURE_CALLS.items()]
    with ExitStack() as stack:
        answerers = {
            who: stack.enter_context(_answerer(python, path)) for who, python in pythons.items()
        }
        jobs = {
            (job, faces, of): partial(_turn, answerers[_whose(job)], job, faces, calls, of)
            for faces, of, each in asked
            for job, calls in each.items()
            if _whose(job) in answerers
        }
        spent = take_turns(jobs, rounds, progress)
        compared = answerers if FER in answerers else {}
        return spent, {who: each.ask(f"{who}'s multiplications") for who, each in compared.items()}


def _turn(answerer: Answerer, job: str, faces: int, calls: int, of: str) -> Spent:
    took = answerer.ask(job, faces, calls, of)
    return Spent(took["clock"], took["processor"])


def _starting(
    rounds: int, progress: Progress, pythons: Mapping[str, Path], path: Path
) -> list[Timing]:
    """From nothing to the first answer, and the memory that it took."""
    megabytes: dict[str, float] = {}

    def start(job: str) -> Spent:
        started = time.perf_counter()
        with _answerer(pythons[_whose(job)], path) as answerer:
            megabytes[job] = answerer.ask(job)["megabytes"]
            return Spent(time.perf_counter() - started)

    jobs = [job for job in _STARTED if _whose(job) in pythons]
    spent = take_turns({job: partial(start, job) for job in jobs}, rounds, progress)
    name = "start to the first answer"
    others = [
        Timing(f"{name}: {_SAID.get(job, job)}", 1, spent[job], megabytes=megabytes[job])
        for job in jobs[1:]
    ]
    return [*_beside(name, 1, spent, {}, megabytes[OURS]), *others]


def _beside(
    name: str, faces: int, spent: Each, aims: Mapping[str, float], megabytes: float | None = None
) -> list[Timing]:
    """M-Xception compared with each of the others that do the same."""
    return [
        Timing(
            name,
            faces,
            spent[OURS],
            compared=each,
            compared_with=_SAID.get(job, job),
            aim_ratio=aims.get(job),
            megabytes=megabytes,
        )
        for job, each in spent.items()
        if job not in (OURS, FILE, FER_FILE)
    ]


def _files(spent: Each, work: Mapping[str, int]) -> list[Timing]:
    """Our network's file compared with fer's, as they are and for as much work."""
    if FER_FILE not in spent:
        return [Timing("one face, the file alone", 1, spent[FILE])]
    ours, fers = (
        tuple(Spent(each.clock * 1e6 / work[who], each.processor * 1e6 / work[who]) for each in job)
        for who, job in ((OURS, spent[FILE]), (FER, spent[FER_FILE]))
    )
    million = f"a million of its {work[OURS] / 1e6:.1f} million multiplications"
    of_fer = f"{FER_FILE}, of its {work[FER] / 1e6:.1f}"
    return [
        Timing(job, 1, each, compared=other, compared_with=compared_with, aim_ratio=_AIM_FILE)
        for job, each, other, compared_with in (
            ("one face, the file alone", spent[FILE], spent[FER_FILE], FER_FILE),
            (million, ours, fers, of_fer),
        )
    ]


def _pictures(spent: Mapping[Job, tuple[Spent, ...]]) -> list[Timing]:
    """From a picture to its answer: of one that is all face, and of one that is not."""
    timings = []
    for job, of, aim in ((CROP, "crop", _AIM_CALL), (PHOTOGRAPH, "photograph", None)):
        fers = spent.get((FER_LOOKS, 1, of), ())
        beside = {"compared": fers, "compared_with": FER_LOOKS, "aim_ratio": aim} if fers else {}
        timings.append(Timing(f"the whole way, {of}", 1, spent[job, 1, of], **beside))
    return timings


def _whose(job: str) -> str:
    return FER if job.startswith(FER) else OURS


@contextmanager
def _answerer(python: Path, path: Path) -> Iterator[Answerer]:
    """A process of an interpreter that answers the faces of a file, until it is done with."""
    own = {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [str(python), str(PROGRAM), str(path)],
            env=os.environ | _ONE_THREAD | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield Answerer(process, errors)
            finally:
                process.kill()
