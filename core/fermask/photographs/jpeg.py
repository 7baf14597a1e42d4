"""What a JPEG's markers tell before it is decoded (ITU T.81, annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

START = b"\xff\xd8\xff"
END = b"\xff\xd9"

# A marker: what is no stuffed byte, no filling and none of those that stand alone (TEM, RSTn).
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
_IMAGE, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Start of frame; between them lie tables (C4), extensions (C8) and conditioning (CC).
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class JpegMarkers:
    """``size_wh``: as stored, before it is turned upright. ``scans``: how often the whole picture
    is gone over. ``ends``: whether the file has its end.
    """

    size_wh: tuple[int, int]
    scans: int
    ends: bool


def read_markers(data: bytes) -> JpegMarkers:
    """The markers of a file's first JPEG; what stands behind it, as a phone's film, is not read.

    What it does not state is 0.
    """
    place, size_wh, scans, ends = len(END), (0, 0), 0, False
    while found := _MARKER.search(data, place):
        marker, place = found[0][1], found.end()
        if marker == _END:
            ends = True
            break
        if marker == _IMAGE:
            continue
        length = int.from_bytes(data[place : place + 2])
        if marker in _FRAMES and size_wh == (0, 0):
            height, width = data[place + 3 : place + 5], data[place + 5 : place + 7]
            size_wh = int.from_bytes(width), int.from_bytes(height)
        scans += marker == _SCAN
        place += max(length, 2)
    return JpegMarkers(size_wh, scans, ends)
