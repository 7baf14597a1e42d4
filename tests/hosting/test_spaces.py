"""The Spacefile, what is built of it, and that nothing it needs is missing from it."""

import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement

from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.manifest import MANIFEST, MASKED, load, write
from fermask.faces.mask_styles import MASK_STYLES
from fermask.hosting.repositories import dataset_files, files_table, model_files, write_files
from fermask.hosting.spacefile import read_spacefile
from fermask.hosting.spaces import MOST_BYTES, read_pins, space_files
from fermask.system.paths import ROOT
from tests.small import small_fer2013, small_ferm

# tests/apps/test_browser.py builds the page that needs no Python.
SPACES = {name: space for name, space in read_spacefile().items() if space.sdk != "static"}
MINIMAL = """
schema = 1
[page]
entry = "apps/page.py"
files = ["apps/*.py"]
requirements = ["numpy"]
about = "A page."
[page.front_matter]
title = "Page"
emoji = "😷"
colorFrom = "red"
colorTo = "blue"
sdk = "docker"
app_port = 7860
python_version = "3.11"
license = "mit"
"""


@pytest.fixture(scope="module", params=list(SPACES))
def space(request):
    return SPACES[request.param]


@pytest.fixture(scope="module")
def built(space, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spaces") / space.name
    write_files(space_files(space), folder)
    return folder


@pytest.fixture
def project(tmp_path):
    """A root with a page and pins, and the Space of MINIMAL."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "page.py").write_text("print()\n")
    (tmp_path / "requirements.txt").write_text("gradio==6.0\nnumpy==2.0  # arrays\n")
    return tmp_path, written(tmp_path, MINIMAL)["page"]


def written(folder, text):
    (folder / "Spacefile").write_text(text, encoding="utf-8")
    return read_spacefile(folder / "Spacefile")


# -- This project's own two ----------------------------------------------------------------


def installed_with(names):
    """The packages that come with these, themselves included, in pip's spelling."""
    found, left = set(), [(Requirement(name), set()) for name in names]
    while left:
        requirement, extras = left.pop()
        name = requirement.name.lower().replace("_", "-").replace(".", "-")
        if (name, frozenset(extras)) in found:
            continue
        found.add((name, frozenset(extras)))
        try:
            needed = [Requirement(text) for text in requires(requirement.name) or ()]
        except PackageNotFoundError:
            continue
        for each in needed:
            marks = [{"extra": extra} for extra in extras | {""}]
            if each.marker is None or any(each.marker.evaluate(mark) for mark in marks):
                left.append((each, set(each.extras)))
    return sorted({name for name, _ in found})


def test_a_space_runs_on_its_own_files_and_requirements(space, built):
    names = installed_with(space.requirements)
    left_out = set(read_pins()) - set(space.requirements)
    done = subprocess.run(
        [
            *(sys.executable, "-IB", str(ROOT / "tests" / "hosted.py"), str(built), space.name),
            *(",".join(left_out), ",".join(names)),
        ],
        capture_output=True,
        text=True,
        cwd=built,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "tensorflow-cpu" not in names
    assert "keras" not in names
    assert ("dlib-bin" in names) == (space.name == "demo")


def test_the_same_files_give_the_same_bytes(space, tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_files(space_files(space), folder)
    first, second = (
        {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "a", tmp_path / "b")
    )
    assert sorted(first) == sorted(second)
    for relative, path in first.items():
        assert path.read_bytes() == second[relative].read_bytes(), relative
        assert path.stat().st_mode == second[relative].stat().st_mode, relative


def test_the_hub_reads_the_front_matter_as_it_was_written(space, built):
    from huggingface_hub import SpaceCard

    read = SpaceCard.load(built / "README.md").data.to_dict()
    assert read == space.front_matter
    assert {"title", "emoji", "sdk", "suggested_hardware", "models", "datasets", "tags"} <= set(
        read
    )


def test_a_space_is_small_and_holds_nothing_that_is_not_ours(built):
    files = [path for path in built.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    suffixes = {path.suffix for path in files}
    assert not suffixes & {".npy", ".csv.gz", ".keras", ".sqlite", ".png", ".pyc"}
    pictures = {path.parent for path in files if path.suffix == ".jpg"}
    drawn = {built / "apps" / "demo_parts" / name for name in ("examples", "styles")}
    assert pictures <= drawn


def test_what_a_page_shows_only_where_it_is_there_goes_along():
    demo, explorer = (space_files(SPACES[name]) for name in ("demo", "explorer"))
    assert {f"apps/demo_parts/styles/{name}.jpg" for name in MASK_STYLES} <= demo.keys()
    assert "data/worn.json" in demo
    assert {"data/worn.json", "data/detection.json"} <= explorer.keys()


def test_versions_are_those_of_the_project(space, built):
    lines = (built / "requirements.txt").read_text().splitlines()
    own = [line for lines in read_pins().values() for line in lines]
    assert lines
    assert set(lines) <= set(own)
    if space.sdk == "gradio":
        assert f"gradio=={space.front_matter['sdk_version']}" in lines


def test_the_docker_recipe_is_what_spaces_ask_for(tmp_path):
    recipe = space_files(SPACES["explorer"])["Dockerfile"].decode()
    for words in (
        "--uid 1000",
        "USER 1000",
        "--server.port=7860",
        "--server.enableXsrfProtection=false",
        "HEALTHCHECK",
        "localhost:7860/_stcore/health",
        'HF_HUB_OFFLINE="1"',
    ):
        assert words in recipe
    assert "app.py" not in space_files(SPACES["explorer"])


# -- A wrong Spacefile ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "has schema 2; this version reads 1"),
        ("schema = 1", "schema = ", "is not TOML"),
        ('"docker"', '"streamlit"', "sdk: 'streamlit'; expected one of gradio, docker"),
        ('title = "Page"', "", "page.front_matter: title is missing"),
        ("app_port = 7860", "app_port = 80", "app_port: 80; expected 7860"),
        ("app_port = 7860", "", "app_port is missing"),
        ('"docker"', '"gradio"', "sdk_version is missing"),
        ('["numpy"]', "[1]", "Spacefile, page.requirements: [1]; expected a list of texts"),
        ('about = "A page."', "about = 3", "Spacefile, page.about: 3; expected text"),
        ('about = "A page."', "", "Spacefile, page: about is missing"),
        ('about = "A page."', 'about = "A"\nfile = []', "unknown key file; there are"),
    ],
)
def test_a_wrong_spacefile_is_told_in_a_sentence(tmp_path, old, new, said):
    assert old in MINIMAL
    with pytest.raises(ValueError, match=re.escape(said)):
        written(tmp_path, MINIMAL.replace(old, new, 1))


def test_no_spacefile(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_spacefile(tmp_path / "Spacefile")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"files": ("apps/*.py", "core/*.py")}, r"no file is named core/\*.py"),
        ({"entry": "apps/other.py"}, "its entry apps/other.py is not in its files"),
        ({"requirements": ("scipy",)}, "requirements.txt does not pin scipy"),
    ],
)
def test_what_is_not_there_cannot_be_built(project, change, said):
    root, space = project
    with pytest.raises(ValueError, match=said):
        space_files(replace(space, **change), root)


