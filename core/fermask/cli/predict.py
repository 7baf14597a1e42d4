"""``fermask predict``: the faces in photographs and their expressions."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fermask.cli.terminal import (
    ProgressBars,
    add_example,
    add_worker_arguments,
    one_sentence_errors,
    positive,
)
from fermask.networks.inference import PRIORS, load_network, under_prior
from fermask.photographs.photograph import walk_photographs
from fermask.photographs.prediction import FacePrediction, predict
from fermask.photographs.records import (
    PictureFolder,
    as_record,
    as_rows,
    csv_header,
    csv_lines,
    draw_predictions,
    short_caption,
)
from fermask.photographs.shots import EVERY, Shot, count_shots, read_shots
from fermask.photographs.video import is_video
from fermask.system.extras import needing_extra
from fermask.system.paths import SHIPPED
from fermask.system.workers import open_workers

_KEPT = "The files that are written are kept; the same command goes on."

# What is printed of one picture or frame: its file, its faces, and why it could not be read.
Show = Callable[[str, list[FacePrediction], str, Shot | None], None]


def add_commands(commands: "argparse._SubParsersAction") -> None:
    """Adds ``predict``."""
    parser = commands.add_parser(
        "predict",
        help="read the expressions in photographs",
        description="Find the faces in photographs and read their expressions.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PHOTO|FILM|FOLDER",
        help="folders: with all pictures in them",
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
    parser.add_argument(
        "--prior",
        choices=PRIORS,
        default=PRIORS[0],
        help="how common neutral faces are taken to be: as among photographs (default), or as in "
        "FERM, which fits actors better",
    )
    parser.add_argument(
        "--every",
        type=positive,
        default=EVERY,
        metavar="N",
        help=f"of a film every N-th frame (default: {EVERY})",
    )
    add_worker_arguments(parser)
    add_example(parser, "fermask predict photos film.mp4 --csv --pictures drawn > faces.csv")
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
    network = under_prior(load_network(options.model), options.prior)
    passed_over: list[str] = []
    pictures = list(_pictures(options.paths, passed_over))
    folder = None
    if options.pictures is not None:
        read = [Path(path) for path, error in pictures if not error]
        folder = PictureFolder(options.pictures, read)
    print_csv = partial(_print_csv, network.classes)
    show: Show = _print_json if options.json else print_csv if options.csv else _print_table
    if options.csv:
        print(csv_header(network.classes), end="", flush=True)
    failed = False
    for path, error in pictures:
        try:
            for shot in [] if error else _shots(path, options.every):
                predictions = predict(shot.photograph, network)
                show(path, predictions, "", shot)
                if folder is not None:
                    folder.write(_frame_name(path, shot), _drawn(shot, predictions))
        except (ValueError, OSError) as unreadable:
            error = str(unreadable)
        if error:
            failed = True
            show(path, [], error, None)
    _say_passed_over(passed_over)
    return int(failed)


def _shots(path: str, every: int) -> Iterator[Shot]:
    """What is in a file; of a film with a progress bar."""
    if not is_video(path):
        yield from read_shots(path, every)
        return
    total = count_shots(path)
    with ProgressBars() as progress:
        for shot in read_shots(path, every):
            yield shot
            done = (shot.frame or 0) + 1
            progress(Path(path).name, done, max(total, done))


def _frame_name(path: str, shot: Shot) -> Path:
    if shot.frame is None:
        return Path(path)
    return Path(f"{Path(path).stem}-{shot.frame:06}.jpg")


def _drawn(shot: Shot, predictions: list[FacePrediction]) -> np.ndarray:
    photograph = shot.photograph
    return draw_predictions(photograph.image_rgb, predictions, reduced=photograph.reduced)


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
    passed_over: list[str] = []
    if any(path.endswith(".npy") for path in options.paths):
        if len(options.paths) > 1:
            raise ValueError("Expected one .npy file alone, or pictures and folders.")
        path = Path(options.paths[0])
        what, total, parts = "faces", len(open_faces(path)), face_parts(path)
    else:
        what, parts = "pictures", picture_parts(options.paths, options.every)
        total = sum(1 for _ in walk_photographs(options.paths, passed_over.append))
        if not total:
            raise ValueError(f"There is no picture in {', '.join(options.paths)}.")
    with open_workers(options.jobs, options.scheduler) as workers, ProgressBars() as progress:
        counts = write_parts(
            parts, total, options.out, options.model, workers, progress, options.prior
        )
    print(f"{counts['rows']:,} rows of {total:,} {what} in {options.out}", file=sys.stderr)
    if counts["unreadable"]:
        print(
            f"{counts['unreadable']:,} could not be read; the column `error` says why.",
            file=sys.stderr,
        )
    _say_passed_over(passed_over)
    return int(counts["unreadable"] > 0)


def _pictures(paths: list[str], passed_over: list[str]) -> Iterator[tuple[str, str]]:
    """Each picture, or a path that stands for none with what is wrong with it."""
    for path in paths:
        try:
            found = list(walk_photographs(path, passed_over.append))
        except (ValueError, OSError) as error:
            yield path, str(error)
            continue
        if not found:
            yield path, f"{path}: there is no picture in this folder."
        for picture in found:
            yield picture, ""


def _say_passed_over(paths: list[str]) -> None:
    if paths:
        count, films = len(paths), sum(map(is_video, paths))
        files = "1 other file was" if count == 1 else f"{count:,} other files were"
        hint = f"; films among them, read when they are named: {films:,}" if films else ""
        print(f"{files} passed over: no pictures{hint}.", file=sys.stderr)


def _print_csv(
    classes: tuple[str, ...],
    path: str,
    predictions: list[FacePrediction],
    error: str,
    shot: Shot | None,
) -> None:
    rows = as_rows(path, predictions, error, **_about(shot), classes=classes)
    print(csv_lines(rows, classes), end="", flush=True)


def _print_json(
    path: str, predictions: list[FacePrediction], error: str, shot: Shot | None
) -> None:
    record = as_record(path, predictions, **_about(shot))
    print(json.dumps({"image": path, "error": error} if error else record, ensure_ascii=False))
    sys.stdout.flush()


def _about(shot: Shot | None) -> dict[str, Any]:
    if shot is None:
        return {}
    return {"warning": shot.photograph.warning, "frame": shot.frame, "seconds": shot.seconds}


def _print_table(
    path: str, predictions: list[FacePrediction], error: str, shot: Shot | None
) -> None:
    if error or shot is None:
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return
    if shot.photograph.warning:
        print(f"Warning: {path}: {shot.photograph.warning}", file=sys.stderr, flush=True)
    count = len(predictions)
    found = "no face found" if count == 0 else "1 face" if count == 1 else f"{count} faces"
    frame = "" if shot.frame is None else f", frame {shot.frame} ({shot.seconds:.1f} s)"
    print(f"{path}{frame}: {found}")
    if predictions:
        names = "".join(f"{name[:9]:>10}" for name in predictions[0].classes)
        print(f"  {'box (x, y, width, height)':<27}{'mask':<6}{names}   likeliest")
    for each in predictions:
        box = ", ".join(str(value) for value in each.box_xywh)
        values = "".join(f"{value:>10.1%}" for value in each.probabilities)
        mask = {True: "yes", False: "no", None: "?"}[each.mask]
        doubt = "" if each.sure else f" ({short_caption(each)})"
        print(f"  {box:<27}{mask:<6}{values}   {each.label}{doubt}")
    sys.stdout.flush()
