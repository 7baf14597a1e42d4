"""The explorer for strangers: ``--hosted``, and closed to those who only hold a connection.

python apps/hosted_explorer.py --server.address=0.0.0.0 --server.port=7860 -- --ferm DIR

What stands before ``--`` is Streamlit's, what follows it the explorer's.
"""

import sys
from pathlib import Path

_APPS = Path(__file__).resolve().parent
# What a checkout has in core/.
sys.path.insert(0, str(_APPS.parent / "core"))

from streamlit.web.cli import main  # noqa: E402

from fermask.system.slow_clients import close_slow_clients  # noqa: E402

if __name__ == "__main__":
    close_slow_clients()
    given = sys.argv[1:]
    ours = given.index("--") if "--" in given else len(given)
    page = str(_APPS / "explorer.py")
    main(["run", page, *given[:ours], "--", "--hosted", *given[ours + 1 :]])
