"""``fermask predict``: the faces in photographs and their expressions."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from fermask.cli.terminal import ProgressBars, add_worker_arguments, one_sentence_errors
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.photographs.photograph import list_photographs, read_photograph, walk_photographs
from fermask.photographs.prediction import FacePrediction, predict
from fermask.photographs.records import (
    PictureFolder,
    as_record,
    as_rows,
    csv_header,
    csv_lines,
    draw_predictions,
)
from fermask.system.extras import needing_extra
from fermask.system.paths import SHIPPED
from fermask.system.workers import open_workers

_KEPT = "The files that are written are kept; the same command goes on."

# What is printed of one picture: its name, its faces, and why it could not be read.
Show = Callable[[Path, list[FacePrediction], str | None], None]


def add_commands(commands: "argparse._SubParsersAction") -> None:
    """Adds ``predict``."""
    parser = commands.add_parser(
        "predict",
        help="read the expressions in photographs",
        description="Find the faces in photographs and read their expressions.",
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PHOTO|FOLDER", help="folders: with all in them"
    )
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument("--json", action="store_true", help="print one JSON object a picture")
    printed.add_argument("--csv", action="store_true", help="print CSV, one row a face")
    printed.add_argument(
        "--out", type=Path, metavar="DIR", help="write Parquet files, and print nothing"
    )
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="also write each picture, its faces framed"
    )
    parser.add_argument(
        "--model",
        type=Path,
        default=SHIPPED,
        metavar="FILE",
        help=f".onnx file of scripts.export (default: {SHIPPED.name})",
    )
    add_worker_arguments(parser)
    parser.set_defaults(run=lambda options: _run(parser, options))


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Predicts, prints; 1 where a file could not be read."""
    if options.out is None and options.scheduler is not None:
        parser.error("--scheduler needs --out: what a cluster computes is written there")
    if options.out is not None and options.pictures is not None:
        parser.error("--pictures goes with what is printed, and --out prints nothing")
    with one_sentence_errors(_KEPT if options.out else "Interrupted."):
        return _predict(options) if options.out is None else _write(options)


def _predict(options: argparse.Namespace) -> int:
    network = load_network(options.model)
    pictures = list(_pictures(options.paths))
    folder = None
    if options.pictures is not None:
        read = [path for path, error in pictures if error is None]
        folder = PictureFolder(options.pictures, read)
    show: Show = _print_json if options.json else _print_csv if options.csv else _print_table
    if options.csv:
        print(csv_header(), end="", flush=True)
    failed = False
    for path, error in pictures:
        predictions: list[FacePrediction] = []
        if error is None:
            try:
                image_rgb = read_photograph(path)
                predictions = predict(image_rgb, network)
            except (ValueError, OSError) as unreadable:
                error = str(unreadable)
        failed |= error is not None
        show(path, predictions, error)
        if folder is not None and error is None:
            folder.write(path, draw_predictions(image_rgb, predictions))
    return int(failed)


def _write(options: argparse.Namespace) -> int:
    # Found out now, and not after the hours that the pictures may take.
    if options.out.exists() and not options.out.is_dir():
        raise NotADirectoryError(f"{options.out} is a file; expected the name of a folder.")
    with needing_extra("build", "fermask predict --out"):
        from fermask.photographs.prediction_parts import (
            Part,
            face_parts,
            open_faces,
            picture_parts,
            write_parts,
        )
    parts: Iterator[Part]
    if any(path.suffix == ".npy" for path in options.paths):
        if len(options.paths) > 1:
            raise ValueError("Expected one .npy file alone, or pictures and folders.")
        (path,) = options.paths
        what, total, parts = "faces", len(open_faces(path)), face_parts(path)
    else:
        what, total = "pictures", sum(1 for _ in walk_photographs(options.paths))
        parts = picture_parts(options.paths)
        if not total:
            raise ValueError(f"There is no picture in {', '.join(map(str, options.paths))}.")
    with open_workers(options.jobs, options.scheduler) as workers, ProgressBars() as progress:
        counts = write_parts(parts, total, options.out, options.model, workers, progress)
    print(f"{counts['rows']:,} rows of {total:,} {what} in {options.out}", file=sys.stderr)
    if counts["unreadable"]:
        print(
            f"{counts['unreadable']:,} could not be read; the column `error` says why.",
            file=sys.stderr,
        )
    return int(counts["unreadable"] > 0)


def _pictures(paths: list[Path]) -> Iterator[tuple[Path, str | None]]:
    """Each picture, or a path that stands for none with what is wrong with it."""
    for path in paths:
        try:
            found = list_photographs(path)
        except OSError as error:
            yield path, str(error)
            continue
        if not found:
            yield path, f"{path}: there is no picture in this folder."
        for picture in found:
            yield picture, None


def _print_csv(path: Path, predictions: list[FacePrediction], error: str | None) -> None:
    print(csv_lines(as_rows(str(path), predictions, error or "")), end="", flush=True)


def _print_json(path: Path, predictions: list[FacePrediction], error: str | None) -> None:
    record = {"image": str(path), "error": error} if error else as_record(str(path), predictions)
    print(json.dumps(record, ensure_ascii=False), flush=True)


def _print_table(path: Path, predictions: list[FacePrediction], error: str | None) -> None:
    if error:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return
    count = len(predictions)
    found = "no face found" if count == 0 else "1 face" if count == 1 else f"{count} faces"
    print(f"{path}: {found}")
    if predictions:
        names = "".join(f"{name:>10}" for name in CLASSES)
        print(f"  {'box (x, y, width, height)':<27}{'mask':<6}{names}   likeliest")
    for each in predictions:
        box = ", ".join(str(value) for value in each.box_xywh)
        values = "".join(f"{value:>10.1%}" for value in each.probabilities)
        doubt = "" if each.sure else " (not sure)"
        print(f"  {box:<27}{'yes' if each.mask else 'no':<6}{values}   {each.label}{doubt}")
    sys.stdout.flush()
