"""FERM, built from FER2013 and FER+ (§1.1, §2.2): labels, screening, masks, quotas, folds.

``build`` makes a set, ``write`` stores it as a folder (a manifest, and the images where
pixels are at hand), ``load`` reads such a folder back, ``open_set`` opens it to look at some
of its faces. A manifest alone, as this project publishes it, gives the same images again from
the user's own FER2013 (``render``).

The numbers are read off the bare face and its votes; no classifier's prediction takes part.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.duplicates import DuplicateSettings, duplicate_groups
from core.fer2013 import Fer2013, data_hash
from core.files import read_json, write_array, write_json
from core.labels import (
    CLASSES,
    FER2013_EMOTIONS,
    USAGES,
    VOTE_COLUMNS,
    label_from_emotions,
    label_from_votes,
)
from core.landmarks import LandmarkSettings
from core.masking import draw_look, put_mask
from core.measuring import CHUNK, Progress, draw_masks, kept, measure
from core.parquet import DamagedFile, StoredTable, write_parquet
from core.screening import (
    RULES,
    ScreeningSettings,
    conflicting_twins,
    funnel,
    screen_faces,
    screen_labels,
    twins_of_training,
)
from core.workers import Workers, open_workers

SCHEMA_VERSION = 1
FOLDS = 10
# The fold that choices are made on, and so no published figure.
DEVELOPMENT_FOLD = 9
PROTOCOLS: tuple[str, ...] = ("paper", "clean")
# Table 2 of the paper.
TABLE_2: dict[str, int] = {"neutral": 1120, "sad": 980, "surprise": 1050, "angry": 690}

# The manifest that this project publishes, of FERM v1.
PUBLISHED = Path(__file__).resolve().parent.parent / "data" / "ferm"
MANIFEST = "manifest.parquet"
MASKED = "masked.npy"
BARE = "bare.npy"
# Columns that ``open_set`` leaves in the file: nine tenths of it, of which a page shows little.
LEFT_IN_FILE: tuple[str, ...] = ("landmarks", "passed")
# As many faces as FER2013 has; larger sets are opened without a look at every pixel.
_MOST_CHECKED = 35_887

# What a manifest's images must be drawn with to come out the same, byte for byte.
_DRAWN_WITH = ("numpy", "opencv-python-headless")
_FOUND_WITH = ("dlib-bin", "numpy", "opencv-python-headless", "scipy")
_RECORD = "made_of.json"


@dataclass(frozen=True)
class FermSettings:
    """What a set is built from; the defaults make FERM v1.

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
            0-based), ``usage``, ``label`` (of ``labels.CLASSES``), ``group`` (int64, smallest
            row that shows the same photograph), ``fold`` (int8, 0…9), ``file`` (picture of the
            class-folder form, else ""), ``emotion`` (int8, FER2013's own label), ``agreement``
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
        """The set's name, such as ``FERM v1``."""
        return self.about["name"]

    @property
    def labels(self) -> np.ndarray:
        """int64 ``(n,)``, indices into ``labels.CLASSES``."""
        names = pa.array(CLASSES, pa.large_string())
        return pc.index_in(pa.array(self.manifest["label"]), names).to_numpy().astype(np.int64)

    @property
    def points_xy(self) -> np.ndarray:
        """Landmarks, float32 ``(n, 68, 2)``, pixels of the 48×48 face."""
        if self.stored is None:
            return _listed_points(self.manifest["landmarks"])
        return _flat_points(self.stored.read(["landmarks"])["landmarks"], self.stored.path)

    def points_at(self, positions: np.ndarray) -> np.ndarray:
        """Landmarks of some faces, by their place in the manifest, float32 ``(k, 68, 2)``."""
        if self.stored is None:
            return _listed_points(self.manifest["landmarks"].iloc[positions])
        return _flat_points(self.stored.take("landmarks", positions), self.stored.path)

    def passed_at(self, position: int) -> list[str]:
        """The rules that the face at a place in the manifest was asked and passed."""
        if self.stored is None:
            return list(self.manifest["passed"].iloc[position])
        return self.stored.take("passed", np.array([position]))[0].as_py()

    @property
    def funnel(self) -> pd.DataFrame:
        """How many faces of each class each rule dropped, as ``screening.funnel`` gives it."""
        return pd.DataFrame(self.about["funnel"])[["step", *CLASSES, "other"]]


def build(
    faces: Fer2013,
    settings: FermSettings = FermSettings(),
    work: Path | None = None,
    jobs: int = 1,
    progress: Progress = lambda step, done, total: None,
    scheduler: str | None = None,
) -> Ferm:
    """Screens FER2013, draws the quotas, puts on the masks.

    Args:
        faces: with votes, or without them (labels are then FER2013's own).
        settings: what to build.
        work: a folder for what is already computed, so that an interrupted build goes on
            where it stopped; results of other data or settings in it are dropped.
        jobs: processes that look for landmarks and draw masks. They do not change the result.
        progress: called with the name of a step, how much of it is done, and of how much.
        scheduler: address of a Dask cluster that does so in their place.

    Raises:
        ValueError: an unknown usage or class, no face of these usages, none that passes, or
            too few of a class for its quota.
        OSError: the cluster is not there, or dies.
    """
    _check_settings(faces, settings)
    table = _labelled(faces)
    table["rule"] = screen_labels(table, settings.screening)
    labelled = table[(table["rule"] == "") & table["usage"].isin(settings.usages)]
    # What is sure to fail fails before minutes have gone by.
    _check_left(labelled, faces, settings, "have a label that passes")
    table, candidate = screen(faces, table, settings, work, jobs, progress, scheduler)
    left = candidate[candidate["rule"] == ""]
    _check_left(left, faces, settings, "pass the screening")
    drawn = _draw_quotas(left, settings).sort_values("row")
    counts = funnel(table["rule"], table["label"], table["emotion"].to_numpy())
    manifest = _manifest(drawn.reset_index(drop=True), faces.has_votes)
    masked = np.stack(drawn["masked"].to_list())
    bare = faces.pixels[manifest["row"].to_numpy()]
    about = _about(faces, settings, counts, manifest, masked)
    return Ferm(manifest, about, masked, bare)


def screen(
    faces: Fer2013,
    table: pd.DataFrame,
    settings: FermSettings,
    work: Path | None = None,
    jobs: int = 1,
    progress: Progress = lambda step, done, total: None,
    scheduler: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Looks for twins, landmarks and bad masks among the faces whose label passed.

    Args:
        faces: FER2013.
        table: a row for each of its faces, with ``majority`` (the label's name, or missing) and
            ``rule`` (the label rule that dropped it, or "").
        settings: as for ``build``, which also tells of ``work``, ``jobs``, ``progress`` and
            ``scheduler``.

    Returns:
        The table of the usages asked for, with ``group`` and with ``rule`` filled in; and those
        whose label passed, with ``landmarks``, ``score``, ``template``, ``yaw``, ``roll``,
        ``sharpness``, ``mask_style``, ``mask_seed`` and ``masked`` (uint8 ``(48, 48)``) beside.
        Where an earlier rule drops the face, the style is "" and the picture missing.
    """
    work = _fresh_work(work, faces, settings)
    # Opened first, so that a cluster that is not there is told before minutes have gone by.
    with open_workers(jobs, scheduler) as workers:
        table = _with_twins(faces, table, settings, work, progress)
        table = table[table["usage"].isin(settings.usages)].reset_index(drop=True)
        candidates = np.flatnonzero(table["rule"] == "")
        pixels = faces.pixels[table["row"].to_numpy()[candidates]]
        measured, points_xy = measure(pixels, settings.landmarks, work, workers, progress)
        candidate = pd.concat([table.iloc[candidates].reset_index(drop=True), measured], axis=1)
        candidate["rule"] = screen_faces(candidate, settings.screening)
        for name, column in (("conflicting_twin", "conflicting"), ("twin_of_training", "twin")):
            candidate.loc[(candidate["rule"] == "") & candidate[column], "rule"] = name
        candidate["landmarks"] = list(points_xy.reshape(len(points_xy), -1))
        candidate["mask_seed"] = _mask_seeds(candidate["row"].to_numpy(), settings.seed)
        candidate = _with_masks(candidate, pixels, points_xy, workers, progress)
    table.loc[candidates, "rule"] = candidate["rule"].to_numpy()
    return table, candidate


def render(manifest: pd.DataFrame, faces: Fer2013) -> tuple[np.ndarray, np.ndarray]:
    """The images of a manifest from FER2013's pixels.

    Returns:
        Masked and bare faces, uint8 ``(n, 48, 48)`` each, in the manifest's order.

    Raises:
        ValueError: FER2013 has fewer rows than the manifest names.
    """
    rows = manifest["row"].to_numpy()
    if rows.max(initial=-1) >= len(faces.pixels):
        raise ValueError(
            f"The manifest names row {rows.max()}, but {faces.source} has "
            f"{len(faces.pixels):,} rows; it needs the FER2013 that the manifest was built from."
        )
    bare = faces.pixels[rows]
    points_xy = _listed_points(manifest["landmarks"])
    looks = map(draw_look, manifest["mask_seed"].to_list())
    masked = [put_mask(*each).image for each in zip(bare, points_xy, looks, strict=True)]
    return np.array(masked, dtype=np.uint8).reshape(-1, 48, 48), bare


def write(ferm: Ferm, folder: Path) -> None:
    """Stores a set as a folder; it is complete once its manifest is there.

    Raises:
        ValueError: the set was only opened (``open_set``), and so is not all there.
    """
    if ferm.stored is not None:
        raise ValueError(f"{ferm.stored.path} was only opened; load it to write it elsewhere.")
    folder = Path(folder)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, array in ((MASKED, ferm.masked), (BARE, ferm.bare)):
        if array is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_array(folder / name, array)
    write_parquet(folder / MANIFEST, ferm.manifest, ferm.about)


def load(folder: Path, faces: Fer2013 | None = None) -> Ferm:
    """Reads a set's folder back, with its images if they are there.

    Args:
        folder: as ``write`` made it, or one with a manifest only.
        faces: the user's FER2013; the images are drawn from it where the folder lacks them.

    Raises:
        FileNotFoundError: no manifest in the folder.
        ValueError: a manifest of another schema or without what it needs, a damaged file, or
            FER2013 is not the one that the manifest was built from.
    """
    folder = Path(folder)
    stored = _open_manifest(folder / MANIFEST)
    table = stored.read(stored.schema.names)
    _check_values(table, stored.path)
    ferm = Ferm(table.to_pandas(), stored.about)
    if _has_images(folder):
        masked, bare = (_map_images(folder / name, len(table)) for name in (MASKED, BARE))
        _check_pixels(bare, folder, ferm)
        return replace(ferm, masked=np.array(masked), bare=np.array(bare))
    if faces is None:
        return ferm
    masked, bare = render(ferm.manifest, faces)
    if pixel_hash(bare) != ferm.about["bare_sha256"]:
        raise ValueError(
            f"{faces.source} is not the FER2013 that {stored.path} was built from: the "
            "pixels of the same rows differ. Use the file it was built from (Kaggle's "
            "fer2013.csv for the published set), or build the set anew with "
            "`python -m scripts.build_ferm`."
        )
    return replace(ferm, masked=masked, bare=bare)


def open_set(folder: Path) -> Ferm:
    """Opens a set's folder to look at some of its faces, however many there are.

    As ``load``, but ``LEFT_IN_FILE`` are read for the faces asked for, and the images are
    memory-mapped. Of a set larger than FER2013 they are checked for their form alone, since
    a hash takes all pixels.

    Raises:
        FileNotFoundError: no manifest in the folder.
        ValueError: a manifest of another schema or without what it needs, or a damaged file.
    """
    folder = Path(folder)
    stored = _open_manifest(folder / MANIFEST)
    names = [name for name in stored.schema.names if name not in LEFT_IN_FILE]
    table = stored.read(names)
    _check_values(table, stored.path)
    ferm = Ferm(table.to_pandas(), stored.about, stored=stored)
    if not _has_images(folder):
        return ferm
    masked, bare = (_map_images(folder / name, len(table)) for name in (MASKED, BARE))
    if len(table) <= _MOST_CHECKED:
        _check_pixels(bare, folder, ferm)
    return replace(ferm, masked=masked, bare=bare)


def same_images(ferm: Ferm) -> bool:
    """Whether the masked images are those of the build, byte for byte.

    With other versions of NumPy or OpenCV than the build's a few pixels may differ by a step.
    """
    return ferm.masked is not None and pixel_hash(ferm.masked) == ferm.about["masked_sha256"]


def pixel_hash(images: np.ndarray) -> str:
    """SHA-256 (hex) of images' bytes, in their order."""
    return hashlib.sha256(np.ascontiguousarray(images)).hexdigest()


def fold_of_group(group: np.ndarray) -> np.ndarray:
    """The ``clean`` fold of each duplicate group, int8 ``(n,)`` in 0…9.

    A hash of the group's smallest row, so that a face keeps its fold in any rebuilt or
    larger set.
    """
    return np.array([_hash(f"fold {g}") % FOLDS for g in np.asarray(group)], dtype=np.int8)


def validation_faces(manifest: pd.DataFrame, protocol: str, seed: int) -> np.ndarray:
    """Which faces of a set are held back from training, bool ``(n,)``.

    ``clean``: the fold numbered ``seed``, so that no duplicate group is on both sides.
    ``paper``: a tenth of each class at random (§2.4, train : validation = 9 : 1), shuffled by
    ``seed``; twins may be on both sides.

    Raises:
        ValueError: an unknown protocol, or a seed that is no fold under ``clean``.
    """
    if protocol == "clean":
        if seed not in range(FOLDS):
            raise ValueError(f"Under clean the seed is the fold held back, 0…{FOLDS - 1}: {seed}.")
        return (manifest["fold"] == seed).to_numpy()
    if protocol != "paper":
        raise ValueError(f"Unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    held_back = np.zeros(len(manifest), dtype=bool)
    rng = np.random.default_rng(seed)
    for name in CLASSES:
        ours = np.flatnonzero(manifest["label"] == name)
        held_back[rng.permutation(ours)[: round(len(ours) / 10)]] = True
    return held_back


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _check_settings(faces: Fer2013, settings: FermSettings) -> None:
    unknown = [usage for usage in settings.usages if usage not in USAGES]
    if unknown:
        raise ValueError(f"Unknown usage {unknown[0]!r}; FER2013 has {', '.join(USAGES)}.")
    if not faces.table["usage"].isin(settings.usages).any():
        present = ", ".join(sorted(set(faces.table["usage"])))
        raise ValueError(
            f"{faces.source} has no face of {', '.join(settings.usages)}; it has {present}."
        )
    for name in settings.quotas or {}:
        if name not in CLASSES:
            raise ValueError(f"Unknown class {name!r} in the quotas; use {', '.join(CLASSES)}.")
    if settings.quotas is not None:
        counts = settings.quotas.values()
        if min(counts, default=0) < 0 or sum(counts) == 0:
            raise ValueError(f"Quotas are 0 or more, and not all 0; got {settings.quotas}.")


def _check_left(left: pd.DataFrame, faces: Fer2013, settings: FermSettings, that: str) -> None:
    if left.empty:
        raise ValueError(
            f"No faces of {', '.join(settings.usages)} in {faces.source} {that}, so there is "
            "nothing to make a set of."
        )
    for name, quota in (settings.quotas or {}).items():
        count = int((left["label"] == name).sum())
        if count < quota:
            raise ValueError(
                f"Only {count:,} {name} faces {that}, but the quota is {quota:,}. Take all that "
                "pass with --quotas none, or use the full FER2013."
            )


def _fresh_work(work: Path | None, faces: Fer2013, settings: FermSettings) -> Path | None:
    """The folder of what is already computed, without what is not of this very build."""
    if work is None:
        return None
    kept = asdict(settings)
    # A draw of other quotas needs no new landmarks.
    del kept["quotas"], kept["seed"]
    made_of = {
        "schema": SCHEMA_VERSION,
        "chunk": CHUNK,
        "data": data_hash(faces),
        "settings": repr(kept),
        "versions": {name: version(name) for name in _FOUND_WITH},
    }
    record = work / _RECORD
    if not record.is_file() or read_json(record) != made_of:
        discard_work(work)
        write_json(record, made_of)
    return work


def discard_work(work: Path) -> None:
    """Deletes what ``build`` keeps in its working folder, and the folder unless more is in it."""
    if not work.is_dir():
        return
    for pattern in (_RECORD, "groups.npy", "faces-*.npy", ".partial-*"):
        for path in work.glob(pattern):
            path.unlink()
    if not any(work.iterdir()):
        work.rmdir()


def _labelled(faces: Fer2013) -> pd.DataFrame:
    """The faces' table with ``majority``, ``label`` and ``agreement`` (missing without votes)."""
    if faces.has_votes:
        labels = label_from_votes(faces.votes)
    else:
        emotions = faces.table["emotion"].to_numpy()
        names = pd.Series(np.asarray(FER2013_EMOTIONS)[emotions], dtype="str")
        labels = pd.DataFrame(
            {"majority": names, "label": label_from_emotions(emotions), "agreement": np.nan}
        )
    return pd.concat([faces.table.reset_index(drop=True), labels], axis=1)


def _mask_seeds(rows: np.ndarray, seed: int) -> np.ndarray:
    """A mask's seed for each row, which depends on nothing but the row and the set's seed."""
    return np.array([_hash(f"mask {seed} {row}") % 2**31 for row in rows], dtype=np.int64)


def _with_twins(
    faces: Fer2013,
    table: pd.DataFrame,
    settings: FermSettings,
    work: Path | None,
    progress: Progress,
) -> pd.DataFrame:
    """The table with ``group``, ``conflicting`` and ``twin``, looked for in the whole file."""
    usage = table["usage"].to_numpy()
    groups = kept(
        work,
        "groups",
        lambda: duplicate_groups(
            faces.pixels, usage, settings.duplicates, partial(progress, "duplicates")
        ),
    )
    return table.assign(
        group=groups,
        conflicting=conflicting_twins(table["majority"], groups, usage),
        twin=twins_of_training(groups, usage),
    )


def _with_masks(
    candidate: pd.DataFrame,
    pixels: np.ndarray,
    points_xy: np.ndarray,
    workers: Workers,
    progress: Progress,
) -> pd.DataFrame:
    """Draws a mask on each face that is left; adds its style and picture, and the rule if bad."""
    left = np.flatnonzero(candidate["rule"] == "")
    seeds = candidate["mask_seed"].to_numpy()[left]
    masked, styles, bad = draw_masks(pixels[left], points_xy[left], seeds, workers, progress)
    style = pd.Series("", candidate.index, dtype="str")
    picture = pd.Series(None, candidate.index, dtype=object)
    style.iloc[left], picture.iloc[left] = styles, list(masked)
    rule = candidate["rule"].mask(np.isin(candidate.index, left[bad]), "bad_mask")
    return candidate.assign(rule=rule, mask_style=style, masked=picture)


def _draw_quotas(left: pd.DataFrame, settings: FermSettings) -> pd.DataFrame:
    """The faces whose row hashes lowest, as many of each class as its quota says.

    So the draw does not depend on which other faces there are: lowering a quota takes faces
    away and adds none.
    """
    if settings.quotas is None:
        return left
    rank = pd.Series([_hash(f"draw {settings.seed} {row}") for row in left["row"]], left.index)
    drawn = [
        rank[left["label"] == name].nsmallest(quota).index
        for name, quota in settings.quotas.items()
    ]
    return left.loc[np.concatenate(drawn)]


def _manifest(drawn: pd.DataFrame, has_votes: bool) -> pd.DataFrame:
    asked = [rule for rule in RULES if has_votes or rule != "weak_label"]
    if not (drawn["usage"] == "PrivateTest").any():
        asked.remove("twin_of_training")
    votes = {
        name: drawn[name] if has_votes else pd.array([pd.NA] * len(drawn), dtype="Int8")
        for name in VOTE_COLUMNS
    }
    columns = {
        "row": drawn["row"],
        "usage": drawn["usage"],
        "label": drawn["label"],
        "group": drawn["group"].astype(np.int64),
        "fold": fold_of_group(drawn["group"].to_numpy()),
        "file": drawn["file"],
        "emotion": drawn["emotion"],
        "agreement": drawn["agreement"].astype(np.float64),
        **votes,
        "landmarks": drawn["landmarks"],
        "score": drawn["score"].astype(np.float32),
        "template": drawn["template"].astype(np.int8),
        "yaw": drawn["yaw"].astype(np.float32),
        "roll": drawn["roll"].astype(np.float32),
        "sharpness": drawn["sharpness"].astype(np.float32),
        "passed": [asked] * len(drawn),
        "mask_style": drawn["mask_style"],
        "mask_seed": drawn["mask_seed"],
    }
    return pd.DataFrame(columns)


def _about(
    faces: Fer2013,
    settings: FermSettings,
    counts: pd.DataFrame,
    manifest: pd.DataFrame,
    masked: np.ndarray,
) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "name": _set_name(settings, faces.has_votes),
        # As JSON gives it back, so that a built set and a loaded one say the same.
        "settings": json.loads(json.dumps(asdict(settings))),
        "labels_from": "FER+ votes" if faces.has_votes else "FER2013's own labels",
        "source_sha256": data_hash(faces),
        "source_rows": len(faces.table),
        "bare_sha256": pixel_hash(faces.pixels[manifest["row"].to_numpy()]),
        "masked_sha256": pixel_hash(masked),
        "drawn_with": {name: version(name) for name in _DRAWN_WITH},
        "found_with": {name: version(name) for name in _FOUND_WITH},
        "funnel": counts.to_dict("list"),
    }


def _set_name(settings: FermSettings, has_votes: bool) -> str:
    """``FERM v1`` for the default settings and FER+ alone; every other set says what it is."""
    if has_votes and settings == FermSettings():
        return "FERM v1"
    parts = ["+".join(settings.usages)]
    if settings.quotas != TABLE_2:
        parts.append("all that pass" if settings.quotas is None else "other quotas")
    if not has_votes:
        parts.append("FER2013 labels")
    default = FermSettings()
    rest = ("seed", "screening", "landmarks", "duplicates")
    if any(getattr(settings, name) != getattr(default, name) for name in rest):
        parts.append("other settings")
    return f"FERM screening of {', '.join(parts)}"


# What each column of a manifest holds.
_COLUMNS: dict[str, str] = {
    **dict.fromkeys(("row", "group", "fold", "emotion", "template"), "whole numbers"),
    **dict.fromkeys(("usage", "label", "file", "mask_style"), "text"),
    **dict.fromkeys(("agreement", *VOTE_COLUMNS, "score", "yaw", "roll", "sharpness"), "numbers"),
    "landmarks": "lists of numbers",
    "passed": "lists of text",
    "mask_seed": "whole numbers",
}
_NEVER_MISSING = ("row", "usage", "label", "group", "fold", "file", "mask_style", "mask_seed")
_NEEDED_ABOUT = ("name", "bare_sha256", "masked_sha256", "funnel")
_ANEW = "Build the set anew with `python -m scripts.build_ferm`, or copy it again."


def _open_manifest(path: Path) -> StoredTable:
    """A manifest's file, once its form is right; its values are still to be looked at."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; expected a folder made by `python -m scripts.build_ferm`."
        )
    stored = StoredTable(path)
    schema = stored.about.get("schema")
    if schema != SCHEMA_VERSION:
        raise ValueError(
            f"{path} has schema {schema}; this version reads schema {SCHEMA_VERSION}. {_ANEW}"
        )
    missing = [name for name in _COLUMNS if name not in stored.schema.names]
    missing += [f"its {name!r}" for name in _NEEDED_ABOUT if name not in stored.about]
    if missing:
        raise ValueError(f"{path} is no manifest of a set; it lacks {', '.join(missing)}. {_ANEW}")
    if len(stored) == 0:
        raise ValueError(f"{path} holds no face. {_ANEW}")
    for name, expected in _COLUMNS.items():
        kind = stored.schema.field(name).type
        if not _holds(kind, expected):
            raise ValueError(f"{path}: {name!r} holds {kind}; expected {expected}. {_ANEW}")
    return stored


def _holds(kind: pa.DataType, expected: str) -> bool:
    """Whether Arrow's type is one of those that ``_COLUMNS`` names."""
    if expected.startswith("lists of "):
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
        return is_list and _holds(kind.value_type, expected.removeprefix("lists of "))
    if expected == "text":
        return pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if expected == "whole numbers":
        return pa.types.is_integer(kind)
    # A column without any value, such as the votes without FER+, may be of no type.
    return any(ask(kind) for ask in (pa.types.is_integer, pa.types.is_floating, pa.types.is_null))


def _check_values(table: pa.Table, path: Path) -> None:
    for name in _NEVER_MISSING:
        if table[name].null_count:
            place = int(np.argmax(table[name].is_null().to_numpy()))
            raise ValueError(f"{path}: {name!r} is missing at place {place:,} (from 0). {_ANEW}")
    if "landmarks" in table.column_names:
        _flat_points(table["landmarks"], path)
    unknown = set(table["label"].unique().to_pylist()) - set(CLASSES)
    if unknown:
        raise ValueError(
            f"{path} has the label {min(unknown)!r}; there are {', '.join(CLASSES)}. {_ANEW}"
        )


def _listed_points(landmarks: pd.Series) -> np.ndarray:
    return np.array(landmarks.to_list(), dtype=np.float32).reshape(-1, 68, 2)


def _flat_points(landmarks: pa.ChunkedArray, path: Path) -> np.ndarray:
    """A column of landmarks as float32 ``(n, 68, 2)``."""
    flat = landmarks.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if len(flat) != 136 * len(landmarks):
        raise DamagedFile(f"{path}: a face has not 136 numbers of 'landmarks'. {_ANEW}")
    return flat.astype(np.float32, copy=False).reshape(-1, 68, 2)


def _has_images(folder: Path) -> bool:
    return (folder / MASKED).is_file() and (folder / BARE).is_file()


def _map_images(path: Path, count: int) -> np.ndarray:
    """A file's images, mapped rather than read."""
    try:
        images = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). {_ANEW}") from error
    if images.shape != (count, 48, 48) or images.dtype != np.uint8:
        raise ValueError(
            f"{path} holds {images.dtype} {images.shape}; its manifest needs uint8 "
            f"({count}, 48, 48). {_ANEW}"
        )
    return images


def _check_pixels(bare: np.ndarray, folder: Path, ferm: Ferm) -> None:
    if pixel_hash(bare) != ferm.about["bare_sha256"]:
        raise ValueError(
            f"{folder / BARE} holds other pixels than those that {folder / MANIFEST} was "
            f"built from. {_ANEW}"
        )
