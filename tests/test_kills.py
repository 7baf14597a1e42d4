"""Killed at random moments, a command goes on and ends with the bytes of one that was not."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.pictures import encoded
from tests.tiny_fer2013 import TinyFer2013, other_face

pytestmark = pytest.mark.slow

KILLS = 3
BEGIN = 'import sys; sys.argv = ["x", *sys.argv[1:]]; '
BUILD = BEGIN + (
    "from fermask.dataset import face_quality; face_quality.CHUNK = 5; "
    "from scripts.build_ferm import main; print('go', flush=True); sys.exit(main(sys.argv[1:]))"
)
PREDICT = BEGIN + (
    "from fermask.photographs import prediction_parts; prediction_parts.PICTURES_A_PART = 2; "
    "from fermask.cli.command import main; print('go', flush=True); sys.exit(main(sys.argv[1:]))"
)
TRAIN = BEGIN + (
    "from fermask.networks import NETWORKS; NETWORKS['tiny'] = 'tests.tiny_network:tiny'; "
    "import keras; from scripts.train import main; print('go', flush=True); "
    "sys.exit(main(sys.argv[1:]))"
)
RESULTS = BEGIN + (
    "from pathlib import Path; from fermask.reporting.report import write_results; "
    "print('go', flush=True); write_results(Path(sys.argv[1]))"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A tiny FER2013, and some pictures."""
    folder = TinyFer2013().write(tmp_path_factory.mktemp("source"))
    (folder / "pictures").mkdir()
    for seed in range(12):
        large = Image.fromarray(other_face(seed)).resize((200, 200))
        (folder / "pictures" / f"{seed}.png").write_bytes(encoded(large, "PNG"))
    return folder


def run(code, arguments, killed_after=None):
    """Seconds from its start to its end, and its exit status; killed after some, if told so."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "core", "TF_ENABLE_ONEDNN_OPTS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process, process.stdout:
        assert process.stdout.readline() == b"go\n"
        began = time.monotonic()
        try:
            process.wait(killed_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return time.monotonic() - began, process.returncode


def contents(folder):
    """Everything below a folder, by name; what is open to chance is left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (BUILD, "--fer2013 {source} --quotas none --jobs 1 --out {out}/ferm"),
        (PREDICT, "predict {source}/pictures --jobs 1 --out {out}/told"),
        (RESULTS, "{out}/RESULTS.md"),
    ],
    ids=["build", "predict", "results"],
)
def test_the_bytes_are_those_of_a_run_that_nobody_killed(source, tmp_path, code, arguments):
    def given(out):
        return [each.format(source=source, out=out) for each in arguments.split()]

    random = np.random.default_rng(0)
    seconds, status = run(code, given(tmp_path / "whole"))
    assert status == 0
    expected = contents(tmp_path / "whole")
    killed = 0
    for number in range(KILLS):
        out = tmp_path / str(number)
        # Once where nothing was, and once more in what that left.
        for _ in range(2):
            _, status = run(code, given(out), random.uniform(0, seconds))
            killed += status == -signal.SIGKILL
        assert run(code, given(out))[1] == 0
        assert contents(out) == expected
    assert killed >= KILLS


def test_training_goes_on_with_the_weights_it_would_have_had(tiny_set, tmp_path):
    def given(out):
        return ["--model", "tiny", "--ferm", tiny_set[1], "--epochs", "12", "--out", out]

    random = np.random.default_rng(0)
    seconds, status = run(TRAIN, given(tmp_path / "whole"))
    assert status == 0
    expected = _trained(tmp_path / "whole")
    killed = 0
    for number in range(KILLS):
        out = tmp_path / str(number)
        killed += run(TRAIN, given(out), random.uniform(0, seconds))[1] == -signal.SIGKILL
        assert run(TRAIN, given(out))[1] == 0
        found = _trained(out)
        assert found[0] == expected[0]
        np.testing.assert_allclose(found[1], expected[1], atol=1e-5)
    assert killed


def _trained(run):
    """The names of a run's files, and what its network says."""
    table = pd.read_parquet(run / "predictions.parquet")
    numbers = table.select_dtypes("number").to_numpy()
    assert pd.read_csv(run / "history.csv")["epoch"].tolist() == list(range(1, 13))
    return sorted(path.name for path in run.iterdir()), numbers
