"""A running app and a real Chromium to look at it with, for the apps' tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts import running
from scripts.running import CHROMIUM, NO_CHROMIUM, ROOT, free_port, running_app

__all__ = ["CHROMIUM", "ROOT", "free_port", "open_page", "running_app"]


@contextmanager
def open_page(url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator:
    """As ``scripts.running.open_page``; skips the test where no Chromium is installed."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running.open_page(url, width, height, dark) as page:
        yield page
