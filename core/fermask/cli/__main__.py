"""``python -m fermask.cli``: the command where it is not on the path."""

import sys

from fermask.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
