"""Predictions of more pictures, or of more faces, than memory holds: a folder of Parquet files.

Each file is a part, of so many pictures or faces, and is written whole. A part that is already
there is kept if it is of the same pictures, network and code; so an interrupted run goes on,
and a later one does what is new. ``pandas.read_parquet`` reads the folder as one table.
"""

import hashlib
import os
import platform
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from fermask.dataset.face_quality import Progress
from fermask.faces.labels import CLASSES
from fermask.networks.inference import (
    PRIORS,
    Network,
    load_network,
    shift_neutral,
    under_prior,
)
from fermask.photographs.photograph import walk_photographs
from fermask.photographs.prediction import (
    HAPPY,
    OTHER_LIKELY,
    mask_seen,
    predict,
)
from fermask.photographs.records import COLUMNS, as_rows
from fermask.photographs.shots import EVERY, read_shots
from fermask.system.files import file_hash, write_json
from fermask.system.kept import one_writer
from fermask.system.parquet import StoredTable, write_parquet
from fermask.system.paths import ROOT
from fermask.system.workers import Workers, each_result, made_with

SCHEMA_VERSION = 2
PICTURES_A_PART = 256
FACES_A_PART = 8192
# Written last. Readers of a folder of Parquet files pass names with "_" over.
COMPLETE = "_complete.json"

_PART_NAME = re.compile(r"part-(\d+)\.parquet")


