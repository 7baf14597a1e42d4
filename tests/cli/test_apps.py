"""``fermask demo`` and ``fermask explorer`` start the apps, or name the extra they need."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from fermask.cli import apps
from fermask.cli.command import main
from fermask.system.paths import APPS, SOURCE


@pytest.fixture
def started(monkeypatch):
    """The arguments that Python would be started with."""
    commands = []
    monkeypatch.setattr(apps, "_run", lambda arguments: commands.append(arguments) or 0)
    return commands


def test_the_apps_are_started_by_their_files(started):
    assert main(["demo", "--host", "0.0.0.0", "--port", "7861"]) == 0
    assert main(["explorer", "--ferm", "my set", "--predictions", "a.csv"]) == 0
    explorer = ["-m", "streamlit", "run", str(APPS / "explorer.py"), "--"]
    assert started == [
        [str(APPS / "demo.py"), "--host", "0.0.0.0", "--port", "7861"],
        [*explorer, "--ferm", "my set", "--predictions", "a.csv"],
    ]
    assert all((APPS / name).is_file() for name in ("demo.py", "explorer.py", "hosted_explorer.py"))


def test_a_hosted_explorer_is_started_by_its_own_file(started):
    assert main(["explorer", "--hosted", "--ferm", "my set"]) == 0
    assert started == [[str(APPS / "hosted_explorer.py"), "--", "--ferm", "my set"]]


def test_what_the_explorer_is_told_it_understands(started):
    from apps.explorer_parts.started import command_line

    main([*("explorer", "--ferm", "f", "--fer2013", "p", "--marks", "m"), "--predictions", "a.csv"])
    options = command_line(["explorer.py", *started[0][5:]])
    assert (options.ferm, options.fer2013, options.marks) == ("f", "p", "m")
    assert (options.predictions, options.problem) == (("a.csv",), "")


@pytest.mark.parametrize(("app", "package"), [("demo", "gradio"), ("explorer", "streamlit")])
def test_without_its_extra_an_app_says_which(app, package, started, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="1"):
        main([app])
    assert capsys.readouterr().err == (
        f"Error: fermask {app} needs {package}, which is not installed: "
        f"`pip install 'fermask[{app}]'`.\n"
    )
    assert started == []


def test_an_app_ends_with_the_command_that_started_it(tmp_path):
    app = "import pathlib, time; pathlib.Path('pid').write_text('up'); time.sleep(600)"
    code = f"import sys; from fermask.cli import apps; sys.exit(apps._run(['-c', {app!r}]))"
    command = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        start_new_session=True,
    )
    try:
        while not (tmp_path / "pid").exists():
            assert command.poll() is None
            time.sleep(0.05)
        command.send_signal(signal.SIGTERM)
        assert command.wait(timeout=120) == 128 + signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            os.killpg(command.pid, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
