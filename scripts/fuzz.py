"""Throw hostile files at everything that reads strangers' bytes, for ten minutes at most.

python -m scripts.fuzz [--seconds 600] [--load] [--record]
"""

import argparse
import io
import os
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import load
from fermask.dataset.marks import parse_marks
from fermask.exploring.imported_predictions import import_predictions
from fermask.faces.labels import CLASSES
from fermask.photographs.album import read_album
from fermask.photographs.photograph import read_photograph
from fermask.photographs.uploads import MEMORY, SECONDS
from fermask.photographs.video import read_frames
from fermask.reporting.report import write_results
from fermask.system.circumstances import circumstances
from fermask.system.guarded import Guard, Lost
from fermask.system.kept import keep_json
from fermask.system.paths import FUZZ, ROOT
from scripts.bench.demo import attacked

Reader = Callable[[bytes], Any]
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, throw; 1 where something got neither an answer nor a sentence."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--load", action="store_true", help="then attack a demo with many users")
    parser.add_argument("--record", action="store_true", help="write it into RESULTS.md")
    options = parser.parse_args(arguments)
    counts = throw(options.seconds, options.seed)
    print(pd.DataFrame(counts).to_string(index=False))
    load = attacked(bombs(options.seed)) if options.load else None
    print(load or "")
    if options.record:
        record = {"rows": counts, "seed": options.seed, "seconds": options.seconds, "load": load}
        keep_json(FUZZ, record | {"busy": round(os.getloadavg()[0], 1)} | circumstances())
        write_results(ROOT / "RESULTS.md")
    return int(any(row["failed"] for row in counts))


def throw(seconds: float, seed: int) -> list[dict[str, Any]]:
    """A row for each kind of file: how many were tried, and what came of them."""
    kinds = _kinds(np.random.default_rng(seed))
    guard = Guard(1, SECONDS, MEMORY, "fermask.photographs.uploads")
    rows = {
        name: dict.fromkeys(("tried", "answered", "sentence", "failed"), 0)
        | {"MB": 0, "slowest": 0}
        for name in kinds
    }
    ends, tried = time.monotonic() + seconds, 0
    names = list(kinds)
    while time.monotonic() < ends:
        name = names[tried % len(names)]
        read, files = kinds[name]
        tried += 1
        data = next(files)
        began = time.monotonic()
        try:
            outcome, megabytes, message = guard.call(tried_once, read, data)
        except Lost as error:
            outcome, megabytes, message = "sentence", MEMORY // 1_000_000, str(error)
        if outcome == "failed":
            print(f"{name}, file {tried} of seed {seed}: {message}", file=sys.stderr)
        row = rows[name]
        row["tried"] += 1
        row[outcome] += 1
        row["MB"] = max(row["MB"], megabytes)
        row["slowest"] = round(max(row["slowest"], time.monotonic() - began), 2)
    guard.close()
    return [{"kind": name} | row for name, row in rows.items()]


def tried_once(read: Reader, data: bytes) -> tuple[str, int, str]:
    """What comes of one file: ``answered``, ``sentence`` or ``failed``; MB so far; the words."""
    outcome, message = "answered", ""
    try:
        read(data)
    except (ValueError, OSError) as error:
        outcome, message = "sentence", str(error)
    except MemoryError:
        outcome, message = "sentence", "too much memory"
    except Exception as error:
        outcome, message = "failed", repr(error)
    return outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, message


def read_archive(data: bytes) -> None:
    """Every file of an archive."""
    for _ in read_album([("a.zip", data)]):
        pass


