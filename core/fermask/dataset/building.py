"""FERM, built from FER2013 and FER+ (§1.1, §2.2): labels, screening, masks, quotas, folds.

The numbers are read off the bare face and its votes; no classifier's prediction takes part.
"""

import json
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.duplicates import duplicate_groups
from fermask.dataset.face_quality import CHUNK, Progress, draw_masks, kept, measure
from fermask.dataset.fer2013 import Fer2013, data_hash
from fermask.dataset.ferm import SCHEMA_VERSION, TABLE_2, VERSION, Ferm, FermSettings
from fermask.dataset.manifest import pixel_hash
from fermask.dataset.screening import (
    BOTH_SIDES,
    RULES,
    VOTES,
    conflicting_twins,
    copies_in_file,
    first_rule,
    funnel,
    twins_of_training,
)
from fermask.dataset.splits import fold_of_group, stable_hash
from fermask.faces.labels import (
    CLASSES,
    FER2013_EMOTIONS,
    USAGES,
    VOTE_COLUMNS,
    label_from_emotions,
    label_from_votes,
)
from fermask.system.files import read_json, write_json
from fermask.system.kept import CHECKSUMS
from fermask.system.workers import Workers, open_workers

# What a manifest's images must be drawn with to come out the same, byte for byte.
_DRAWN_WITH = ("numpy", "opencv-python-headless")
_FOUND_WITH = ("dlib-bin", "numpy", "opencv-python-headless", "scipy")
_RECORD = "made_of.json"


