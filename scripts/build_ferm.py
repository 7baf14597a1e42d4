"""Build FERM from FER2013 and FER+.

python -m scripts.build_ferm --fer2013 fer2013.csv --ferplus fer2013new.csv --out DIR
python -m scripts.build_ferm --review marks.csv --out DIR     # as a reviewer's marks have it
python -m scripts.build_ferm --photos DIR --out SET          # of one's own labelled photographs
python -m scripts.build_ferm --scheduler tcp://HOST:8786 --out DIR     # on a Dask cluster
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from fermask.cli.terminal import (
    ProgressBars,
    add_example,
    add_worker_arguments,
    one_sentence_errors,
)
from fermask.dataset.building import build, discard_work
from fermask.dataset.fer2013 import join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.ferm import TABLE_2, Ferm, FermSettings
from fermask.dataset.manifest import write
from fermask.dataset.marks import read_marks
from fermask.dataset.review import carried_over, reviewed
from fermask.faces.labels import USAGES
from fermask.photographs.labelled import read_labelled
from fermask.photographs.own_set import MASKS, OwnSettings, build_own
from fermask.reporting.review_report import describe_review
from fermask.system.kept import one_writer
from fermask.system.paths import PUBLISHED


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, build, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.build_ferm", description="Build FERM from FER2013 and FER+."
    )
    parser.add_argument(
        "--fer2013", type=Path, help="file, folder or hf://datasets/USER/NAME (else $FER2013)"
    )
    parser.add_argument("--ferplus", type=Path, help="fer2013new.csv (else beside FER2013)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument(
        "--usage", nargs="+", choices=USAGES, default=list(FermSettings().usages), metavar="USAGE"
    )
    parser.add_argument(
        "--quotas", choices=("table2", "none"), default="table2", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--review",
        type=Path,
        metavar="CSV",
        help="marks that the explorer exported: the set without what they leave out, and with what "
        "they relabel",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="PATH",
        help="make a set of photographs of one's own in place of FERM: a folder of class folders, "
        "or a CSV with the columns path and label (and perhaps person)",
    )
    parser.add_argument(
        "--masks",
        choices=MASKS,
        default=MASKS[0],
        help="with --photos: drawn on all faces, kept as worn, or the one or the other as a mask "
        "is seen (default: %(default)s)",
    )
    add_worker_arguments(parser)
    add_example(
        parser,
        "python -m scripts.build_ferm --fer2013 fer2013.csv --out ferm",
        "python -m scripts.build_ferm --photos faces --masks drawn --out mine",
    )
    options = parser.parse_args(arguments)
    with one_sentence_errors("What is already computed is kept; the same command goes on."):
        return _build_own(options) if options.photos else _build(options)


def _build_own(options: argparse.Namespace) -> int:
    _check_out(options.out)
    if options.review or options.fer2013 or options.ferplus:
        raise ValueError("--photos makes a set of photographs alone; give no other source beside.")
    photographs = read_labelled(options.photos)
    counts = photographs.table["label"].value_counts()
    classes = ", ".join(f"{counts[name]:,} {name}" for name in photographs.classes)
    print(f"{len(photographs.table):,} photographs: {classes}. {photographs.note}", file=sys.stderr)
    work = _work(options.out)
    with one_writer(work), ProgressBars() as progress:
        ferm = build_own(
            photographs,
            OwnSettings(masks=options.masks),
            work,
            options.jobs,
            progress,
            options.scheduler,
        )
    if ferm.about["unreadable"]:
        print(
            f"{ferm.about['unreadable']:,} files cannot be read and do not count.", file=sys.stderr
        )
    return _write(ferm, None, options.out, work)


def _check_out(out: Path) -> None:
    # Found out now, and not after the minutes that a build takes.
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out} is a file; expected the name of a folder.")


def _work(out: Path) -> Path:
    """The folder of what is already computed."""
    out = out.absolute()
    return out.parent / f".{out.name}.unfinished"


def _build(options: argparse.Namespace) -> int:
    _check_out(options.out)
    marks = None
    if options.review is not None:
        marks = read_marks(options.review)
        if options.out.absolute().resolve() == PUBLISHED.resolve():
            raise ValueError(
                f"{options.out} is the place of the published FERM; name another folder for a "
                "reviewed set."
            )
    files = find_fer2013(options.fer2013, options.ferplus)
    print(f"Reading {files.fer2013}", file=sys.stderr)
    faces = read_fer2013(files.fer2013)
    if faces.note:
        print(faces.note, file=sys.stderr)
    in_folders = (faces.table["file"] != "").any()
    if files.ferplus is not None and not in_folders:
        faces = join_ferplus(faces, read_ferplus(files.ferplus), files.ferplus)
    if not faces.has_votes:
        reason = (
            "Class folders have lost FER2013's row order, by which FER+ goes, and so have most "
            "datasets on the Hub"
            if in_folders
            else f"There is no fer2013new.csv beside {files.fer2013}, and no --ferplus"
        )
        print(
            f"{reason}: the labels are FER2013's own, which are weaker, and no face is dropped "
            "for a weak label.",
            file=sys.stderr,
        )
    settings = FermSettings(
        usages=tuple(usage for usage in USAGES if usage in options.usage),
        quotas=dict(TABLE_2) if options.quotas == "table2" else None,
    )
    work = _work(options.out)
    if (faces.table["usage"] == "PrivateTest").all():
        print(
            f"{faces.source} holds PrivateTest alone: faces whose photograph is in Training or "
            "PublicTest too are not found and stay in. Give the whole FER2013 to leave them out.",
            file=sys.stderr,
        )
    with one_writer(work):
        with ProgressBars() as progress:
            ferm = build(faces, settings, work, options.jobs, progress, options.scheduler)
        return _write(ferm, marks, options.out, work)


def _write(ferm: Ferm, marks: pd.DataFrame | None, out: Path, work: Path) -> int:
    if marks is not None:
        marks, note = carried_over(marks, ferm)
        ferm = reviewed(ferm, marks)
        if note:
            print(note, file=sys.stderr)
    write(ferm, out)
    discard_work(work)
    print(f"{ferm.name}: {len(ferm.manifest):,} faces in {out}\n", file=sys.stderr)
    print(ferm.funnel.to_string(index=False), file=sys.stderr)
    drawn = ferm.manifest["label"].value_counts()
    print(f"\ndrawn: {', '.join(f'{n:,} {name}' for name, n in drawn.items())}", file=sys.stderr)
    if marks is not None:
        print(describe_review(ferm.about["review"]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
