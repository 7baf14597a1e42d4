"""A running app and a real Chromium to look at it with, for the apps' tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts import running
from scripts.running import CHROMIUM, NO_CHROMIUM, ROOT, free_port

__all__ = ["CHROMIUM", "ROOT", "SECONDS", "barriers", "free_port", "open_page", "running_app"]

# For an app or a page that hangs; a busy machine takes as long as it takes.
SECONDS = 300


@contextmanager
def open_page(url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator:
    """As ``scripts.running.open_page``; skips the test where no Chromium is installed."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running.open_page(url, width, height, dark, seconds=SECONDS) as page:
        yield page


def barriers(page) -> list[str]:
    """What axe-core finds serious or critical on the page: each rule, and where it is broken."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{each['id']}: {node['target']}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@contextmanager
def running_app(arguments: list[str], url: str, environment: dict[str, str] | None = None):
    """As ``scripts.running.running_app``, with time to start on a busy machine."""
    with running.running_app(arguments, url, environment, SECONDS) as address:
        yield address
