"""Build FERM from FER2013 and FER+.

python -m scripts.build_ferm --fer2013 fer2013.csv --ferplus fer2013new.csv --out DIR
python -m scripts.build_ferm --review marks.csv --out DIR     # as a reviewer's marks have it
python -m scripts.build_ferm --scheduler tcp://HOST:8786 --out DIR     # on a Dask cluster
"""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import ProgressBars, add_worker_arguments, one_sentence_errors
from fermask.dataset.building import build, discard_work
from fermask.dataset.fer2013 import find_fer2013, join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.ferm import TABLE_2, FermSettings
from fermask.dataset.manifest import write
from fermask.dataset.marks import read_marks
from fermask.dataset.review import carried_over, reviewed
from fermask.faces.labels import USAGES
from fermask.reporting.review_report import describe_review
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
    parser.add_argument("--quotas", choices=("table2", "none"), default="table2")
    parser.add_argument(
        "--review",
        type=Path,
        metavar="CSV",
        help="marks that the explorer exported: the set without what they leave out, and with what "
        "they relabel",
    )
    add_worker_arguments(parser)
    options = parser.parse_args(arguments)
    with one_sentence_errors("What is already computed is kept; the same command goes on."):
        return _build(options)


def _build(options: argparse.Namespace) -> int:
    # Found out now, and not after the minutes that a build takes.
    if options.out.exists() and not options.out.is_dir():
        raise NotADirectoryError(f"{options.out} is a file; expected the name of a folder.")
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
    out = options.out.absolute()
    work = out.parent / f".{out.name}.unfinished"
    if (faces.table["usage"] == "PrivateTest").all():
        print(
            f"{faces.source} holds PrivateTest alone: faces whose photograph is in Training or "
            "PublicTest too cannot be told, and stay in. Give the whole FER2013 to leave them out.",
            file=sys.stderr,
        )
    with ProgressBars() as progress:
        ferm = build(faces, settings, work, options.jobs, progress, options.scheduler)
    if marks is not None:
        marks, note = carried_over(marks, ferm)
        ferm = reviewed(ferm, marks)
        if note:
            print(note, file=sys.stderr)
    write(ferm, options.out)
    discard_work(work)
    print(f"{ferm.name}: {len(ferm.manifest):,} faces in {options.out}\n", file=sys.stderr)
    print(ferm.funnel.to_string(index=False), file=sys.stderr)
    drawn = ferm.manifest["label"].value_counts()
    print(f"\ndrawn: {', '.join(f'{n:,} {name}' for name, n in drawn.items())}", file=sys.stderr)
    if marks is not None:
        print(describe_review(ferm.about["review"]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
