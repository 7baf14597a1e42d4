"""The README keeps up with the code."""

import json
import re
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from fermask.cli.command import command_parser
from fermask.photographs.prediction import predict
from fermask.photographs.records import as_record

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# Run by their path in the environment of a package that they ask.
ASKERS = {"bench.answering", "studies.ask_fer"}
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "scripts").rglob("*.py")
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
)
COMMANDS = [name for name in COMMANDS if name not in ASKERS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    assert f"scripts.{command}" in README + CONTRIBUTING


def test_every_command_in_the_readme_exists():
    assert set(re.findall(r"python -m scripts\.([\w.]*\w)", README)) <= set(COMMANDS)


def test_every_subcommand_is_in_the_readme_and_every_one_there_exists():
    subcommands = set(re.findall(r"^    (\w+)  ", command_parser().format_help(), re.MULTILINE))
    assert subcommands >= {"predict", "mask"}
    assert set(re.findall(r"^fermask (\w+)", README, re.MULTILINE)) == subcommands


def test_the_readme_s_python_runs_as_typed(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.endswith("True False\n")


def test_every_field_of_the_json_is_in_the_readme():
    (face,) = predict(skimage.data.astronaut())
    for name in as_record("a.jpg", [face])["faces"][0]:
        assert f"`{name}`" in README


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
