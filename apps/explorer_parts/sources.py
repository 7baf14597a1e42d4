"""Files of predictions: each read once, in a process with limits where a stranger may have made it.

What is wrong with a file comes back as a sentence; what only the person who brought it can say, as
a question.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from fermask.dataset.ferm import Ferm
from fermask.exploring.imported_predictions import (
    MAX_BYTES,
    Imported,
    Unclear,
    import_or_ask,
)
from fermask.networks.predictions import Predictions
from fermask.system.guarded import Guard
from fermask.system.paths import DATA
from fermask.system.untrusted import read_at_most

# What reading a file that a person named may raise; `~nobody` is the RuntimeError.
WRONG_FILE = (ValueError, OSError, RuntimeError)
# For one file that a stranger may have made: time, and bytes.
_SECONDS, _MEMORY = 30.0, 1_500_000_000


@dataclass(frozen=True)
class Source:
    """A file of predictions.

    ``path``: its own, or the name of one that somebody gave the page, of which ``content`` is kept
    and ``number`` among all such files. ``ids``: what the numbers of its faces are, once asked.
    """

    path: Path
    content: bytes | None = None
    number: str = ""
    ids: str = ""

    @property
    def version(self) -> tuple[str, ...]:
        """Tells files apart, and a file from what it was before."""
        return str(self.path), self.number or str(age(self.path)), self.ids


def age(path: Path | str | None) -> int:
    """When a file was changed last, nanoseconds; 0 where there is none."""
    try:
        return 0 if path is None else Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def read_source(ferm: Ferm, source: Source) -> Imported | Unclear | str:
    """What a file says of a set's faces, or a question; or what is wrong with it, as a sentence."""
    return _read_source(ferm, source, id(ferm), source.version)[1]


def every_predictions(
    ferm: Ferm, sources: dict[str, Source]
) -> tuple[dict[str, Predictions], list[str]]:
    """What all files say of a set's faces, by their names; and what is wrong with the others."""
    versions = tuple((name, *source.version) for name, source in sources.items())
    return _every_predictions(ferm, sources, id(ferm), versions)[1:]


@st.cache_resource(show_spinner=False, max_entries=16)
def _read_source(
    _ferm: Ferm, _source: Source, ferm_id: int, version: tuple[str, ...]
) -> tuple[Ferm, Imported | Unclear | str]:
    # The set is kept beside what was read for it, or another one might be given its id.
    path = _source.path
    try:
        content = read_at_most(path, MAX_BYTES) if _source.content is None else _source.content
        if _source.content is None and path.is_relative_to(DATA):
            return _ferm, import_or_ask(content, str(path), _ferm, _source.ids)
        # Of the set no more than is asked about its faces.
        about = {"name": _ferm.name, "classes": _ferm.classes}
        faces = Ferm(_ferm.manifest[["row", "label", "fold"]], about)
        return _ferm, guard().call(import_or_ask, content, str(path), faces, _source.ids)
    except FileNotFoundError:
        return _ferm, f"{path} does not exist; expected a file of predictions."
    except IsADirectoryError:
        return _ferm, f"{path} is a folder; expected a file of predictions."
    except WRONG_FILE as error:
        return _ferm, str(error)


@st.cache_resource(show_spinner=False)
def guard() -> Guard:
    """Processes with limits, in which strangers' tables are read."""
    return Guard(2, _SECONDS, _MEMORY, "fermask.exploring.imported_predictions")


@st.cache_resource(show_spinner="Reading every network's predictions, once.", max_entries=4)
def _every_predictions(
    _ferm: Ferm, _sources: dict[str, Source], ferm_id: int, versions: tuple[tuple[str, ...], ...]
) -> tuple[Ferm, dict[str, Predictions], list[str]]:
    read, problems = {}, []
    for name, source in _sources.items():
        found = read_source(_ferm, source)
        if isinstance(found, Imported):
            read[name] = found.predictions
        else:
            problems.append(str(found))
    return _ferm, read, problems
