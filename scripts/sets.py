"""How the commands find a FERM set: ``--ferm``, and FER2013's pixels where the set has none."""

import argparse
import sys
from pathlib import Path

from fermask.dataset.fer2013 import Fer2013, join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import is_published, load, same_images
from fermask.system.paths import FERM_V1, PUBLISHED


def add_set_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds ``--ferm`` and ``--fer2013``."""
    parser.add_argument(
        "--ferm",
        type=Path,
        default=PUBLISHED,
        metavar="DIR",
        help="set made by build_ferm (default: the published FERM)",
    )
    parser.add_argument(
        "--fer2013",
        type=Path,
        help="file, folder or hf://datasets/USER/NAME with FER2013's pixels, for a set without "
        "images (else $FER2013)",
    )


def add_votes_argument(parser: argparse.ArgumentParser) -> None:
    """Adds ``--ferplus``, beside ``add_set_arguments``."""
    parser.add_argument("--ferplus", type=Path, help="FER+'s votes, where not beside FER2013")


def check_places(ferm: Ferm, *places: Path) -> None:
    """Keeps another set's results out of ``data/``, which is about the published FERM alone.

    Args:
        ferm: what the results are of.
        places: where they will be written.

    Raises:
        ValueError: one of them is in ``data/``, and the set is another.
    """
    home = PUBLISHED.parent
    for place in places:
        if place.resolve().is_relative_to(home) and not (
            is_published(ferm) or is_published(ferm, FERM_V1)
        ):
            raise ValueError(
                f"Results of {ferm.name} cannot go into {place}: {home} is about the published "
                "FERM alone. Name another place."
            )


def load_votes(options: argparse.Namespace) -> Fer2013:
    """FER2013 with FER+'s votes.

    Raises:
        FileNotFoundError: either of them is missing.
        ValueError: a file is not as it should be.
    """
    files = find_fer2013(options.fer2013, options.ferplus)
    faces = _read(files.fer2013)
    if files.ferplus is None and faces.has_votes:
        return faces
    if files.ferplus is None:
        raise FileNotFoundError(
            f"FER+ is not beside {files.fer2013}; name fer2013new.csv with --ferplus."
        )
    return join_ferplus(faces, read_ferplus(files.ferplus), files.ferplus)


def load_set(options: argparse.Namespace) -> Ferm:
    """The set with its images, drawn from FER2013 where the folder has none.

    Raises:
        FileNotFoundError: no such set, or no FER2013 to draw its images from.
        ValueError: a file is not as it should be.
    """
    ferm = load(options.ferm)
    if ferm.masked is None:
        files = find_fer2013(options.fer2013)
        print(f"Drawing the faces of {options.ferm} from {files.fer2013}", file=sys.stderr)
        ferm = load(options.ferm, _read(files.fer2013))
    if not same_images(ferm):
        drawn_with = " and ".join(f"{name} {at}" for name, at in ferm.about["drawn_with"].items())
        print(
            f"Some pixels of {ferm.name} are not those of its build, which drew them with "
            f"{drawn_with}.",
            file=sys.stderr,
        )
    return ferm


def _read(fer2013: Path) -> Fer2013:
    faces = read_fer2013(fer2013)
    if faces.note:
        print(faces.note, file=sys.stderr)
    return faces
