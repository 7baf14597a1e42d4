"""What the explorer shows: the set, its pictures and the predictions, each read once.

What is wrong with a file comes back as a sentence beside what could be loaded, so that the
pages stay usable.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.evidence import evidence_of
from fermask.dataset.fer2013 import find_fer2013, read_fer2013
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import MANIFEST, MASKED, load, open_set
from fermask.exploring.faces_table import faces_table
from fermask.exploring.imported_predictions import (
    MAX_BYTES,
    Imported,
    files_of_version,
    import_predictions,
)
from fermask.faces.drawing import draw_face, draw_landmarks, draw_pixels, picture_url, svg_url
from fermask.faces.masking import MaskLook, draw_look
from fermask.networks.predictions import Predictions
from fermask.reporting import peers_report
from fermask.reporting.dropped_classes_report import format_merged
from fermask.studies.dropped_classes import VIEWS
from fermask.studies.reproduction import expressions_merged, finished_runs, predictions_of_runs
from fermask.system.paths import OUT_OF_FOLD, PUBLISHED, PUBLISHED_RUNS

# What reading a file that a person named may raise; `~nobody` is the RuntimeError.
_WRONG_FILE = (ValueError, OSError, RuntimeError)

# What a face can be shown as.
PICTURES: tuple[str, ...] = ("masked", "bare", "landmarks", "evidence")


@dataclass(frozen=True)
class Shown:
    """What the pages show.

    ``table``: as ``fermask.exploring.faces_table.faces_table`` gives it, in the order of ``ferm``.
    ``predictions``: None where there are none for this set. ``notes``: what of their file does
    not count, as sentences.
    """

    ferm: Ferm
    predictions: Predictions | None
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def has_pictures(self) -> bool:
        """Whether FER2013's pixels are at hand."""
        return self.ferm.masked is not None

    def row(self, position: int) -> int:
        """FER2013 row of a face."""
        return int(self.table["row"].iloc[position])

    def look(self, position: int) -> MaskLook:
        """How a face's mask looks."""
        return draw_look(int(self.table["mask_seed"].iloc[position]))

    def points_xy(self, position: int) -> np.ndarray:
        """A face's landmarks, float32 ``(68, 2)``."""
        return self.ferm.points_at(np.array([position]))[0]

    def face(self, position: int) -> pd.Series:
        """A row of ``table`` with the rules that the face was asked and ``passed``."""
        face = self.table.iloc[position].copy()
        face["passed"] = self.ferm.passed_at(position)
        return face

    def pixels(self, position: int) -> np.ndarray:
        """The masked face, uint8 ``(48, 48)``: its picture, or a drawing."""
        if self.ferm.masked is not None:
            return np.asarray(self.ferm.masked[position])
        return draw_pixels(self.points_xy(position), self.look(position))

    def masked_url(self, position: int, factor: int = 1) -> str:
        """``data:`` URL of the masked face: its picture, or a drawing."""
        if self.ferm.masked is not None:
            return picture_url(self.ferm.masked[position], factor)
        return svg_url(draw_face(self.points_xy(position), self.look(position)))

    def bare_url(self, position: int, factor: int = 1) -> str:
        """``data:`` URL of the face without a mask: its picture, or a drawing."""
        if self.ferm.bare is not None:
            return picture_url(self.ferm.bare[position], factor)
        return svg_url(draw_face(self.points_xy(position)))

    def picture_url(self, position: int, view: str) -> str:
        """``data:`` URL of a face as one of ``PICTURES``.

        Raises:
            ValueError: an evidence map without FER2013's pixels, or an unknown view.
        """
        views = {
            "masked": self.masked_url,
            "bare": self.bare_url,
            "landmarks": self.landmarks_url,
            "evidence": self.evidence_url,
        }
        if view not in views:
            raise ValueError(f"Unknown view {view!r}; there are {', '.join(PICTURES)}.")
        return views[view](position)

    def evidence_url(self, position: int, factor: int = 3) -> str:
        """``data:`` URL of what the shipped network saw in the masked face.

        Raises:
            ValueError: FER2013's pixels are not at hand.
        """
        if self.ferm.masked is None:
            raise ValueError("An evidence map needs the face's pixels, and so FER2013.")
        return evidence_of(self.ferm.masked[position], factor).url

    def landmarks_url(self, position: int) -> str:
        """``data:`` URL of the landmarks and the mask's outline, over the face if there is one."""
        behind = None if self.ferm.bare is None else picture_url(self.ferm.bare[position])
        return svg_url(draw_landmarks(self.points_xy(position), self.look(position), behind))


