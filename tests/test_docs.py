"""The README keeps up with the code."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Run by their path in the environment of a package that they ask.
ASKERS = {"bench.answering", "studies.ask_fer"}
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "scripts").rglob("*.py")
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
)
COMMANDS = [name for name in COMMANDS if name not in ASKERS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert f"scripts.{command}" in README


def test_every_command_in_the_readme_exists():
    assert set(re.findall(r"python -m scripts\.([\w.]*\w)", README)) <= set(COMMANDS)


def test_every_dependency_has_its_reason_and_is_pinned():
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, version = re.match(r"([\w-]+)(.*)", line).groups()
        assert version.startswith("=="), line
        reason = re.compile(rf"^\|[^|]*\b{name.removesuffix('-cpu')}\b[^|]*\|", re.MULTILINE)
        assert reason.search(README), f"{name} has no line in the README's table"


def test_every_picture_in_the_readme_is_there():
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture


def test_the_readme_quotes_the_shipped_weights():
    record = json.loads((ROOT / "data/models/m_xception.json").read_text(encoding="utf-8"))
    assert f"{100 * record['result']['accuracy']:.1f}%" in README
    assert f"n = {record['result']['n']}" in README
