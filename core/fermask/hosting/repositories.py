"""Repositories on the Hugging Face Hub as mappings of paths to contents: the weights' and a set's.

A mapping can be looked at and compared before it is a folder that is pushed. The same files give
the same bytes.
"""

import shutil
import tempfile
from pathlib import Path

from fermask.dataset.manifest import MANIFEST, open_set
from fermask.hosting.dataset_card import dataset_card
from fermask.system.files import whole_file
from fermask.system.paths import PUBLISHED, ROOT, SHIPPED


def model_files(weights: Path = SHIPPED) -> dict[str, bytes]:
    """The repository of the weights that ship: Keras, ONNX, their record, and the model card.

    Raises:
        FileNotFoundError: one of them is missing.
    """
    paths = [weights.with_suffix(suffix) for suffix in (".json", ".keras", ".onnx")]
    paths += [weights.with_name("README.md"), ROOT / "LICENSE"]
    return {path.name: path.read_bytes() for path in sorted(paths, key=lambda path: path.name)}


def dataset_files(repo_id: str, folder: Path = PUBLISHED) -> dict[str, bytes]:
    """The repository of a set: its manifest, which holds no pixel, and a card that says so.

    Args:
        repo_id: where it is going, for the card's own examples.
        folder: of the set.

    Raises:
        FileNotFoundError: there is no set.
        ValueError: it is damaged.
    """
    card = dataset_card(open_set(folder), repo_id)
    return {MANIFEST: (folder / MANIFEST).read_bytes(), "README.md": card.encode()}


def write_files(files: dict[str, bytes], out: Path) -> None:
    """Makes a folder hold these files and no others, whole or not at all.

    Args:
        files: path → content.
        out: a folder that does not exist, is empty, or was written by this.

    Raises:
        FileExistsError: the folder holds something else.
    """
    out = out.absolute()
    if out.exists() and not _may_be_replaced(out, files):
        raise FileExistsError(
            f"{out} holds something else than what is built; name a new or an empty folder."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=out.parent) as folder:
        new = Path(folder) / "new"
        for path, content in files.items():
            with whole_file(new / path) as temporary:
                temporary.write_bytes(content)
        if out.exists():
            shutil.move(out, Path(folder) / "old")
        new.chmod(0o755)
        new.rename(out)


def files_table(files: dict[str, bytes]) -> str:
    """Paths with their sizes in bytes, a line each, and the total."""
    lines = [f"{len(content):>12,}  {path}" for path, content in files.items()]
    total = sum(map(len, files.values()))
    return "\n".join([*lines, f"{total:>12,}  in {len(files)} files"])


def _may_be_replaced(out: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder is empty, or the last build of the same thing."""
    if not out.is_dir():
        return False
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    made = {"README.md", "requirements.txt", "app.py", "Dockerfile"} & set(files)
    return not there or (bool(made) and made <= there)