@dataclass(frozen=True)
class Pictures:
    """A part of a list of picture files and films.

    ``files``: their names as given. ``base``: the folder that relative ones are from. ``every``:
    as for ``read_shots``.
    """

    files: tuple[str, ...]
    base: Path
    every: int = EVERY

    of: ClassVar[str] = "pictures"
    # ``fermask.photographs.records.as_rows`` says what they hold; null where it has "".
    columns: ClassVar[pa.Schema] = pa.schema(
        {"image": pa.string(), "frame": pa.int64(), "seconds": pa.float64(), "face": pa.int32()}
        | dict.fromkeys(("x", "y", "width", "height"), pa.int32())
        | dict.fromkeys(CLASSES, pa.float64())
        | {"label": pa.string(), "sure": pa.bool_()}
        | {"other": pa.float64(), "smile": pa.float64()}
        | {"mask": pa.bool_(), "nose_covered": pa.bool_()}
        | {"warning": pa.string(), "error": pa.string()}
    )

    def __len__(self) -> int:
        return len(self.files)

    def about(self) -> dict[str, Any]:
        """A hash of names, sizes and times of change, for which no picture is read."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(os.fsencode(f"{file}\0{_stamp(self.base / file)}\0"))
        return {"pictures": len(self), "every": self.every, "sha256": digest.hexdigest()}

    def predict(self, network: Network) -> pa.Table:
        """A row a face; one that says so where there is none, or where a file is no picture.

        Raises:
            FileNotFoundError: none of the files is there.
        """
        if not any((self.base / file).exists() for file in self.files):
            raise FileNotFoundError(_not_there(self.base / self.files[0]))
        rows = [row for file in self.files for row in self._rows(file, network)]
        columns = {name: [None if r[name] == "" else r[name] for r in rows] for name in COLUMNS}
        return pa.table(columns, self.columns)

    def _rows(self, file: str, network: Network) -> list[dict[str, Any]]:
        rows, name = [], _as_text(file)
        try:
            for shot in read_shots(self.base / file, self.every):
                warning, found = shot.photograph.warning, predict(shot.photograph, network)
                rows += as_rows(name, found, "", warning, shot.frame, shot.seconds)
        except (ValueError, OSError) as unreadable:
            rows += as_rows(name, [], _as_text(str(unreadable)))
        return rows


@dataclass(frozen=True)
class Faces:
    """Faces ``start`` to ``stop`` of a ``.npy`` file, uint8 ``(n, 48, 48)``."""

    path: Path
    start: int
    stop: int

    of: ClassVar[str] = "faces"
    # ``face``: its place in the file, from 0. The classes: probabilities, 0…1. The rest as of
    # ``Pictures``; a mask is told by the network alone, since there is no photograph to look at.
    columns: ClassVar[pa.Schema] = pa.schema(
        {"face": pa.int64(), "label": pa.string(), "sure": pa.bool_()}
        | dict.fromkeys(CLASSES, pa.float32())
        | {"other": pa.float32(), "smile": pa.float32(), "mask": pa.bool_()}
    )

    def __len__(self) -> int:
        return self.stop - self.start

    def about(self) -> dict[str, Any]:
        """The faces' places, and the file's size and time of change."""
        return {"faces": [self.start, self.stop], "stamp": _stamp(self.path)}

    def predict(self, network: Network) -> pa.Table:
        """A row a face.

        Raises:
            FileNotFoundError: the file is not there.
        """
        # Mapped anew for each part: pages once read would count as this process's memory.
        faces = np.array(open_faces(self.path)[self.start : self.stop])
        # Without the maps, which are larger than their faces.
        names = ("probabilities", *network.more_outputs)
        answer = dict(zip(names, network.run(names, faces), strict=True))
        shares = shift_neutral(answer["probabilities"], network.neutral_shift)
        columns = {
            "face": np.arange(self.start, self.stop),
            "label": np.array(CLASSES)[shares.argmax(axis=1)],
            "sure": shares.max(axis=1) >= network.not_sure_below,
            **dict(zip(CLASSES, shares.T, strict=True)),
            **dict.fromkeys(("other", "smile", "mask"), [None] * len(self)),
        }
        if "other" in answer:
            columns["other"] = answer["other"].sum(axis=1)
            columns["smile"] = answer["other"][:, HAPPY]
            columns["sure"] &= columns["other"] <= OTHER_LIKELY
        if "mask" in answer:
            columns["mask"] = [mask_seen(float(p), network) for p in answer["mask"][:, 0]]
        return pa.table(columns, self.columns)


Part = Pictures | Faces


@dataclass(frozen=True)
class NetworkFile:
    """A network that workers find by themselves, and know to be the same.

    ``file``: its path, within the project if it lies there. ``sha256``: of it. ``record_sha256``:
    of the ``.json`` beside it, "" without one. ``prior``: one of ``PRIORS``.
    """

    file: str
    sha256: str
    record_sha256: str
    prior: str


def write_parts(
    parts: Iterable[Part],
    total: int,
    folder: Path,
    model: Path,
    workers: Workers,
    progress: Progress,
    prior: str = PRIORS[0],
) -> dict[str, int]:
    """Writes a Parquet file for each part that is not there yet, and ``COMPLETE`` at the end.

    Args:
        parts: of ``picture_parts`` or ``face_parts``.
        total: pictures or faces that they hold.
        folder: where to. Parts there of an earlier, longer list are deleted.
        model: an ``.onnx`` file of ``scripts.export``.
        workers: who computes, which does not change the files. They read the pictures
            themselves, and so need them under the same paths.
        progress: called with the step ``predictions``.
        prior: one of ``PRIORS``.

    Returns:
        What ``COMPLETE`` holds: its ``schema`` and how many ``parts``, ``pictures`` or ``faces``,
        ``rows`` and ``unreadable`` pictures there are.

    Raises:
        FileNotFoundError: the network is missing, or a worker does not find the pictures.
        ValueError: a file holds no network or no faces, or a worker has other code.
    """
    with one_writer(folder):
        return _write_parts(parts, total, folder, _network_file(model, prior), workers, progress)


def _write_parts(
    parts: Iterable[Part],
    total: int,
    folder: Path,
    network: NetworkFile,
    workers: Workers,
    progress: Progress,
) -> dict[str, int]:
    made = {"schema": SCHEMA_VERSION, "network": asdict(network), "made_with": made_with()}
    counts = Counter(parts=0, rows=0, unreadable=0)

    def count(part: Part, table: pa.Table) -> None:
        errors = len(table) - table["error"].null_count if "error" in table.column_names else 0
        counts.update({"parts": 1, part.of: len(part), "rows": len(table), "unreadable": errors})
        progress("predictions", counts[part.of], total)

    def missing() -> Iterator[tuple[tuple[Path, dict[str, Any], Part], Part]]:
        for number, part in enumerate(parts):
            path, about = folder / f"part-{number:05}.parquet", made | part.about()
            stored = _stored(path, about)
            if stored is None:
                yield (path, about, part), part
            else:
                count(part, stored)

    (folder / COMPLETE).unlink(missing_ok=True)
    progress("predictions", 0, total)
    for (path, about, part), table in each_result(workers, partial(_predict, network), missing()):
        write_parquet(path, table, about)
        count(part, table)
    _delete_from(counts["parts"], folder)
    complete = {"schema": SCHEMA_VERSION, **counts}
    write_json(folder / COMPLETE, complete)
    return complete


def picture_parts(paths: Iterable[str | Path], every: int = EVERY) -> Iterator[Pictures]:
    """The parts of files and folders; order and errors as of ``walk_photographs``."""
    files, base = walk_photographs(paths), Path.cwd()
    while some := tuple(islice(files, PICTURES_A_PART)):
        yield Pictures(some, base, every)


def face_parts(path: Path) -> Iterator[Faces]:
    """The parts of a ``.npy`` file of faces; errors as of ``open_faces``."""
    count, path = len(open_faces(path)), path.absolute()
    # Of no faces too there is a table.
    for start in range(0, max(count, 1), FACES_A_PART):
        yield Faces(path, start, min(start + FACES_A_PART, count))


def open_faces(path: Path) -> np.ndarray:
    """The faces of a ``.npy`` file, mapped: uint8 ``(n, 48, 48)``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else, or is cut short.
    """
    if not path.is_file():
        raise FileNotFoundError(_not_there(path))
    try:
        faces = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as .npy ({error}).") from error
    if faces.dtype != np.uint8 or faces.ndim != 3 or faces.shape[1:] != (48, 48):
        raise ValueError(
            f"{path} holds {faces.dtype} {faces.shape}; expected faces, uint8 (n, 48, 48)."
        )
    return faces


def _predict(network: NetworkFile, part: Part) -> pa.Table:
    return part.predict(_same_network(network))


def _network_file(model: Path, prior: str) -> NetworkFile:
    network = load_network(model)
    path = network.path
    if network.classes != CLASSES:
        raise ValueError(
            f"{path.name} tells {', '.join(network.classes)} apart; these files are of FERM's four "
            "classes. `fermask predict --csv` and `--json` tell any."
        )
    named = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    record = path.with_suffix(".json")
    record_sha256 = file_hash(record) if record.is_file() else ""
    return NetworkFile(named.as_posix(), file_hash(path), record_sha256, prior)


@cache
def _same_network(wanted: NetworkFile) -> Network:
    network = under_prior(load_network(ROOT / wanted.file), wanted.prior)
    if _network_file(network.path, wanted.prior) != wanted:
        raise ValueError(
            f"{network.path} on {platform.node()} is another network than the one given; every "
            "worker needs it, and the .json beside it, under the same path."
        )
    return network


def _stored(path: Path, about: dict[str, Any]) -> pa.Table | None:
    """A part's table, if it is there, whole and what it should be."""
    try:
        stored = StoredTable(path)
        return stored.read(stored.schema.names) if stored.about == about else None
    except (FileNotFoundError, ValueError):
        return None


def _delete_from(number: int, folder: Path) -> None:
    for path in folder.iterdir():
        found = _PART_NAME.fullmatch(path.name)
        if found and int(found[1]) >= number:
            path.unlink()


def _stamp(path: Path) -> str:
    """A file's size and time of change."""
    try:
        stat = path.stat()
    except OSError:
        return "gone"
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _not_there(path: Path) -> str:
    return f"{path} is not there on {platform.node()}; every worker needs it under the same path."


def _as_text(name: str) -> str:
    """A name that UTF-8 knows: what it does not know is written as its bytes, such as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
