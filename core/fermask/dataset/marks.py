"""A reviewer's marks on the faces of a set: a SQLite journal, and CSV out and in."""

import csv
import hashlib
import io
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.manifest import set_id
from fermask.faces.labels import CLASSES
from fermask.system.csv_text import one_line, table_csv, text_of_cell
from fermask.system.untrusted import read_at_most

WRONG_LABEL = "wrong label"
KEEP = "keep"
# What each verdict does to the face in the reviewed set.
VERDICTS: dict[str, str] = {
    WRONG_LABEL: "takes the suggested class, or is left out without one",
    "not a face": "is left out",
    "bad mask": "is left out",
    KEEP: "stays as it is",
}
# Characters, and bytes of a CSV of marks.
LONGEST_NOTE = 2000
MAX_BYTES = 20_000_000
SCHEMA_VERSION = 1
# In the file's header, so that no other program's SQLite file is written to ("FERM").
_APPLICATION = 0x4645524D
_BUSY_SECONDS = 10.0
_SCHEMA = (
    "CREATE TABLE marks (id INTEGER PRIMARY KEY, step INTEGER NOT NULL, set_id TEXT NOT NULL, "
    "set_name TEXT NOT NULL, row INTEGER NOT NULL, verdict TEXT NOT NULL, "
    "suggestion TEXT NOT NULL, note TEXT NOT NULL, time TEXT NOT NULL)",
    "CREATE TABLE undone (mark INTEGER PRIMARY KEY REFERENCES marks (id), time TEXT NOT NULL)",
    "CREATE INDEX marks_of_set ON marks (set_id, row)",
)
# Files of 0.1 lack it until something is written.
_SUMS = (
    "CREATE TABLE IF NOT EXISTS sums (of TEXT NOT NULL, id INTEGER NOT NULL, "
    "sha256 TEXT NOT NULL, PRIMARY KEY (of, id))"
)
_WITH_SUMS = {
    "marks": "SELECT marks.*, sha256 FROM marks "
    "LEFT JOIN sums ON of = 'marks' AND sums.id = marks.id",
    "undone": "SELECT undone.*, sha256 FROM undone LEFT JOIN sums ON of = 'undone' AND id = mark",
}
_STANDING = "set_id = ? AND id NOT IN (SELECT mark FROM undone)"

_COLUMNS = ["row", "verdict", "suggestion", "note", "time"]
_CSV_COLUMNS = [*_COLUMNS, "set", "set_id"]
_NEEDED = ("row", "verdict")


