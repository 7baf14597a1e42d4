"""A file → what answers are given for: one photograph, or the frames of a film."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fermask.photographs.photograph import Photograph, open_photograph
from fermask.photographs.video import count_frames, is_video, read_frames
from fermask.system.files import given_path
from fermask.system.guarded import Guard, Lost

# Of a film's frames one in so many is read.
EVERY = 10
# For these, and bytes: a film of the largest frames, a dozen of which a decoder keeps.
_SECONDS, _MEMORY = 60.0, 4_000_000_000


@dataclass(frozen=True, eq=False)
class Shot:
    """A photograph; of a film its frame's number, from 0, and seconds from the start too."""

    photograph: Photograph
    frame: int | None = None
    seconds: float | None = None


def read_shots(path: str | Path, every: int = EVERY) -> Iterator[Shot]:
    """The photograph in a file, or of a film the frames whose number ``every`` divides.

    A film is decoded in a process beside this one, which it can do no harm to.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is neither a picture nor a film, or took too long, or too much memory.
    """
    path = given_path(path)
    if not is_video(path):
        yield Shot(open_photograph(path))
        return
    with _naming(path):
        for frame in _films().each(read_frames, path, every):
            yield Shot(Photograph(frame.image_rgb), frame.number, frame.seconds)


def count_shots(path: str | Path) -> int:
    """How many frames a film says that it has, or 0. Errors as of ``read_shots``."""
    path = given_path(path)
    with _naming(path):
        return _films().call(count_frames, path)


@cache
def _films() -> Guard:
    return Guard(1, _SECONDS, _MEMORY, "fermask.photographs.video")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except Lost as error:
        raise ValueError(f"{path}: {error}") from error
