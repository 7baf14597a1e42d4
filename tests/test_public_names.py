"""What ``import fermask`` hands on: each name has an example that runs; nothing loads early."""

import ast
import doctest
import subprocess
import sys
import types
from pathlib import Path

import pytest

import fermask
from fermask.system.paths import SOURCE

NAMES = {
    *("CLASSES", "STYLES", "VISIBLE_27", "read_photograph", "detect_faces", "predict", "try_mask"),
    *("find_landmarks", "put_mask", "draw_look", "load_network", "read_fer2013", "FermSettings"),
    *("build", "load", "train", "TrainingSettings", "evaluate"),
}
CALLED = sorted(name for name in NAMES if name not in ("CLASSES", "STYLES", "VISIBLE_27"))


def run_examples(docstring, name):
    example = doctest.DocTestParser().get_doctest(docstring, {}, name, None, 0)
    assert example.examples, f"{name} has no example in its docstring"
    said = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


def test_these_names_are_handed_on():
    assert set(fermask.__all__) == NAMES
    assert set(dir(fermask)) >= NAMES
    assert not any(isinstance(getattr(fermask, name), types.ModuleType) for name in NAMES)


@pytest.mark.parametrize("name", CALLED)
def test_the_example_of_each_name_runs(name):
    run_examples(getattr(fermask, name).__doc__, name)


def test_the_examples_of_the_constants_run():
    run_examples(fermask.__doc__, "fermask")
    assert all(f"fermask.{name}" in fermask.__doc__ for name in NAMES - set(CALLED))


def test_an_unknown_name_is_an_ordinary_error():
    with pytest.raises(AttributeError, match="module 'fermask' has no attribute 'ferm'"):
        fermask.ferm  # noqa: B018


def test_type_checkers_see_every_name_where_it_is_defined():
    tree = ast.parse(Path(fermask.__file__).read_text(encoding="utf-8"))
    (block,) = (
        node.body
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )
    seen = {alias.name: node.module for node in block for alias in node.names}
    assert seen.keys() == NAMES
    for name, module in seen.items():
        __import__(module)
        assert getattr(sys.modules[module], name) is getattr(fermask, name)
    assert (Path(fermask.__file__).parent / "py.typed").is_file()


def test_importing_the_package_loads_no_package_but_python_s_own():
    code = (
        "import sys\nbefore = set(sys.modules)\nimport fermask\n"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names) - {'fermask'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
