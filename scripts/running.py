"""A running app and a real Chromium to look at it with: for the apps' pictures and tests."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)

NO_CHROMIUM = "No Chromium on PATH; install it, for example with `apt install chromium`."

# No sandbox: as root, which containers and CI run as, Chromium refuses to start with one.
# The rest keeps it from asking the network for anything.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a moving pattern.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@contextmanager
def open_page(
    url: str, width: int = 1280, height: int = 900, dark: bool = False, seconds: float = 30
) -> Iterator:
    """A Playwright page that shows ``url``.

    Args:
        url: of a running app.
        width: of the window, CSS pixels.
        height: of the window, CSS pixels.
        dark: whether the visitor prefers dark pages.
        seconds: how long the browser may take to start, and the page for each thing asked of it.

    Raises:
        FileNotFoundError: no Chromium is installed.
    """
    if CHROMIUM is None:
        raise FileNotFoundError(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS, timeout=1000 * seconds
        )
        try:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            page.set_default_timeout(1000 * seconds)
            page.goto(url)
            yield page
        finally:
            browser.close()


def free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running_app(
    arguments: list[str],
    url: str,
    environment: dict[str, str] | None = None,
    seconds: float = 60,
    folder: Path = ROOT,
) -> Iterator[str]:
    """Runs ``python ARGUMENTS`` until the block ends; yields ``url``.

    Args:
        arguments: what follows ``python``.
        url: answers with status 200 once the app is up.
        environment: variables on top of this process's own.
        seconds: how long the app may take to start, and to end.
        folder: where it runs.

    Raises:
        TimeoutError: it does not answer in time; the message ends with what it printed.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, url, seconds, output)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen, url: str, seconds: float, output) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    output.seek(0)
    said = output.read().decode(errors="replace")[-3000:]
    raise TimeoutError(f"{url} did not answer within {seconds:.0f} s. The app said:\n{said}")
