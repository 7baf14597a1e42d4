"""A set of somebody's own photographs, made as FERM is: found, framed, screened, masked, in folds.

Its classes are those of the photographs. Faces are found and framed as ``predict`` does, so that
a network trained on the set meets later what it has learned from. Masks that people wear stay.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.building import as_manifest, fresh_work, mask_seeds, with_masks
from fermask.dataset.duplicates import DuplicateSettings, duplicate_groups, smallest_of_component
from fermask.dataset.face_quality import Progress, in_chunks, kept
from fermask.dataset.ferm import SCHEMA_VERSION, Ferm
from fermask.dataset.manifest import pixel_hash
from fermask.dataset.screening import (
    RULES,
    ScreeningSettings,
    conflicting_twins,
    copies_in_file,
    first_rule,
    funnel,
    sharpness,
)
from fermask.dataset.splits import fold_of_group
from fermask.faces.labels import NO_EMOTION
from fermask.faces.landmarks import (
    LEFT_EYE,
    RIGHT_EYE,
    landmarks_in_box,
    roll_degrees,
    yaw_degrees,
)
from fermask.faces.mask_styles import OWN_MASK
from fermask.networks.inference import load_network
from fermask.photographs.detection import DetectedFace, detect_faces
from fermask.photographs.framing import CROP_SIZE, expression_crop, in_crop
from fermask.photographs.labelled import LabelledPhotographs
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import mask_seen
from fermask.system.paths import SHIPPED
from fermask.system.workers import made_with, open_workers

# What becomes of a face: a mask is drawn on it, or it stays as it is, for people who wear one; or
# the one or the other, as a mask is seen.
MASKS: tuple[str, ...] = ("both", "drawn", "worn")

# What is found in a photograph: how many faces, and of the largest its detector's score, how
# likely a mask is worn, whether its landmarks fit, these, and its crop.
_FACES, _SCORE, _MASK, _FIT = range(4)
_POINTS, _CROP = slice(4, 4 + 136), slice(4 + 136, 4 + 136 + CROP_SIZE**2)
# How far the eyes may lie apart that landmarks and detector tell, in sides of the face's box.
_EYES_APART = 0.15
# Photographs whose faces are kept together once they are found.
_CHUNK = 32
_FOUND_WITH = ("dlib-bin", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "scipy")


@dataclass(frozen=True)
class OwnSettings:
    """What a set of one's own is built from; ``masks``: of ``MASKS``. The rest as for FERM."""

    masks: str = MASKS[0]
    seed: int = 1
    screening: ScreeningSettings = field(default_factory=ScreeningSettings)
    duplicates: DuplicateSettings = field(default_factory=DuplicateSettings)


def build_own(
    photographs: LabelledPhotographs,
    settings: OwnSettings = OwnSettings(),
    work: Path | None = None,
    jobs: int = 1,
    progress: Progress = lambda step, done, total: None,
    scheduler: str | None = None,
) -> Ferm:
    """Finds the largest face of each photograph, screens the faces, puts on the masks.

    Args:
        photographs: and their labels.
        settings: what to build.
        work, jobs, progress, scheduler: as for ``building.build``.

    Returns:
        The set. ``row`` counts the photographs, ``file`` is where each lies, ``score`` is the
        detector's (0…1), and there is neither ``emotion`` (``NO_EMOTION``) nor a vote. Of a face
        that keeps its own mask ``masked`` and ``bare`` are the same.

    Raises:
        ValueError: no photograph can be read, or of fewer than two classes a face is left.
        OSError: the cluster is not there, or dies.
    """
    if settings.masks not in MASKS:
        raise ValueError(f"Unknown masks {settings.masks!r}; there are {', '.join(MASKS)}.")
    files = photographs.table["file"].to_list()
    work = fresh_work(work, _made_of(photographs, files))
    with open_workers(jobs, scheduler) as workers:
        look, report = partial(_look_at, photographs.folder), partial(progress, "photographs")
        found = in_chunks(files, look, _CROP.stop, work, workers, report, _CHUNK)
        is_read = np.isfinite(found[:, _FACES])
        if not is_read.any():
            raise ValueError(
                f"None of the {len(files):,} files of {photographs.folder} can be read."
            )
        table = _measured(photographs.table, found).assign(
            rule=lambda faces: first_rule(faces, "face", settings.screening)
        )
        table = _with_twins(table, found, settings, work, progress)
        table["rule"] = _after(table, "twins", settings)
        is_worn = _worn(found, settings.masks)
        pixels = np.nan_to_num(found[:, _CROP]).astype(np.uint8).reshape(-1, CROP_SIZE, CROP_SIZE)
        bare = np.flatnonzero((table["rule"] == "") & ~is_worn)
        points_xy = found[:, _POINTS].astype(np.float32).reshape(-1, 68, 2)
        faces = table.iloc[bare].reset_index(drop=True)
        faces["mask_seed"] = mask_seeds(faces["row"].to_numpy(), settings.seed)
        drawn = with_masks(faces, pixels[bare], points_xy[bare], workers, progress).set_axis(bare)
        drawn["mask_fails"] |= found[bare, _FIT] != 1
    table = _masked(table, pixels, drawn)
    table["rule"] = _after(table, "mask", settings)
    table = table[is_read]
    counts = funnel(table["rule"], table["label"], table["emotion"].to_numpy(), photographs.classes)
    left = table[table["rule"] == ""]
    classes = tuple(name for name in photographs.classes if (left["label"] == name).any())
    if len(classes) < 2:
        raise ValueError(
            f"Only {len(left):,} of {len(files):,} photographs, of the class "
            f"{''.join(classes) or 'none'}, are left after the screening; expected two classes or "
            f"more. What dropped the others:\n{counts.to_string(index=False)}"
        )
    return _as_set(left, pixels, counts, photographs, settings, int((~is_read).sum()))


