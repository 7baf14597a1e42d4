"""FERM: what a set of masked faces is, and what it is built from (§1.1, §2.2)."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fermask.dataset.duplicates import DuplicateSettings
from fermask.dataset.screening import (
    ScreeningSettings,
)
from fermask.faces.labels import (
    CLASSES,
)
from fermask.faces.landmarks import LandmarkSettings
from fermask.system.kept import DamagedFile
from fermask.system.parquet import StoredTable

SCHEMA_VERSION = 2
# What the default settings make. Version 1 had another search for duplicates, which is gone: its
# manifest (schema 1, without ``copies``) is still read and drawn, but cannot be built again.
VERSION = "FERM v2"
READABLE_SCHEMAS = (1, SCHEMA_VERSION)
# Table 2 of the paper.
TABLE_2: dict[str, int] = {"neutral": 1120, "sad": 980, "surprise": 1050, "angry": 690}

# Columns that ``open_set`` leaves in the file: nine tenths of it, of which a page shows little.
LEFT_IN_FILE: tuple[str, ...] = ("landmarks", "passed")
BUILD_ANEW = "Build the set anew with `python -m scripts.build_ferm`, or copy it again."


@dataclass(frozen=True)
class FermSettings:
    """What a set is built from; the defaults make ``VERSION``.

    >>> import fermask
    >>> fermask.FermSettings().quotas["neutral"], fermask.FermSettings(quotas=None).seed
    (1120, 1)

    ``usages``: parts of FER2013 taken. ``quotas``: faces drawn of each class, or None for all
    that pass. ``seed``: of the draw and of the masks' looks. The rest are the settings of
    the steps.
    """

    usages: tuple[str, ...] = ("Training", "PublicTest")
    quotas: dict[str, int] | None = field(default_factory=lambda: dict(TABLE_2))
    seed: int = 1
    screening: ScreeningSettings = field(default_factory=ScreeningSettings)
    landmarks: LandmarkSettings = field(default_factory=LandmarkSettings)
    duplicates: DuplicateSettings = field(default_factory=DuplicateSettings)


@dataclass(frozen=True)
class Ferm:
    """A set of masked faces.

    Attributes:
        manifest: a row a face, sorted by ``row``. Columns: ``row`` (int64, FER2013 row,
            0-based), ``usage``, ``label`` (of ``classes``), ``group`` (int64, smallest
            row that shows the same photograph), ``fold`` (int8, 0…9), ``copies`` (int32, how many
            rows of the file show the same photograph; absent from schema 1
            where nobody counted), ``file`` (picture of
            the class-folder form, else ""), ``emotion`` (int8, FER2013's own label), ``agreement``
            (0…1), ``VOTE_COLUMNS`` (int8; both missing without FER+), ``landmarks`` (list of
            136 float32: x and y of the 68 points, in pixels), ``score`` and ``template`` of
            dlib's detector, ``yaw`` and ``roll`` (degrees), ``sharpness``, ``passed`` (list of
            the rules asked and passed), ``mask_style`` and ``mask_seed``.
        about: the set's name, settings, source hash, versions and funnel.
        masked: uint8 ``(n, 48, 48)``, or None where FER2013's pixels are not at hand.
        bare: the same faces without a mask, or None.
        stored: the manifest's file, where ``LEFT_IN_FILE`` are not in ``manifest`` but still
            there (``open_set``); else None.
    """

    manifest: pd.DataFrame
    about: dict[str, Any]
    masked: np.ndarray | None = None
    bare: np.ndarray | None = None
    stored: StoredTable | None = None

    @property
    def name(self) -> str:
        """The set's name, such as ``FERM v2``."""
        return self.about["name"]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the set's classes, in the order of its labels: FERM's, or its own."""
        return tuple(self.about.get("classes", CLASSES))

    @property
    def is_own(self) -> bool:
        """Whether the faces are of somebody's own photographs, and so not FER2013's."""
        return is_own(self.about)

    @property
    def labels(self) -> np.ndarray:
        """int64 ``(n,)``, indices into ``classes``."""
        names = pa.array(self.classes, pa.large_string())
        return pc.index_in(pa.array(self.manifest["label"]), names).to_numpy().astype(np.int64)

    @property
    def copies(self) -> np.ndarray | None:
        """How many rows of the file show each face's photograph, int32 ``(n,)``.

        None where nobody counted: in a manifest of schema 1 without ``copies.csv``.
        """
        return self.manifest["copies"].to_numpy() if "copies" in self.manifest else None

    @property
    def points_xy(self) -> np.ndarray:
        """Landmarks, float32 ``(n, 68, 2)``, pixels of the 48×48 face."""
        if self.stored is None:
            return listed_points(self.manifest["landmarks"])
        return flat_points(self.stored.read(["landmarks"])["landmarks"], self.stored.path)

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """``masked`` and ``bare``.

        Raises:
            ValueError: the set has no images.
        """
        if self.masked is None or self.bare is None:
            if self.is_own:
                raise ValueError(f"{self.name} has lost its pictures. {BUILD_ANEW}")
            raise ValueError(
                f"{self.name} has no images here: they are made of FER2013's pixels. Give "
                "--fer2013, or set FER2013 to the folder that holds fer2013.csv."
            )
        return self.masked, self.bare

    def points_at(self, positions: np.ndarray) -> np.ndarray:
        """Landmarks of some faces, by their place in the manifest, float32 ``(k, 68, 2)``."""
        if self.stored is None:
            return listed_points(self.manifest["landmarks"].iloc[positions])
        return flat_points(self.stored.take("landmarks", positions), self.stored.path)

    def passed_at(self, position: int) -> list[str]:
        """The rules that the face at a place in the manifest was asked and passed."""
        if self.stored is None:
            return list(self.manifest["passed"].iloc[position])
        return self.stored.take("passed", np.array([position]))[0].as_py()

    @property
    def funnel(self) -> pd.DataFrame:
        """How many faces of each class each rule dropped, as ``screening.funnel`` gives it."""
        return pd.DataFrame(self.about["funnel"])[["step", *self.classes, "other"]]


def is_own(about: dict[str, Any]) -> bool:
    """Whether a set, or the record of a network, is of somebody's own photographs.

    Its rows then count these, and are none of FER2013.
    """
    return "photographs" in about


def is_other_version(theirs: str, ours: str) -> bool:
    """Whether two sets' names, such as ``FERM v1`` and ``FERM v2``, are of different versions.

    Versions differ in groups and folds, so that what one held back another may have trained on.
    Names without a version say nothing, and a reviewed set is of the version it was made from.
    """
    versions = [re.findall(r"^FERM v\d+\b", name) for name in (theirs, ours)]
    return all(versions) and versions[0] != versions[1]


def listed_points(landmarks: pd.Series) -> np.ndarray:
    """A manifest's column of landmarks as float32 ``(n, 68, 2)``."""
    return np.array(landmarks.to_list(), dtype=np.float32).reshape(-1, 68, 2)


def flat_points(landmarks: pa.ChunkedArray, path: Path) -> np.ndarray:
    """As ``listed_points``, of a column as Arrow reads it.

    Raises:
        DamagedFile: a face has not 136 numbers; the message names ``path``.
    """
    flat = landmarks.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if len(flat) != 136 * len(landmarks):
        raise DamagedFile(f"{path}: a face has not 136 numbers of 'landmarks'. {BUILD_ANEW}")
    if not np.isfinite(flat).all():
        raise DamagedFile(f"{path}: a face's 'landmarks' are no numbers. {BUILD_ANEW}")
    return flat.astype(np.float32, copy=False).reshape(-1, 68, 2)
