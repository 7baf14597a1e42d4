"""``fermask mask``: masks drawn on the bare faces of a photograph."""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import add_example, one_sentence_errors
from fermask.faces.looks import FITS
from fermask.faces.mask_styles import MASK_STYLES
from fermask.faces.prints import PRINTS
from fermask.photographs.overlays import parse_colour
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import mask_faces
from fermask.photographs.records import write_picture
from fermask.system.extras import require_package

# A fit that the seed chooses.
DRAWN = "drawn"


def add_commands(commands: "argparse._SubParsersAction") -> None:
    """Adds ``mask``."""
    parser = commands.add_parser(
        "mask",
        help="draw masks on the faces of a photograph",
        description="Draw a mask on every bare face of a photograph, and say what it changes.",
    )
    parser.add_argument("photograph", type=Path, metavar="PHOTO")
    styles = ", ".join(f"{each.name} ({each.description})" for each in MASK_STYLES.values())
    parser.add_argument(
        "--style", choices=MASK_STYLES, help=f"of the masks (else drawn by --seed): {styles}"
    )
    parser.add_argument(
        "--fit",
        choices=(*FITS, DRAWN),
        default="well",
        help=f"how they sit (default: well); {DRAWN}: by --seed",
    )
    parser.add_argument(
        "--print",
        dest="printed",
        choices=("plain", *PRINTS),
        help="on masks as worn (else as such masks are sold)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of colour, print, edge, weave and folds (default: 0)"
    )
    parser.add_argument("--colour", metavar="#RRGGBB", help="of the masks (else as sold)")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="picture to write: .jpg or .png"
    )
    add_example(parser, "fermask mask photo.jpg --style cloth --colour '#a83c3c' --out masked.png")
    parser.set_defaults(run=_mask)


def _mask(options: argparse.Namespace) -> int:
    with one_sentence_errors():
        require_package("dlib", "mask", "fermask mask")
        if options.out.exists() and options.out.samefile(options.photograph):
            raise ValueError(f"{options.out} is the photograph itself; name another file.")
        colour_rgb = None if options.colour is None else parse_colour(options.colour)
        image_rgb = read_photograph(options.photograph)
        fit = None if options.fit == DRAWN else options.fit
        trials = mask_faces(
            image_rgb,
            options.style,
            options.seed,
            colour_rgb=colour_rgb,
            fit=fit,
            printed=options.printed,
        )
        if not trials:
            raise ValueError(f"{options.photograph}: no bare face was found to put a mask on.")
        write_picture(options.out, trials[-1][1].image_rgb)
    for number, (before, trial) in enumerate(trials, start=1):
        print(f"{number}: {before.label} without a mask, {trial.prediction.label} with one")
        for problem in trial.problems:
            print(f"{number}: {problem}", file=sys.stderr)
    return 0
