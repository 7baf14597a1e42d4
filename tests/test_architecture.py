"""Arrows go one way: core knows no app and no command, and loads nothing heavy unasked."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core"
# The networks' own files are Keras code, imported by name on first use.
NETWORK_FILES = CORE / "models"
HEAVY = {"dlib", "keras", "tensorflow", "torch", "jax", "onnxruntime", "tf2onnx"}
NOT_IN_CORE = {"apps", "scripts", "tests", "streamlit", "gradio", "argparse", "plotly"}
FILES = sorted(CORE.rglob("*.py"))


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path):
    """Full names of all that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reading_order():
    paragraphs = ast.get_docstring(ast.parse((CORE / "__init__.py").read_text("utf-8"))).split(
        "\n\n"
    )
    (listed,) = [text for text in paragraphs if text.startswith("labels,")]
    return re.findall(r"\w+", listed)


def test_the_reading_order_holds_every_module_once():
    modules = {path.relative_to(CORE).with_suffix("").parts[0] for path in FILES} - {"__init__"}
    assert sorted(reading_order()) == sorted(modules)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_core_imports_no_app_and_no_command(path):
    assert not {name.split(".")[0] for name in imported(path)} & NOT_IN_CORE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_only_what_stands_before_it(path):
    order = reading_order()
    own = path.relative_to(CORE).with_suffix("").parts[0]
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "core" and own != "__init__" and parts[1] != own:
            assert order.index(parts[1]) < order.index(own), f"{own} imports {parts[1]}"


@pytest.mark.parametrize(
    "path", sorted(path for path in (ROOT / "scripts").glob("*.py")), ids=name_of
)
def test_a_command_imports_no_app(path):
    # The pictures of the README are taken of the apps, in a browser, not by importing them.
    assert not {name.split(".")[0] for name in imported(path)} & {"apps", "tests"}


def test_importing_core_loads_nothing_heavy():
    modules = [
        name_of(path)
        for path in FILES
        if path.parent != NETWORK_FILES or path.name == "__init__.py"
    ]
    code = (
        f"import sys, {', '.join(modules)}\n"
        f"print(*sorted({HEAVY | NOT_IN_CORE - {'argparse'}!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
