"""Gradio's inputs, which hand on the uploaded bytes as they are.

``gr.Image`` opens every file itself, before any limit on its pixels and with a traceback where
it cannot; ``photograph`` does it with sentences. Both inputs of Gradio would also fetch
what a link points to.
"""

import base64
import binascii
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from apps.demo_parts.words import GONE, NO_LINKS


def refuse(sentence: str) -> gr.Error:
    """The error that shows the visitor a sentence, and the server's owner no traceback."""
    return gr.Error(sentence, print_exception=False)


def uploaded(path: str, cache: str) -> Path:
    """An uploaded file, or ``gr.Error``.

    Gradio itself refuses paths outside its cache only where a request marks them as files.
    """
    file, folder = Path(path).resolve(), Path(cache).resolve()
    if not (file.is_relative_to(folder) and file.is_file()):
        raise refuse(GONE)
    return file


async def _move_local(self: Block, url_or_file_path: Any) -> str | None:
    """As Gradio's, but for links, which are not followed."""
    path = url_or_file_path
    if isinstance(path, str) and "://" in path[:20]:
        raise refuse(NO_LINKS)
    if path is not None and not Path(path).is_file():
        raise refuse(GONE)
    return await Block.async_move_resource_to_block_cache(self, path)


class PhotographInput(gr.Image):
    """A picture; gives its bytes, or None."""

    # Gradio's word for "the page shows the parent class".
    is_template = True
    async_move_resource_to_block_cache = _move_local

    def preprocess(self, payload: Any) -> bytes | None:
        """The bytes of the uploaded file."""
        if payload is None or not payload.path:
            return None
        return uploaded(payload.path, self.GRADIO_CACHE).read_bytes()


class FilesInput(gr.File):
    """Several files; gives each one's name, as the visitor has it, and its place."""

    is_template = True
    async_move_resource_to_block_cache = _move_local

    def preprocess(self, payload: Any) -> list[tuple[str, Path]]:
        """Each file's name and its place in Gradio's cache."""
        found = []
        for each in [] if payload is None else payload.root:
            file = uploaded(each.path, self.GRADIO_CACHE)
            found.append((each.orig_name or file.name, file))
        return found


def decode_frame(url: Any) -> bytes:
    """The bytes of a ``data:`` URL, as the camera's frames come.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(url, str) or not url.startswith("data:"):
        raise ValueError("Expected a frame of the camera, received something else.")
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise ValueError("Expected a frame of the camera, received something else.") from error
