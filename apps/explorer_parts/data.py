"""What the explorer shows: the set, its pictures and the predictions, each read once.

What is wrong with a file comes back as a sentence beside what could be loaded, so that the
pages stay usable.
"""

import os
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.evidence import evidence_of
from apps.explorer_parts.sources import WRONG_FILE, Source, age, read_source
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import MANIFEST, MASKED, open_set
from fermask.evaluation.evaluation import Evaluation, evaluate
from fermask.exploring.embedding import Embedding, find_embeddings
from fermask.exploring.faces_table import faces_table
from fermask.exploring.imported_predictions import Imported, files_of_version
from fermask.exploring.pictures import with_pictures
from fermask.faces.drawing import draw_face, draw_landmarks, draw_pixels, picture_url, svg_url
from fermask.faces.mask_styles import OWN_MASK
from fermask.faces.masking import MaskLook, draw_look
from fermask.networks.predictions import Predictions, probabilities_of
from fermask.reporting import peers_report
from fermask.reporting.dropped_classes_report import format_merged
from fermask.studies.dropped_classes import VIEWS
from fermask.studies.reproduction import expressions_merged, finished_runs, predictions_of_runs
from fermask.system.paths import (
    OUT_OF_FOLD,
    PUBLISHED,
    PUBLISHED_EMBEDDINGS,
    PUBLISHED_RUNS,
)
from fermask.system.paths import PICTURES as PICTURES_KEPT

# What the published predictions of the recipe that ships are called.
SHIPPED_NAME = "recipe, out of fold"

# Seconds that a page waits for photographs before it draws the faces; those kept take less.
PATIENCE = 1.0
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

    def look(self, position: int) -> MaskLook | None:
        """How a face's drawn mask looks; None of one that wears its own."""
        is_worn = self.table["mask_style"].iloc[position] == OWN_MASK
        return None if is_worn else draw_look(int(self.table["mask_seed"].iloc[position]))

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
        return self._drawings(np.array([position]), is_masked=True)[0]

    def bare_url(self, position: int, factor: int = 1) -> str:
        """``data:`` URL of the face without a mask: its picture, or a drawing."""
        if self.ferm.bare is not None:
            return picture_url(self.ferm.bare[position], factor)
        return self._drawings(np.array([position]), is_masked=False)[0]

    def picture_urls(self, positions: np.ndarray, view: str) -> list[str]:
        """``picture_url`` of several faces, whose landmarks are read at once."""
        if view in ("masked", "bare") and not self.has_pictures:
            return self._drawings(positions, view == "masked")
        return [self.picture_url(int(each), view) for each in positions]

    def _drawings(self, positions: np.ndarray, is_masked: bool) -> list[str]:
        seeds = self.table["mask_seed"].iloc[positions].tolist()
        points = self.ferm.points_at(np.asarray(positions, dtype=np.int64))
        return [
            _drawing_url(each.tobytes(), seed if is_masked else None)
            for each, seed in zip(points, seeds, strict=True)
        ]

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


@lru_cache(maxsize=20_000)
def _drawing_url(points: bytes, seed: int | None) -> str:
    """A face drawn from its landmarks (float32), with the mask of a seed or bare."""
    points_xy = np.frombuffer(points, dtype=np.float32).reshape(-1, 2)
    return svg_url(draw_face(points_xy, None if seed is None else draw_look(seed)))


def predictions_files(ferm: Ferm) -> dict[str, Source]:
    """The published predictions of a set's version by name; the shipped recipe's come first.

    Of photographs of one's own there are none.
    """
    if ferm.is_own:
        return {}
    recipe = {SHIPPED_NAME: OUT_OF_FOLD} if OUT_OF_FOLD.is_file() else {}
    files = recipe | predictions_of_runs(PUBLISHED_RUNS)
    ages = tuple((name, path, age(path)) for name, path in files.items())
    ours = _files_of_version(ferm, ferm.name, ages)
    return {name: Source(path) for name, path in ours.items()}


@st.cache_resource(show_spinner=False, max_entries=4)
def _files_of_version(
    _ferm: Ferm, name: str, files: tuple[tuple[str, Path, int], ...]
) -> dict[str, Path]:
    return files_of_version({name: path for name, path, _ in files}, _ferm)


def evaluated_at(shown: Shown, positions: np.ndarray) -> Evaluation:
    """All figures of some faces, by the predictions that are shown."""
    probabilities = probabilities_of(shown.table.iloc[positions])
    groups = shown.ferm.manifest["group"].to_numpy()[positions]
    return _evaluated(shown.ferm.labels[positions], probabilities, groups, shown.ferm.classes)


# Thousands of draws stand behind an interval, a tenth of a second each time.
_evaluated = st.cache_data(max_entries=32, show_spinner=False)(evaluate)


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


def embeddings(ferm: Ferm) -> tuple[dict[str, Embedding], list[str]]:
    """The maps there are of a set, by name, and what is wrong with the others."""
    listed = tuple((each.name, age(each)) for each in PUBLISHED_EMBEDDINGS.glob("*"))
    return _embeddings(ferm, ferm.about["masked_sha256"], listed)


