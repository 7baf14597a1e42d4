"""Arrows go one way: core knows no app and no command, and loads nothing heavy unasked."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core"
PACKAGE = CORE / "fermask"
# From the ground up; a room imports itself and those before it.
ROOMS = (
    *("system", "faces", "dataset", "networks", "training", "photographs", "evaluation"),
    *("hosting", "studies", "exploring", "reporting", "cli"),
)
# The networks' own files are Keras code, imported by name on first use.
NETWORK_FILES = PACKAGE / "networks"
HEAVY = {"dlib", "keras", "tensorflow", "torch", "jax", "onnxruntime", "tf2onnx"}
NOT_IN_CORE = {"core", "apps", "scripts", "tests", "streamlit", "gradio", "argparse"}
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    root = CORE if path.is_relative_to(CORE) else ROOT
    parts = path.relative_to(root).with_suffix("").parts
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


def room_of(module):
    """``fermask.ROOM.…`` → ROOM; the package itself is over all rooms."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


def test_every_folder_of_the_package_is_a_room():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(ROOMS)
    assert [path.name for path in PACKAGE.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_core_imports_no_app_and_no_command(path):
    unwanted = NOT_IN_CORE - ({"argparse"} if room_of(name_of(path)) == "cli" else set())
    assert not {name.split(".")[0] for name in imported(path)} & unwanted


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows_between_rooms_go_down(path):
    own = room_of(name_of(path))
    for name in imported(path):
        room = room_of(name)
        if own is not None and room is not None:
            assert ROOMS.index(room) <= ROOMS.index(own), f"{own} imports {name}"


def test_looking_at_a_set_needs_no_training():
    rooms = {
        room_of(name) for path in (PACKAGE / "exploring").glob("*.py") for name in imported(path)
    }
    assert "training" not in rooms


def test_no_modules_of_a_room_import_each_other_in_a_circle():
    modules = {name_of(path): path for path in FILES}
    arrows = {}
    for module, path in modules.items():
        named = imported(path)
        named |= {name.rpartition(".")[0] for name in named}
        arrows[module] = {name for name in named if name in modules and name != module}
    # Raises where there is a circle, and names it.
    assert list(TopologicalSorter(arrows).static_order())


@pytest.mark.parametrize(
    "path", sorted(path for path in (ROOT / "scripts").rglob("*.py")), ids=name_of
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
        [sys.executable, "-c", code], cwd=CORE, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "apps").glob("*_parts/*.py")), ids=lambda path: path.stem
)
def test_an_apps_part_has_a_name_of_its_own(path):
    assert path.stem == "__init__" or path.stem not in {file.stem for file in FILES}
