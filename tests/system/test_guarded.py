"""What strangers send is decoded beside this process: nothing it does there does harm here."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from fermask.system.guarded import Guard, Lost
from fermask.system.paths import SOURCE

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is Linux's")


@pytest.fixture(scope="module")
def guard():
    guard = Guard(1, 2.0, 400_000_000, "numpy")
    yield guard
    guard.close()


def test_results_come_back_and_the_process_stays(guard):
    first = guard.call(os.getpid)
    assert first != os.getpid()
    assert list(guard.each(range, 3)) == [0, 1, 2]
    for shape in ((3,), (1000, 1000)):
        array = guard.call(np.ones, shape, np.uint8)
        np.testing.assert_array_equal(array, np.ones(shape, np.uint8))
        array += 1
    assert guard.call(os.getpid) == first


def test_errors_are_the_function_s_own(guard):
    with pytest.raises(ValueError, match="invalid literal"):
        guard.call(int, "x")
    with pytest.raises(FileNotFoundError):
        guard.call(os.stat, "/there/is/no/such/file")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True: pass", "takes too long to read"),
        ("import os; os.abort()", "takes too much memory to read"),
        pytest.param("b = bytearray(2_000_000_000)", "takes too much memory", marks=linux_only),
    ],
)
def test_what_does_not_come_back_is_a_sentence_and_another_process_goes_on(guard, code, words):
    with pytest.raises(Lost, match=words):
        guard.call(exec, code)
    assert _within_a_minute(guard, os.getppid) == os.getpid()


def test_results_that_nobody_waits_for_end_their_process(guard):
    before = _within_a_minute(guard, os.getpid)
    next(guard.each(range, 1000))
    assert _within_a_minute(guard, os.getpid) != before


def test_a_process_that_is_slow_to_begin_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time; time.sleep(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    guard = Guard(1, 1.5, 400_000_000, "slow_to_import")
    assert guard.call(int, "3") == 3
    guard.close()


def test_no_more_than_one_result_is_made_ahead(guard, tmp_path):
    names = [tmp_path / str(number) for number in range(50)]
    results = guard.each(map, Path.touch, names)
    next(results)
    time.sleep(0.5)
    assert len(list(tmp_path.iterdir())) <= 2
    # However long somebody looks at one.
    time.sleep(5)
    assert sum(1 for _ in results) == 49


def test_where_no_socket_can_be_lent_this_process_does_the_work(monkeypatch):
    monkeypatch.setattr("fermask.system.guarded._LENDS_SOCKETS", False)
    guard = Guard(2, 2.0, 400_000_000, "numpy")
    assert guard.call(os.getpid) == os.getpid()
    assert list(guard.each(range, 3)) == [0, 1, 2]
    with pytest.raises(ValueError, match="invalid literal"):
        guard.call(int, "x")
    guard.close()


@linux_only
def test_without_resource_memory_has_no_limit_and_time_has(tmp_path):
    # Found before Python's own, in the process beside this one.
    (tmp_path / "resource.py").write_text("raise ImportError")
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); "
        "from fermask.system.guarded import Guard, Lost\n"
        "print(len(Guard(1, 60.0, 1, 'array').call(bytes, 300_000_000)))\n"
        "try: Guard(1, 1.0, 1, 'array').call(exec, 'while True: pass')\n"
        "except Lost as error: print(error)"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    ).stdout
    assert told.splitlines()[0] == "300000000"
    assert "takes too long to read" in told


def test_threads_share_the_processes():
    guard = Guard(2, 30.0, 400_000_000, "numpy")
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(guard.call(os.getpid))) for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    guard.close()
    assert len(pids) == 8
    assert len(set(pids)) <= 2


@linux_only
def test_they_end_with_the_process_that_started_them():
    code = (
        f"import sys, os; sys.path.insert(0, {str(SOURCE)!r}); "
        "from fermask.system.guarded import Guard; guard = Guard(1, 30.0, 400_000_000); "
        "print(guard.call(os.getpid), flush=True); os.kill(os.getpid(), 9)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    ends = time.monotonic() + 60
    while _runs(int(out)) and time.monotonic() < ends:
        time.sleep(0.05)
    assert time.monotonic() < ends


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def _within_a_minute(guard, function):
    """What a function gives, of a process that may just have been started."""
    ends = time.monotonic() + 60
    while True:
        try:
            return guard.call(function)
        except Lost:
            assert time.monotonic() < ends
