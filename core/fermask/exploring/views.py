"""Views of the explorer that people saved by name: a page and its query, in one JSON file."""

from pathlib import Path
from typing import Any

from fermask.system.files import read_json, write_json

# Name → page's title and query, such as ``{"page": "Samples", "query": {"class": ["sad"]}}``.
Views = dict[str, dict[str, Any]]
LONGEST_NAME = 60


def read_views(path: Path) -> Views:
    """The views saved, in their names' order; none where there is no file yet.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    if not path.is_file():
        return {}
    views = read_json(path)
    for view in views.values() if isinstance(views, dict) else [None]:
        if not isinstance(view, dict) or not {"page", "query"} <= set(view):
            raise ValueError(f"{path} is no file of saved views; move it away.")
    return dict(sorted(views.items()))


def save_view(path: Path, name: str, page: str, query: dict[str, list[str]]) -> None:
    """Keeps a view, in place of the one of that name.

    Raises:
        ValueError: no name, one that is too long, or a damaged file.
        OSError: the file cannot be written.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"A view needs a name, of {LONGEST_NAME} characters at most.")
    write_json(path, read_views(path) | {name: {"page": page, "query": query}})


def forget_view(path: Path, name: str) -> None:
    """Takes a view out of the file.

    Raises:
        ValueError, OSError: as ``read_views`` and ``save_view`` do.
    """
    views = read_views(path)
    if views.pop(name, None) is not None:
        write_json(path, views)
