"""Which folders hold a set that the builder made, without reading their faces."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.ferm import MANIFEST
from core.parquet import StoredTable


@dataclass(frozen=True)
class FoundSet:
    """A folder with a manifest; ``name`` and ``n`` (faces) as it says, "" and 0 if damaged."""

    folder: Path
    name: str
    n: int


def found_sets(places: Iterable[Path]) -> list[FoundSet]:
    """The sets in some places, each folder once, in the order of the places and of names.

    Args:
        places: folders that are looked at themselves, and one level below; they may be missing.
    """
    folders = {}
    for place in places:
        for path in sorted((*place.glob(MANIFEST), *place.glob(f"*/{MANIFEST}"))):
            folders.setdefault(path.parent.resolve(), path.parent)
    return [_found(folder) for folder in folders.values()]


def _found(folder: Path) -> FoundSet:
    try:
        stored = StoredTable(folder / MANIFEST)
        return FoundSet(folder, str(stored.about.get("name", "")), len(stored))
    except (ValueError, OSError):
        return FoundSet(folder, "", 0)
