"""Whether the tests would notice: changes one place of the code at a time and runs them.

pip install cosmic-ray==8.7.0
python -m scripts.studies.mutate --count 300 --out build/mutants.jsonl

Cosmic Ray's operators (another comparison, another number, no decorator …) give the changes.
Places in the rooms are drawn with a seed, each with one of its changes, so the first few are a
sample themselves. A change is tested in a clone of the last commit by its room's tests, first those
that are named as the file is, or import it. What is known of it is written at once, and an
interrupted run goes on; what survived an earlier commit is tried again. Prints the survivors and
the share that was noticed.
"""

import argparse
import ast
import difflib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What the tests import beside the code takes longer than most of them, so it is loaded once.
_LOADED_ONCE = (
    *("cv2", "dlib", "hypothesis.extra.numpy", "pandas", "pyarrow.parquet", "skimage.data"),
    *("scipy.optimize", "scipy.sparse.csgraph", "scipy.stats"),
)
# Processor time, which a busy machine does not use up, and time for what waits forever.
_CPU_SECONDS, _SECONDS = 300, 3600
_BROKEN = 99


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: an operator of Cosmic Ray's at its n-th place in a file, and the line."""

    path: str
    line: int
    operator: str
    occurrence: int


def main() -> None:
    """Draws, tests and reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", nargs="+", default=["faces", "dataset", "evaluation"])
    parser.add_argument("--count", type=int, default=300, help="changes to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a line of JSON a change")
    options = parser.parse_args()
    for name in _LOADED_ONCE:
        import_module(name)
    with _clone() as folder:
        clone = Path(folder)
        chosen = draw(clone, options.rooms, options.count, options.seed)
        try:
            try_all(clone, chosen, options.out)
        finally:
            report(chosen, read(options.out))


def draw(clone: Path, rooms: list[str], count: int, seed: int) -> list[Mutant]:
    """So many places of the rooms' code in random order, and of each one change."""
    places: dict[tuple[str, tuple[int, int], str], list[Mutant]] = {}
    for room in rooms:
        for path in sorted((clone / "core" / "fermask" / room).rglob("*.py")):
            for mutant, place in _mutants(path, str(path.relative_to(clone))):
                # One place however many operators could stand there.
                family = mutant.operator.split("_")[0]
                places.setdefault((mutant.path, place, family), []).append(mutant)
    rng = random.Random(seed)
    ordered = [rng.choice(places[place]) for place in sorted(places)]
    rng.shuffle(ordered)
    print(f"{len(ordered):,} places in {', '.join(rooms)}", flush=True)
    return ordered[:count]


