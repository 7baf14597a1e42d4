"""A reviewer's marks on the faces of a set, and the set that they make (§2.2, by hand).

The paper screened its faces by hand. Here a reviewer's verdicts are kept in a SQLite file, go
out and in as CSV, and make another set of the one they were given on (``reviewed``), which has
a name of its own. Verdicts come after the quotas are drawn: a face left out is not replaced, so
that every other face of the set stays as it was.
"""

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import SCHEMA_VERSION, Ferm, FermSettings, is_other_version
from fermask.dataset.manifest import pixel_hash, set_id
from fermask.dataset.marks import KEEP, VERDICTS, marks_hash
from fermask.dataset.screening import with_review
from fermask.faces.labels import CLASS_OF_FERPLUS, CLASSES, FERPLUS_VOTERS

_LISTED = 8


def check_marks(marks: pd.DataFrame, about: dict[str, Any], faces: pd.DataFrame) -> None:
    """Raises a ValueError, with row and column, where marks do not fit a set.

    Args:
        marks: as ``parse_marks`` gives them.
        about: the set's, as ``Ferm.about``.
        faces: the set's ``row`` and ``label``.
    """
    labels = faces.set_index("row")["label"]
    name, own_id = about["name"], set_id(about)
    for mark in marks.to_dict("records"):
        if is_other_version(mark["set"], name):
            raise ValueError(
                f"{mark['place']}, column set: a mark of {mark['set']}, but this set is {name}. "
                f"Mark {mark['set']}'s own set, or take its marks over to {name} with `python -m "
                "scripts.build_ferm --review`."
            )
        if mark["set"] not in ("", name):
            raise ValueError(
                f"{mark['place']}, column set: a mark of {mark['set']}, but this set is {name}."
            )
        if mark["set_id"] not in ("", own_id):
            raise ValueError(
                f"{mark['place']}, column set_id: a mark of another {name} ({mark['set_id']}) than "
                f"this one ({own_id}), which was made from another FER2013."
            )
        if mark["row"] not in labels.index:
            raise ValueError(
                f"{mark['place']}, column row: FER2013's row {mark['row']} is not among the "
                f"{len(labels):,} faces of {name}."
            )
        if mark["suggestion"] == labels[mark["row"]]:
            raise ValueError(
                f"{mark['place']}, column suggestion: FER2013's row {mark['row']} is "
                f"{mark['suggestion']} already."
            )


def carried_over(marks: pd.DataFrame, ferm: Ferm) -> tuple[pd.DataFrame, str]:
    """Marks of another version of FERM as marks of this one: those of the rows that both hold.

    Args:
        marks: as ``parse_marks`` gives them; marks of no other version stay as they are.
        ferm: the set.

    Returns:
        The marks, and a sentence on what was carried over and what was not; "" where all are the
        set's own.

    Raises:
        ValueError: they are of another version, and none is of a face of this set.
    """
    of_other = np.array([is_other_version(name, ferm.name) for name in marks["set"]], dtype=bool)
    if not of_other.any():
        return marks, ""
    (version, *_), absent = (
        marks["set"][of_other],
        of_other & ~marks["row"].isin(ferm.manifest["row"]),
    )
    if absent.all():
        raise ValueError(
            f"None of the {len(marks):,} marks of {version} is of a face of {ferm.name}."
        )
    note = f"{of_other.sum() - absent.sum():,} marks of {version} were carried over to {ferm.name}"
    if absent.any():
        rows = marks["row"][absent]
        listed = ", ".join(map(str, rows.head(_LISTED))) + (", …" if len(rows) > _LISTED else "")
        note += f"; {len(rows):,} are of faces that are not in it (FER2013's rows {listed})"
    ours = marks.assign(**{name: marks[name].mask(of_other, "") for name in ("set", "set_id")})
    return ours[~absent].reset_index(drop=True), f"{note}."


def after_review(faces: pd.DataFrame, marks: pd.DataFrame) -> tuple[pd.Series, np.ndarray]:
    """What a review makes of each face.

    Args:
        faces: a set's ``row`` and ``label``.
        marks: ``row``, ``verdict`` and ``suggestion``, one line a face, as ``Marks.current``
            gives them.

    Returns:
        Each face's label afterwards, and which are left out, bool ``(n,)``.
    """
    mark = marks.set_index("row").reindex(faces["row"])
    suggestion = mark["suggestion"].fillna("").set_axis(faces.index)
    label = faces["label"].where(suggestion == "", suggestion)
    judged = mark["verdict"].notna().to_numpy() & (mark["verdict"] != KEEP).to_numpy()
    return label, judged & (suggestion == "").to_numpy()