def build(
    faces: Fer2013,
    settings: FermSettings = FermSettings(),
    work: Path | None = None,
    jobs: int = 1,
    progress: Progress = lambda step, done, total: None,
    scheduler: str | None = None,
) -> Ferm:
    """Screens FER2013, draws the quotas, puts on the masks.

    >>> import cv2, fermask, numpy as np, pandas as pd, skimage.data
    >>> from fermask.dataset.fer2013 import Fer2013
    >>> grey = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2GRAY)
    >>> face = cv2.resize(grey[55:185, 160:290], (48, 48), interpolation=cv2.INTER_AREA)
    >>> table = pd.DataFrame({"row": [0], "usage": "Training", "emotion": 6, "file": ""})
    >>> faces = Fer2013(face[None], table, "one face", has_votes=False)
    >>> ferm = fermask.build(faces, fermask.FermSettings(quotas=None))
    >>> ferm.manifest["label"].to_list(), ferm.masked.shape
    (['neutral'], (1, 48, 48))

    Args:
        faces: with votes, or without them (labels are then FER2013's own).
        settings: what to build.
        work: a folder for what is already computed, so that an interrupted build goes on
            where it stopped; results of other data or settings in it are dropped.
        jobs: processes that look for landmarks and draw masks. They do not change the result. A
            script that gives more than 1 calls this below ``if __name__ == "__main__":``, since
            each of them reads the script first.
        progress: called with the name of a step, how much of it is done, and of how much.
        scheduler: address of a Dask cluster that does so in their place.

    Raises:
        ValueError: an unknown usage or class, no face of these usages, none that passes, or
            too few of a class for its quota.
        OSError: the cluster is not there, or dies.
    """
    _check_settings(faces, settings)
    table = _labelled(faces)
    table["rule"] = first_rule(table, "label", settings.screening)
    labelled = table[(table["rule"] == "") & table["usage"].isin(settings.usages)]
    # What is sure to fail fails before minutes have gone by.
    _check_left(labelled, faces, settings, "have a label that passes")
    table, candidate = screen(faces, table, settings, work, jobs, progress, scheduler)
    left = candidate[candidate["rule"] == ""]
    _check_left(left, faces, settings, "pass the screening")
    drawn = _draw_quotas(left, settings).sort_values("row")
    counts = funnel(table["rule"], table["label"], table["emotion"].to_numpy())
    drawn = drawn.reset_index(drop=True)
    drawn["fold"] = fold_of_group(drawn["group"].to_numpy())
    drawn["passed"] = [_rules_asked(drawn, faces)] * len(drawn)
    manifest = as_manifest(drawn, faces.has_votes)
    masked = np.stack(drawn["masked"].to_list())
    bare = faces.pixels_of(manifest["row"].to_numpy())
    about = _about(faces, settings, counts, masked, bare)
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
        The table of the usages asked for, with ``group``, ``copies`` and ``rule`` filled in; those
        whose label passed, with ``landmarks``, ``score``, ``template``, ``yaw``, ``roll``,
        ``sharpness``, ``mask_style``, ``mask_seed``, ``masked`` (uint8 ``(48, 48)``) and
        ``mask_fails`` beside. Where a rule drops the bare face, the style is "" and the picture
        missing.
    """
    work = fresh_work(work, _made_of(faces, settings))
    # Opened first, so that a cluster that is not there is reported before minutes have gone by.
    with open_workers(jobs, scheduler) as workers:
        table = _with_twins(faces, table, settings, work, progress)
        table = table[table["usage"].isin(settings.usages)].reset_index(drop=True)
        candidates = np.flatnonzero(table["rule"] == "")
        pixels = faces.pixels_of(table["row"].to_numpy()[candidates])
        measured, points_xy = measure(pixels, settings.landmarks, work, workers, progress)
        candidate = pd.concat([table.iloc[candidates].reset_index(drop=True), measured], axis=1)
        candidate = _after(candidate, "face", settings)
        candidate = _after(candidate, "twins", settings)
        candidate["landmarks"] = list(points_xy.reshape(len(points_xy), -1))
        candidate["mask_seed"] = mask_seeds(candidate["row"].to_numpy(), settings.seed)
        candidate = with_masks(candidate, pixels, points_xy, workers, progress)
        candidate = _after(candidate, "mask", settings)
    table.loc[candidates, "rule"] = candidate["rule"].to_numpy()
    return table, candidate


def _after(table: pd.DataFrame, stage: str, settings: FermSettings) -> pd.DataFrame:
    """The table with ``rule`` filled in for the faces that were left and that a stage drops."""
    rule = table["rule"].where(table["rule"] != "", first_rule(table, stage, settings.screening))
    return table.assign(rule=rule)


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


def _made_of(faces: Fer2013, settings: FermSettings) -> dict[str, Any]:
    """What of a build decides what it computes and keeps."""
    kept = asdict(settings)
    # A draw of other quotas needs no new landmarks.
    del kept["quotas"], kept["seed"]
    return {
        "schema": SCHEMA_VERSION,
        "chunk": CHUNK,
        "data": data_hash(faces),
        "settings": repr(kept),
        "versions": {name: version(name) for name in _FOUND_WITH},
    }


def fresh_work(work: Path | None, made_of: dict[str, Any]) -> Path | None:
    """The folder of what is already computed, without what was made of something else."""
    if work is None:
        return None
    record = work / _RECORD
    if not _is_of(record, made_of):
        discard_work(work)
        write_json(record, made_of)
    return work


def _is_of(record: Path, made_of: dict[str, Any]) -> bool:
    try:
        return read_json(record) == made_of
    except (OSError, ValueError):
        return False


def discard_work(work: Path) -> None:
    """Deletes what ``build`` keeps in its working folder, and the folder unless more is in it."""
    if not work.is_dir():
        return
    for pattern in (_RECORD, CHECKSUMS, "groups.npy", "faces-*.npy", ".partial-*"):
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


def mask_seeds(rows: np.ndarray, seed: int) -> np.ndarray:
    """A mask's seed for each row, which depends on nothing but the row and the set's seed."""
    return np.array([stable_hash(f"mask {seed} {row}") % 2**31 for row in rows], dtype=np.int64)


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
        # Rows of FER2013, of which the file may lack some.
        group=table["row"].to_numpy()[groups],
        copies=copies_in_file(groups, usage),
        conflicting=conflicting_twins(table["majority"], groups, usage),
        twin=twins_of_training(groups, usage),
    )


def with_masks(
    candidate: pd.DataFrame,
    pixels: np.ndarray,
    points_xy: np.ndarray,
    workers: Workers,
    progress: Progress,
) -> pd.DataFrame:
    """Draws a mask on each face that is left, whose ``rule`` is ""; adds ``mask_style``,
    ``masked`` (uint8 ``(48, 48)``) and ``mask_fails``. Other arguments as for ``draw_masks``."""
    left = np.flatnonzero(candidate["rule"] == "")
    seeds = candidate["mask_seed"].to_numpy()[left]
    masked, styles, bad = draw_masks(pixels[left], points_xy[left], seeds, workers, progress)
    style = pd.Series("", candidate.index, dtype="str")
    picture = pd.Series(None, candidate.index, dtype=object)
    style.iloc[left], picture.iloc[left] = styles, list(masked)
    fails = np.isin(candidate.index, left[bad])
    return candidate.assign(mask_style=style, masked=picture, mask_fails=fails)


def _draw_quotas(left: pd.DataFrame, settings: FermSettings) -> pd.DataFrame:
    """As many faces of each class as its quota says, each photograph once before any twice.

    Faces are ranked by a hash of their row: first of every duplicate group the face that hashes
    lowest, then of every group the second, and so on. So copies give way to other photographs as
    far as there are any, and lowering a quota takes faces away and adds none.
    """
    if settings.quotas is None:
        return left
    hashes = [stable_hash(f"draw {settings.seed} {row}") for row in left["row"]]
    ranked = left.iloc[np.argsort(np.array(hashes, dtype=np.uint64), kind="stable")]
    copy = ranked.groupby(["label", "group"]).cumcount()
    ranked = ranked.loc[copy.sort_values(kind="stable").index]
    drawn = [ranked[ranked["label"] == name].head(n) for name, n in settings.quotas.items()]
    return pd.concat(drawn)


def as_manifest(drawn: pd.DataFrame, has_votes: bool) -> pd.DataFrame:
    """A manifest's columns, in their order and kinds, of a table that has those that are given."""
    votes = {
        name: drawn[name] if has_votes else pd.array([pd.NA] * len(drawn), dtype="Int8")
        for name in VOTE_COLUMNS
    }
    columns = {
        "row": drawn["row"],
        "usage": drawn["usage"],
        "label": drawn["label"],
        "group": drawn["group"].astype(np.int64),
        "fold": drawn["fold"],
        "copies": drawn["copies"].astype(np.int32),
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
        "passed": drawn["passed"],
        "mask_style": drawn["mask_style"],
        "mask_seed": drawn["mask_seed"],
    }
    return pd.DataFrame(columns)


