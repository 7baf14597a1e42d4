"""Labelled photographs as people have them: folders named like classes, or a CSV of paths."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from fermask.dataset.fer2013_pictures import USAGE_OF_SPLIT, emotion_named
from fermask.faces.labels import are_classes, class_order
from fermask.photographs.photograph import walk_photographs
from fermask.system.files import given_path, listed
from fermask.system.markdown import plain_name
from fermask.system.untrusted import read_at_most

_MOST_BYTES = 100_000_000
# What the columns of a CSV may be called.
_NAMES = {
    "file": ("path", "file", "filename", "image", "photo"),
    "label": ("label", "class", "emotion", "expression"),
    "person": ("person", "group", "subject", "identity"),
}
_EXPECTED = (
    "expected a folder for each class, as in faces/angry/*.jpg and faces/calm/*.jpg, or a CSV "
    "with the columns path and label"
)


@dataclass(frozen=True)
class LabelledPhotographs:
    """Photographs and what each shows.

    ``table``: ``file`` (from ``folder`` on), ``label`` and ``person`` (whose photographs stay in
    one fold; "" where nobody says), sorted by file. ``name``: of the folder or CSV.
    ``labels_from``: where the labels stand, in words. ``note``: what was passed over, or "".
    """

    table: pd.DataFrame
    folder: Path
    name: str
    labels_from: str
    note: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, in the order of a set's classes."""
        return class_order(self.table["label"])


def read_labelled(source: str | Path) -> LabelledPhotographs:
    """Class folders, also one folder deeper or in ``train`` and ``test``, or a CSV.

    Expressions are called as FER2013 calls them (``anger`` and ``0_Angry`` are ``angry``); other
    classes as their folders.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: neither of them, or fewer than two classes.
    """
    path = given_path(source)
    if not path.exists():
        raise FileNotFoundError(f"{source}: there is no such folder or file; {_EXPECTED}.")
    found = _in_folders(path) if path.is_dir() else _in_csv(path)
    table = found.table.sort_values("file", kind="stable", ignore_index=True)
    twice = table[table["file"].duplicated()]
    if len(twice):
        raise ValueError(f"{path}: {twice['file'].iloc[0]} is there twice; expected it once.")
    if not are_classes(found.classes):
        classes = listed(list(found.classes))
        raise ValueError(
            f"{path}: expected two classes or more, none of them called other; found {classes} in "
            f"{len(table):,} pictures; {_EXPECTED}."
        )
    return LabelledPhotographs(table, found.folder, found.name, found.labels_from, found.note)


def _class_name(given: str) -> str:
    return emotion_named(given) or plain_name(given.strip())


def _in_folders(path: Path) -> LabelledPhotographs:
    folder, note = path, ""
    # As archives are unpacked: a folder that holds nothing but a folder.
    while len(inside := _folders(folder)) == 1 and _folders(inside[0]):
        folder = inside[0]
    parts = [each for each in _folders(folder) if each.name.lower() in USAGE_OF_SPLIT]
    if parts and len(parts) == len(_folders(folder)):
        names = " and ".join(each.name for each in parts)
        note = (
            f"{names} are taken together; ten folds that keep each photograph on one side take "
            "their place."
        )
    else:
        parts = [folder]
    passed_over: list[str] = []
    rows = [
        {"file": str(Path(file).relative_to(folder)), "label": _class_name(each.name), "person": ""}
        for part in parts
        for each in _folders(part)
        for file in walk_photographs(each, passed_over.append)
    ]
    if passed_over:
        note = f"{note} {len(passed_over):,} files that are no pictures were passed over.".strip()
    table = pd.DataFrame(rows, columns=list(_NAMES))
    return LabelledPhotographs(table, folder, _name(path), "the names of their folders", note)


def _folders(folder: Path) -> list[Path]:
    return sorted(
        each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "__"))
    )


def _in_csv(path: Path) -> LabelledPhotographs:
    try:
        text = read_at_most(path, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8; {_EXPECTED}.") from error
    header = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    names = [name.strip().lower() for name in next(lines, [])]
    places = {
        column: next((names.index(each) for each in several if each in names), None)
        for column, several in _NAMES.items()
    }
    if places["file"] is None or places["label"] is None:
        raise ValueError(f"{path} has the columns {listed(names)}; {_EXPECTED}.")
    rows = []
    for values in lines:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(names) or not values[places["label"]].strip():
            raise ValueError(
                f"{path}, line {lines.line_num}: expected {len(names)} values, a label among them, "
                f"received {listed(values)}."
            )
        row = {name: "" if i is None else values[i].strip() for name, i in places.items()}
        rows.append(row | {"label": _class_name(row["label"])})
    table = pd.DataFrame(rows, columns=list(_NAMES), dtype="str")
    return LabelledPhotographs(
        table, path.parent, _name(path), f"the column {names[places['label']]}"
    )


def _name(path: Path) -> str:
    return plain_name(PurePath(path.resolve()).stem)
