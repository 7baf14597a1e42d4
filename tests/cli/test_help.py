"""Every command's help says what is taken when nothing is given, and ends with an example."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from fermask.cli.command import main as fermask

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("build_ferm", "train", "evaluate", "export")


@pytest.mark.parametrize("command", ["predict", "mask", "demo", "explorer", *SCRIPTS])
def test_help_has_an_example_and_the_defaults(command, capsys):
    main = import_module(f"scripts.{command}").main if command in SCRIPTS else fermask
    with pytest.raises(SystemExit, match="0"):
        main(["--help"] if command in SCRIPTS else [command, "--help"])
    said = capsys.readouterr().out
    assert f"for example:\n  {'python -m scripts.' if command in SCRIPTS else 'fermask '}" in said
    example = said.split("for example:\n")[1]
    assert command in example
    assert "default" in said


def test_a_script_runs_by_its_path_from_anywhere(tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "predict.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PHOTO|FILM|FOLDER" in done.stdout


def test_the_demo_says_its_arguments_and_refuses_others(tmp_path):
    for argument, status in (("--help", 0), ("--prot=7861", 2)):
        command = [sys.executable, str(ROOT / "apps" / "demo.py"), argument]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == status
        assert "--port" in done.stdout + done.stderr