@dataclass(frozen=True)
class Marks:
    """The marks of one set in a SQLite file, which may hold those of other sets too.

    The file is a journal: a mark is added and never changed, and undoing one adds that it is
    undone. Each call is one transaction of its own connection, so that threads, two tabs and a
    killed process lose and mix nothing. Every call raises a ValueError where the file is damaged
    or not one of these (it is left as it is), and an OSError where it cannot be opened or written.

    ``path``: of the file, made with the first mark. ``set_name``, ``set_id``: whose marks.
    """

    path: Path
    set_name: str
    set_id: str

    def mark(self, rows: Iterable[int], verdict: str, suggestion: str = "", note: str = "") -> None:
        """Gives faces a verdict, in place of the one they may have; one step to undo.

        Args:
            rows: FER2013 rows.
            verdict: of ``VERDICTS``.
            suggestion: the class that a wrong label should be, or "".
            note: anything, of at most ``LONGEST_NOTE`` characters; it becomes one line.

        Raises:
            ValueError: an unknown verdict, a suggestion that is no class or stands with another
                verdict, or a longer note.
        """
        note = one_line(note)
        _check_note(note)
        marks = pd.DataFrame({"row": [int(row) for row in rows]})
        self.add(marks.assign(verdict=verdict, suggestion=suggestion, note=note))

    def add(self, marks: pd.DataFrame) -> None:
        """Adds marks (``row``, ``verdict``, ``suggestion``, ``note``), as one step to undo.

        Raises:
            ValueError: a verdict or suggestion that ``mark`` would not take.
        """
        for verdict, suggestion in set(zip(marks["verdict"], marks["suggestion"], strict=True)):
            _check_verdict(verdict, suggestion)
        if marks.empty:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        given = marks[["row", "verdict", "suggestion", "note"]].astype({"row": int})
        with self._opened(write=True) as file:
            (step,) = file.execute("SELECT coalesce(max(step), 0) + 1 FROM marks").fetchone()
            file.executemany(
                "INSERT INTO marks (step, set_id, set_name, row, verdict, suggestion, note, time) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (step, self.set_id, self.set_name, *values, now)
                    for values in given.astype(object).itertuples(index=False, name=None)
                ],
            )

    def undo(self, row: int | None = None) -> pd.DataFrame:
        """Takes back the last step of the set, or the last mark of one face.

        What the faces were marked before stands again.

        Returns:
            The marks taken back, as ``current`` gives them; empty where there was none.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if row is None:
            which = f"step = (SELECT max(step) FROM marks WHERE {_STANDING})"
            values: tuple[Any, ...] = (self.set_id,)
        else:
            which = f"id = (SELECT max(id) FROM marks WHERE {_STANDING} AND row = ?)"
            values = (self.set_id, int(row))
        if not self._is_there():
            return _as_table([])
        with self._opened(write=True) as file:
            # Of a step, a face's mark may be undone by itself before.
            found = file.execute(
                f"SELECT id, {', '.join(_COLUMNS)} FROM marks WHERE {which} AND {_STANDING}",
                (*values, self.set_id),
            ).fetchall()
            file.executemany("INSERT INTO undone VALUES (?, ?)", [(each[0], now) for each in found])
        return _as_table([each[1:] for each in found])

    def current(self) -> pd.DataFrame:
        """What each face is marked now, in the order of marking.

        Returns:
            ``row`` (int64), ``verdict``, ``suggestion`` ("" where none), ``note`` and ``time``
            (ISO 8601, UTC); one line a face.
        """
        if not self._is_there():
            return _as_table([])
        with self._opened() as file:
            # Of a group, SQLite takes all columns from the line that holds the maximum.
            found = file.execute(
                f"SELECT max(id), {', '.join(_COLUMNS)} FROM marks WHERE {_STANDING} "
                "GROUP BY row ORDER BY 1",
                (self.set_id,),
            ).fetchall()
        return _as_table([each[1:] for each in found])

    def other_sets(self) -> dict[str, int]:
        """How many faces of other sets are marked in the same file, by the set's name."""
        if not self._is_there():
            return {}
        with self._opened() as file:
            return dict(
                file.execute(
                    "SELECT set_name, count(DISTINCT set_id || ' ' || row) FROM marks "
                    "WHERE set_id != ? AND id NOT IN (SELECT mark FROM undone) "
                    "GROUP BY set_name ORDER BY set_name",
                    (self.set_id,),
                ).fetchall()
            )

    def to_csv(self) -> str:
        """The current marks as CSV, sorted by row, as ``parse_marks`` reads them."""
        table = self.current().sort_values("row")
        # Notes of 0.1 had no limit.
        notes = table["note"].str.slice(0, LONGEST_NOTE)
        table = table.assign(note=notes, set=self.set_name, set_id=self.set_id)
        return table_csv(table[_CSV_COLUMNS])

    def _is_there(self) -> bool:
        if self.path.is_dir():
            raise IsADirectoryError(f"{self.path} is a folder; expected the name of a marks file.")
        return self.path.is_file()

    @contextmanager
    def _opened(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """The file in one transaction, with its tables."""
        self._is_there()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite's usual rollback journal and not WAL: the file is whole by itself when copied.
        try:
            with closing(
                sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as file:
                # Looked at inside the transaction, or another tab's tables might come half-way.
                file.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                fresh = not self._has_schema(file)
                if fresh and not write:
                    # Even a reader writes the tables where a killed process left an empty file.
                    file.execute("ROLLBACK")
                    file.execute("BEGIN IMMEDIATE")
                    fresh = not self._has_schema(file)
                if fresh:
                    for statement in _SCHEMA:
                        file.execute(statement)
                    file.execute(f"PRAGMA application_id = {_APPLICATION}")
                    file.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                else:
                    stat = self.path.stat()
                    _check_lines(self.path, (stat.st_ino, stat.st_size, stat.st_mtime_ns))
                yield file
                if write:
                    _add_sums(file)
                file.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OSError(
                f"{self.path} cannot be used for marks now ({error}). Try again, or name another "
                "file with --marks."
            ) from error
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"{self.path} is damaged, or no file of marks ({one_line(str(error))}). It was "
                "left as it is: move it away, or name another file with --marks."
            ) from error

    def _has_schema(self, file: sqlite3.Connection) -> bool:
        """Whether the file has our tables; a ValueError where it has others."""
        (application,) = file.execute("PRAGMA application_id").fetchone()
        (schema,) = file.execute("PRAGMA user_version").fetchone()
        (tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, schema, tables) == (0, 0, 0):
            return False
        if application != _APPLICATION:
            raise ValueError(
                f"{self.path} is another program's SQLite file. It was left as it is: name "
                "another file with --marks."
            )
        if schema != SCHEMA_VERSION:
            raise ValueError(
                f"{self.path} has schema {schema}; this version reads schema {SCHEMA_VERSION}. It "
                "was left as it is: name another file with --marks."
            )
        return True


@lru_cache(maxsize=8)
def _check_lines(path: Path, stamp: tuple[int, ...]) -> None:
    """Raises sqlite3.DatabaseError where a line is not as it was written, or is gone.

    Asked once of each ``stamp`` that the file has, since a page reads the marks at every click.
    """
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as file:
        _check_each_line(file)


def _check_each_line(file: sqlite3.Connection) -> None:
    (found,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    if not file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'sums'").fetchone()[0]:
        return
    lines = 0
    for query in _WITH_SUMS.values():
        for *values, written in file.execute(query):
            lines += 1
            if written != _sum_of(values):
                raise sqlite3.DatabaseError("a mark is not as it was written")
    if lines != file.execute("SELECT count(*) FROM sums").fetchone()[0]:
        raise sqlite3.DatabaseError("a mark is gone")


def _add_sums(file: sqlite3.Connection) -> None:
    file.execute(_SUMS)
    for table, query in _WITH_SUMS.items():
        new = [values for *values, written in file.execute(query) if written is None]
        file.executemany(
            "INSERT INTO sums VALUES (?, ?, ?)",
            [(table, values[0], _sum_of(values)) for values in new],
        )


def _sum_of(values: list) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


def marks_of(path: Path, about: dict[str, Any]) -> Marks:
    """The marks of a set in a file.

    Args:
        path: of the SQLite file; it need not exist.
        about: the set's, as ``Ferm.about``.
    """
    return Marks(Path(path), about["name"], set_id(about))


def marks_hash(marks: pd.DataFrame) -> str:
    """SHA-256 (hex) of rows, verdicts and suggestions, in whatever order the marks are.

    Notes and times are left out: they make no other set.
    """
    lines = marks.sort_values("row")[["row", "verdict", "suggestion"]].itertuples(index=False)
    return hashlib.sha256("".join(f"{a},{b},{c}\n" for a, b, c in lines).encode()).hexdigest()


def read_marks(path: Path) -> pd.DataFrame:
    """A CSV of marks, as ``parse_marks`` reads it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not as it should be.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; expected a CSV of marks.")
    return parse_marks(read_at_most(path, MAX_BYTES), str(path))


def parse_marks(content: bytes, source: str) -> pd.DataFrame:
    """Marks from CSV: columns ``row``, ``verdict`` and, where there, the others of ``to_csv``.

    Args:
        content: of the file, UTF-8.
        source: its name, for messages.

    Returns:
        ``row`` (int64), ``verdict``, ``suggestion``, ``note``, ``set``, ``set_id`` (text, ""
        where missing) and ``place`` (where in the file, for messages).

    Raises:
        ValueError: no such CSV, no mark in it, a wrong value, or a face that is marked twice;
            the message names row (from 1) and column.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(f"{source} has more than {MAX_BYTES / 1e6:.0f} MB, too much for marks.")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [(name or "").strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise ValueError(
                f"{source} has no column {missing[0]}; expected comma-separated columns "
                f"{', '.join(_CSV_COLUMNS)}, of which {' and '.join(_NEEDED)} are needed."
            )
        marks: list[dict[str, Any]] = []
        seen: dict[int, int] = {}
        for number, fields in enumerate(reader, start=1):
            place = f"{source}, row {number} (line {reader.line_num})"
            marks.append(_parsed(fields, place))
            row = marks[-1]["row"]
            if row in seen:
                raise ValueError(
                    f"{place}, column row: FER2013's row {row} is marked in row {seen[row]} "
                    "already; keep one of the two."
                )
            seen[row] = number
    except UnicodeDecodeError as error:
        raise ValueError(f"{source} is no CSV of marks: not UTF-8 ({error}).") from error
    except csv.Error as error:
        raise ValueError(f"{source}, line {reader.line_num}: not CSV ({error}).") from error
    if not marks:
        raise ValueError(f"{source} holds no mark.")
    return pd.DataFrame(marks).astype({"row": np.int64})


def _parsed(fields: dict[Any, Any], place: str) -> dict[str, Any]:
    """One line of the CSV."""
    if None in fields:
        raise ValueError(f"{place}: more fields than the first line has columns.")
    texts = {name: text_of_cell((fields.get(name) or "").strip()) for name in _CSV_COLUMNS}
    # Python's own int() takes more, such as 1_5.
    if not (texts["row"].isascii() and texts["row"].isdigit()) or len(texts["row"]) > 18:
        raise ValueError(
            f"{place}, column row: {texts['row']!r}; expected a FER2013 row, 0 or more."
        )
    column = "note"
    try:
        _check_note(texts["note"])
        column = "suggestion" if texts["verdict"] in VERDICTS else "verdict"
        _check_verdict(texts["verdict"], texts["suggestion"])
    except ValueError as error:
        raise ValueError(f"{place}, column {column}: {error}") from error
    kept = {name: texts[name] for name in ("verdict", "suggestion", "note", "set", "set_id")}
    return {"row": int(texts["row"]), **kept, "place": place}


def _check_verdict(verdict: str, suggestion: str) -> None:
    if verdict not in VERDICTS:
        raise ValueError(f"{verdict!r}; expected one of {', '.join(VERDICTS)}.")
    if suggestion and verdict != WRONG_LABEL:
        raise ValueError(f"{suggestion!r} with {verdict}; only a wrong label has a suggestion.")
    if suggestion and suggestion not in CLASSES:
        raise ValueError(f"{suggestion!r}; expected one of {', '.join(CLASSES)}, or nothing.")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"a note of {len(note):,} characters; expected at most {LONGEST_NOTE:,}.")


def _as_table(found: list[tuple]) -> pd.DataFrame:
    table = pd.DataFrame(found, columns=_COLUMNS)
    return table.astype({"row": np.int64} | dict.fromkeys(_COLUMNS[1:], "str"))
