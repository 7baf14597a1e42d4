"""Films → their frames, as upright RGB arrays, or a sentence that says why not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fermask.photographs.photograph import MAX_PIXELS

EXTENSIONS: tuple[str, ...] = (
    *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp", ".mts"),
)
# FFmpeg's names of what these are; it would also read lists of other files, and of addresses.
_OPENED = (
    "protocol_whitelist;file|format_whitelist;"
    "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegvideo,mpegts,asf"
)


@dataclass(frozen=True, eq=False)
class Frame:
    """``number``: from 0. ``seconds``: from the start. ``image_rgb``: uint8 ``(h, w, 3)``."""

    number: int
    seconds: float
    image_rgb: np.ndarray


def is_video(path: str | Path) -> bool:
    """Whether a file is called as films are."""
    return Path(path).suffix.lower() in EXTENSIONS


def count_frames(path: str | Path) -> int:
    """How many frames a film says that it has; 0 where it does not say.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no film that can be read.
    """
    with _opened(path) as film:
        return max(int(film.get(cv2.CAP_PROP_FRAME_COUNT)), 0)


def read_frames(path: str | Path, every: int = 1) -> Iterator[Frame]:
    """The frames of a film whose number ``every`` divides, in order; errors as ``count_frames``.

    A film that ends early ends here too.
    """
    if every < 1:
        raise ValueError(f"Expected every first frame or fewer of them, received {every}.")
    with _opened(path) as film:
        number = 0
        # Passed over, a frame need not become pixels.
        while film.grab():
            if number % every == 0:
                seconds = film.get(cv2.CAP_PROP_POS_MSEC) / 1000
                read, image_bgr = film.retrieve()
                if not read:
                    return
                image_rgb = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB)
                yield Frame(number, round(seconds, 3), image_rgb)
            number += 1


@contextmanager
def _opened(path: str | Path) -> Iterator[cv2.VideoCapture]:
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: there is no such file.")
    # What is wrong with a film is reported below, once.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", _OPENED)
    cv2.utils.logging.setLogLevel(0)
    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        width = film.get(cv2.CAP_PROP_FRAME_WIDTH)
        height = film.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if not film.isOpened() or not width * height:
            raise ValueError(f"{path}: expected a film, received what cannot be read as one.")
        if width * height > MAX_PIXELS:
            millions = MAX_PIXELS // 1_000_000
            raise ValueError(f"{path}: expected frames of at most {millions} million pixels.")
        yield film
    finally:
        film.release()