@dataclass(frozen=True)
class Options:
    """What stood behind ``--`` on the command line; ``problem`` is a sentence, or ""."""

    ferm: str = ""
    fer2013: str = ""
    predictions: tuple[str, ...] = ()
    marks: str = ""
    problem: str = ""


def command_line(argv: list[str]) -> Options:
    """Reads ``--ferm DIR``, ``--fer2013 PATH``, ``--marks FILE`` and ``--predictions FILE``.

    The last may stand there several times. Another program's arguments count as none.
    """
    if not argv or Path(argv[0]).name != "explorer.py":
        return Options()
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
    parser.add_argument("--ferm", default="")
    parser.add_argument("--fer2013", default="")
    parser.add_argument("--predictions", action="append", default=[])
    parser.add_argument("--marks", default="")
    try:
        known, unknown = parser.parse_known_args(argv[1:])
    except argparse.ArgumentError as error:
        return Options(problem=f"{error}: expected a path, as in `-- --ferm DIR`.")
    problem = ""
    if unknown:
        problem = (
            f"Unknown argument {unknown[0]}: there are --ferm, --fer2013, --predictions and "
            "--marks."
        )
    return Options(known.ferm, known.fer2013, tuple(known.predictions), known.marks, problem)


def predictions_files(ferm: Ferm) -> dict[str, Path]:
    """The published predictions of a set's version by name; the shipped recipe's come first."""
    recipe = {"recipe, out of fold": OUT_OF_FOLD} if OUT_OF_FOLD.is_file() else {}
    return files_of_version(recipe | predictions_of_runs(PUBLISHED_RUNS), ferm)


@st.cache_data(max_entries=1, show_spinner=False)
def peers_parts(runs: Path) -> tuple[pd.DataFrame, str, str] | None:
    """What other packages say of the same faces: the table, and the words around it."""
    return peers_report.peers_parts(runs)


@st.cache_data(max_entries=1, show_spinner=False)
def merged_expressions(runs: Path) -> pd.DataFrame | None:
    """How far a mask merges expressions, as people read it; None without the two runs."""
    if set(finished_runs(runs, VIEWS).get("trained_on", ())) != set(VIEWS):
        return None
    return format_merged(expressions_merged(runs))


def load_set(folder: str, fer2013: str) -> tuple[Ferm | None, list[str]]:
    """The set, with pictures where they can be had, and what is wrong as sentences.

    A folder that cannot be read gives the published set; FER2013 that cannot be read gives
    a set without pictures. The set is None only where not even the published one is there.

    Args:
        folder: a set's folder, or "" for the published one.
        fer2013: where the person says that FER2013 is, or "" for the usual places.
    """
    problems: list[str] = []
    place = PUBLISHED
    if folder:
        chosen = _checked_folder(folder)
        if isinstance(chosen, Path):
            place = chosen
        else:
            problems.append(chosen)
    pictures = _find_pictures(place, fer2013, problems)
    with st.spinner(f"Reading the faces of {pictures or place}, once: this takes some seconds."):
        ferm, problem = _load_set(str(place), _age(place / MANIFEST), pictures, _age(pictures))
    if problem:
        problems.append(problem)
    if ferm is None and (pictures is not None or place != PUBLISHED):
        # First without the pictures, then the published set.
        for other in dict.fromkeys((place, PUBLISHED)):
            ferm, problem = _load_set(str(other), _age(other / MANIFEST), None, 0)
            if ferm is not None:
                break
    return ferm, problems


@dataclass(frozen=True)
class Upload:
    """A predictions file that somebody gave the page, and its number among all such files."""

    name: str
    number: str
    content: bytes


Source = Path | Upload


def read_source(ferm: Ferm, source: Source) -> tuple[Imported | None, str]:
    """What a file says of a set's faces; or None and what is wrong with it, as a sentence."""
    return _read_source(ferm, source, id(ferm), _version(source))[1:]


def every_predictions(
    ferm: Ferm, sources: dict[str, Source]
) -> tuple[dict[str, Predictions], list[str]]:
    """What all files say of a set's faces, by their names; and what is wrong with the others."""
    versions = tuple((name, *_version(source)) for name, source in sources.items())
    return _every_predictions(ferm, sources, id(ferm), versions)[1:]


