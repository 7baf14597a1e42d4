"""How the benchmark's parts measure: jobs that take turns, and what is kept of each."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from core.measuring import Progress


@dataclass(frozen=True)
class Spent:
    """What a job took, in seconds: by the clock, and of processors, all of them together.

    The latter says what the former comes to on a machine that does nothing else; None where
    it was not measured.
    """

    clock: float
    processor: float | None = None


@dataclass(frozen=True)
class Timing:
    """What a job took in each round.

    ``job``: its name. ``faces``: how many it was about. ``spent``: of each round. ``aim``: the
    seconds that the median by the clock should stay under, or None. ``compared``: what another
    job took in the same rounds, or () where there is none to compare with.
    """

    job: str
    faces: int
    spent: tuple[Spent, ...]
    aim: float | None = None
    compared: tuple[Spent, ...] = ()


def take_turns(
    jobs: Mapping[Hashable, Callable[[], object]], rounds: int, progress: Progress
) -> dict[Hashable, tuple[Spent, ...]]:
    """Runs all jobs in every round, so that what slows the machine slows all of them alike.

    Args:
        jobs: by name; one that gives back ``Spent`` has measured itself.
        rounds: that count; one before them does not, in which files and caches get warm.
        progress: told of the rounds.

    Returns:
        What each round took, by the job's name.
    """
    spent: dict[Hashable, list[Spent]] = {name: [] for name in jobs}
    for i in range(rounds + 1):
        for name, job in jobs.items():
            clock, processor = time.perf_counter(), time.process_time()
            result = job()
            took = Spent(time.perf_counter() - clock, time.process_time() - processor)
            if i:
                spent[name].append(result if isinstance(result, Spent) else took)
        progress("rounds", i, rounds)
    return {name: tuple(each) for name, each in spent.items()}
