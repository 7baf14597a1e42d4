"""A job in an interpreter of its own, so that its peak of memory is its own: for the benchmark."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fermask.studies.performance import Spent
from scripts.running import ROOT

_CODE = "import sys; from scripts.bench.own_process import _print_run; _print_run(*sys.argv[1:])"


@dataclass(frozen=True)
class Run:
    """What a job took, and the megabytes of all its processes together at most."""

    spent: Spent
    megabytes: float


def run_alone(job: str, *arguments: str, processes: int = 0) -> Run:
    """Runs a function of the project in a new interpreter; its imports do not count.

    Args:
        job: ``module:function``.
        arguments: of the function.
        processes: that it starts; each counts as much memory as the largest of them.

    Raises:
        RuntimeError: it fails; the last line of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-c", _CODE, job, str(processes), *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1]
        raise RuntimeError(f"{job} ({', '.join(arguments)}) fails: {said}")
    clock, processor, megabytes = map(float, done.stdout.split())
    return Run(Spent(clock, processor), megabytes)


def _print_run(job: str, processes: str, *arguments: str) -> None:
    module, function = job.split(":")
    call = getattr(import_module(module), function)
    started, spent = time.perf_counter(), sum(os.times()[:4])
    call(*arguments)
    clock, processor = time.perf_counter() - started, sum(os.times()[:4]) - spent
    print(clock, processor, _megabytes(int(processes)))


def _megabytes(processes: int) -> float:
    """The peak of this process, and as many times that of the largest it has started."""
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3
    own, child = (
        resource.getrusage(who).ru_maxrss / unit
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    # On Linux a process inherits the peak of the one that started it, but here is its own.
    status = Path("/proc/self/status")
    if status.is_file():
        own = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))[1]) / unit
    return own + processes * child