def show(ferm: Ferm, source: Source | None) -> tuple[Shown, str, str]:
    """The set with the predictions of a file.

    Returns:
        What the pages show; what is wrong with the file, as a sentence; and a sentence where its
        predictions are of other faces, which is nobody's mistake. "" where there is none.
    """
    imported, problem, note = None, "", ""
    if source is not None:
        imported, problem = read_source(ferm, source)
    predictions, notes = (None, ()) if imported is None else (imported.predictions, imported.notes)
    if isinstance(source, Upload):
        notes = (
            f"{source.name} was uploaded for this visit only. A link finds a file again that is "
            "given by its path, or with `--predictions` when the explorer is started.",
            *notes,
        )
    _, table = _table(ferm, predictions, id(ferm), _version(source))
    if predictions is not None and table["predicted"].isna().all():
        note = (
            f"The predictions chosen are of {predictions.about['ferm']}; none is of a face of "
            f"{ferm.name}."
        )
        predictions = None
    return Shown(ferm, predictions, table, notes), problem, note


@st.cache_resource(show_spinner=False, max_entries=16)
def _read_source(
    _ferm: Ferm, _source: Source, ferm_id: int, version: tuple[str, ...]
) -> tuple[Ferm, Imported | None, str]:
    # The set is kept beside what was read for it, or another one might be given its id.
    try:
        if isinstance(_source, Upload):
            return _ferm, import_predictions(_source.content, _source.name, _ferm), ""
        # A path may name a device without an end; a byte too many is refused.
        with _source.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return _ferm, import_predictions(content, str(_source), _ferm), ""
    except FileNotFoundError:
        return _ferm, None, f"{_source} does not exist; expected a file of predictions."
    except IsADirectoryError:
        return _ferm, None, f"{_source} is a folder; expected a file of predictions."
    except _WRONG_FILE as error:
        return _ferm, None, str(error)


@st.cache_resource(show_spinner="Reading every network's predictions, once.", max_entries=4)
def _every_predictions(
    _ferm: Ferm, _sources: dict[str, Source], ferm_id: int, versions: tuple[tuple[str, ...], ...]
) -> tuple[Ferm, dict[str, Predictions], list[str]]:
    read, problems = {}, []
    for name, source in _sources.items():
        imported, problem = read_source(_ferm, source)
        if imported is None:
            problems.append(problem)
        else:
            read[name] = imported.predictions
    return _ferm, read, problems


@st.cache_resource(show_spinner=False, max_entries=8)
def _table(
    _ferm: Ferm, _predictions: Predictions | None, ferm_id: int, version: tuple[str, ...]
) -> tuple[Ferm, pd.DataFrame]:
    return _ferm, faces_table(_ferm, _predictions)


def _version(source: Source | None) -> tuple[str, ...]:
    """Tells files apart, and a file from what it was before."""
    if isinstance(source, Upload):
        return "upload", source.number
    return str(source), str(_age(source))


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_set(
    folder: str, folder_age: int, fer2013: str | None, fer2013_age: int
) -> tuple[Ferm | None, str]:
    try:
        if fer2013 is None:
            return open_set(Path(folder)), ""
        return load(Path(folder), read_fer2013(fer2013)), ""
    except _WRONG_FILE as error:
        return None, str(error)


def _checked_folder(folder: str) -> Path | str:
    """The folder, or a sentence where it is no set's."""
    try:
        path = Path(folder.strip()).expanduser()
        if (path / MANIFEST).is_file():
            return path
    except _WRONG_FILE as error:
        return f"{folder}: {error}"
    return f"{path} holds no {MANIFEST}; expected a folder made by `python -m scripts.build_ferm`."


def _find_pictures(folder: Path, fer2013: str, problems: list[str]) -> str | None:
    """Where FER2013 is, if the set's folder has no pictures of its own."""
    if (folder / MASKED).is_file():
        return None
    try:
        return str(find_fer2013(fer2013.strip() or None).fer2013)
    except FileNotFoundError as error:
        # Nobody named a place: that the pictures are missing is no mistake.
        if fer2013.strip() or os.environ.get("FER2013", "").strip():
            problems.append(str(error))
    except _WRONG_FILE as error:
        problems.append(f"{fer2013}: {error}")
    return None


def _age(path: Path | str | None) -> int:
    try:
        return 0 if path is None else Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def options() -> Options:
    """What this process was started with."""
    return command_line(sys.argv)
