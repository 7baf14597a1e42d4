"""A Dask cluster of real processes, started as the README says, on 127.0.0.1 alone."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class DaskCluster:
    """A scheduler, and workers that do one thing at a time; stopped when the block ends.

    ``address``: the scheduler's. ``folder``: for what they write.
    """

    def __init__(self, folder, workers=2):
        self.folder, self.processes = folder, []
        about = folder / "scheduler.json"
        place = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(about)]
        self.scheduler = self._start(ROOT, "scheduler", *place)
        self.address = self._address_in(about)
        self.workers = [self.add_worker() for _ in range(workers)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def add_worker(self, where=ROOT):
        """A worker process that nobody starts again."""
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder)]
        return self._start(where, "worker", self.address, *options)

    def kill_a_worker(self):
        """SIGKILL: it says nothing to anybody any more."""
        worker = self.workers.pop()
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def _address_in(self, about):
        """Waited for: the scheduler makes the file before it writes it."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.scheduler.poll() is None
            with suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads(about.read_text("utf-8"))["address"]
            time.sleep(0.02)
        raise TimeoutError(f"The scheduler wrote no {about} within a minute.")

    def _start(self, where, *command):
        command = [sys.executable, "-m", "dask", *command, "--no-dashboard"]
        told = (self.folder / f"{len(self.processes)}.log").open("wb")
        with told:
            process = subprocess.Popen(command, cwd=where, stdout=told, stderr=told)
        self.processes.append(process)
        return process