def try_all(clone: Path, chosen: list[Mutant], out: Path) -> None:
    """Tests each change that is not known to be noticed, nor to survive these very tests."""
    commit = _git(clone, "rev-parse", "HEAD")
    known = read(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    passed: set[str] = set()
    for mutant in chosen:
        before = known.get(mutant)
        if before and (before["outcome"] != "survived" or before["commit"] == commit):
            continue
        for file in _test_files(clone, mutant.path):
            if file not in passed and run_tests(clone, [file]) != "survived":
                raise ValueError(f"{file} fails as it is.")
            passed.add(file)
        outcome, diff = try_one(clone, mutant)
        record = asdict(mutant) | {"outcome": outcome, "diff": diff, "commit": commit}
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def try_one(clone: Path, mutant: Mutant) -> tuple[str, list[str]]:
    """``survived``, ``noticed``, ``time`` or ``no change``, and the lines that were changed."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = clone / mutant.path
    code = path.read_text(encoding="utf-8")
    try:
        changed = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    except AttributeError:
        # Cosmic Ray cannot replace an exception with a dot in its name.
        return "no change", []
    lines = difflib.unified_diff(code.splitlines(), changed.splitlines(), n=0, lineterm="")
    diff = [line for line in lines if line[:2] not in ("--", "++", "@@")]
    path.write_text(changed, encoding="utf-8")
    # Python tells old bytecode by the second and the size, which two changes may share.
    sys.dont_write_bytecode = True
    try:
        return run_tests(clone, _test_files(clone, mutant.path)), diff
    finally:
        path.write_text(code, encoding="utf-8")
        sys.dont_write_bytecode = False


def run_tests(clone: Path, files: list[str]) -> str:
    """What some tests say of the clone as it is now, in a process that has the libraries loaded."""
    with tempfile.TemporaryDirectory() as scratch:
        child = os.fork()
        if child == 0:
            _become_tests(clone, files, scratch)
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "time"
    code = os.waitstatus_to_exitcode(status)
    if code == _BROKEN:
        raise RuntimeError(f"The tests of {clone} did not run, or not on its code.")
    return "survived" if code == 0 else "noticed"


def _become_tests(clone: Path, files: list[str], scratch: str) -> NoReturn:
    """Runs tests until the first fails, and ends the process."""
    code = _BROKEN
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 5))
        signal.alarm(_SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        # No example that hypothesis found for an earlier change.
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{scratch}/hypothesis"
        os.environ.pop("FER2013", None)
        os.chdir(clone)
        # The checkout's code, not its .venv.
        ours = (ROOT, ROOT / "core")
        sys.path[:] = [path for path in sys.path if path and Path(path) not in ours]
        for name in [name for name in sys.modules if name.split(".")[0] == "scripts"]:
            del sys.modules[name]
        options = ["-xq", "--tb=no", "-pno:cacheprovider", "-Wignore:Module already imported"]
        options.append(f"--basetemp={scratch}/files")
        result = int(pytest.main([*options, *files]))
        tested = Path(sys.modules["fermask"].__file__ or "")
        code = result if tested.is_relative_to(clone) else _BROKEN
    finally:
        # Not the end of the process that this is a copy of.
        os._exit(code)


def read(out: Path) -> dict[Mutant, dict[str, Any]]:
    """The last that is known of each change."""
    lines = out.read_text(encoding="utf-8").splitlines() if out.is_file() else []
    records = [json.loads(line) for line in lines]
    names = Mutant.__dataclass_fields__
    return {Mutant(**{name: record[name] for name in names}): record for record in records}


def report(chosen: list[Mutant], known: dict[Mutant, dict[str, Any]]) -> None:
    """Prints the survivors, and the share noticed with its 95% interval (Wilson)."""
    from fermask.evaluation.rates import rate

    chosen = [
        each for each in chosen if known.get(each, {}).get("outcome", "no change") != "no change"
    ]
    for mutant in sorted(chosen):
        if known[mutant]["outcome"] == "survived":
            print(
                f"\n{mutant.path}:{mutant.line} {mutant.operator}", *known[mutant]["diff"], sep="\n"
            )
    counts = Counter(known[mutant]["outcome"] for mutant in chosen)
    found = rate(len(chosen) - counts["survived"], len(chosen))
    print(
        f"\n{found.value:.1%} of {found.n} noticed ({found.low:.1%} to {found.high:.1%}), "
        f"{counts['time']} of them by taking too long"
    )


def _mutants(path: Path, name: str) -> Iterator[tuple[Mutant, tuple[int, int]]]:
    """All changes to a file, and where; none to annotations, which are not executed as code."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    annotated = list(_annotations(ast.parse(path.read_text(encoding="utf-8"))))
    nodes = list(ast_nodes(get_ast_from_path(path)))
    for operator_name in operator_names():
        operator_class = get_operator(operator_name)
        # Those with arguments want names of variables.
        if operator_class.arguments():
            continue
        operator = operator_class()
        places = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, place in enumerate(places):
            if not any(start <= place < end for start, end in annotated):
                yield Mutant(name, place[0], operator_name, occurrence), place


def _annotations(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            found = getattr(node, field, None)
            if found is not None:
                start, end = (
                    (found.lineno, found.col_offset),
                    (found.end_lineno, found.end_col_offset),
                )
                yield start, end


def _test_files(clone: Path, path: str) -> list[str]:
    """The tests of a file's room: those named as it is, then those that import it, then others."""
    module = path.removeprefix("core/").removesuffix(".py").replace("/", ".")
    _, room, name = module.split(".")
    files = sorted((clone / "tests" / room).glob("test_*.py"))
    named = [file for file in files if name.startswith(file.stem.removeprefix("test_"))]
    importing = [file for file in files if f"{module} " in file.read_text(encoding="utf-8")]
    return [str(file) for file in dict.fromkeys([*named, *importing, *files])]


def _clone() -> tempfile.TemporaryDirectory:
    """A checkout of its own, so that no change is ever seen elsewhere."""
    folder = tempfile.TemporaryDirectory(prefix="mutants-")
    _git(ROOT, "clone", "-q", str(ROOT), folder.name)
    return folder


def _git(folder: Path, *command: str) -> str:
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