@pytest.mark.parametrize(
    "path",
    ["data/fer2013/a.txt", "data/ferm/masked.npy", "data/fer2013.csv.gz", "data/review/m.csv"],
)
def test_pixels_and_marks_never_go_along(project, path):
    root, space = project
    (root / path).parent.mkdir(parents=True)
    (root / path).write_text("0")
    with pytest.raises(ValueError, match=f"{path} may not go along"):
        space_files(replace(space, files=("apps/*.py", "data/**/*")), root)


def test_too_large_a_space_names_its_largest_file(project, monkeypatch):
    root, space = project
    (root / "apps" / "big.py").write_bytes(bytes(1000))
    monkeypatch.setattr("fermask.hosting.spaces.MOST_BYTES", 999)
    with pytest.raises(ValueError, match=r"the largest is apps/big\.py"):
        space_files(space, root)


def test_a_gradio_space_has_the_pinned_gradio(tmp_path, project):
    root, _ = project
    text = MINIMAL.replace('"docker"', '"gradio"').replace(
        "app_port = 7860", 'sdk_version = "5.0"\napp_file = "app.py"'
    )
    space = written(root, text)["page"]
    with pytest.raises(ValueError, match=r"sdk_version: 5\.0, but requirements\.txt has gradio==6"):
        space_files(space, root)
    right = replace(space, front_matter=space.front_matter | {"sdk_version": "6.0"})
    files = space_files(replace(right, environment={"PLACE": "here"}), root)
    assert list(files) == ["README.md", "app.py", "apps/page.py", "requirements.txt"]
    (root / "apps" / "page.py").write_text("import os\nprint(__name__, os.environ['PLACE'])\n")
    write_files(files | {"apps/page.py": (root / "apps" / "page.py").read_bytes()}, root / "out")
    printed = subprocess.run(
        [sys.executable, "-I", str(root / "out" / "app.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "__main__ here\n"


# -- The folder ----------------------------------------------------------------------------


def test_a_build_replaces_the_last_one_and_nothing_else(project):
    root, space = project
    files = space_files(space, root)
    write_files(files | {"apps/gone.py": b""}, root / "out")
    write_files(files, root / "out")
    assert sorted(path.name for path in (root / "out" / "apps").iterdir()) == ["page.py"]
    (root / "notes").mkdir()
    (root / "notes" / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="holds something else"):
        write_files(files, root / "notes")
    assert (root / "notes" / "mine.txt").read_text() == "mine"
    assert not [path for path in root.iterdir() if path.name.startswith(".partial")]


def test_the_list_of_files_has_sizes_and_a_total():
    assert files_table({"a": bytes(1234), "b/c": b"1"}).splitlines() == [
        "       1,234  a",
        "           1  b/c",
        "       1,235  in 2 files",
    ]


# -- The weights and the set ---------------------------------------------------------------


def test_the_weights_go_with_their_card():
    from huggingface_hub import ModelCard

    files = model_files()
    assert {"README.md", "m_xception.keras", "m_xception.onnx", "m_xception.json"} <= set(files)
    assert ModelCard(files["README.md"].decode()).data.license == "mit"


def test_the_sets_repository_holds_its_manifest_and_no_pixel(tmp_path):
    from huggingface_hub import DatasetCard

    ferm = small_fer2013(tmp_path / "fer2013", small_ferm())
    write(ferm, tmp_path / "set")
    assert (tmp_path / "set" / MASKED).is_file()
    files = dataset_files("somebody/ferm", tmp_path / "set")
    assert set(files) == {"README.md", MANIFEST}
    card = DatasetCard(files["README.md"].decode())
    data = card.data.to_dict()
    assert data["license"] == "other"
    assert data["configs"][0]["data_files"] == [{"split": "train", "path": MANIFEST}]
    features = {
        each["name"]: each.get("dtype", each.get("list"))
        for each in data["dataset_info"]["features"]
    }
    assert features["row"] == "int64"
    assert features["landmarks"] == "float32"
    assert set(features) == set(ferm.manifest.columns)
    assert "No pixel of FER2013 is in here" in card.text


def test_the_cards_lines_give_the_users_own_pixels(tmp_path):
    """Its two examples, with the Hub's part of them replaced by the files themselves."""
    import pandas as pd

    ferm = small_fer2013(tmp_path / "fer2013", small_ferm())
    write(ferm, tmp_path / "set")
    write_files(dataset_files("somebody/ferm", tmp_path / "set"), tmp_path / "pushed")
    text = (tmp_path / "pushed" / "README.md").read_text(encoding="utf-8")
    table, images = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    csv = str(tmp_path / "fer2013" / "fer2013.csv")
    names = {"faces": pd.read_parquet(tmp_path / "pushed" / MANIFEST), "pd": pd}
    exec(table.splitlines()[-1].replace("fer2013.csv", csv), names)
    first = names["faces"].iloc[0]
    assert [int(value) for value in first["pixels"].split()] == ferm.bare[0].ravel().tolist()
    manifest = tmp_path / "pushed" / MANIFEST
    names = {"manifest": manifest, "load": load, "read_fer2013": read_fer2013}
    exec(images.splitlines()[-1].replace("fer2013.csv", csv), names)
    assert (names["ferm"].masked == ferm.masked).all()
