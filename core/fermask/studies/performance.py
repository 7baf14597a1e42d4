"""How long the project's parts take: jobs that take turns, what is kept of each, and its words.

Seconds that stand alone say more of a machine than of the code, so what can be compared is: a
ratio is taken within each round, between two jobs that ran one after the other.
"""

import os
import sys
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.face_quality import Progress
from fermask.system.circumstances import circumstances
from fermask.system.files import read_json, write_json
from fermask.system.markdown import markdown_table
from fermask.system.paths import PERFORMANCE

SCHEMA = 1

# Drawn from it by ``scripts.studies.reproduce``.
RATIOS_FIGURE, GROWTH_FIGURE = "docs/performance.svg", "docs/growth.svg"

_TITLE = "## Performance\n\n"
_NONE = f"{_TITLE}Not measured yet: `make bench`.\n"


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
    job took in the same rounds for as much work, or () where there is none to compare with.
    ``compared_with``: that job's name. ``aim_ratio``: how small the median of ``spent`` /
    ``compared`` should be, or None. ``megabytes``: memory that it took, or None.
    """

    job: str
    faces: int
    spent: tuple[Spent, ...]
    aim: float | None = None
    compared: tuple[Spent, ...] = ()
    compared_with: str = ""
    aim_ratio: float | None = None
    megabytes: float | None = None

    @property
    def seconds(self) -> np.ndarray:
        """By the clock, of each round."""
        return np.array([each.clock for each in self.spent])

    @property
    def ratios(self) -> np.ndarray:
        """To the job compared with, within each round; empty where there is none."""
        if not self.compared:
            return np.array([])
        return self.seconds / np.array([each.clock for each in self.compared])

    @property
    def reached(self) -> bool | None:
        """Whether the medians are within every aim; None where nothing was aimed at."""
        kept = []
        if self.aim is not None:
            kept.append(np.median(self.seconds) < self.aim)
        if self.aim_ratio is not None:
            kept.append(np.median(self.ratios) <= self.aim_ratio)
        return bool(all(kept)) if kept else None


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


def shown_timings(timings: list[Timing]) -> pd.DataFrame:
    """Timings as people read them; a column that says nothing in any row is left out."""
    rows = []
    for each in timings:
        processor = [1000 * spent.processor for spent in each.spent if spent.processor is not None]
        rows.append(
            {
                "job": each.job,
                "faces": f"{each.faces:,}",
                "ms": _spread(1000 * each.seconds),
                "processor ms": _figure(float(np.median(processor))) if processor else "",
                "MB": "" if each.megabytes is None else f"{each.megabytes:,.0f}",
                "ratio": _spread(each.ratios) if each.compared else "",
                "to": each.compared_with,
                "aim": _aim(each),
                "reached": {None: "", True: "yes", False: "no"}[each.reached],
            }
        )
    table = pd.DataFrame(rows)
    return table[[name for name in table if (table[name] != "").any()]]


def part_record(timings: list[Timing]) -> dict[str, Any]:
    """A part's timings and where they were measured, ready for JSON."""
    return {
        "machine": machine_words(),
        "timings": [asdict(each) for each in timings],
    }


def record_parts(parts: dict[str, dict[str, Any]], path: Path = PERFORMANCE) -> None:
    """Keeps ``part_record`` of each part by its name; other parts there stay as they are.

    Raises:
        ValueError: the file there is of another version.
    """
    write_json(path, {"schema": SCHEMA, "parts": recorded_parts(path) | parts})


def recorded_parts(path: Path = PERFORMANCE) -> dict[str, dict[str, Any]]:
    """What ``record_parts`` kept: of each part ``machine`` and ``timings``.

    Raises:
        ValueError: the file is of another version, or no such file.
    """
    if not path.is_file():
        return {}
    kept = read_json(path)
    if not isinstance(kept, dict) or kept.get("schema") != SCHEMA:
        raise ValueError(f"{path} is not of version {SCHEMA}; `make bench` does it.")
    return kept["parts"]


def timings_of(part: dict[str, Any]) -> list[Timing]:
    """The timings of a ``part_record``."""
    return [
        Timing(
            **{
                **each,
                "spent": tuple(Spent(**spent) for spent in each["spent"]),
                "compared": tuple(Spent(**spent) for spent in each["compared"]),
            }
        )
        for each in part["timings"]
    ]


def performance_markdown(path: Path = PERFORMANCE) -> str:
    """The section of RESULTS.md, or a sentence that says how to measure.

    Raises:
        ValueError: the file is of another version.
    """
    parts = recorded_parts(path)
    if not parts:
        return _NONE
    said = [
        f"{_TITLE}Written by `scripts.bench --record`. The jobs of a part take turns; a figure is "
        "the median of the rounds (fastest to slowest), a ratio is taken within each round, and "
        "under 1 is faster. Seconds are of the machine named, and say little of another.\n\n"
        f"![Ratios of times, by part]({RATIOS_FIGURE})\n\n"
        f"![Seconds by number of faces]({GROWTH_FIGURE})\n"
    ]
    for name, part in parts.items():
        table = markdown_table(shown_timings(timings_of(part)))
        said.append(f"### {name}\n\n{part_words(part)}\n\n{table}")
    return "\n".join(said)


def part_words(part: dict[str, Any]) -> str:
    """Where and how often a part was measured."""
    counts = sorted({len(each["spent"]) for each in part["timings"]})
    rounds = " or ".join(map(str, counts))
    return f"{part['machine']}. Median of {rounds} rounds (fastest to slowest)."


def machine_words() -> str:
    """This machine, how busy it is, and the code that is measured."""
    about = circumstances()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    commit = about["commit"][:12] or "no git checkout"
    return f"{about['machine']}{load}; Python {sys.version.split()[0]}, code {commit}"


def _aim(timing: Timing) -> str:
    aims = []
    if timing.aim is not None:
        aims.append(f"under {1000 * timing.aim:,.0f} ms")
    if timing.aim_ratio is not None:
        aims.append(f"ratio {timing.aim_ratio:g}")
    return ", ".join(aims)


def _spread(values: np.ndarray) -> str:
    """Median, and lowest to highest."""
    return f"{_figure(np.median(values))} ({_figure(values.min())} to {_figure(values.max())})"


def _figure(value: float) -> str:
    """Three figures that count, and no more than three decimals."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
