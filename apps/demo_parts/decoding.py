"""The processes in which the demo decodes what its visitors bring."""

from functools import cache

from fermask.photographs.photograph import Photograph
from fermask.photographs.uploads import LONGEST, photograph_guard, read_upload
from fermask.system.guarded import Guard

# As many as requests are answered at once, an album, and the camera's frames.
PROCESSES = 4


@cache
def guard() -> Guard:
    """Started with the first call, and kept warm."""
    return photograph_guard(PROCESSES)


def decode(data: bytes, longest: int = LONGEST) -> Photograph:
    """A visitor's picture as ``fermask.photographs.uploads.read_upload`` gives it."""
    return read_upload(guard(), data, longest)
