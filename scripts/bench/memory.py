"""The most memory that a process has had; knows nothing but Python, for other environments."""

import re
import sys
from pathlib import Path


def peak_megabytes() -> float:
    """Of this process."""
    # On Linux `getrusage` also knows the peak of the process that started this one.
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))[1]) / 1e3
    import resource

    return _megabytes(resource.RUSAGE_SELF)


def largest_child_megabytes() -> float:
    """Of the largest process that this one has started and waited for."""
    import resource

    return _megabytes(resource.RUSAGE_CHILDREN)


def _megabytes(who: int) -> float:
    import resource

    return resource.getrusage(who).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
