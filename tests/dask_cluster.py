"""A Dask cluster of real processes, started as the README says, on 127.0.0.1 alone."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


# For processes that hang; on a busy machine they take as long as they take to start.
SECONDS = 300


class DaskCluster:
    """A scheduler, and workers that do one thing at a time; stopped when the block ends.

    ``address``: the scheduler's. ``folder``: for what they write. ``workers``: their processes.
    """

    def __init__(self, folder):
        self.folder, self.processes, self.workers = folder, [], []
        about = folder / "scheduler.json"
        place = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(about)]
        self.scheduler = self._start(ROOT, "scheduler", *place)
        self.address = self._address_in(about)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    @property
    def is_up(self):
        return self.scheduler.poll() is None

    def add_workers(self, count, where=ROOT):
        """Worker processes that nobody starts again; waits until the scheduler knows them."""
        from distributed import Client

        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder)]
        command = ["worker", self.address, *options]
        self.workers += [self._start(where, *command) for _ in range(count)]
        with Client(self.address, timeout=SECONDS, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=SECONDS)

    def kill_a_worker(self):
        """SIGKILL: it says nothing to anybody any more."""
        worker = self.workers.pop()
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def _address_in(self, about):
        """Waited for: the scheduler makes the file before it writes it."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            assert self.scheduler.poll() is None
            with suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads(about.read_text("utf-8"))["address"]
            time.sleep(0.02)
        raise TimeoutError(f"The scheduler wrote no {about} within {SECONDS} seconds.")

    def _start(self, where, *command):
        command = [sys.executable, "-m", "dask", *command, "--no-dashboard"]
        told = (self.folder / f"{len(self.processes)}.log").open("wb")
        with told:
            process = subprocess.Popen(command, cwd=where, stdout=told, stderr=told)
        self.processes.append(process)
        return process
