"""What is hosted on the Hugging Face Hub: two Spaces, as the Spacefile says, and two cards' repos.

A Space is a mapping of paths to contents before it is a folder, so that it can be looked at,
compared and pushed alike. The same files give the same bytes.
"""

import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fermask.dataset.manifest import BARE, MANIFEST, MASKED, open_set
from fermask.hosting.dataset_card import dataset_card
from fermask.system.files import whole_file
from fermask.system.paths import PUBLISHED, ROOT, SHIPPED

SPACEFILE = ROOT / "Spacefile"
SCHEMA_VERSION = 1
MOST_BYTES = 50_000_000
# Where Spaces look for a page.
PORT = 7860

_COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
# Field of a Space's front matter → its type, or the values it may have; from
# https://huggingface.co/docs/hub/spaces-config-reference (and license, which every card has). The
# Streamlit SDK is deprecated there: such a page runs on Docker.
FRONT_MATTER: dict[str, type | tuple[str, ...]] = {
    "title": str,
    "emoji": str,
    "colorFrom": _COLOURS,
    "colorTo": _COLOURS,
    "sdk": ("gradio", "docker", "static"),
    "sdk_version": str,
    "python_version": str,
    "app_file": str,
    "app_build_command": str,
    "app_port": int,
    "base_path": str,
    "suggested_hardware": str,
    "suggested_storage": ("small", "medium", "large"),
    "fullWidth": bool,
    "header": ("mini", "default"),
    "short_description": str,
    "models": list,
    "datasets": list,
    "tags": list,
    "thumbnail": str,
    "pinned": bool,
    "disable_embedding": bool,
    "startup_duration_timeout": str,
    "preload_from_hub": list,
    "license": str,
}
_NEEDED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "license")
# The Hub cuts longer ones off.
_LONGEST_DESCRIPTION = 60
_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list of texts"}
_KEYS = ("front_matter", "entry", "files", "requirements", "environment", "about")

_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)\s*(;.*)?")
# What would publish FER2013's pixels, or what a visitor of this machine wrote.
_NEVER = ("data/fer2013/**", "data/review/**", "**/fer2013*.csv*", f"**/{MASKED}", f"**/{BARE}")

_APP = '''"""What Spaces start: {entry}, as `python {entry}` does."""

import os
import runpy
from pathlib import Path

{environment}
runpy.run_path(str(Path(__file__).resolve().parent / "{entry}"), run_name="__main__")
'''
_DOCKERFILE = """FROM python:{python}-slim

# Spaces run a container as user 1000.
RUN useradd --create-home --uid 1000 user
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
# The files stay root's: of all this, the page may write a reviewer's marks alone. What Python
# would compile at each start is compiled here.
RUN python -m compileall -q core apps && install -d -o 1000 data/review

USER 1000
ENV {environment}
EXPOSE {port}
HEALTHCHECK --start-period=60s CMD ["python", "-c", \\
    "from urllib.request import urlopen; urlopen('http://localhost:{port}/_stcore/health')"]
# Spaces show the page inside their own, where Streamlit's check against forged requests would
# refuse every upload with 403.
CMD ["streamlit", "run", "{entry}", "--server.address=0.0.0.0", "--server.port={port}", \\
    "--server.headless=true", "--server.fileWatcherType=none", \\
    "--server.enableXsrfProtection=false"]
"""


