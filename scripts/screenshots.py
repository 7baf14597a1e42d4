"""Write the README's pictures of both apps, docs/explorer.png and docs/demo.png.

python -m scripts.screenshots

For developers: needs requirements-dev.txt and an installed Chromium. The explorer runs without
FER2013, so that its faces are drawn; the demo shows an example.
"""

import argparse
import os
import sys
from pathlib import Path

from fermask.cli.terminal import one_sentence_errors
from fermask.dataset.fer2013_files import find_fer2013
from scripts.running import free_port, open_page, running_app

FOLDER = Path(__file__).resolve().parent.parent / "docs"
WIDTH = 1280
_NO_FER2013 = {"FER2013": ""}


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, start both apps, write their pictures; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.screenshots", description="Write the README's pictures."
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder (default: docs/)")
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        _check()
        options.out.mkdir(parents=True, exist_ok=True)
        for name, take in (("explorer.png", _explorer), ("demo.png", _demo)):
            take(options.out / name)
            print(options.out / name, file=sys.stderr)
    return 0


def _check() -> None:
    # The explorer looks here too, and FER2013's pixels may not be shown in a README.
    os.environ |= _NO_FER2013
    try:
        found = find_fer2013().fer2013
    except FileNotFoundError:
        return
    raise ValueError(f"{found} would be shown in the picture; move it away for this command.")


def _explorer(path: Path) -> None:
    port = free_port()
    url = f"http://localhost:{port}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    with (
        running_app(arguments, f"{url}/_stcore/health", _NO_FER2013),
        open_page(f"{url}/confusion?true=sad&predicted=neutral", 1440, 900, seconds=120) as page,
    ):
        page.wait_for_selector("button[data-row]")
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        if page.locator("img[src^='data:image/png']").count():
            raise ValueError("The explorer shows photographs; it should draw the faces.")
        _take(page, path)


def _demo(path: Path) -> None:
    port = free_port()
    environment = {"GRADIO_SERVER_PORT": str(port)}
    with (
        running_app(["apps/demo.py"], f"http://127.0.0.1:{port}/", environment) as url,
        open_page(url, WIDTH, 1120) as page,
    ):
        page.click("#examples button >> text=Bare")
        page.wait_for_selector("#verdict .bars")
        page.click("text=Put a mask on")
        page.click("#put-on")
        page.wait_for_selector("#trial .bars")
        _take(page, path, whole=True)


def _take(page, path: Path, whole: bool = False) -> None:
    # Both apps fade their pictures in; Gradio's event stream never lets the network rest.
    page.wait_for_timeout(2000)
    page.screenshot(path=path, full_page=whole)


if __name__ == "__main__":
    sys.exit(main())
