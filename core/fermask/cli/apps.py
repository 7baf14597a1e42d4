"""``fermask demo`` and ``fermask explorer``: the apps, each a process of its own."""

import argparse
import signal
import subprocess
import sys

from fermask.cli.terminal import add_example, one_sentence_errors
from fermask.system.extras import require_package
from fermask.system.paths import APPS

_DEMO = "Open the page where you drop in a photograph."
_EXPLORER = "Browse FERM, the confusion matrix and every mistake in the browser."


def add_commands(commands: "argparse._SubParsersAction") -> None:
    """Adds ``demo`` and ``explorer``."""
    demo = commands.add_parser("demo", help="open the demo", description=_DEMO)
    demo.add_argument("--host", help="address it listens at (default: this machine alone)")
    demo.add_argument("--port", help="where it listens (default: the first free from 7860 on)")
    add_example(demo, "fermask demo --port 7861")
    demo.set_defaults(run=_demo)
    explorer = commands.add_parser("explorer", help="open the explorer", description=_EXPLORER)
    explorer.add_argument(
        "--ferm", metavar="DIR", help="set made by the builder (default: the published FERM)"
    )
    explorer.add_argument("--fer2013", metavar="PATH", help="FER2013, for its photographs")
    explorer.add_argument(
        "--predictions", action="append", metavar="FILE", help="CSV of your own network's"
    )
    explorer.add_argument("--marks", metavar="FILE", help="where marks of the review are stored")
    explorer.add_argument(
        "--hosted", action="store_true", help="for strangers: no path fields, slow clients closed"
    )
    add_example(explorer, "fermask explorer --ferm ferm --predictions mine.csv")
    explorer.set_defaults(run=_explorer)


def _demo(options: argparse.Namespace) -> int:
    with one_sentence_errors():
        require_package("gradio", "demo", "fermask demo")
        return _run([str(APPS / "demo.py"), *_words(options, "host", "port")])


def _explorer(options: argparse.Namespace) -> int:
    words = _words(options, "ferm", "fer2013", "marks")
    words += [word for file in options.predictions or () for word in ("--predictions", file)]
    with one_sentence_errors():
        require_package("streamlit", "explorer", "fermask explorer")
        if options.hosted:
            return _run([str(APPS / "hosted_explorer.py"), "--", *words])
        return _run(["-m", "streamlit", "run", str(APPS / "explorer.py"), "--", *words])


def _words(options: argparse.Namespace, *names: str) -> list[str]:
    """The arguments of these names that were given, as an app takes them."""
    given = [(f"--{name}", getattr(options, name)) for name in names]
    return [word for name, value in given if value is not None for word in (name, value)]


def _run(arguments: list[str]) -> int:
    """``python ARGUMENTS`` until it ends, by itself or because this process is told to.

    Returns:
        Its exit status; 128 and the signal's number where a signal ended it, as shells have it.
    """
    process = subprocess.Popen([sys.executable, *arguments])
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            status = process.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            # Ctrl-C reaches both, and the app ends when it has cleaned up.
            continue
