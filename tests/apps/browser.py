"""A running app and a real Chromium to look at it with, for the apps' tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts import running
from scripts.running import CHROMIUM, NO_CHROMIUM, ROOT, free_port

__all__ = ["CHROMIUM", "ROOT", "SECONDS", "free_port", "open_page", "running_app"]

# For an app or a page that hangs; a busy machine takes as long as it takes.
SECONDS = 300


@contextmanager
def open_page(url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator:
    """As ``scripts.running.open_page``; skips the test where no Chromium is installed."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running.open_page(url, width, height, dark, seconds=SECONDS) as page:
        yield page


@contextmanager
def running_app(arguments: list[str], url: str, environment: dict[str, str] | None = None):
    """As ``scripts.running.running_app``, with time to start on a busy machine."""
    with running.running_app(arguments, url, environment, SECONDS) as address:
        yield address
