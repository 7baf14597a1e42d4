"""Jobs that take turns, and what is kept of each.

Seconds that stand alone say more of a machine than of the code, so what can be compared is: a
ratio is taken within each round, between two jobs that ran one after the other.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

from fermask.dataset.face_quality import Progress
from scripts.bench.memory import largest_child_megabytes, peak_megabytes


class Run(NamedTuple):
    """What a job took, and the megabytes of its processes together at most, where measured."""

    seconds: float
    megabytes: float | None = None


def take_turns(
    jobs: Mapping[Any, Callable[[], object]], rounds: int, progress: Progress
) -> dict[Any, list[Run]]:
    """Runs all jobs in every round, so that what slows the machine slows all of them alike.

    Args:
        jobs: by name; one that gives back a ``Run`` has measured itself.
        rounds: that count; one before them does not, in which files and caches get warm.
        progress: called with the rounds.
    """
    runs: dict[Any, list[Run]] = {name: [] for name in jobs}
    for i in range(rounds + 1):
        for name, job in jobs.items():
            started = time.perf_counter()
            result = job()
            took = Run(time.perf_counter() - started)
            if i:
                runs[name].append(result if isinstance(result, Run) else took)
        progress("rounds", i, rounds)
    return runs


def row(
    job: str, faces: int, runs: Sequence[Run], to: str = "", others: Sequence[Run] = ()
) -> dict[str, Any]:
    """A row for ``fermask.reporting.performance_report.performance_table``.

    Args:
        job: its name.
        faces: that it was about.
        runs: a run for each round.
        to: the name of what it is compared with.
        others: its runs in the same rounds; none where there is nothing to compare with.
    """
    seconds = np.array([run.seconds for run in runs])
    ratios = seconds / [run.seconds for run in others] if others else None
    peaks = [run.megabytes for run in runs if run.megabytes is not None]
    return {
        "job": job,
        "faces": faces,
        "ms": _spread(1000 * seconds),
        "MB": max(peaks, default=None),
        "ratio": None if ratios is None else _spread(ratios),
        "to": to if others else "",
    }


def run_alone(job: Callable[..., object], *arguments: Any, processes: int = 0) -> Run:
    """Runs a function of a module in a new process, so that its peak of memory is its own.

    Args:
        job: its imports do not count.
        arguments: of the function.
        processes: that it starts; each counts as much memory as the largest of them.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_timed, job, arguments, processes).result()


def _timed(job: Callable[..., object], arguments: tuple[Any, ...], processes: int) -> Run:
    started = time.perf_counter()
    job(*arguments)
    seconds = time.perf_counter() - started
    return Run(seconds, peak_megabytes() + processes * largest_child_megabytes())


def _spread(values: np.ndarray) -> list[float]:
    """Median, lowest and highest."""
    return [float(f"{f(values):.6g}") for f in (np.median, np.min, np.max)]