def read_film(data: bytes) -> None:
    """Twenty frames of a film, which is read from the disk."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        for _ in islice(read_frames(file.name), 20):
            pass


def read_table(data: bytes) -> None:
    """A file of predictions, of whatever kind it says that it is."""
    ferm = load()
    import_predictions(data, "a.csv", Ferm(ferm.manifest[["row", "label", "fold"]], ferm.about))


def read_marks(data: bytes) -> None:
    """A CSV of marks."""
    parse_marks(data, "marks.csv")


def _kinds(random: np.random.Generator) -> dict[str, tuple[Reader, Iterator[bytes]]]:
    return {
        "pictures": (read_photograph, _mutants(_pictures(random), random)),
        "archives": (read_archive, _mutants(_archives(random), random)),
        "films": (read_film, _mutants(_films(), random)),
        "tables": (read_table, _mutants(_tables(), random)),
        "marks": (read_marks, _mutants(_marks(), random)),
    }


def _mutants(seeds: list[bytes], random: np.random.Generator) -> Iterator[bytes]:
    """The files as they are, and then cut, flipped, doubled and with large numbers in them."""
    yield from seeds
    while True:
        data = bytearray(seeds[random.integers(len(seeds))])
        for _ in range(random.integers(1, 6)):
            at = int(random.integers(max(len(data), 1)))
            kind = random.integers(4)
            if kind == 0:
                del data[at:]
            elif kind == 1 and data:
                data[at] ^= 1 << int(random.integers(8))
            elif kind == 2:
                data[at:at] = data[at : at + 1000]
            else:
                data[at : at + 4] = (b"\xff\xff\xff\x7f", b"\0\0\0\0", b"=1;\r")[random.integers(3)]
        yield bytes(data)


def _pictures(random: np.random.Generator) -> list[bytes]:
    small = Image.fromarray(random.integers(0, 256, (60, 80, 3), np.uint8))
    wide = Image.new("1", (39_000, 1000))
    jumps = struct.pack("<IiiHHIIiiII", 40, 40_000_000, 1, 1, 8, 1, 0, 0, 0, 0, 0)
    head = struct.pack("<2sIHHI", b"BM", 0, 0, 0, 14 + 40 + 1024)
    pictures = [_saved(small, each) for each in _FORMATS]
    pictures += [_saved(wide, each) for each in ("PNG", "TIFF")]
    # What a telephone's pictures begin as.
    pictures += [pictures[6].replace(b"ftypavif", b"ftypheic")]
    pictures += [head + jumps + bytes(1024) + b"\0\2\xff\xff" * 4, b"", b"%!PS-Adobe-3.0 EPSF-3.0"]
    return [*pictures, pictures[3][:13] + b"!\xfe" + b"\xffx" * 9_000_000]


def bombs(seed: int) -> list[bytes]:
    """Ten pictures that stand for much more than they are."""
    pictures = _pictures(np.random.default_rng(seed))
    return [*pictures[7:9], pictures[10], pictures[-1]] * 2 + pictures[7:9]


def _archives(random: np.random.Generator) -> list[bytes]:
    archives = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for number, data in enumerate([*_pictures(random)[:3], bytes(50_000_000)]):
                archive.writestr(f"../{number}.png", data)
        archives.append(file.getvalue())
    return archives


def _films() -> list[bytes]:
    films = []
    for suffix, code in ((".mp4", "mp4v"), (".avi", "MJPG")):
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            writer = cv2.VideoWriter(file.name, cv2.VideoWriter_fourcc(*code), 10, (160, 120))
            for shade in range(0, 250, 10):
                writer.write(np.full((120, 160, 3), shade, np.uint8))
            writer.release()
            films.append(Path(file.name).read_bytes())
    return films


def _tables() -> list[bytes]:
    few, many = (_table(count) for count in (50, 3_000_000))
    texts = [few.to_csv(index=False).encode(), b"id," * 40_000, b'id,"' + b"\n" * 1_000_000]
    return [*texts, few.to_parquet(index=False), many.to_parquet(index=False)]


def _table(count: int) -> pd.DataFrame:
    columns = {"id": np.resize(load().manifest["row"], count)} | dict.fromkeys(CLASSES, 0.25)
    return pd.DataFrame(columns)


def _marks() -> list[bytes]:
    header = b"row,verdict,suggestion,note\n"
    return [
        header + b'3,wrong label,sad,"=1+1;\xe2\x80\xae"\n4,keep,,\n',
        header + b"3,keep,," + b"x" * 200_000,
        header + b"3,keep,,\n" * 300_000,
    ]


def _saved(image: Image.Image, format: str) -> bytes:
    file = io.BytesIO()
    image.save(file, format)
    return file.getvalue()


if __name__ == "__main__":
    # The process that reads finds functions by their module's name.
    from scripts import fuzz

    sys.exit(fuzz.main())