@dataclass(frozen=True)
class Space:
    """What the Spacefile says of one Space.

    Attributes:
        name: of its table in the Spacefile.
        front_matter: the head of its README, fields of ``FRONT_MATTER``.
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
        """``gradio`` or ``docker``."""
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


def space_files(space: Space, root: Path = ROOT) -> dict[str, bytes]:
    """Everything that is pushed for a Space: path in it → content, sorted by path.

    Args:
        space: as ``read_spacefile`` gives it.
        root: of the project.

    Raises:
        ValueError: a pattern without a file, a package without a pin, pixels of FER2013 among
            the files, or more than ``MOST_BYTES``.
    """
    found = {path: (root / path).read_bytes() for path in _matching(space, root)}
    if space.entry not in found:
        raise ValueError(f"Spacefile, {space.name}: its entry {space.entry} is not in its files.")
    made = {"README.md": _readme(space), "requirements.txt": _requirements(space, root)}
    if space.sdk == "gradio":
        made["app.py"] = _app(space)
    else:
        made["Dockerfile"] = _dockerfile(space)
    both = sorted(set(made) & set(found))
    if both:
        raise ValueError(f"Spacefile, {space.name}: {both[0]} is made, so it cannot be in files.")
    files = found | {path: text.encode() for path, text in made.items()}
    _check_size(space.name, files)
    return dict(sorted(files.items()))


def model_files(weights: Path = SHIPPED) -> dict[str, bytes]:
    """The repository of the weights that ship: Keras, ONNX, their record, and the model card.

    Raises:
        FileNotFoundError: one of them is missing.
    """
    paths = [weights.with_suffix(suffix) for suffix in (".json", ".keras", ".onnx")]
    paths += [weights.with_name("README.md"), ROOT / "LICENSE"]
    return {path.name: _content(path) for path in sorted(paths, key=lambda path: path.name)}


def dataset_files(repo_id: str, folder: Path = PUBLISHED) -> dict[str, bytes]:
    """The repository of a set: its manifest, which holds no pixel, and a card that says so.

    Args:
        repo_id: where it is going, for the card's own examples.
        folder: of the set.

    Raises:
        FileNotFoundError: there is no set.
        ValueError: it is damaged.
    """
    card = dataset_card(open_set(folder), repo_id)
    return {MANIFEST: _content(folder / MANIFEST), "README.md": card.encode()}


def write_files(files: dict[str, bytes], out: Path) -> None:
    """Makes a folder hold these files and no others, whole or not at all.

    Args:
        files: path → content.
        out: a folder that does not exist, is empty, or was written by this.

    Raises:
        FileExistsError: the folder holds something else.
    """
    out = out.absolute()
    if out.exists() and not _may_be_replaced(out, files):
        raise FileExistsError(
            f"{out} holds something else than what is built; name a new or an empty folder."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=out.parent) as folder:
        new = Path(folder) / "new"
        for path, content in files.items():
            with whole_file(new / path) as temporary:
                temporary.write_bytes(content)
        if out.exists():
            shutil.move(out, Path(folder) / "old")
        new.chmod(0o755)
        new.rename(out)


def files_table(files: dict[str, bytes]) -> str:
    """Paths with their sizes in bytes, a line each, and the total."""
    lines = [f"{len(content):>12,}  {path}" for path, content in files.items()]
    total = sum(map(len, files.values()))
    return "\n".join([*lines, f"{total:>12,}  in {len(files)} files"])


def read_pins(root: Path = ROOT) -> dict[str, list[str]]:
    """The lines of ``requirements.txt`` by the package that they pin.

    Raises:
        ValueError: a line that pins nothing.
    """
    pins: dict[str, list[str]] = {}
    for number, line in enumerate(_content(root / "requirements.txt").decode().splitlines(), 1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        match = _PIN.fullmatch(text)
        if match is None:
            raise ValueError(f"requirements.txt, line {number}: {text}; expected name==version.")
        pins.setdefault(match["name"], []).append(text)
    return pins


# -- The Spacefile -------------------------------------------------------------------------


def _space(name: str, table: Any, path: Path) -> Space:
    place = f"{path.name}, {name}"
    if not isinstance(table, dict):
        raise ValueError(f"{place}: expected a table of a Space, [{name}].")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise ValueError(f"{place}: unknown key {unknown[0]}; there are {', '.join(_KEYS)}.")
    missing = [key for key in ("front_matter", "entry", "files", "about") if key not in table]
    if missing:
        raise ValueError(f"{place}: {missing[0]} is missing.")
    for key, kind in (("entry", str), ("about", str), ("files", list), ("requirements", list)):
        if key in table:
            _check_type(table[key], kind, f"{place}.{key}")
    environment = table.get("environment", {})
    if not isinstance(environment, dict) or not all(
        isinstance(value, str) for value in environment.values()
    ):
        raise ValueError(f"{place}.environment: expected a table of texts.")
    _check_front_matter(table["front_matter"], f"{place}.front_matter")
    return Space(
        name,
        table["front_matter"],
        table["entry"],
        tuple(table["files"]),
        tuple(table.get("requirements", ())),
        environment,
        table["about"],
    )


def _check_front_matter(fields: Any, place: str) -> None:
    if not isinstance(fields, dict):
        raise ValueError(f"{place}: expected a table of fields.")
    for name, value in fields.items():
        if name not in FRONT_MATTER:
            raise ValueError(
                f"{place}: Spaces document no field {name}; see "
                "https://huggingface.co/docs/hub/spaces-config-reference."
            )
        allowed = FRONT_MATTER[name]
        if isinstance(allowed, tuple):
            if value not in allowed:
                raise ValueError(
                    f"{place}.{name}: {value!r}; expected one of {', '.join(allowed)}."
                )
        else:
            _check_type(value, allowed, f"{place}.{name}")
    for name in (*_NEEDED, *_needed_by_sdk(fields.get("sdk"))):
        if name not in fields:
            raise ValueError(f"{place}: {name} is missing.")
    _check_values(fields, place)


def _needed_by_sdk(sdk: str | None) -> tuple[str, ...]:
    return {"gradio": ("sdk_version", "app_file"), "docker": ("app_port",)}.get(sdk or "", ())


def _check_values(fields: dict[str, Any], place: str) -> None:
    from huggingface_hub import SpaceHardware

    hardware = [str(each.value) for each in SpaceHardware]
    if fields.get("suggested_hardware", hardware[0]) not in hardware:
        raise ValueError(
            f"{place}.suggested_hardware: {fields['suggested_hardware']!r}; expected one of "
            f"{', '.join(hardware)}."
        )
    if any(character.isascii() for character in fields["emoji"]) or not fields["emoji"]:
        raise ValueError(f"{place}.emoji: {fields['emoji']!r}; expected an emoji and nothing else.")
    if not re.fullmatch(r"3\.\d+(\.\d+)?", fields["python_version"]):
        raise ValueError(f"{place}.python_version: expected a version such as 3.11.")
    if len(fields.get("short_description", "")) > _LONGEST_DESCRIPTION:
        raise ValueError(
            f"{place}.short_description: {len(fields['short_description'])} characters; the Hub "
            f"takes {_LONGEST_DESCRIPTION}."
        )
    if fields["sdk"] == "docker" and fields["app_port"] != PORT:
        raise ValueError(f"{place}.app_port: expected {PORT}, where the built page listens.")
    if fields["sdk"] == "gradio" and fields["app_file"] != "app.py":
        raise ValueError(f"{place}.app_file: expected app.py, which is made.")


def _check_type(value: Any, kind: type, place: str) -> None:
    right = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
    if right and kind is list:
        right = all(isinstance(each, str) for each in value)
    if not right:
        raise ValueError(f"{place}: {value!r}; expected {_WORDS[kind]}.")


# -- What is made --------------------------------------------------------------------------


def _matching(space: Space, root: Path) -> list[str]:
    """Paths from the root, as POSIX text, of what the patterns of ``files`` match."""
    found: set[str] = set()
    for pattern in space.files:
        paths = {
            path.relative_to(root).as_posix()
            for path in root.glob(pattern)
            if path.is_file() and "__pycache__" not in path.parts
        }
        if not paths:
            raise ValueError(f"Spacefile, {space.name}.files: no file is named {pattern}.")
        found |= paths
    for path in sorted(found):
        if any(_matches(path, never) for never in _NEVER):
            raise ValueError(
                f"Spacefile, {space.name}.files: {path} may not go along, since FER2013's pixels "
                "are not ours to publish, nor a reviewer's marks."
            )
    return sorted(found)


def _matches(path: str, pattern: str) -> bool:
    if pattern.endswith("/**"):
        return path.startswith(pattern.removesuffix("**"))
    return PurePosixPath(path).match(pattern.removeprefix("**/"))


def _readme(space: Space) -> str:
    """Front matter by the Hub's own class, in its order, then the words."""
    from huggingface_hub import SpaceCard, SpaceCardData

    head = SpaceCardData(**space.front_matter).to_yaml(line_break="\n")
    text = f"---\n{head}\n---\n\n{space.about.strip()}\n"
    read_back = SpaceCard(text).data.to_dict()
    if read_back != space.front_matter:
        differing = sorted(set(read_back.items()) ^ set(space.front_matter.items()))
        raise ValueError(f"Spacefile, {space.name}: the Hub would read {differing[0]} otherwise.")
    return text


