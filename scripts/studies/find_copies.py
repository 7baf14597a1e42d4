"""Look with today's search for copies of the faces of a set that another search grouped.

python -m scripts.studies.find_copies --ferm data/ferm-v1 --fer2013 DIR

Writes copies.csv beside its manifest: of each face the photograph, and how many rows show it.
"""

import argparse
import sys

import pandas as pd

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.copies import COPIES, write_copies
from fermask.dataset.duplicates import duplicate_groups
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.manifest import load
from fermask.dataset.screening import copies_in_file
from scripts.sets import add_set_arguments


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, search, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.find_copies",
        description="Look for copies of a set's photographs in the whole of FER2013.",
    )
    add_set_arguments(parser)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        ferm = load(options.ferm)
        faces = read_fer2013(find_fer2013(options.fer2013).fer2013)
        with ProgressBars() as bars:
            groups = duplicate_groups(
                faces.pixels,
                faces.table["usage"].to_numpy(),
                progress=lambda done, total: bars("duplicates", done, total),
            )
        row = faces.table["row"].to_numpy()
        copies = copies_in_file(groups, faces.table["usage"].to_numpy())
        table = pd.DataFrame({"row": row, "photograph": row[groups], "copies": copies})
        of_set = table[table["row"].isin(ferm.manifest["row"])].sort_values("row")
        write_copies(options.ferm, of_set)
        print(options.ferm / COPIES, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
