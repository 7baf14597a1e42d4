"""The explorer in a fresh browser: when a page shows its first text, and when it comes to rest."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from fermask.dataset.face_quality import Progress
from fermask.dataset.manifest import open_set
from fermask.system.paths import PUBLISHED, ROOT
from scripts.bench.timing import Run, row, take_turns
from scripts.running import free_port, open_page, running_app

PAGES = ("overview", "samples", "confusion", "mistakes", "map", "models", "review", "figures")
TEXT, REST = "first text", "at rest"
SELECTION = "selection on the map"
# Nothing has changed for so long, milliseconds, once a page is at rest.
_STILL = 800
# From the start of the navigation; a long task is one that keeps the page from answering.
_WATCH = """
window.seen = { text: null, last: 0 };
const see = () => {
  seen.last = Math.max(seen.last, performance.now());
  if (seen.text === null && document.querySelector('h1')) seen.text = performance.now();
};
const all = { subtree: true, childList: true, attributes: true, characterData: true };
new MutationObserver(see).observe(document, all);
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  seen.last = Math.max(seen.last, each.startTime + each.duration);
})).observe({ type: 'longtask', buffered: true });
"""
_AT_REST = f"""() => seen.text !== null && performance.now() - seen.last > {_STILL} &&
  document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')"""


def measure(
    rounds: int, progress: Progress, beside: Path | None = None, pages: tuple[str, ...] = PAGES
) -> list[dict[str, Any]]:
    """Rows on each page of the published set, and on a selection on the map.

    Args:
        rounds: that count.
        progress: called with the rounds.
        beside: another checkout of this project, whose explorer takes turns with this one's.
        pages: as their addresses name them.

    Raises:
        FileNotFoundError: no Chromium is installed.
    """
    checkouts = [ROOT] if beside is None else [beside, ROOT]
    with ExitStack() as stack:
        urls = {each: stack.enter_context(_explorer(each)) for each in checkouts}
        visits = {
            (page, each): lambda page=page, url=url: _visit(url, page)
            for page in pages
            for each, url in urls.items()
        }
        # A job times a visit once, and its parts are told apart afterwards.
        kept: dict[Any, list[dict[str, float]]] = {job: [] for job in visits}
        jobs = {job: lambda job=job: kept[job].append(visits[job]()) for job in visits}
        take_turns(jobs, rounds, progress)
    faces, rows = len(open_set(PUBLISHED).manifest), []
    for page in pages:
        for part in kept[page, ROOT][0]:
            ours, others = (
                [Run(each[part]) for each in kept.get((page, checkout), [])[1:]]
                for checkout in (ROOT, beside)
            )
            words = part if part == SELECTION else f"{page.capitalize()}: {part}"
            rows.append(row(words, faces, ours, "" if beside is None else beside.name, others))
    return rows


@contextmanager
def _explorer(checkout: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://localhost:{port}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    health = f"{url}/_stcore/health"
    with running_app(arguments, health, {"FER2013": ""}, 300, checkout):
        yield url


def _visit(url: str, page_name: str) -> dict[str, float]:
    """Seconds from the navigation to each part of it."""
    with open_page("about:blank", 1440, 900, seconds=300) as page:
        page.add_init_script(_WATCH)
        page.goto(f"{url}/{'' if page_name == PAGES[0] else page_name}")
        page.wait_for_function(_AT_REST)
        text, last = page.evaluate("[seen.text, seen.last]")
        parts = {TEXT: text / 1000, REST: last / 1000}
        if page_name == "map":
            parts[SELECTION] = _select(page)
        return parts


def _select(page) -> float:
    """Seconds from a drawn box to the page at rest with its faces."""
    box = page.locator("canvas[role], .nsewdrag").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    began = page.evaluate("seen.last = performance.now()")
    page.mouse.up()
    # The server's answer may take longer than a page at rest is watched.
    page.wait_for_selector("button[data-row], .faces")
    page.wait_for_function(_AT_REST)
    return (page.evaluate("seen.last") - began) / 1000
