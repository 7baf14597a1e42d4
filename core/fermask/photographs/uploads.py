"""Visitors' pictures and albums, each decoded in a process with limits (``system.guarded``)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fermask.photographs.album import AlbumEntry, AlbumLimits, Brought, list_album, read_album
from fermask.photographs.overlays import limit_size
from fermask.photographs.photograph import Photograph, open_photograph
from fermask.system.guarded import Guard, Lost

# Seconds for one picture, and bytes: MAX_PIXELS with transparency, on white, in several copies.
SECONDS = 10.0
MEMORY = 1_200_000_000
# Pixels of the longer side. No face of a photograph gains from more, and a strip of 39,000 × 1,000,
# whose file has 5 kB, would be looked at for 16 seconds.
LONGEST = 4096


def photograph_guard(processes: int) -> Guard:
    """Processes for ``read_upload`` and ``read_uploads``."""
    return Guard(processes, SECONDS, MEMORY, __name__)


def read_upload(guard: Guard, data: bytes, longest: int = LONGEST) -> Photograph:
    """A picture as ``open_photograph`` gives it.

    Args:
        guard: of ``photograph_guard``.
        data: of the file.
        longest: a larger picture is reduced to this length of its longer side, pixels.

    Raises:
        ValueError: as of ``open_photograph``; or it took too long, or too much memory.
    """
    return guard.call(_read, data, longest)


def read_uploads(
    guard: Guard, files: Iterable[Brought], limits: AlbumLimits
) -> tuple[int, Iterator[AlbumEntry]]:
    """How many entries an album has, and the entries as ``read_album`` gives them, but reduced.

    One that takes too long, or too much memory, is reported by name, and the rest goes on.
    """
    files = list(files)
    names = guard.call(list_album, files, limits)
    return len(names), _entries(guard, files, limits, names)


def _entries(
    guard: Guard, files: list[Brought], limits: AlbumLimits, names: list[str]
) -> Iterator[AlbumEntry]:
    done = 0
    while done < len(names):
        try:
            for entry in guard.each(_read_album, files, limits, done):
                done += 1
                yield entry
            return
        except Lost as error:
            yield AlbumEntry(names[done], None, str(error))
            done += 1


def _read(data: bytes, longest: int) -> Photograph:
    return reduced(open_photograph(data, longest), longest)


def _read_album(files: list[Brought], limits: AlbumLimits, first: int) -> Iterator[AlbumEntry]:
    for entry in read_album(files, limits, first):
        photograph = entry.photograph
        yield entry if photograph is None else replace(entry, photograph=reduced(photograph))


def reduced(photograph: Photograph, longest: int = LONGEST) -> Photograph:
    """A photograph whose longer side has at most so many pixels."""
    image_rgb = limit_size(photograph.image_rgb, longest)
    smaller = photograph.image_rgb.shape[1] / image_rgb.shape[1]
    return replace(photograph, image_rgb=image_rgb, reduced=photograph.reduced * smaller)
