"""Temporary files lie in one folder, and nothing of them outlives its time or its process."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fermask.system.paths import SOURCE
from fermask.system.scratch import scratch_folder, sweep

PROCESS = f"""
import sys, tempfile, time
sys.path.insert(0, {str(SOURCE)!r})
from fermask.system.scratch import scratch_folder
with scratch_folder("kept-", 600):
    file = tempfile.NamedTemporaryFile(delete=False)
    print(file.name, flush=True)
    sys.stdin.read()
"""


def started(place):
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS],
        env=os.environ | {"TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, Path(process.stdout.readline().strip())


def ended(process):
    process.communicate(timeout=60)


def test_all_temporary_files_lie_in_it_and_go_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder("kept-", 600) as folder:
        (folder / "deep").mkdir()
        with tempfile.NamedTemporaryFile(delete=False) as file:
            assert Path(file.name).parent == folder
        assert os.environ["TMPDIR"] == str(folder)
    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() == str(tmp_path)


def test_a_killed_process_s_files_go_with_the_next_start_and_a_living_one_s_stay(tmp_path):
    killed, lost = started(tmp_path)
    living, stays = started(tmp_path)
    killed.send_signal(signal.SIGKILL)
    ended(killed)
    assert lost.exists()
    third, _ = started(tmp_path)
    assert not lost.parent.exists()
    assert stays.exists()
    for process in (living, third):
        ended(process)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_locks_only_old_files_of_others_go(tmp_path, monkeypatch):
    monkeypatch.setattr("fermask.system.kept.LOCKS", False)
    monkeypatch.setattr("fermask.system.scratch.LOCKS", False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "kept-other").mkdir()
    old, new = tmp_path / "kept-other" / "old", tmp_path / "kept-other" / "new"
    for path in (old, new):
        path.touch()
    os.utime(old, (time.time() - 700,) * 2)
    with scratch_folder("kept-", 600):
        assert not old.exists()
        assert new.exists()


def test_files_are_swept_by_age_whoever_made_them(tmp_path):
    (tmp_path / "deep").mkdir()
    old, new = tmp_path / "deep" / "old", tmp_path / "new"
    for path in (old, new):
        path.touch()
    os.utime(old, (time.time() - 100,) * 2)
    sweep(tmp_path, 50)
    assert not old.exists()
    assert new.exists()
    link = tmp_path / "link"
    link.symlink_to("/etc/hostname")
    sweep(tmp_path, -10)
    assert not link.is_symlink()
    assert Path("/etc/hostname").exists()
