"""Whoever does the work, the results are the same; and whoever cannot is named in a sentence."""

import ast
import os
import subprocess
import sys
from contextlib import ExitStack
from itertools import count

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fermask.dataset.building import build
from fermask.dataset.ferm import FermSettings
from fermask.photographs.prediction_parts import picture_parts, write_parts
from fermask.system import workers as work
from fermask.system.paths import ROOT, SHIPPED, SOURCE
from fermask.system.workers import each_result, open_workers
from tests.dask_cluster import DaskCluster
from tests.faces import astronaut
from tests.tiny_fer2013 import TinyFer2013, read


@pytest.fixture(scope="module")
def started():
    """The clusters that these tests have started, of which the last may be up."""
    with ExitStack() as clusters:
        yield clusters, []


@pytest.fixture
def cluster(started, tmp_path_factory, monkeypatch):
    """A cluster with two workers; tests may end any of its processes."""
    monkeypatch.setattr(work, "_SECONDS_TO_ANSWER", 300)
    stack, clusters = started
    if not clusters or not clusters[-1].is_up:
        clusters.append(stack.enter_context(DaskCluster(tmp_path_factory.mktemp("dask"))))
    missing = 2 - len(clusters[-1].workers)
    if missing:
        clusters[-1].add_workers(missing)
    return clusters[-1]


def quiet(step, done, total):
    pass


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_piece_comes_back_with_its_key(jobs):
    with open_workers(jobs) as workers:
        results = dict(each_result(workers, abs, ((str(-n), n) for n in range(-300, 0))))
    assert results == {str(n): n for n in range(1, 301)}


def test_pieces_are_taken_as_results_come_and_not_all_at_once(monkeypatch):
    monkeypatch.setattr(work, "_AHEAD", 5)
    taken = []

    def pieces():
        for number in range(1000):
            taken.append(number)
            yield number, number

    with open_workers(2) as workers:
        for received, _ in enumerate(each_result(workers, abs, pieces()), start=1):
            assert len(taken) <= received + 5
            if received == 40:
                break
    assert len(taken) < 50


def test_a_process_that_dies_is_one_sentence():
    with pytest.raises(OSError, match="process that computed was killed"), open_workers(2) as pool:
        list(each_result(pool, os._exit, [(0, 9)]))


SCRIPT = """
import fermask
from tests.tiny_fer2013 import TinyFer2013, read

{guard}
    faces = read(TinyFer2013().write(__import__("pathlib").Path("tiny")))
    ferm = fermask.build(faces, fermask.FermSettings(quotas=None), jobs=2)
    print(len(ferm.manifest), "faces")
"""


@pytest.mark.parametrize("guard", ['if __name__ == "__main__":', "if True:"])
def test_a_script_without_a_guard_is_told_of_it(guard, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.format(guard=guard))
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT)])},
        capture_output=True,
        text=True,
    )
    if guard == "if True:":
        assert done.returncode == 1
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("OSError: No process beside this one could begin.")
        assert 'below `if __name__ == "__main__":`' in last
        assert "memory" not in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith(" faces\n")


def jobs_defaults():
    """The default of every parameter ``jobs``, as it stands in the code, by function."""
    for path in [*(SOURCE / "fermask").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                given = [*node.args.posonlyargs, *node.args.args]
                pairs = zip(reversed(given), reversed(node.args.defaults), strict=False)
                pairs = [*pairs, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
                for argument, default in pairs:
                    if argument.arg == "jobs" and default is not None:
                        yield node.name, ast.unparse(default)


def test_one_process_is_every_function_s_default():
    defaults = dict(jobs_defaults())
    assert {"build", "screen", "open_workers"} <= defaults.keys()
    assert set(defaults.values()) == {"1"}


def test_a_worker_that_would_compute_otherwise_refuses(monkeypatch):
    monkeypatch.setattr(work, "_made_with", lambda: {"numpy": "1.0", "code": "other"})
    with open_workers(2) as workers, pytest.raises(ValueError, match=r"numpy 2.*not 1\.0; code "):
        list(each_result(workers, abs, [(0, 1)]))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "http://127.0.0.1:9", "tcp://", "nobody"])
def test_no_cluster_is_one_sentence_within_seconds(address, monkeypatch):
    monkeypatch.setattr(work, "_SECONDS_TO_ANSWER", 0.5)
    with (
        pytest.raises(OSError, match=r"No Dask scheduler answers at .*dask scheduler`"),
        open_workers(scheduler=address),
    ):
        pass


def test_a_cluster_that_loses_a_worker_builds_the_same_set(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("fermask.dataset.face_quality.CHUNK", 3)
    faces, settings = read(TinyFer2013().write(tmp_path)), FermSettings(quotas=None)
    alone = build(faces, settings)
    left = []

    def kill_half_way(step, done, total):
        if step == "landmarks" and 0 < done < total and len(cluster.workers) == 2:
            left.append(total - done)
            cluster.kill_a_worker()

    together = build(
        faces, settings, tmp_path / "work", progress=kill_half_way, scheduler=cluster.address
    )
    assert left
    pd.testing.assert_frame_equal(together.manifest, alone.manifest)
    assert together.about == alone.about
    np.testing.assert_array_equal(together.masked, alone.masked)


def test_a_cluster_that_loses_a_worker_predicts_the_same_bytes(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("fermask.photographs.prediction_parts.PICTURES_A_PART", 2)
    album = tmp_path / "album"
    album.mkdir()
    for i in range(16):
        Image.fromarray(astronaut()[: 256 - i, 80:330]).save(album / f"{i:02}.png")
    (album / "letter.jpg").write_text("Dear all")

    def kill_early(step, done, total):
        if done and len(cluster.workers) == 2:
            cluster.kill_a_worker()

    for name, scheduler, progress in (
        ("alone", None, quiet),
        ("together", cluster.address, kill_early),
    ):
        with open_workers(1, scheduler) as workers:
            write_parts(picture_parts([album]), 17, tmp_path / name, SHIPPED, workers, progress)
    assert len(cluster.workers) == 1
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_cluster_that_goes_away_is_one_sentence(cluster):
    def work_on_while_the_scheduler_dies():
        with open_workers(scheduler=cluster.address) as workers:
            for _ in each_result(workers, abs, ((i, i) for i in count())):
                cluster.scheduler.kill()

    with pytest.raises(OSError, match=rf"{cluster.address} went away"):
        work_on_while_the_scheduler_dies()


def test_workers_need_the_project(tmp_path):
    with DaskCluster(tmp_path) as cluster:
        cluster.add_workers(1, where=tmp_path)
        with (
            pytest.raises(OSError, match=r"cannot import this project.*dask worker tcp"),
            open_workers(scheduler=cluster.address),
        ):
            pass
