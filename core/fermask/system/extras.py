"""Packages that only some of the work needs, and the extra of ``fermask`` that brings each.

The extras stand in ``pyproject.toml``; what answers for a photograph needs none of them.
"""

import importlib.util
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtra(ImportError):
    """A package that an extra of ``fermask`` brings is not installed; says which and how."""


@contextmanager
def needing_extra(extra: str, what: str) -> Iterator[None]:
    """Within, a package that is not installed is an error that names the extra.

    Args:
        extra: the one that brings all that ``what`` needs; "" where nothing but fermask does.
        what: who needs it, such as ``fermask mask``.

    Raises:
        MissingExtra: a package is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "fermask"):
            raise
        raise _missing(package, extra, what) from error


def require_package(package: str, extra: str, what: str) -> None:
    """Finds out whether a package is installed, without importing it.

    Args:
        package: its name as it is imported.
        extra: as for ``needing_extra``.
        what: as for ``needing_extra``.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec(package) is None:
        raise _missing(package, extra, what)


def _missing(package: str, extra: str, what: str) -> MissingExtra:
    named = f"fermask[{extra}]" if extra else "fermask"
    sentence = f"{what} needs {package}, which is not installed: `pip install '{named}'`."
    if package == "tensorflow" and (platform.system(), platform.machine()) == ("Darwin", "x86_64"):
        sentence = f"{what} needs TensorFlow, which has no wheels for Intel Macs: train elsewhere."
    if package == os.environ.get("KERAS_BACKEND"):
        sentence = (
            f"{what} needs {package}, which KERAS_BACKEND names and which is not installed: "
            "install it, or unset KERAS_BACKEND to compute with TensorFlow."
        )
    return MissingExtra(sentence, name=package)
