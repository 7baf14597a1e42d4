"""The weights that a run starts from, where they are not random: another network's."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermask.faces.labels import CLASSES, EXPRESSIONS
from fermask.system.files import file_hash, read_json
from fermask.system.kept import check_file
from fermask.training.run_folder import RUN, load_model

if TYPE_CHECKING:
    import keras

# The layers that name the classes: the dense layer or what stands for it, and the mask's.
HEAD: tuple[str, ...] = ("probabilities", "evidence", "mask")
# What is to be known of the faces that a network has learned from.
_OF_FACES = ("ferm", "source_sha256", "photographs", "rows", "groups", "initial")


@dataclass(frozen=True)
class Start:
    """A ``.keras`` file, and the record that stands beside it, or that of its run; {} without."""

    path: Path
    record: dict[str, Any]

    def faces_seen(self) -> dict[str, Any]:
        """The file's hash and, as far as its record tells, which faces it has learned from."""
        known = {key: self.record[key] for key in _OF_FACES if key in self.record}
        return {"sha256": file_hash(self.path)} | known


def read_start(path: Path) -> Start:
    """Weights of ``scripts.export`` or a run's ``model.keras``.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; expected weights to start from, such as "
            "data/models/m_xception.keras or a run's model.keras."
        )
    for record in (path.with_suffix(".json"), path.parent / RUN):
        if record.is_file():
            return Start(path, read_json(check_file(record)))
    return Start(path, {})


def take_weights(model: "keras.Model", start: Start, classes: tuple[str, ...]) -> None:
    """Gives a new network the weights of another; the head's only where the classes are the same.

    Raises:
        ValueError: they are of another network.
    """
    initial = load_model(start.path)
    theirs = {layer.name: layer.get_weights() for layer in initial.layers}
    named = tuple(start.record.get("classes", ()))
    # A network of all eight expressions is recorded by the four that it names.
    same_classes = named == classes or (named == CLASSES and classes == EXPRESSIONS)
    for layer in model.layers:
        ours, given = layer.get_weights(), theirs.get(layer.name, [])
        if layer.name in HEAD:
            # One that names all eight expressions has FERM's four first.
            given = [weights[..., : len(classes)] for weights in given]
        fits = [w.shape for w in ours] == [w.shape for w in given]
        if layer.name in HEAD and not (fits and same_classes):
            continue
        if not fits:
            raise ValueError(
                f"{start.path} holds the weights of {initial.name}; {model.name} has others."
            )
        layer.set_weights(given)
