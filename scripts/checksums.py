"""Note the checksums of files that were written by hand, copied, or mended.

python -m scripts.checksums data/models/README.md data/models/*.json
"""

import argparse
import sys
from pathlib import Path

from fermask.cli.terminal import one_sentence_errors
from fermask.system.kept import note_files


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, write the checksums beside each file; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.checksums",
        description="Note the checksums of files, by which they are checked when they are opened.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    with one_sentence_errors():
        for path in parser.parse_args(arguments).files:
            note_files(path.parent, [path.name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
