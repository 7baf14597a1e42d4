"""A Space on the Hugging Face Hub, built as the Spacefile says.

It is a mapping of paths to contents before it is a folder (``fermask.hosting.repositories``).
"""

import re
from pathlib import Path, PurePosixPath

from fermask.dataset.manifest import BARE, MASKED
from fermask.hosting.browser import browser_files
from fermask.hosting.spacefile import PORT, Space
from fermask.system.paths import ROOT

MOST_BYTES = 50_000_000

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
CMD ["python", "{entry}", "--server.address=0.0.0.0", "--server.port={port}", \\
    "--server.headless=true", "--server.fileWatcherType=none", \\
    "--server.enableXsrfProtection=false"]
"""


def space_files(space: Space, root: Path = ROOT, runtime: Path | None = None) -> dict[str, bytes]:
    """Everything that is pushed for a Space: path in it → content, sorted by path.

    Args:
        space: as ``read_spacefile`` gives it.
        root: of the project.
        runtime: of a static page, as ``browser_files`` takes it.

    Raises:
        FileNotFoundError: npm is missing, by which a static page gets its runtime.
        ValueError: a pattern without a file, a package without a pin, pixels of FER2013 among
            the files, or more than ``MOST_BYTES``.
    """
    found = {path: (root / path).read_bytes() for path in _matching(space, root)}
    if space.entry not in found:
        raise ValueError(f"Spacefile, {space.name}: its entry {space.entry} is not in its files.")
    made = {"README.md": _readme(space).encode()}
    if space.sdk == "static":
        made |= browser_files(runtime)
    else:
        made["requirements.txt"] = _requirements(space, root).encode()
    if space.sdk == "gradio":
        made["app.py"] = _app(space).encode()
    elif space.sdk == "docker":
        made["Dockerfile"] = _dockerfile(space).encode()
    both = sorted(set(made) & set(found))
    if both:
        raise ValueError(f"Spacefile, {space.name}: {both[0]} is made, so it cannot be in files.")
    files = found | made
    _check_size(space.name, files)
    return dict(sorted(files.items()))


def read_pins(root: Path = ROOT) -> dict[str, list[str]]:
    """The lines of ``requirements.txt`` by the package that they pin.

    Raises:
        ValueError: a line that pins nothing.
    """
    pins: dict[str, list[str]] = {}
    for number, line in enumerate(
        (root / "requirements.txt").read_text(encoding="utf-8").splitlines(), 1
    ):
        text = line.split("#")[0].strip()
        if not text:
            continue
        match = _PIN.fullmatch(text)
        if match is None:
            raise ValueError(f"requirements.txt, line {number}: {text}; expected name==version.")
        pins.setdefault(match["name"], []).append(text)
    return pins


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
