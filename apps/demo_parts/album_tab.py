"""The second tab: photographs, a ZIP of them or a film, as a table whose rows open them."""

import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from apps.demo_parts.decoding import guard
from apps.demo_parts.html import (
    SELECT_BUTTON,
    html_album,
    html_caption,
    html_download,
    html_films,
    html_progress,
    html_said,
)
from apps.demo_parts.inputs import FilesInput, refuse
from apps.demo_parts.limits import Workers
from apps.demo_parts.panels import Updates
from apps.demo_parts.photograph_tab import PhotographTab
from apps.demo_parts.reading import as_jpeg, as_reading
from apps.demo_parts.words import GONE, album_summary
from fermask.networks.inference import Network
from fermask.photographs.album import AlbumEntry, AlbumLimits
from fermask.photographs.overlays import limit_size
from fermask.photographs.photograph import MAX_BYTES, Photograph, read_photograph
from fermask.photographs.prediction import predict
from fermask.photographs.records import as_rows, draw_predictions, write_csv
from fermask.photographs.uploads import read_uploads, reduced
from fermask.photographs.video import Frame, count_frames, is_video, read_frames

# After so many seconds an album is left as it is, for the next visitor's.
LONGEST = 120
LIMITS = AlbumLimits()
# Pixels of a picture that a row opens, and of its thumbnail.
KEPT, THUMBNAIL = 1280, 96
# Of a film.
FRAMES = 100
# Seconds between two tables, which grow.
_EVERY = 1.0
_START = "Add photographs, a ZIP of them, or a film. A row of the table opens its photograph."
_TOO_LONG = f"The rest was not read: an album has {LONGEST} seconds."
_WELCOME = (
    f"Up to {LIMITS.pictures} pictures, each file {MAX_BYTES // 1_000_000} MB, a ZIP too; of a "
    f"film {FRAMES} frames."
)


