"""The package installs: one wheel with all that it reads, which answers away from the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import urllib.error
import urllib.request
import venv
import zipfile
from email.parser import Parser
from itertools import chain
from pathlib import Path

import pytest
import skimage.data
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from PIL import Image

import fermask
from fermask.hosting.spaces import read_pins
from fermask.photographs.photograph import read_photograph
from fermask.system.paths import PUBLISHED_RECIPE, ROOT
from fermask.training.recipe import FOLD_WEIGHTS, PRETRAINED

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
# What answering for a photograph does without.
NOT_IN_BASE = {
    *("tensorflow", "tensorflow_cpu", "keras", "dlib", "pandas", "pyarrow", "scipy", "gradio"),
    *("streamlit", "sklearn", "skimage", "onnx", "dask"),
}
MOST_MEGABYTES = 400


def requirements(texts):
    """Those on other packages than this one, by their names as an index has them."""
    found = [Requirement(text) for text in texts]
    return [(canonicalize_name(each.name), each) for each in found if each.name != "fermask"]


def test_every_pin_is_in_its_range_and_every_range_has_a_pin():
    pins = {canonicalize_name(name): lines for name, lines in read_pins(ROOT).items()}
    ranges = requirements([*PROJECT["dependencies"], *chain(*EXTRAS.values())])
    assert {name for name, _ in ranges} == set(pins)
    for name, wanted in ranges:
        for line in pins[name]:
            (version,) = Requirement(line).specifier
            assert wanted.specifier.contains(version.version), f"{line}, but {wanted}"


def test_an_extra_asks_for_the_same_range_as_another():
    texts = [*PROJECT["dependencies"], *chain(*EXTRAS.values())]
    ranges = {}
    for name, wanted in requirements(texts):
        assert ranges.setdefault(name, wanted.specifier) == wanted.specifier, name


def test_the_extras_are_those_that_are_named_and_all_holds_the_rest():
    assert set(EXTRAS) == {"mask", "build", "train", "explorer", "demo", "all"}
    (everything,) = (Requirement(text) for text in EXTRAS["all"])
    assert everything.extras == set(EXTRAS) - {"all"}
    # A sentence about a missing package names an extra that there is.
    for path in (ROOT / "core").rglob("*.py"):
        for extra in re.findall(r'needing_extra\("(\w+)"', path.read_text(encoding="utf-8")):
            assert extra in EXTRAS, path


def test_pip_and_make_refuse_the_same_pythons():
    asked = SpecifierSet(PROJECT["requires-python"])
    (check,) = re.findall(
        r"\((3), (\d+)\) <= sys\.version_info < \((3), (\d+)\)",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
    )
    assert asked == SpecifierSet(">={}.{},<{}.{}".format(*check))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {check[0]}.{check[1]} to {check[2]}.{int(check[3]) - 1}" in readme


def quietly(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Built by the backend of this environment from what a user has: the files that git knows."""
    folder = tmp_path_factory.mktemp("wheel")
    quietly(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--no-cache-dir", "--no-index", "--wheel-dir", folder, ROOT),
        cwd=folder,
    )
    (path,) = folder.iterdir()
    assert path.name == f"fermask-{fermask.__version__}-py3-none-any.whl"
    return path


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "astronaut.jpg"
    Image.fromarray(skimage.data.astronaut()).save(path)
    return path


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """The commands of an environment with the wheel and with this one's packages."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    environment = {**os.environ, "PYTHONPATH": "", "HOME": str(folder / "home")}
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = quietly(folder / PYTHON, "-c", code, env=environment).strip()
    theirs = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    Path(site, "theirs.pth").write_text("".join(f"{each}\n" for each in theirs))
    quietly(
        *(sys.executable, "-m", "pip", "--python", folder, "install", "--quiet", "--no-deps"),
        *("--no-index", "--no-compile", wheel),
    )
    return folder / Path(PYTHON).parent, environment


def run_installed(installed, tmp_path, command, *arguments):
    """What an installed command prints, started in a folder that is not the checkout."""
    places, environment = installed
    return quietly(places / command, *arguments, cwd=tmp_path, env=environment)


def test_the_installed_command_reads_a_photograph(installed, photo, tmp_path):
    assert run_installed(installed, tmp_path, "fermask", "--version") == "fermask 0.2.0\n"
    said = run_installed(installed, tmp_path, "fermask", "predict", "--json", photo)
    record = json.loads(said)
    assert record["image"] == str(photo)
    (face,) = record["faces"]
    assert set(face["probabilities"]) == set(fermask.CLASSES)
    expected = fermask.predict(photo)[0]
    assert face["box"] == list(expected.box_xywh)
    assert face["label"] == expected.label
    assert list(tmp_path.iterdir()) == []


def test_the_installed_command_uses_processes_and_masks(installed, photo, tmp_path):
    run_installed(installed, tmp_path, "fermask", "predict", photo, "--out", "out", "--jobs", "2")
    assert (tmp_path / "out" / "part-00000.parquet").is_file()
    arguments = [photo, "--style", "surgical", "--out", "masked.png"]
    said = run_installed(installed, tmp_path, "fermask", "mask", *arguments)
    assert "without a mask" in said
    assert read_photograph(tmp_path / "masked.png").shape == (512, 512, 3)


def test_the_installed_package_has_its_files_and_writes_none_there(installed, tmp_path):
    code = (
        "import json, fermask\nfrom fermask.system import paths\n"
        "named = {name: str(value) for name, value in vars(paths).items() if name.isupper()}\n"
        "print(json.dumps([fermask.__file__, len(fermask.load().manifest), named]))"
    )
    said = run_installed(installed, tmp_path, "python", "-c", code)
    module, rows, named = json.loads(said)
    package = Path(module).parent
    assert not package.is_relative_to(ROOT)
    assert rows == 3840
    own = ("OWN", "FER2013", "MARKS", "PICTURES", "IS_INSTALLED")
    # Of a second pretraining, which need not be there.
    may_lack = ("OUT_OF_FOLD_AGAIN",)
    for name, value in named.items():
        if name not in own + may_lack:
            assert Path(value).exists(), name
            assert Path(value).is_relative_to(package.parent), name
    home = installed[1]["HOME"]
    assert all(Path(named[name]).is_relative_to(home) for name in own[:3])


def test_the_wheel_holds_what_the_package_reads_and_every_notice(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"fermask-{fermask.__version__}.dist-info/METADATA").decode()
    tracked = {path.relative_to(ROOT).as_posix() for path in files_of(ROOT / "data")}
    tracked |= {path.relative_to(ROOT).as_posix() for path in files_of(ROOT / "apps")}
    assert {f"fermask/{name}" for name in tracked} <= names
    assert {"fermask/py.typed", "fermask/LICENSE", "fermask/docs/figures/figure_1.svg"} <= names
    assert "fermask/apps/.streamlit/config.toml" in names
    notices = {f"licenses/{path.name}" for path in (ROOT / "licenses").iterdir()} | {"LICENSE"}
    told = Parser().parsestr(metadata)
    assert set(told.get_all("License-File")) == notices
    assert {f"fermask-{fermask.__version__}.dist-info/licenses/{name}" for name in notices} <= names
    assert {name.split("/")[0] for name in names} == {
        "fermask",
        f"fermask-{fermask.__version__}.dist-info",
    }


def is_for_training(path):
    """Whether it is of the recipe's weights, which nothing that is installed reads."""
    return path.is_relative_to(PUBLISHED_RECIPE) and (
        path.stem == FOLD_WEIGHTS or path.parent.name == PRETRAINED or path.suffix == ".keras"
    )