def _as_set(
    left: pd.DataFrame,
    pixels: np.ndarray,
    counts: pd.DataFrame,
    photographs: LabelledPhotographs,
    settings: OwnSettings,
    unreadable: int,
) -> Ferm:
    masked, bare = np.stack(left["masked"].to_list()), pixels[left["row"].to_numpy()]
    manifest = as_manifest(left.reset_index(drop=True), has_votes=False)
    source = hashlib.sha256(photographs.table.to_csv(index=False).encode())
    source.update(pixel_hash(pixels).encode())
    lost = [name for name in photographs.classes if name not in set(manifest["label"])]
    counts["other"] += counts[lost].sum(axis=1).astype(int)
    counts = counts.drop(columns=lost)
    about = {
        "schema": SCHEMA_VERSION,
        "name": _name(photographs, settings),
        "classes": [name for name in photographs.classes if name in counts],
        "photographs": len(photographs.table) - unreadable,
        "unreadable": unreadable,
        "settings": json.loads(json.dumps(asdict(settings))),
        "labels_from": photographs.labels_from,
        "source_sha256": source.hexdigest(),
        "source_rows": len(photographs.table) - unreadable,
        "bare_sha256": pixel_hash(bare),
        "masked_sha256": pixel_hash(masked),
        "drawn_with": {name: version(name) for name in _FOUND_WITH},
        "found_with": {name: version(name) for name in _FOUND_WITH},
        "funnel": counts.to_dict("list"),
    }
    return Ferm(manifest, about, masked, bare)


def _name(photographs: LabelledPhotographs, settings: OwnSettings) -> str:
    """Says what the set is, and that it is no FERM."""
    how = {"both": "", "drawn": ", masks drawn", "worn": ", masks as worn"}[settings.masks]
    changed = settings != OwnSettings(masks=settings.masks)
    return f"own photographs {photographs.name}{how}{', other settings' if changed else ''}"


def _made_of(photographs: LabelledPhotographs, files: list[str]) -> dict[str, Any]:
    digest = hashlib.sha256()
    for file in files:
        path = photographs.folder / file
        stat = path.stat() if path.is_file() else None
        digest.update(f"{file}\0{stat and (stat.st_size, stat.st_mtime_ns)}\0".encode())
    return {"schema": SCHEMA_VERSION, "photographs": digest.hexdigest(), "with": made_with()}


def _look_at(folder: Path, files: Sequence[str]) -> np.ndarray:
    """What is found in each photograph, float64 ``(n, k)``; NaN where there is none, or no face."""
    values = np.full((len(files), _CROP.stop), np.nan)
    network = load_network(SHIPPED)
    for row, file in zip(values, files, strict=True):
        try:
            image_rgb = read_photograph(folder / file)
        except (ValueError, OSError):
            continue
        faces = [face for face in detect_faces(image_rgb) if min(face.box_xywh[2:]) >= 1]
        row[_FACES] = len(faces)
        if faces:
            crop = expression_crop(image_rgb, faces[0])
            points_xy = landmarks_in_box(image_rgb, faces[0].box_xywh)
            row[_FIT] = landmarks_fit(points_xy, faces[0])
            row[_SCORE] = faces[0].score
            row[_MASK] = network.run(("mask",), crop[None])[0][0, 0]
            row[_POINTS] = in_crop(points_xy, faces[0]).ravel()
            row[_CROP] = crop.ravel()
    return values


