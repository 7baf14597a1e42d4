"""FER2013 and FER+ in the forms people have them, as one table of faces and their pixels.

FER2013 comes as ``fer2013.csv`` or ``icml_face_data.csv``, plain or inside a gzip, zip or
tar archive, as folders of pictures named after the expression, plain or zipped, or as Parquet
files, which is how datasets on the Hugging Face Hub hold it. FER+ adds ten votes a face in
``fer2013new.csv``, row by row, or in the folders that FERPlus writes. docs/forms.md lists them.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import bdtr

from fermask.dataset.fer2013_csv import has_csv, read_faces_csv, read_votes_csv
from fermask.dataset.fer2013_pictures import (
    ferplus_folders,
    parquet_files,
    read_class_folders,
    read_ferplus_folders,
    read_parquet_pictures,
    zipped_class_folders,
)
from fermask.dataset.fer2013_rows import (
    PRIVATE_ROWS,
    PUBLIC_ROWS,
    rows_of_pixels,
    usage_of_row,
)
from fermask.faces.labels import (
    EMOTION_OF_FERPLUS,
    FER2013_EMOTIONS,
    VOTE_COLUMNS,
    label_from_votes,
)
from fermask.system.files import given_path

# Of FER2013's 30,150 faces with such a majority 65.7% have it as their own emotion (of any 1,000 in
# a row at least 61%); of faces in another order 18.5% would by chance. Half lies between.
_USUALLY_SAME = 0.66
_LEAST_SAME = 0.5
_SURELY = 1e-4

_NO_EMOTIONS = (
    "FERPlus' folders hold the votes of FER+, and not FER2013's own emotions: the one of the seven "
    "that most voters chose stands for them."
)


@dataclass(frozen=True)
class Fer2013:
    """The faces of FER2013, by rising row.

    Attributes:
        pixels: uint8 ``(n, 48, 48)``.
        table: one row a face, index 0…n-1: ``row`` (int64, 0-based FER2013 row, rising),
            ``usage`` (str, of ``labels.USAGES``), ``emotion`` (int8, index into
            ``labels.FER2013_EMOTIONS``), ``file`` (str, where the face is in a folder of
            pictures or a dataset whose rows are not known, else "") and, with FER+,
            ``VOTE_COLUMNS`` (int8, 0…10).
        source: what was read, for messages.
        has_votes: whether FER+ was joined.
        recognised: whether its pixels are those of Kaggle's FER2013, so that ``row`` is
            Kaggle's; else it is the place in the file.
        note: what was done to put the faces at their rows, as a sentence, or "".
    """

    pixels: np.ndarray
    table: pd.DataFrame
    source: str
    has_votes: bool
    recognised: bool = False
    note: str = ""

    @property
    def votes(self) -> np.ndarray:
        """FER+'s votes, int8 ``(n, 10)`` in the order of ``labels.FERPLUS_VOTES``.

        Raises:
            ValueError: FER+ was not joined.
        """
        if not self.has_votes:
            raise ValueError(f"{self.source} was read without FER+, so its faces have no votes.")
        return self.table[list(VOTE_COLUMNS)].to_numpy(dtype=np.int8)

    def pixels_of(self, rows: np.ndarray) -> np.ndarray:
        """The faces of some rows of FER2013, uint8 ``(k, 48, 48)``.

        Raises:
            ValueError: the file lacks one of them.
        """
        rows, own = np.asarray(rows), self.table["row"].to_numpy()
        places = np.searchsorted(own, rows)
        lacking = np.append(own, -1)[places] != rows
        if lacking.any():
            raise ValueError(
                f"{self.source} has {len(own):,} rows of FER2013, without {lacking.sum():,} of the "
                f"{len(rows):,} asked for; the first of these is row {rows[lacking][0]}."
            )
        return self.pixels[places]


def read_fer2013(path: str | Path) -> Fer2013:
    """FER2013 without votes, from a CSV file, an archive that holds one, class folders or Parquet.

    The CSV has the columns ``emotion`` (0…6), ``pixels`` (2,304 values 0…255, row by row,
    separated by spaces) and ``Usage``, in any order. Whatever the form, faces whose pixels are
    FER2013's are put at their rows, and ``note`` says so where they stood elsewhere. Of other
    faces, such as JPEG's in class folders (``train/angry/*.jpg``), ``row`` is the place in the
    file or in sorted order; FER+ cannot be joined to folders or Parquet then.

    >>> import fermask, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "fer2013.csv"
    ...     pixels = " ".join(["127"] * 48 * 48)
    ...     _ = path.write_text(f"emotion,pixels,Usage\\n3,{pixels},Training\\n")
    ...     faces = fermask.read_fer2013(path)
    >>> faces.pixels.shape, faces.table["usage"].to_list(), faces.has_votes
    ((1, 48, 48), ['Training'], False)

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows or pictures, is not as described.
    """
    path = given_path(path)
    if path.suffix.lower() == ".parquet" or parquet_files(path):
        return _at_their_rows(_faces(*read_parquet_pictures(path), str(path)))
    if ferplus_folders(path):
        pictures, votes = read_ferplus_folders(path)
        faces = _faces(*pictures, str(path))
        table = pd.concat([faces.table, votes], axis=1)
        faces = _at_their_rows(replace(faces, table=table, has_votes=True))
        return replace(faces, note=f"{_NO_EMOTIONS} {faces.note}".strip())
    zipped = None if path.is_dir() or has_csv(path) else zipped_class_folders(path)
    if path.is_dir() or zipped is not None:
        return _at_their_rows(_faces(*read_class_folders(zipped or path), str(path)))
    pixels, emotions, usages, has_usages = read_faces_csv(path)
    faces = _at_their_rows(_faces(pixels, emotions, usages, "", str(path)))
    if has_usages:
        return faces
    return replace(faces, note=f"{_without_usage(faces)} {faces.note}".strip())


def _without_usage(faces: Fer2013) -> str:
    usages = ", ".join(faces.table["usage"].unique())
    if faces.recognised:
        return f"{faces.source} has no column Usage; its faces' pixels tell that they are {usages}."
    return (
        f"{faces.source} has no column Usage, and its faces are not FER2013's: all are taken for "
        f"{usages}, after the file's name. Which of them a test should keep cannot be known."
    )


def read_ferplus(path: str | Path) -> pd.DataFrame:
    """FER+: ``usage`` (str), ``image_name`` (str, "" for no face), ``VOTE_COLUMNS`` (int8).

    One row for each row of FER2013, in the same order; votes are 0…10.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows, is not as Microsoft's ``fer2013new.csv``.
    """
    return read_votes_csv(Path(path))


def join_ferplus(
    faces: Fer2013, ferplus: pd.DataFrame, ferplus_source: str | Path = "FER+"
) -> Fer2013:
    """The faces with the votes of the same rows.

    Args:
        faces: as ``read_fer2013`` gives them.
        ferplus: as ``read_ferplus`` gives it, in FER2013's order; it may have more rows than the
            faces, where these were recognised.
        ferplus_source: what it was read from, for messages.

    Raises:
        ValueError: the order of the rows is lost, rows are missing, the usages differ, or the
            votes are of other faces: far fewer of them name FER2013's own emotion than should.
    """
    if (faces.table["file"] != "").any():
        raise ValueError(
            f"FER+ cannot be joined to {faces.source}: it goes by FER2013's row order, which "
            "class folders have lost, and most datasets on the Hub. Use fer2013.csv."
        )
    votes = _votes_of_rows(faces, ferplus, ferplus_source)
    theirs, ours = votes["usage"].to_numpy(), faces.table["usage"].to_numpy()
    differing = np.flatnonzero(theirs != ours)
    if differing.size:
        row = int(faces.table["row"].iloc[differing[0]])
        raise ValueError(
            f"Row {row} (line {row + 2}) is {ours[differing[0]]} in {faces.source}, but "
            f"{theirs[differing[0]]} in {ferplus_source}; both files need the same rows in the "
            "same order."
        )
    votes = votes[list(VOTE_COLUMNS)].astype(np.int8).set_axis(faces.table.index)
    _check_votes_fit(faces, votes, ferplus_source)
    kept = faces.table.drop(columns=list(VOTE_COLUMNS), errors="ignore")
    return replace(faces, table=pd.concat([kept, votes], axis=1), has_votes=True)


def data_hash(faces: Fer2013) -> str:
    """SHA-256 (hex) of pixels, usage, emotion and votes, whatever form they were read from."""
    digest = hashlib.sha256(f"{len(faces.table)} {faces.has_votes}\n".encode())
    digest.update(np.ascontiguousarray(faces.pixels, dtype=np.uint8).data)
    digest.update("\n".join(faces.table["usage"]).encode())
    digest.update(faces.table["emotion"].to_numpy(dtype=np.int8).tobytes())
    if faces.has_votes:
        digest.update(np.ascontiguousarray(faces.votes).data)
    return digest.hexdigest()


def _at_their_rows(faces: Fer2013) -> Fer2013:
    """The faces at FER2013's rows, where their pixels are FER2013's.

    In a file whose known faces all stand at their rows the others do so too. Otherwise a face
    without a known row is left out; but PrivateTest, of which no hash is published, is taken to
    keep its order where it is whole and the others keep theirs.
    """
    usage = faces.table["usage"].to_numpy(dtype=object, copy=True)
    rows = rows_of_pixels(faces.pixels, usage)
    known = rows >= 0
    # PublicTest and PrivateTest together are half unknown; chance finds a few black pictures.
    if known.mean() < 1 / 3:
        return _private_alone(faces)
    private = ~known & (usage == "PrivateTest")
    ends_the_file = (np.flatnonzero(private) >= PUBLIC_ROWS).all()
    if ends_the_file and (rows[known] == np.flatnonzero(known)).all():
        # A folder test, and who calls a part so, mixes both of FER2013's test parts.
        usage[known] = usage_of_row(rows[known])
        table = faces.table.assign(file="", usage=pd.Series(usage, dtype="str"))
        return replace(faces, table=table.astype({"file": "str"}), recognised=True)
    if private.sum() == PRIVATE_ROWS and (np.diff(rows[known]) > 0).all():
        rows[private] = PUBLIC_ROWS + np.arange(PRIVATE_ROWS)
    return _put_back(faces, rows)


def _private_alone(faces: Fer2013) -> Fer2013:
    """PrivateTest without the rest has no pixels that are known, but its rows are."""
    whole = len(faces.table) == PRIVATE_ROWS and (faces.table["usage"] == "PrivateTest").all()
    if not whole or (faces.table["file"] != "").any():
        return faces
    return replace(faces, table=faces.table.assign(row=faces.table["row"] + PUBLIC_ROWS))


def _put_back(faces: Fer2013, rows: np.ndarray) -> Fer2013:
    """The faces by rising row, without those whose row is -1."""
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    rows = rows[order]
    table = faces.table.iloc[order].reset_index(drop=True)
    usage = pd.Series(usage_of_row(rows), dtype="str")
    table = table.assign(row=rows, file="", usage=usage).astype({"file": "str"})
    left_out = len(faces.table) - len(rows)
    lacking = PUBLIC_ROWS - int((rows < PUBLIC_ROWS).sum())
    note = (
        f"{faces.source} is not in FER2013's order, or not all of it: {len(rows):,} of its "
        f"{len(faces.table):,} faces were recognised by their pixels and put at FER2013's rows."
    )
    if left_out:
        note += (
            f" {left_out:,} were not and are left out; no hashes of PrivateTest are published, by "
            "which its faces could be."
        )
    if lacking:
        note += (
            f" {lacking:,} of the {PUBLIC_ROWS:,} rows of Training and PublicTest are missing, so "
            "a set built from the rest is another one."
        )
    pixels = faces.pixels[order]
    return replace(faces, pixels=pixels, table=table, recognised=True, note=note)


def _votes_of_rows(faces: Fer2013, ferplus: pd.DataFrame, source: str | Path) -> pd.DataFrame:
    """FER+'s lines for the faces: of Kaggle's rows where these are known, else one by one."""
    rows = faces.table["row"].to_numpy()
    rows_known = faces.recognised or rows[0] > 0
    if rows_known and len(ferplus) > rows[-1]:
        return ferplus.iloc[rows]
    if faces.recognised:
        raise ValueError(
            f"{faces.source} holds FER2013's row {rows[-1]:,}, but {source} has "
            f"{len(ferplus):,} rows, one for each of FER2013's in its own order; give the whole "
            "fer2013new.csv."
        )
    if len(ferplus) != len(rows):
        raise ValueError(
            f"{faces.source} has {len(rows):,} rows, but {source} has {len(ferplus):,}; they "
            "belong together row by row, so both need the same number."
        )
    return ferplus


def _check_votes_fit(faces: Fer2013, votes: pd.DataFrame, source: str | Path) -> None:
    """Raises where votes and FER2013's own emotions cannot be of the same faces."""
    majority = label_from_votes(votes.to_numpy())["majority"].map(EMOTION_OF_FERPLUS)
    asked = majority.notna().to_numpy()
    own = np.array(FER2013_EMOTIONS)[faces.table["emotion"].to_numpy()]
    same = int((majority.to_numpy(dtype=object)[asked] == own[asked]).sum())
    n = int(asked.sum())
    if n and bdtr(same, n, _LEAST_SAME) < _SURELY:
        raise ValueError(
            f"{source} is not of the faces of {faces.source} in this order: most votes name "
            f"FER2013's own emotion for {same / n:.0%} of {n:,} faces, and would for about "
            f"{_USUALLY_SAME:.0%}. Both files need the same rows in the same order, as Kaggle and "
            "Microsoft publish them."
        )


def _faces(
    pixels: np.ndarray,
    emotions: np.ndarray,
    usages: np.ndarray,
    files: list[str] | str,
    source: str,
) -> Fer2013:
    table = pd.DataFrame(
        {
            "row": np.arange(len(pixels), dtype=np.int64),
            "usage": pd.Series(usages, dtype="str"),
            "emotion": np.asarray(emotions, dtype=np.int8),
            "file": files,
        }
    ).astype({"file": "str"})
    return Fer2013(pixels, table, source, has_votes=False)