@st.cache_resource(show_spinner=False, max_entries=4)
def _embeddings(
    _ferm: Ferm, images: str, files: tuple[tuple[str, int], ...]
) -> tuple[dict[str, Embedding], list[str]]:
    return find_embeddings(PUBLISHED_EMBEDDINGS, _ferm)


@dataclass
class Drawing:
    """Photographs being made in the background: the set with them, once it is there.

    ``step``, ``share``: how far they are, in words and 0…1.
    """

    ferm: Future[Ferm]
    step: str = "Looking for the photographs"
    share: float = 0.0

    def tell(self, step: str, done: int, of: int) -> None:
        """Takes down how far they are."""
        self.step, self.share = step, done / of


def load_set(folder: str, fer2013: str) -> tuple[Ferm | None, list[str], Drawing | None]:
    """The set, with pictures where they can be had, and what is wrong as sentences.

    A folder that cannot be read gives the published set; FER2013 that cannot be read gives
    a set without pictures. The set is None only where not even the published one is there.

    Args:
        folder: a set's folder, or "" for the published one.
        fer2013: where the person says that FER2013 is, or "" for the usual places.

    Returns:
        Set and sentences; and the photographs that are still being made, or None.
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
    if pictures is not None:
        drawing = _drawing(str(place), age(place / MANIFEST), pictures, age(pictures))
        try:
            return drawing.ferm.result(PATIENCE), problems, None
        except TimeoutError:
            return _load_set(str(place), age(place / MANIFEST))[0], problems, drawing
        except WRONG_FILE as error:
            problems.append(str(error))
    for other in dict.fromkeys((place, PUBLISHED)):
        ferm, problem = _load_set(str(other), age(other / MANIFEST))
        if ferm is not None:
            break
        problems += [problem] if problem not in problems else []
    return ferm, problems, None


@st.cache_resource(show_spinner=False, max_entries=4)
def _drawing(folder: str, folder_age: int, fer2013: str, fer2013_age: int) -> Drawing:
    drawing = Drawing(Future())

    def draw() -> None:
        try:
            ferm = with_pictures(Path(folder), Path(fer2013), PICTURES_KEPT, drawing.tell)
        except Exception as error:
            # Raised again where the set is asked for.
            drawing.ferm.set_exception(error)
        else:
            drawing.ferm.set_result(ferm)

    Thread(target=draw, daemon=True).start()
    return drawing


def show(ferm: Ferm, source: Source | None) -> tuple[Shown, str, str]:
    """The set with the predictions of a file.

    Returns:
        What the pages show; what is wrong with the file, as a sentence; and a sentence where its
        predictions are of other faces, which is nobody's mistake. "" where there is none.
    """
    found = "" if source is None else read_source(ferm, source)
    predictions, notes, problem, note = None, (), "", ""
    if isinstance(found, Imported):
        predictions, notes = found.predictions, found.notes
        if source.content is not None:
            notes = (
                f"{source.path} was uploaded for this visit only. A link finds a file again that "
                "is given by its path, or with `--predictions` when the explorer is started.",
                *notes,
            )
    else:
        problem = str(found)
    version = ("",) if source is None else source.version
    _, table = _table(ferm, predictions, id(ferm), version)
    if predictions is not None and table["predicted"].isna().all():
        note = (
            f"The predictions chosen are of {predictions.about['ferm']}; none is of a face of "
            f"{ferm.name}."
        )
        predictions = None
    return Shown(ferm, predictions, table, notes), problem, note


@st.cache_resource(show_spinner=False, max_entries=8)
def _table(
    _ferm: Ferm, _predictions: Predictions | None, ferm_id: int, version: tuple[str, ...]
) -> tuple[Ferm, pd.DataFrame]:
    return _ferm, faces_table(_ferm, _predictions)


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_set(folder: str, folder_age: int) -> tuple[Ferm | None, str]:
    try:
        return open_set(Path(folder)), ""
    except WRONG_FILE as error:
        return None, str(error)


def _checked_folder(folder: str) -> Path | str:
    """The folder, or a sentence where it is no set's."""
    try:
        path = Path(folder.strip()).expanduser()
        if (path / MANIFEST).is_file():
            return path
    except WRONG_FILE as error:
        return f"{folder}: {error}"
    return f"{path} holds no {MANIFEST}; expected a folder made by `python -m scripts.build_ferm`."


def _find_pictures(folder: Path, fer2013: str, problems: list[str]) -> str | None:
    """Where FER2013 is, if the set's folder has no pictures of its own."""
    if (folder / MASKED).is_file():
        return None
    try:
        return str(find_fer2013(fer2013.strip() or None).fer2013)
    except FileNotFoundError:
        # Where nobody named a place, that the pictures are missing is no mistake.
        if named := fer2013.strip() or os.environ.get("FER2013", "").strip():
            problems.append(
                f"There is no FER2013 at {named}. The sidebar's field FER2013 takes the path of "
                "fer2013.csv, of an archive that holds it, or of its folder."
            )
    except WRONG_FILE as error:
        problems.append(f"{fer2013}: {error}")
    return None
