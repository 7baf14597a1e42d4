"""What lets Dask workers that were started in a checkout import this package.

``python -m dask worker`` puts the folder that it is started in on the import path, and the
package lies one level below. Pickled by value, since a worker cannot import it before.
"""

from distributed import WorkerPlugin

# For the scheduler, which takes no plugin of a worker's.
FIND_CHECKOUT = (
    "import sys\nfrom pathlib import Path\n"
    "source = Path.cwd() / 'core'\n"
    "if (source / 'fermask').is_dir() and str(source) not in sys.path:\n"
    "    sys.path.insert(0, str(source))"
)


class CheckoutPath(WorkerPlugin):
    """Runs on each worker of a cluster, also on those that come later."""

    name = "fermask-checkout"

    def __init__(self, code: str) -> None:
        self.code = code

    def setup(self, worker: object) -> None:
        """Called by Dask once a worker is there."""
        exec(self.code, {})