def _rules_asked(drawn: pd.DataFrame, faces: Fer2013) -> list[str]:
    of_private = (drawn["usage"] == "PrivateTest").any()
    # Nothing was asked of PrivateTest where the file holds nothing else.
    both_sides = of_private and (faces.table["usage"] != "PrivateTest").any()
    met = {"": True, VOTES: faces.has_votes, BOTH_SIDES: both_sides}
    return [rule.name for rule in RULES.values() if met[rule.needs]]


def _about(
    faces: Fer2013,
    settings: FermSettings,
    counts: pd.DataFrame,
    masked: np.ndarray,
    bare: np.ndarray,
) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "name": _set_name(settings, faces.has_votes),
        # As JSON gives it back, so that a built set and a loaded one say the same.
        "settings": json.loads(json.dumps(asdict(settings))),
        "labels_from": "FER+ votes" if faces.has_votes else "FER2013's own labels",
        "source_sha256": data_hash(faces),
        "source_rows": len(faces.table),
        "bare_sha256": pixel_hash(bare),
        "masked_sha256": pixel_hash(masked),
        "drawn_with": {name: version(name) for name in _DRAWN_WITH},
        "found_with": {name: version(name) for name in _FOUND_WITH},
        "funnel": counts.to_dict("list"),
    }


def _set_name(settings: FermSettings, has_votes: bool) -> str:
    """``VERSION`` for the default settings and FER+ alone; every other set says what it is."""
    if has_votes and settings == FermSettings():
        return VERSION
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
