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

from core import report
from core.browsing import faces_table
from core.drawing import draw_face, draw_landmarks, picture_url, svg_url
from core.evaluation import Predictions, read_predictions
from core.expressions import VIEWS
from core.fer2013 import find_fer2013, read_fer2013
from core.ferm import MANIFEST, MASKED, PUBLISHED, Ferm, load
from core.masking import MaskLook, draw_look
from core.recipe import OUT_OF_FOLD
from core.reproduction import (
    PUBLISHED_RUNS,
    expressions_merged,
    finished_runs,
    predictions_of_runs,
)

# What reading a file that a person named may raise; `~nobody` is the RuntimeError.
_WRONG_FILE = (ValueError, OSError, RuntimeError)


@dataclass(frozen=True)
class Shown:
    """What the pages show.

    ``table``: as ``core.browsing.faces_table`` gives it, in the order of ``ferm``.
    ``predictions``: None where there are none for this set.
    """

    ferm: Ferm
    predictions: Predictions | None
    table: pd.DataFrame

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
        flat = np.asarray(self.table["landmarks"].iloc[position], dtype=np.float32)
        return flat.reshape(68, 2)

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

    def landmarks_url(self, position: int) -> str:
        """``data:`` URL of the landmarks and the mask's outline, over the face if there is one."""
        behind = None if self.ferm.bare is None else picture_url(self.ferm.bare[position])
        return svg_url(draw_landmarks(self.points_xy(position), self.look(position), behind))


@dataclass(frozen=True)
class Options:
    """What stood behind ``--`` on the command line; ``problem`` is a sentence, or ""."""

    ferm: str = ""
    fer2013: str = ""
    problem: str = ""


def command_line(argv: list[str]) -> Options:
    """Reads ``--ferm DIR`` and ``--fer2013 PATH``; another program's arguments count as none."""
    if not argv or Path(argv[0]).name != "explorer.py":
        return Options()
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
    parser.add_argument("--ferm", default="")
    parser.add_argument("--fer2013", default="")
    try:
        known, unknown = parser.parse_known_args(argv[1:])
    except argparse.ArgumentError as error:
        return Options(problem=f"{error}: expected a path, as in `-- --ferm DIR`.")
    problem = f"Unknown argument {unknown[0]}: there are --ferm and --fer2013." if unknown else ""
    return Options(known.ferm, known.fer2013, problem)


def predictions_files() -> dict[str, Path]:
    """The published predictions by name; those of the recipe that ships come first."""
    recipe = {"recipe, out of fold": OUT_OF_FOLD} if OUT_OF_FOLD.is_file() else {}
    return recipe | predictions_of_runs(PUBLISHED_RUNS)


@st.cache_data(max_entries=1, show_spinner=False)
def peers_said(runs: Path) -> tuple[pd.DataFrame, str, str] | None:
    """What other packages say of the same faces: the table, and the words around it."""
    return report.peers_said(runs)


@st.cache_data(max_entries=1, show_spinner=False)
def merged_expressions(runs: Path) -> pd.DataFrame | None:
    """How far a mask merges expressions, as people read it; None without the two runs."""
    if set(finished_runs(runs, VIEWS).get("protocol", ())) != set(VIEWS):
        return None
    return report.shown_merged(expressions_merged(runs))


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


@st.cache_resource(show_spinner=False, max_entries=8)
def load_predictions(path: str, age: int) -> tuple[Predictions | None, str]:
    """Predictions, or None and what is wrong. ``age`` makes a changed file be read again."""
    try:
        return read_predictions(Path(path)), ""
    except _WRONG_FILE as error:
        return None, str(error)


def show(ferm: Ferm, file: Path | None) -> tuple[Shown, str, str]:
    """The set with the predictions of a file.

    Returns:
        What the pages show; what is wrong with the file, as a sentence; and a sentence where its
        predictions are of other faces, which is nobody's mistake. "" where there is none.
    """
    predictions, problem, note, age = None, "", "", _age(file)
    if file is not None:
        predictions, problem = load_predictions(str(file), age)
    _, table = _table(ferm, predictions, id(ferm), str(file), age)
    if predictions is not None and table["predicted"].isna().all():
        note = (
            f"The predictions chosen are of {predictions.about['ferm']}; none is of a face of "
            f"{ferm.name}."
        )
        predictions = None
    return Shown(ferm, predictions, table), problem, note


@st.cache_resource(show_spinner=False, max_entries=8)
def _table(
    _ferm: Ferm, _predictions: Predictions | None, ferm_id: int, file: str, age: int
) -> tuple[Ferm, pd.DataFrame]:
    # The set is kept beside its table, or another one might be given its id.
    return _ferm, faces_table(_ferm, _predictions)


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_set(
    folder: str, folder_age: int, fer2013: str | None, fer2013_age: int
) -> tuple[Ferm | None, str]:
    try:
        if fer2013 is None:
            return load(Path(folder)), ""
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
    except OSError:
        return 0


def options() -> Options:
    """What this process was started with."""
    return command_line(sys.argv)