def landmarks_fit(points_xy: np.ndarray, face: DetectedFace) -> bool:
    """Whether landmarks lie on the face that was found: their eyes are where its detector's are.

    On a profile, or where two faces touch, dlib may lay them beside it, and a mask with them.
    """
    eyes = points_xy[[*RIGHT_EYE, *LEFT_EYE]].mean(axis=0)
    apart = np.linalg.norm(eyes - face.keypoints_xy[:2].mean(axis=0))
    return bool(apart <= _EYES_APART * max(face.box_xywh[2:]))


def _measured(table: pd.DataFrame, found: np.ndarray) -> pd.DataFrame:
    """A row a photograph, with all that a manifest says of its face; missing without one."""
    points_xy = found[:, _POINTS].reshape(-1, 68, 2)
    crops = found[:, _CROP].reshape(-1, CROP_SIZE, CROP_SIZE)
    sharp = [sharpness(crop.astype(np.uint8)) if crop[0, 0] >= 0 else np.nan for crop in crops]
    return table.assign(
        row=np.arange(len(table)),
        usage="Training",
        emotion=np.int8(NO_EMOTION),
        agreement=np.nan,
        landmarks=list(points_xy.reshape(-1, 136).astype(np.float32)),
        score=found[:, _SCORE],
        template=np.int8(NO_EMOTION),
        yaw=yaw_degrees(points_xy),
        roll=roll_degrees(points_xy[:, 36], points_xy[:, 45]),
        sharpness=sharp,
    )


def _with_twins(
    table: pd.DataFrame,
    found: np.ndarray,
    settings: OwnSettings,
    work: Path | None,
    progress: Progress,
) -> pd.DataFrame:
    """The table with ``group``, ``copies``, ``conflicting`` and ``twin``, and the ``fold`` that
    copies share, and photographs of one person."""
    has_face = np.flatnonzero(np.isfinite(found[:, _SCORE]))
    crops = found[has_face, _CROP].astype(np.uint8).reshape(-1, CROP_SIZE, CROP_SIZE)
    usage = table["usage"].to_numpy()
    report = partial(progress, "duplicates")
    of_faces = kept(
        work,
        "groups",
        lambda: duplicate_groups(crops, usage[has_face], settings.duplicates, report),
    )
    group = np.arange(len(table))
    group[has_face] = has_face[of_faces]
    first = table["row"].groupby(table["person"].where(table["person"] != "")).transform("min")
    first = first.fillna(table["row"]).to_numpy(dtype=np.int64)
    pairs = np.concatenate([np.stack([table["row"], each], axis=1) for each in (group, first)])
    return table.assign(
        group=group,
        copies=copies_in_file(group, usage),
        conflicting=conflicting_twins(table["label"], group, usage),
        twin=False,
        fold=fold_of_group(smallest_of_component(pairs, len(table))),
    )


def _worn(found: np.ndarray, masks: str) -> np.ndarray:
    """Whose own mask stays, bool ``(n,)``."""
    if masks != "both":
        return np.full(len(found), masks == "worn")
    network = load_network(SHIPPED)
    return np.array([mask_seen(each, network) is True for each in found[:, _MASK]])


def _masked(table: pd.DataFrame, pixels: np.ndarray, drawn: pd.DataFrame) -> pd.DataFrame:
    """The table with each face's mask, as drawn or as worn."""
    asked = [rule.name for rule in RULES.values() if rule.stage in ("face", "twins")]
    asked = [name for name in asked if not RULES[name].needs]
    table = table.assign(
        mask_style=OWN_MASK, mask_seed=np.int64(0), mask_fails=False, masked=list(pixels)
    )
    table["passed"] = [asked] * len(table)
    for name in ("mask_style", "mask_seed", "mask_fails", "masked"):
        table.loc[drawn.index, name] = drawn[name]
    table.loc[drawn.index, "passed"] = pd.Series([[*asked, "bad_mask"]] * len(drawn), drawn.index)
    return table


def _after(table: pd.DataFrame, stage: str, settings: OwnSettings) -> pd.Series:
    """The first rule that drops each face, once a stage's are asked too."""
    return table["rule"].where(table["rule"] != "", first_rule(table, stage, settings.screening))