def files_of(folder):
    """The files below a folder that git would know."""
    ignored = ("fer2013", "review", "__pycache__")
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not set(path.relative_to(folder).parts) & set(ignored)
        and not is_left_out(path)
        and not is_for_training(path)
    ]


def is_left_out(path):
    """Whether ``.gitignore`` leaves it out, where a checkout holds what others computed."""
    done = subprocess.run(["git", "check-ignore", "-q", str(path)], cwd=ROOT, check=False)
    return done.returncode == 0


def test_pixels_of_fer2013_stay_out_of_a_wheel(tmp_path):
    copy = tmp_path / "checkout"
    names = ("core", "licenses", "apps", ".streamlit", "docs/figures", "LICENSE", "README.md")
    for name in (*names, "pyproject.toml", "data/ferm", ".gitignore"):
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, place)
    planted = ("data/ferm/masked.npy", "data/fer2013/fer2013.csv", "data/review/marks.sqlite")
    for name in (*planted, "apps/demo_parts/page.pyi", "data/runs/fold-0/model.keras"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("pixels")
    quietly(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--no-cache-dir", "--no-index", "--wheel-dir", tmp_path, copy),
    )
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        held = archive.namelist()
    assert "fermask/data/ferm/manifest.parquet" in held
    assert not [name for name in held if name.endswith((".npy", ".csv", ".sqlite", ".pyi"))]
    assert not [name for name in held if name.endswith(".keras")]


@pytest.mark.slow
def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    code = "from hatchling import build; print(build.build_sdist(__import__('sys').argv[1]))"
    name = quietly(sys.executable, "-c", code, tmp_path, cwd=ROOT).split()[-1]
    quietly(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--no-cache-dir", "--no-index", "--wheel-dir", tmp_path / "again", tmp_path / name),
    )
    (again,) = (tmp_path / "again").iterdir()
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert first.namelist() == second.namelist()
        assert all(first.read(each) == second.read(each) for each in first.namelist())


@pytest.mark.slow
@pytest.mark.parametrize("app", ["demo", "explorer"])
def test_the_installed_apps_start(app, installed, tmp_path):
    from scripts.running import free_port

    places, environment = installed
    port = str(free_port())
    environment = environment | {
        **{"GRADIO_SERVER_PORT": port, "STREAMLIT_SERVER_PORT": port},
        **{"STREAMLIT_SERVER_HEADLESS": "true", "MPLCONFIGDIR": str(tmp_path)},
    }
    command = [places / "fermask", app]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=said, stderr=said)
        try:
            page = wait_for(process, f"http://localhost:{port}", tmp_path / "said")
        finally:
            process.terminate()
            process.wait(timeout=120)
    assert b"<html" in page.lower()
    if app == "explorer":
        # The project's settings apply: without them Streamlit listens on every address.
        assert "Network URL" not in (tmp_path / "said").read_text()
        code = (
            "from streamlit.testing.v1 import AppTest\nfrom fermask.system.paths import APPS\n"
            "app = AppTest.from_file(str(APPS / 'explorer.py'), default_timeout=120).run()\n"
            "print([each.value for each in [*app.exception, *app.error]], app.title[0].value)"
        )
        said = run_installed(installed, tmp_path, "python", "-c", code)
        assert said.startswith("[] ")


