"""The second tab: several photographs or a ZIP of them, as a table and a CSV file."""

import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from apps.demo_parts.html import (
    html_album,
    html_caption,
    html_download,
    html_progress,
    html_said,
)
from apps.demo_parts.inputs import FilesInput
from apps.demo_parts.panels import Updates
from fermask.networks.inference import Network
from fermask.photographs.album import AlbumLimits, count_album, read_album
from fermask.photographs.photograph import MAX_BYTES
from fermask.photographs.prediction import predict
from fermask.photographs.records import as_rows, write_csv

# After so many seconds an album is left as it is, for the next visitor's.
LONGEST = 120
LIMITS = AlbumLimits()
_START = "Add photographs, or a ZIP of them, and their faces appear here as a table."
_TOO_LONG = f"The rest was not read: an album has {LONGEST} seconds."
_WELCOME = (
    f"Up to {LIMITS.pictures} pictures, each file up to {MAX_BYTES // 1_000_000} MB, the ZIP too."
)


class AlbumTab:
    """Widgets, and a handler that reads one picture after the other."""

    def __init__(self, network: Network):
        self._network = network
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self.files = FilesInput(
                    label="Photographs or a ZIP",
                    file_count="multiple",
                    height=200,
                    elem_id="album-files",
                )
                gr.HTML(html_caption(_WELCOME))
                self.stop = gr.Button("Stop", size="sm", elem_id="album-stop")
            with gr.Column(scale=3, min_width=300):
                self.said = gr.HTML(html_said(_START), elem_id="album-said")
                self.download = gr.HTML(elem_id="album-download")
                self.table = gr.HTML(elem_id="album", elem_classes=["scrolls"])
        reading = self.files.change(
            self.read,
            self.files,
            [self.said, self.download, self.table],
            concurrency_limit=1,
            concurrency_id="album",
            show_progress="hidden",
            api_visibility="private",
        )
        self.stop.click(self.stopped, None, self.said, cancels=reading, api_visibility="private")

    def read(self, files: list[tuple[str, Path]]) -> Iterator[Updates]:
        """The table after each file, and in the end the CSV."""
        if not files:
            yield {self.said: html_said(_START), self.download: "", self.table: ""}
            return
        count, ends, rows = count_album(files), time.monotonic() + LONGEST, []
        yield {self.said: html_progress(0, count), self.download: "", self.table: ""}
        for done, entry in enumerate(read_album(files), start=1):
            if time.monotonic() > ends:
                rows += as_rows("the rest", [], _TOO_LONG)
                break
            found = [] if entry.image_rgb is None else predict(entry.image_rgb, self._network)
            rows += as_rows(entry.name, found, entry.error)
            yield {self.said: html_progress(done, count), self.table: html_album(rows)}
        yield {
            self.said: html_said(_summary(rows)),
            self.download: html_download(write_csv(rows), "expressions.csv"),
            self.table: html_album(rows),
        }

    def stopped(self) -> str:
        """What is said after Stop."""
        return html_said("Stopped. What had been read stays below.")


def _summary(rows: list[dict]) -> str:
    faces = sum(row["face"] != "" for row in rows)
    unread = sum(row["error"] != "" for row in rows)
    files = len({row["image"] for row in rows})
    trouble = "" if unread == 0 else f"; {unread} could not be read, and the table says why"
    return f"{files} files, {faces} faces{trouble}."