@dataclass
class Album:
    """What has been read of an album.

    ``rows``: of ``as_rows``. ``pictures``: the place of each file's rows → its JPEG, reduced, its
    thumbnail, and the JPEG with its faces framed.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[int, tuple[bytes, bytes, bytes]] = field(default_factory=dict)

    def add(self, entry: AlbumEntry, network: Network, frame: Frame | None = None) -> None:
        """Reads the faces of one file, or of one frame of a film."""
        read = entry.photograph
        if read is None:
            self.rows += as_rows(entry.name, [], entry.error)
            return
        found = predict(read, network)
        drawn = draw_predictions(read.image_rgb, found, KEPT, read.reduced)
        small = [as_jpeg(limit_size(read.image_rgb, longest)) for longest in (KEPT, THUMBNAIL)]
        self.pictures[len(self.rows)] = (small[0], small[1], as_jpeg(drawn))
        place = (None, None) if frame is None else (frame.number, frame.seconds)
        self.rows += as_rows(entry.name, found, "", read.warning, *place)

    def table(self) -> str:
        """The rows so far as HTML, thumbnails in them, films as charts above."""
        thumbnails = {i: small for i, (_, small, _) in self.pictures.items()}
        return html_films(self.rows) + html_album(self.rows, thumbnails)

    def zipped(self) -> bytes:
        """The pictures with their faces framed."""
        file = BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for number, (i, (_, _, drawn)) in enumerate(self.pictures.items(), start=1):
                # What no file system minds.
                name = re.sub(r"[^\w .-]", "_", Path(self.rows[i]["image"]).stem)
                archive.writestr(f"{number:03} {name}.jpg", drawn)
        return file.getvalue()


class AlbumTab:
    """Widgets, and a handler that reads one picture after the other."""

    def __init__(
        self,
        network: Network,
        opening: PhotographTab,
        tabs: gr.Tabs,
        workers: Workers,
        kept_for: float,
    ):
        self._network, self._opening, self._tabs = network, opening, tabs
        self.album = gr.State(None, time_to_live=kept_for)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self.files = FilesInput(
                    label="Photographs, a ZIP or a film",
                    file_count="multiple",
                    height=200,
                    elem_id="album-files",
                )
                gr.HTML(html_caption(_WELCOME))
                self.stop = gr.Button("Stop", visible=False, elem_classes=["narrow"])
            with gr.Column(scale=3, min_width=300):
                self.said = gr.HTML(html_said(_START), elem_id="album-said")
                self.download = gr.HTML(elem_id="album-download")
                self.drawn = gr.DownloadButton(
                    "Download the pictures, faces framed", visible=False, elem_classes=["narrow"]
                )
                self.table = gr.HTML(
                    elem_id="album", elem_classes=["scrolls"], js_on_load=SELECT_BUTTON
                )
        reading = self.files.change(
            self.read,
            self.files,
            [self.album, self.said, self.download, self.drawn, self.table, self.stop],
            concurrency_limit=1,
            concurrency_id="album",
            show_progress="hidden",
            api_visibility="private",
        )
        self.stop.click(
            self.stopped, None, [self.said, self.stop], cancels=reading, api_visibility="private"
        )
        self.table.select(
            workers.limited(self.open),
            self.album,
            [tabs, *opening.everything],
            api_visibility="private",
        )

    def read(self, files: list[tuple[str, Path]]) -> Iterator[Updates]:
        """The table as it grows, and in the end the files to save."""
        album = Album()
        hidden = {self.drawn: gr.DownloadButton(visible=False), self.stop: gr.Button(visible=False)}
        cleared = {self.table: "", self.download: "", **hidden}
        if not files:
            yield {**cleared, self.said: html_said(_START), self.album: None}
            return
        count, entries = _entries(files)
        ends, shown = time.monotonic() + LONGEST, 0.0
        stop = {self.stop: gr.Button(visible=True)}
        yield {**cleared, **stop, self.said: html_progress(0, count), self.album: album}
        for done, (entry, frame) in enumerate(entries, start=1):
            if time.monotonic() > ends:
                album.rows += as_rows("the rest", [], _TOO_LONG)
                break
            album.add(entry, self._network, frame)
            if time.monotonic() - shown > _EVERY:
                shown = time.monotonic()
                yield {self.said: html_progress(done, count), self.table: album.table()}
        zipped = save_bytes_to_cache(album.zipped(), "faces.zip", self.drawn.GRADIO_CACHE)
        yield {
            self.album: album,
            self.said: html_said(album_summary(album.rows)),
            self.download: html_download(write_csv(album.rows), "expressions.csv"),
            self.drawn: gr.DownloadButton(value=zipped, visible=bool(album.pictures)),
            self.table: album.table(),
            self.stop: gr.Button(visible=False),
        }

    def open(self, album: Album | None, clicked: gr.EventData) -> Updates:
        """A row's photograph, in the first tab."""
        kept = None if album is None else album.pictures.get(clicked.index)
        if kept is None:
            raise refuse(GONE)
        reading = as_reading(read_photograph(kept[0]))
        return {self._tabs: gr.Tabs(selected="photograph"), **self._opening.read(reading)}

    def stopped(self) -> Updates:
        """What is said after Stop."""
        said = html_said("Stopped. What had been read stays below.")
        return {self.said: said, self.stop: gr.Button(visible=False)}


def _entries(
    files: list[tuple[str, Path]],
) -> tuple[int, Iterator[tuple[AlbumEntry, Frame | None]]]:
    """About how many pictures and frames there are, and one after the other."""
    films = [(name, path) for name, path in files if is_video(path)]
    pictures = [each for each in files if each not in films]
    count, read = read_uploads(guard(), pictures, LIMITS)
    photographs = ((entry, None) for entry in read)
    frames = chain.from_iterable(_frames(name, path) for name, path in films)
    return count + FRAMES * len(films), chain(photographs, frames)


def _frames(name: str, path: Path) -> Iterator[tuple[AlbumEntry, Frame | None]]:
    """About ``FRAMES`` frames of a film, or a sentence."""
    try:
        every = max(guard().call(count_frames, path) // FRAMES, 1)
        for frame in guard().each(read_frames, path, every):
            yield AlbumEntry(name, reduced(Photograph(frame.image_rgb))), frame
    except (ValueError, OSError) as error:
        yield AlbumEntry(name, None, str(error).replace(str(path), name)), None
