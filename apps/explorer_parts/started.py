"""What the explorer was started with: its command line."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What stood behind ``--`` on the command line; ``problem`` is a sentence, or "".

    ``hosted``: strangers visit, who name no file of this machine.
    """

    ferm: str = ""
    fer2013: str = ""
    predictions: tuple[str, ...] = ()
    marks: str = ""
    problem: str = ""
    hosted: bool = False


def command_line(argv: list[str]) -> Options:
    """Reads ``--ferm DIR``, ``--fer2013``, ``--marks``, ``--predictions FILE`` and ``--hosted``.

    ``--predictions`` may stand there several times. Another program's arguments count as none.
    """
    if not argv or Path(argv[0]).name != "explorer.py":
        return Options()
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
    parser.add_argument("--ferm", default="")
    parser.add_argument("--fer2013", default="")
    parser.add_argument("--predictions", action="append", default=[])
    parser.add_argument("--marks", default="")
    parser.add_argument("--hosted", action="store_true")
    try:
        known, unknown = parser.parse_known_args(argv[1:])
    except argparse.ArgumentError as error:
        return Options(problem=f"{error}: expected a path, as in `-- --ferm DIR`.")
    problem = ""
    if unknown:
        problem = (
            f"Unknown argument {unknown[0]}: there are --ferm, --fer2013, --predictions, "
            "--marks and --hosted."
        )
    return Options(
        known.ferm, known.fer2013, tuple(known.predictions), known.marks, problem, known.hosted
    )


def options() -> Options:
    """What this process was started with."""
    return command_line(sys.argv)
