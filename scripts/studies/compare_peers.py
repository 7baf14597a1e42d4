"""Ask ``fer`` from PyPI about FERM's faces, bare and masked, and set it beside our network.

python -m scripts.studies.compare_peers --ferm ferm

``fer`` needs another OpenCV than this project, so it gets an environment of its own (about
2 GB, from PyPI, once). Its answers are kept beside the runs and asked for again only after
the faces, the pinned packages or the way of asking changed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import load, pixel_hash
from fermask.reporting.peers_report import describe_pairs, format_peers
from fermask.studies.peers import (
    FER_ANSWERS,
    answer_columns,
    masked_pairs,
    out_of_fold,
    peer_table,
)
from fermask.system.files import file_hash, write_text
from fermask.system.parquet import read_parquet, write_parquet
from fermask.system.paths import PUBLISHED_RUNS
from scripts.sets import add_set_arguments, check_places, load_set

WORKER = Path(__file__).with_name("ask_fer.py")
ENVIRONMENT = Path(__file__).resolve().parents[2] / "runs" / "peers" / "environment"

FER = "fer==25.10.3"
# All that fer imports to name a face. What it asks for besides (PyTorch, moviepy, matplotlib)
# is for videos and other detectors; the headless OpenCV needs no display's libraries.
NEEDED = (
    "numpy==2.4.6",
    "opencv-contrib-python-headless==4.14.0.94",
    "pillow==12.3.0",
    "requests==2.34.2",
    # Later ones lack pkg_resources.
    "setuptools==80.9.0",
    'tensorflow-cpu==2.21.0; platform_system == "Linux" and platform_machine == "x86_64"',
    'tensorflow==2.21.0; platform_system != "Linux" or platform_machine != "x86_64"',
)


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, ask where that is not done yet, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.compare_peers",
        description="Compare fer from PyPI with our network on the same faces.",
    )
    add_set_arguments(parser)
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RUNS, help="folder of the runs")
    parser.add_argument(
        "--environment",
        type=Path,
        default=ENVIRONMENT,
        metavar="DIR",
        help="environment for fer, made if it is not there (default: runs/peers/environment)",
    )
    options = parser.parse_args(arguments)
    path = options.runs / FER_ANSWERS
    with one_sentence_errors("The same command goes on where it stopped."):
        ferm = load(options.ferm)
        check_places(ferm, path)
        if not is_current(path, ferm):
            ferm = load_set(options)
            answers, about = ask(environment(options.environment), ferm)
            write_parquet(path, answers, about)
            print(f"Wrote {path}", file=sys.stderr)
        answers, about = read_parquet(path)
        ours = out_of_fold(about["ferm"])
        print(format_peers(peer_table(answers, ours)).to_string(index=False))
        print(describe_pairs(masked_pairs(answers, ours)))
    return 0


def is_current(path: Path, ferm: Ferm) -> bool:
    """Whether answers are there, of these very faces and of what would be asked today."""
    if not path.is_file():
        return False
    _, about = read_parquet(path)
    # A review may change labels alone, and leaves the images as they were.
    wanted = _asked_with() | {"masked_sha256": ferm.about["masked_sha256"], "ferm": ferm.name}
    return {key: about.get(key) for key in wanted} == wanted


def environment(folder: Path) -> Path:
    """The interpreter of fer's environment, made or brought up to date where needed.

    Raises:
        ValueError: Python's venv or pip failed, for example without the network.
    """
    python = folder / "bin" / "python"
    # Written last: an environment without it was interrupted, or is of other versions.
    stamp = folder / "installed"
    wanted = "\n".join([FER, *NEEDED]) + "\n"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    stamp.unlink(missing_ok=True)
    print(f"Installing {FER} into {folder} (about 2 GB, once)", file=sys.stderr)
    # venv puts pip there last.
    if not (folder / "bin" / "pip").is_file():
        _run([sys.executable, "-m", "venv", str(folder)], f"No environment came of {folder}")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    failed = f"pip could not install fer into {folder}, for which it needs the network"
    _run([*pip, *NEEDED], failed)
    _run([*pip, "--no-deps", FER], failed)
    write_text(stamp, wanted)
    return python


def ask(python: Path, ferm: Ferm) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What fer says of a set's faces.

    Args:
        python: interpreter of an environment that has fer.
        ferm: a set with its images.

    Returns:
        ``row``, ``usage``, ``label``, ``group`` and seven probabilities (float32) each of the
        bare and the masked face, named by ``peers.answer_columns``; and how it was asked.

    Raises:
        ValueError: fer failed.
    """
    with tempfile.TemporaryDirectory() as work:
        faces, answers = Path(work) / "faces.npz", Path(work) / "answers.npz"
        np.savez(faces, bare=ferm.bare, masked=ferm.masked)
        _run([str(python), str(WORKER), str(faces), str(answers)], "fer could not be asked")
        with np.load(answers) as answered:
            table = ferm.manifest[["row", "usage", "label", "group"]].copy()
            for look in ("bare", "masked"):
                table[answer_columns(look)] = answered[look]
            about = json.loads(answered["about"].item())
    hashes = {"bare_sha256": pixel_hash(ferm.bare), "masked_sha256": pixel_hash(ferm.masked)}
    return table, about | hashes | _asked_with() | {"ferm": ferm.name}


def _asked_with() -> dict[str, Any]:
    return {"requirements": [FER, *NEEDED], "worker_sha256": file_hash(WORKER)}


def _run(command: list[str], failed: str) -> None:
    """Runs a program; a failure becomes a sentence that ends with its last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise ValueError(f"{failed}: {said[-1]}")


if __name__ == "__main__":
    sys.exit(main())
