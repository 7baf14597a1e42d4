"""A built Space without the packages that its requirements leave out; run by itself, with -I.

python -I tests/hosted.py FOLDER demo|explorer DISTRIBUTION...
"""

import ast
import importlib
import sys
from importlib.metadata import packages_distributions
from pathlib import Path


class NotInstalled:
    """Hides every installed package but those named."""

    def __init__(self, distributions):
        self._named, self._of = set(distributions), packages_distributions()

    def find_spec(self, name, path=None, target=None):
        owners = self._of.get(name.partition(".")[0])
        if owners and not {each.lower().replace("_", "-") for each in owners} & self._named:
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


def run_demo(folder):
    """Reads a photograph and puts a mask on its face, as the demo does."""
    import skimage.data

    from core.inference import load_network
    from core.prediction import predict, shipped_networks, try_mask

    networks = [load_network(path) for path in shipped_networks()]
    image = skimage.data.astronaut()
    (face, *_) = predict(image, networks[0])
    try_mask(image, face, "surgical", model=networks[0])


def run_explorer(folder):
    """Opens the pages on what is published."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(folder / "apps" / "explorer.py"), default_timeout=60).run()
    for page in ("overview", "mistakes", "map", "models"):
        app.switch_page(f"explorer_pages/{page}.py").run()
        wrong = [each.value for each in [*app.exception, *app.error]]
        assert not wrong, (page, wrong)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    sys.meta_path.insert(0, NotInstalled(sys.argv[3:]))
    import_what_apps_import(folder)
    {"demo": run_demo, "explorer": run_explorer}[sys.argv[2]](folder)
    assert Path(sys.modules["core"].__file__).is_relative_to(folder)