def _requirements(space: Space, root: Path) -> str:
    pins = read_pins(root)
    for name in space.requirements:
        if name not in pins:
            raise ValueError(
                f"Spacefile, {space.name}.requirements: requirements.txt does not pin {name}."
            )
    version = space.front_matter.get("sdk_version")
    if space.sdk == "gradio" and f"gradio=={version}" not in pins.get("gradio", []):
        raise ValueError(
            f"Spacefile, {space.name}.front_matter.sdk_version: {version}, but requirements.txt "
            f"has {', '.join(pins.get('gradio', ['no gradio']))}."
        )
    return "".join(f"{line}\n" for name in sorted(set(space.requirements)) for line in pins[name])


def _app(space: Space) -> str:
    lines = [
        f"os.environ.setdefault({name!r}, {value!r})"
        for name, value in sorted(space.environment.items())
    ]
    return _APP.format(entry=space.entry, environment="\n".join(lines))


def _dockerfile(space: Space) -> str:
    variables = [f'{name}="{value}"' for name, value in sorted(space.environment.items())]
    return _DOCKERFILE.format(
        python=space.front_matter["python_version"],
        environment=" \\\n    ".join(["HOME=/home/user", "PYTHONUNBUFFERED=1", *variables]),
        port=PORT,
        entry=space.entry,
    )


def _check_size(name: str, files: dict[str, bytes]) -> None:
    total = sum(map(len, files.values()))
    if total > MOST_BYTES:
        largest = max(files, key=lambda path: len(files[path]))
        raise ValueError(
            f"Spacefile, {name}: its files have {total / 1e6:.0f} MB, more than "
            f"{MOST_BYTES / 1e6:.0f}; the largest is {largest}."
        )


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist.")
    return path.read_bytes()


def _may_be_replaced(out: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder is empty, or the last build of the same thing."""
    if not out.is_dir():
        return False
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    made = {"README.md", "requirements.txt", "app.py", "Dockerfile"} & set(files)
    return not there or (bool(made) and made <= there)
