"""A built Space without the packages that its requirements leave out; run by itself, with -I.

python -I tests/hosted.py FOLDER demo|explorer LEFT_OUT,... DISTRIBUTION,...

Left out is what the project pins and the Space does not; the distributions are its requirements
and all that comes with them.
"""

import ast
import importlib
import os
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

DISTRIBUTIONS = packages_distributions()


def owners(module):
    """The installed distributions that a module is of; none for Python's own and ours."""
    found = DISTRIBUTIONS.get(module.partition(".")[0], ())
    return {each.lower().replace("_", "-") for each in found}


class NotInstalled:
    """Hides every installed package but those named."""

    def __init__(self, distributions):
        self._named = set(distributions)

    def find_spec(self, name, path=None, target=None):
        if owners(name) and not owners(name) & self._named:
            raise ModuleNotFoundError(f"{name} is not among the requirements", name=name)


def import_what_apps_import(folder):
    """Imports all that the files in apps/ do, inside functions too; pages are not run."""
    for path in sorted((folder / "apps").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    importlib.import_module(alias.name)
            elif isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    if not hasattr(module, alias.name):
                        importlib.import_module(f"{node.module}.{alias.name}")


def check_pinned(folder, left_out):
    """Where our modules import what the project pins, the Space has it with its version."""
    for module in list(sys.modules.values()):
        path = Path(getattr(module, "__file__", None) or "")
        if not path.is_relative_to(folder):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in getattr(node, "names", ())]
            names = [node.module] if isinstance(node, ast.ImportFrom) else names
            for name in names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
                assert not owners(name) & left_out, f"{name} in {path}"


def run_demo(folder):
    """Reads a photograph and puts a mask on its face, as the demo does."""
    from apps.demo_parts.examples import example_photographs
    from fermask.networks.inference import load_network
    from fermask.photographs.prediction import predict, shipped_networks, try_mask

    networks = [load_network(path) for path in shipped_networks()]
    image, _ = example_photographs()[0]
    (face, *_) = predict(image, networks[0])
    try_mask(image, face, "surgical", model=networks[0])


def run_explorer(folder):
    """Opens the pages on what is published, and does what some do only when asked."""
    # As its Dockerfile has it, and as huggingface_hub reads it once.
    os.environ["HF_HUB_OFFLINE"] = "1"
    import numpy as np
    from streamlit.testing.v1 import AppTest

    from fermask.dataset.manifest import open_set
    from fermask.exploring.embedding import find_embeddings
    from fermask.networks.inference import load_network
    from fermask.reporting.figures import CAPTIONS, stored_figure
    from fermask.system.hub import fetch_dataset
    from fermask.system.paths import (
        OUT_OF_FOLD,
        PUBLISHED,
        PUBLISHED_EMBEDDINGS,
        PUBLISHED_RECIPE,
    )
    from fermask.training.recipe import CALIBRATION

    app = AppTest.from_file(str(folder / "apps" / "explorer.py"), default_timeout=300)
    for page, query in (("overview", {}), ("mistakes", {"show": "label errors"}), ("models", {})):
        app.switch_page(f"explorer_pages/{page}.py")
        app.query_params = query
        app.run()
        wrong = [each.value for each in [*app.exception, *app.error]]
        assert not wrong, (page, wrong)
    assert load_network().record["rows"]
    assert load_network().answer(np.zeros((1, 48, 48), np.uint8)).probabilities.shape == (1, 4)
    assert find_embeddings(PUBLISHED_EMBEDDINGS, open_set(PUBLISHED))[0]
    assert OUT_OF_FOLD.is_file()
    assert (PUBLISHED_RECIPE / CALIBRATION).is_file()
    assert all(stored_figure(number).is_file() for number in CAPTIONS)
    try:
        fetch_dataset("hf://datasets/somebody/fer2013")
    except ConnectionError:
        return
    raise AssertionError("a visitor could make the Space download")


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    left_out = {each.lower().replace("_", "-") for each in sys.argv[3].split(",")}
    sys.path[:0] = [str(folder), str(folder / "core")]
    sys.meta_path.insert(0, NotInstalled(sys.argv[4].split(",")))
    import_what_apps_import(folder)
    check_pinned(folder, left_out)
    {"demo": run_demo, "explorer": run_explorer}[sys.argv[2]](folder)
    assert Path(sys.modules["fermask"].__file__).is_relative_to(folder)
