"""The scaling part of the benchmark: how time and memory grow from a thousand faces to a million.

The faces are drawn for it (``scripts.bench.synthetic_set``) and deleted after it. Each run has an
interpreter of its own, so that its peak of memory is its own. More than a thousand faces take
their turn in the first round alone: work that long averages by itself. What would take more than
a few minutes stops at fewer faces.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fermask.dataset.duplicates import duplicate_groups
from fermask.dataset.face_quality import Progress, measure
from fermask.dataset.manifest import open_set
from fermask.faces.landmarks import LandmarkSettings
from fermask.photographs.prediction_parts import FACES_A_PART, face_parts, open_faces, write_parts
from fermask.studies.performance import Spent, Timing
from fermask.system.paths import SHIPPED
from fermask.system.workers import Workers, open_workers
from scripts.bench.own_process import Run, run_alone
from scripts.bench.synthetic_set import write_faces, write_synthetic_set

SIZES = (1_000, 10_000, 100_000, 1_000_000)
# A round takes minutes.
_MOST_ROUNDS = 3
PREDICTING, LANDMARKS = "predicting faces of a file", "finding landmarks"
OPENING, DUPLICATES = "opening a set", "finding duplicates"
# Ten times the faces in ten times the time, and what a busy machine adds.
_AIM_RATIO = 1.2
# Two workers beside one; the second has to start, and two cores may share a memory or be halves of
# one.
_AIM_PAIR = 0.7


@dataclass(frozen=True)
class Ask:
    """A job on so many faces, and who does it: processes, or as many workers of a cluster."""

    job: str
    faces: int
    workers: int = 2
    dask: bool = False


def bench_scaling(
    rounds: int, progress: Progress, sizes: tuple[int, ...] = SIZES, pair: int = 4 * FACES_A_PART
) -> list[Timing]:
    """Measures predicting, opening, landmarks and duplicates, and what a second worker brings.

    Args:
        rounds: of the smallest set, and of those that compare workers; three at most.
        progress: told of the runs.
        sizes: numbers of faces, each ten times the one before; a face takes 3 kB on the disk.
        pair: faces that one worker and two predict; of an eighth they find the landmarks.

    Returns:
        A timing of each job and size, all with two processes, compared with ten times what a
        tenth of the faces took; then two workers compared with one.

    Raises:
        RuntimeError: a job fails.
    """
    asked = {PREDICTING: sizes, OPENING: sizes, LANDMARKS: sizes[:2], DUPLICATES: sizes[:2]}
    grow = [Ask(job, faces) for job, each in asked.items() for faces in each]
    pairs = [
        Ask(job, faces, *who)
        for job, faces in ((PREDICTING, pair), (LANDMARKS, pair // 8))
        for who in ((1, False), (2, False), (2, True))
    ]
    runs: dict[Ask, list[Run]] = {ask: [] for ask in (*grow, *pairs)}
    rounds = min(rounds, _MOST_ROUNDS)
    with tempfile.TemporaryDirectory() as folder, _dask_cluster(2) as scheduler:
        for faces in {ask.faces for ask in runs}:
            _write_set(Path(folder) / f"{faces}", faces)
        for i in range(rounds):
            for done, ask in enumerate(runs):
                progress(f"round {i + 1} of {rounds}", done, len(runs))
                if i == 0 or ask in pairs or ask.faces == sizes[0]:
                    runs[ask].append(_run(ask, Path(folder) / f"{ask.faces}", scheduler))
    return [_growth(ask, runs) for ask in grow] + [_pair(ask, runs) for ask in pairs]


def do(job: str, folder: str, workers: str, scheduler: str) -> None:
    """Does a job, as ``run_alone`` asks for it."""
    with open_workers(int(workers), scheduler or None) as opened:
        _JOBS[job](Path(folder), opened)


def _run(ask: Ask, folder: Path, scheduler: str) -> Run:
    asked = (ask.job, str(folder), str(ask.workers), scheduler if ask.dask else "")
    return run_alone("scripts.bench.scaling:do", *asked, processes=ask.workers)


def _growth(ask: Ask, runs: dict[Ask, list[Run]]) -> Timing:
    tenth = runs.get(Ask(ask.job, ask.faces // 10), [])[: len(runs[ask])]
    return Timing(
        ask.job,
        ask.faces,
        tuple(run.spent for run in runs[ask]),
        compared=tuple(
            Spent(10 * run.spent.clock, 10 * (run.spent.processor or 0)) for run in tenth
        ),
        compared_with="ten times a tenth of the faces" if tenth else "",
        aim_ratio=_AIM_RATIO if tenth else None,
        megabytes=max(run.megabytes for run in runs[ask]),
    )


def _pair(ask: Ask, runs: dict[Ask, list[Run]]) -> Timing:
    spent = tuple(run.spent for run in runs[ask])
    # What Dask's workers take is not this process's to know.
    spent = tuple(Spent(each.clock) for each in spent) if ask.dask else spent
    who = (
        "one process" if ask.workers == 1 else f"two {'Dask workers' if ask.dask else 'processes'}"
    )
    if ask.workers == 1:
        return Timing(f"{ask.job}, {who}", ask.faces, spent)
    return Timing(
        f"{ask.job}, {who}",
        ask.faces,
        spent,
        compared=tuple(run.spent for run in runs[Ask(ask.job, ask.faces, 1)]),
        compared_with="one process",
        aim_ratio=_AIM_PAIR,
    )


@contextmanager
def _dask_cluster(workers: int) -> Iterator[str]:
    """The address of a cluster of this machine."""
    from distributed import LocalCluster

    with LocalCluster(workers, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def _write_set(folder: Path, faces: int) -> None:
    write_synthetic_set(folder, faces, pictures=False)
    write_faces(folder / _FACES, faces, np.random.default_rng(0), masked=False)


def _predict(folder: Path, workers: Workers) -> None:
    path, out = folder / _FACES, folder / "out"
    total = len(open_faces(path))
    write_parts(face_parts(path), total, out, SHIPPED, workers, _quiet)
    shutil.rmtree(out)


def _landmarks(folder: Path, workers: Workers) -> None:
    measure(np.load(folder / _FACES), LandmarkSettings(), None, workers, _quiet)


def _duplicates(folder: Path, workers: Workers) -> None:
    faces = np.load(folder / _FACES)
    duplicate_groups(faces, np.repeat("Training", len(faces)))


def _open(folder: Path, workers: Workers) -> None:
    open_set(folder)


def _quiet(step: str, done: int, total: int) -> None:
    pass


_FACES = "faces.npy"
_JOBS: dict[str, Callable[[Path, Workers], None]] = {
    PREDICTING: _predict,
    OPENING: _open,
    LANDMARKS: _landmarks,
    DUPLICATES: _duplicates,
}
