"""What the commands share: progress bars, and errors as one sentence instead of a traceback."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from fermask.system.extras import MissingExtra


class ProgressBars:
    """A progress bar on standard error for each step, called as ``face_quality.Progress``."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._step = ""

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        """Shows that ``done`` of ``total`` of a step is done, and a note behind the bar."""
        if self._bar is None or self._step != step:
            self.__exit__()
            self._step = step
            self._bar = tqdm(total=total, desc=step, file=sys.stderr)
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)


@contextmanager
def one_sentence_errors(when_interrupted: str = "Interrupted.") -> Iterator[None]:
    """Ends the program with one sentence on standard error where core names what is wrong.

    Exit status 1 for wrong input, 130 after Ctrl-C.
    """
    try:
        yield
    except BrokenPipeError:
        # Whoever read the output, such as head, has enough; Python's own flush must not fail too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (ValueError, OSError, MissingExtra) as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {when_interrupted}", file=sys.stderr)
        sys.exit(130)


def positive(text: str) -> int:
    """An argument that counts: a whole number from 1 on."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, received {text!r}")
    return number


def add_example(parser: argparse.ArgumentParser, *commands: str) -> None:
    """Ends a command's help with what might be typed."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["for example:", *(f"  {each}" for each in commands)])


def add_worker_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--jobs`` and ``--scheduler``, which say who computes (``fermask.system.workers``)."""
    parser.add_argument(
        "--jobs",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes of this machine (default: one a core, %(default)s)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="a Dask cluster in their place, its scheduler and workers with the same code",
    )
