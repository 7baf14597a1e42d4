"""What is kept is replaced whole, by one writer, and every damage to it is told."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from fermask.dataset.manifest import MANIFEST
from fermask.system import kept
from fermask.system.kept import (
    CHECKSUMS,
    Checksums,
    DamagedFile,
    check_file,
    keep,
    keep_one,
    note_files,
    one_writer,
)
from fermask.system.paths import DATA, OUT_OF_FOLD, PUBLISHED, SHIPPED, SOURCE


def writing(content):
    return lambda path: path.write_bytes(content)


def test_a_file_that_is_as_it_was_written_passes_and_any_flipped_bit_does_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(kept, "_BLOCK", 1000)
    data = np.random.default_rng(0).bytes(3500)
    keep(tmp_path, {"a.bin": writing(data), "b.bin": writing(b"")})
    check_file(tmp_path / "a.bin")
    check_file(tmp_path / "b.bin")
    for at in (0, 999, 1000, 3499):
        wrong = bytearray(data)
        wrong[at] ^= 1
        (tmp_path / "a.bin").write_bytes(wrong)
        with pytest.raises(DamagedFile, match=r"a\.bin is not as it was written"):
            check_file(tmp_path / "a.bin")
        sums = Checksums(tmp_path / "a.bin")
        sums.check(0, 900) if at >= 1000 else sums.check(1000, 3500)
    for wrong in (data[:-1], data + b"x", b""):
        (tmp_path / "a.bin").write_bytes(wrong)
        with pytest.raises(DamagedFile, match=r"a\.bin"):
            check_file(tmp_path / "a.bin")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"files": {}, "sha256": ""}', "{"])
def test_damaged_checksums_are_a_sentence(tmp_path, text):
    keep_one(tmp_path / "a.bin", writing(b"a"))
    (tmp_path / CHECKSUMS).write_text(text)
    with pytest.raises(DamagedFile, match=CHECKSUMS):
        check_file(tmp_path / "a.bin")


def test_what_is_published_is_as_it_was_written():
    for sums in DATA.glob(f"**/{CHECKSUMS}"):
        for name in json.loads(sums.read_text())["files"]:
            # Weights of single runs are not published.
            if (sums.parent / name).exists():
                check_file(sums.parent / name)


def test_every_published_file_that_is_opened_has_a_checksum():
    kinds = {".bin", ".csv", ".json", ".keras", ".onnx", ".parquet"}
    # What people put or make there themselves.
    own = {DATA / "fer2013", DATA / "review", DATA / "pictures"}
    paths = [path for path in DATA.rglob("*") if path.suffix in kinds and path.name != CHECKSUMS]
    paths = [path for path in paths if not own & set(path.parents)]
    assert {SHIPPED, OUT_OF_FOLD, PUBLISHED / MANIFEST} <= set(paths)
    for path in paths:
        assert path.name in json.loads((path.parent / CHECKSUMS).read_text())["files"], path


def test_a_file_written_otherwise_is_noted_and_then_checked(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"1")
    note_files(tmp_path, ["a.bin"])
    check_file(tmp_path / "a.bin")
    (tmp_path / "a.bin").write_bytes(b"2")
    with pytest.raises(DamagedFile):
        check_file(tmp_path / "a.bin")


def test_what_nobody_kept_is_not_checked(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"a")
    check_file(tmp_path / "a.bin")
    keep_one(tmp_path / "b.bin", writing(b"b"))
    check_file(tmp_path / "a.bin")


def test_an_opened_file_stays_the_one_that_is_checked(tmp_path):
    keep_one(tmp_path / "a.bin", writing(b"old"))
    sums = Checksums(tmp_path / "a.bin")
    keep_one(tmp_path / "a.bin", writing(b"new"))
    sums.check()
    check_file(tmp_path / "a.bin")


def test_all_or_none(tmp_path):
    keep(tmp_path, {"a.bin": writing(b"1"), "b.bin": writing(b"1")})

    def fail(path):
        path.write_bytes(b"half")
        raise OSError("no room")

    with pytest.raises(OSError, match=r"b\.bin cannot be written \(no room\)\. What was there"):
        keep(tmp_path, {"a.bin": writing(b"2"), "b.bin": fail})
    assert (tmp_path / "a.bin").read_bytes() == b"1"
    check_file(tmp_path / "a.bin")
    check_file(tmp_path / "b.bin")
    assert sorted(os.listdir(tmp_path)) == [CHECKSUMS, "a.bin", "b.bin"]


@pytest.mark.parametrize("moment", range(6))
def test_a_process_killed_in_between_leaves_files_that_pass(tmp_path, moment):
    keep(tmp_path, {"a.bin": writing(b"1"), "b.bin": writing(b"1")})
    code = f"""
import os, sys
sys.path.insert(0, {str(SOURCE)!r})
from pathlib import Path
from fermask.dataset.manifest import MANIFEST
from fermask.system import kept
left, replace = [{moment}], Path.replace
def replace_or_die(path, target):
    if not left[0]:
        os.kill(os.getpid(), 9)
    left[0] -= 1
    return replace(path, target)
Path.replace = replace_or_die
write = lambda path: path.write_bytes(b"2")
kept.keep(Path({str(tmp_path)!r}), {{"a.bin": write, "b.bin": write}})
"""
    done = subprocess.run([sys.executable, "-c", code])
    assert done.returncode == (-signal.SIGKILL if moment < 4 else 0)
    for name in ("a.bin", "b.bin"):
        check_file(tmp_path / name)
        assert (tmp_path / name).read_bytes() in (b"1", b"2")
    # And so do those of the next writer, whatever was left.
    with one_writer(tmp_path):
        keep(tmp_path, {"a.bin": writing(b"3")})
    check_file(tmp_path / "a.bin")
    check_file(tmp_path / "b.bin")
    assert sorted(os.listdir(tmp_path)) == [CHECKSUMS, "a.bin", "b.bin"]
    sums = json.loads((tmp_path / CHECKSUMS).read_text())["files"]
    assert all(len(each) == 1 for each in sums["a.bin"])


HOLD = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
from pathlib import Path
from fermask.system.kept import one_writer
with one_writer(Path(sys.argv[1])):
    (Path(sys.argv[1]) / ".partial-left").write_text("half")
    print("holds", flush=True)
    sys.stdin.read()
"""


def test_a_folder_has_one_writer_and_a_dead_one_holds_nothing(tmp_path):
    folder = tmp_path / "new"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"holds\n"
    with pytest.raises(BlockingIOError, match="Another process is writing"), one_writer(folder):
        pass
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with one_writer(folder):
        assert os.listdir(folder) == []
    with one_writer(tmp_path / "another"):
        pass
    assert not (tmp_path / "another").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_leaves_what_was_there(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        keep_one(disk / "a.npy", lambda path: np.save(path, np.zeros(10_000, np.uint8)))
        with pytest.raises(OSError, match=r"a\.npy cannot be written .*What was there stands"):
            keep_one(disk / "a.npy", lambda path: np.save(path, np.ones(1_000_000, np.uint8)))
        check_file(disk / "a.npy")
        assert not np.load(disk / "a.npy").any()
        assert shutil.disk_usage(disk).free > 200_000
    finally:
        subprocess.run(["umount", str(disk)], check=True)