def reviewed(ferm: Ferm, marks: pd.DataFrame) -> Ferm:
    """The set that a review makes: faces left out or relabelled, all others as they were.

    Its name says so, ``about["review"]`` counts what was done, and the funnel has a line for it.
    The same marks in any order give the same set.

    Args:
        ferm: a set with images, as ``ferm.build`` makes it.
        marks: as ``parse_marks`` gives them.

    Raises:
        ValueError: the marks do not fit the set, none of its faces is left, or it has no images.
    """
    check_marks(marks, ferm.about, ferm.manifest)
    masked, bare = ferm.images()
    manifest = ferm.manifest
    relabel, out = after_review(manifest, marks)
    relabelled = (relabel != manifest["label"]).to_numpy()
    suggestion = np.where(relabelled, relabel, "").astype(object)
    if out.all():
        raise ValueError(f"This review leaves none of the {len(out):,} faces of {ferm.name}.")
    done = _counts(ferm, marks, manifest["label"].to_numpy(), suggestion)
    funnel = with_review(ferm.funnel, manifest["label"][out])
    manifest = manifest.assign(label=relabel, agreement=_agreement(manifest, relabelled, relabel))
    manifest = manifest[~out].reset_index(drop=True)
    masked, bare = masked[~out], bare[~out]
    about = ferm.about | {
        "name": f"{ferm.name} reviewed {done['marks_sha256'][:8]}",
        "review": done,
        "funnel": funnel.to_dict("list"),
        "masked_sha256": pixel_hash(masked),
        "bare_sha256": pixel_hash(bare),
    }
    return replace(ferm, manifest=manifest, about=about, masked=masked, bare=bare)


def build_options(about: dict[str, Any]) -> str | None:
    """The options of ``scripts.build_ferm`` that make a set anew, to be reviewed.

    Returns:
        Text such as ``--usage PrivateTest --quotas none``, "" for the default; None for a set that
        no options make: one with other settings, a reviewed one, or one of FERM v1's time.
    """
    if about["schema"] != SCHEMA_VERSION:
        return None
    default, settings = json.loads(json.dumps(asdict(FermSettings()))), about.get("settings")
    if settings is None or "review" in about:
        return None
    options, asked = [], dict(default)
    if settings["usages"] != default["usages"]:
        options.append(f"--usage {' '.join(settings['usages'])}")
        asked["usages"] = settings["usages"]
    if settings["quotas"] is None:
        options.append("--quotas none")
        asked["quotas"] = None
    return " ".join(options) if settings == asked else None


def _counts(
    ferm: Ferm, marks: pd.DataFrame, label: np.ndarray, suggestion: np.ndarray
) -> dict[str, Any]:
    moves = [(old, new) for old in CLASSES for new in CLASSES]
    times = {move: int(((label == move[0]) & (suggestion == move[1])).sum()) for move in moves}
    left_out = marks[marks["suggestion"] == ""]["verdict"].value_counts()
    return {
        "of": ferm.name,
        "of_id": set_id(ferm.about),
        "marks_sha256": marks_hash(marks),
        "marks": len(marks),
        "kept": int(left_out.get(KEEP, 0)),
        "left_out": {name: int(left_out.get(name, 0)) for name in VERDICTS if name != KEEP},
        "relabelled": [{"from": old, "to": new, "n": n} for (old, new), n in times.items() if n],
    }


def _agreement(manifest: pd.DataFrame, relabelled: np.ndarray, label: pd.Series) -> np.ndarray:
    """The share of the ten voters who chose the label, also where it is a reviewer's."""
    agreement = manifest["agreement"].to_numpy(dtype=np.float64).copy()
    for name, own in CLASS_OF_FERPLUS.items():
        ours = relabelled & (label == own).to_numpy()
        votes = manifest[f"votes_{name}"][ours].astype("Float64")
        agreement[ours] = votes.to_numpy(dtype=np.float64, na_value=np.nan) / FERPLUS_VOTERS
    return agreement