def wait_for(process, url, said):
    """What a page answers, once it does."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            continue
    raise AssertionError(said.read_text())


@pytest.mark.slow
def test_a_fresh_installation_is_small_and_answers(wheel, photo, tmp_path):
    """From the package index: the base, without what an extra brings."""
    folder = tmp_path / "fresh"
    venv.create(folder, with_pip=True)
    environment = {**os.environ, "PYTHONPATH": "", "HOME": str(tmp_path / "home")}
    quietly(folder / PYTHON, "-m", "pip", "install", "--quiet", wheel, env=environment)
    site = Path(
        quietly(
            folder / PYTHON,
            *("-c", "import sysconfig; print(sysconfig.get_path('purelib'))"),
            env=environment,
        ).strip()
    )
    there = {path.name for path in site.iterdir()}
    assert not there & NOT_IN_BASE
    # A new environment's own tools are not ours.
    ours = [path for path in site.iterdir() if not path.name.startswith(("pip", "setuptools"))]
    files = chain(ours, *(path.rglob("*") for path in ours))
    size = sum(path.stat().st_size for path in files if path.is_file())
    assert size < MOST_MEGABYTES * 1_000_000
    places = (folder / PYTHON).parent
    for answer in ("--json", "--csv"):
        quietly(places / "fermask", "predict", answer, photo, cwd=tmp_path, env=environment)
    arguments = ["mask", photo, "--out", "masked.png"]
    done = subprocess.run(
        [places / "fermask", *arguments], cwd=tmp_path, env=environment, capture_output=True
    )
    assert b"pip install 'fermask[mask]'" in done.stderr
    code = "import fermask\ntry: fermask.build\nexcept ImportError as error: print(error)"
    said = quietly(folder / PYTHON, "-c", code, cwd=tmp_path, env=environment)
    assert "fermask.build needs" in said
    assert "`pip install 'fermask[build]'`" in said
