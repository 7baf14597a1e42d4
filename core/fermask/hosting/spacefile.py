"""The Spacefile: what this project's Spaces on the Hugging Face Hub are made of."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermask.system.paths import ROOT

SPACEFILE = ROOT / "Spacefile"
SCHEMA_VERSION = 1
# Where Spaces look for a page.
PORT = 7860

# Key of a Space's table → its type, and whether it may be left out.
_KEYS = {
    "front_matter": (dict, False),
    "entry": (str, False),
    "files": (list, False),
    "requirements": (list, True),
    "environment": (dict, True),
    "about": (str, False),
}
_WORDS = {str: "text", list: "a list of texts", dict: "a table"}
# What each SDK needs of the front matter beside these, and the value where only one works here; the
# Hub checks the rest when it gets it.
# https://huggingface.co/docs/hub/spaces-config-reference
_NEEDED = ("title", "emoji", "colorFrom", "colorTo", "license")
_OF_SDK: dict[str, dict[str, Any]] = {
    "gradio": {"sdk_version": None, "app_file": "app.py", "python_version": None},
    "docker": {"app_port": PORT, "python_version": None},
    "static": {"app_file": None},
}


@dataclass(frozen=True)
class Space:
    """What the Spacefile says of one Space.

    Attributes:
        name: of its table in the Spacefile.
        front_matter: the head of its README, as the Hub's reference has it.
        entry: the page's own file, from the project's root.
        files: paths and patterns of what goes along, from the project's root.
        requirements: names of packages; their versions are those of ``requirements.txt``.
        environment: variables that the page starts with.
        about: Markdown, the rest of its README.
    """

    name: str
    front_matter: dict[str, Any]
    entry: str
    files: tuple[str, ...]
    requirements: tuple[str, ...]
    environment: dict[str, str]
    about: str

    @property
    def sdk(self) -> str:
        """``gradio``, ``docker`` or ``static``."""
        return self.front_matter["sdk"]


def read_spacefile(path: Path = SPACEFILE) -> dict[str, Space]:
    """The Spaces of a Spacefile (TOML), by name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not as it should be; the message names table, key and what was expected.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; expected the project's Spacefile.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}.") from error
    schema = content.pop("schema", None)
    if schema != SCHEMA_VERSION:
        raise ValueError(f"{path} has schema {schema!r}; this version reads {SCHEMA_VERSION}.")
    return {name: _space(name, table, path) for name, table in content.items()}


def _space(name: str, table: Any, path: Path) -> Space:
    place = f"{path.name}, {name}"
    if not isinstance(table, dict):
        raise ValueError(f"{place}: expected a table of a Space, [{name}].")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise ValueError(f"{place}: unknown key {unknown[0]}; there are {', '.join(_KEYS)}.")
    for key, (kind, may_lack) in _KEYS.items():
        if key not in table and not may_lack:
            raise ValueError(f"{place}: {key} is missing.")
        value = table.get(key, kind())
        texts = value if kind is list else value.values() if key == "environment" else ()
        if not isinstance(value, kind) or not all(isinstance(each, str) for each in texts):
            raise ValueError(f"{place}.{key}: {value!r}; expected {_WORDS[kind]}.")
    _check_front_matter(table["front_matter"], f"{place}.front_matter")
    return Space(
        name,
        table["front_matter"],
        table["entry"],
        tuple(table["files"]),
        tuple(table.get("requirements", ())),
        table.get("environment", {}),
        table["about"],
    )


def _check_front_matter(fields: dict[str, Any], place: str) -> None:
    sdk = fields.get("sdk")
    if sdk not in _OF_SDK:
        raise ValueError(f"{place}.sdk: {sdk!r}; expected one of {', '.join(_OF_SDK)}.")
    for name in (*_NEEDED, *_OF_SDK[sdk]):
        if name not in fields:
            raise ValueError(f"{place}: {name} is missing.")
    for name, only in _OF_SDK[sdk].items():
        if only is not None and fields[name] != only:
            raise ValueError(f"{place}.{name}: {fields[name]!r}; expected {only!r}, which is made.")
