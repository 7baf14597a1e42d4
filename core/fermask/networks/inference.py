"""A trained network in a file → probabilities and where in the face they come from.

Reads what ``fermask.training.export`` wrote, with onnxruntime alone: the apps need no TensorFlow.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fermask.faces.labels import CLASSES, OTHER_EXPRESSIONS, are_classes
from fermask.faces.pictures import check_faces
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.paths import SHIPPED

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


# The order of an exported file's outputs, and of Answer's fields.
OUTPUTS: tuple[str, ...] = ("probabilities", "features", "evidence")
# Outputs that a network may have besides, and how many numbers each tells of a face.
MORE_OUTPUTS: dict[str, int] = {"other": len(OTHER_EXPRESSIONS), "mask": 1}

# How common neutral faces are taken to be: among photographs, which is what answers for them
# assume, or in FERM, which every table of FERM assumes.
PRIORS: tuple[str, ...] = ("photographs", "ferm")

# Faces that the network sees at once: of more, what lies between its layers leaves the cache, and
# a face takes up to twice as long.
_BATCH = 8


@dataclass(frozen=True)
class Answer:
    """What a network says of ``n`` faces.

    ``probabilities``: float32 ``(n, classes)`` in class order. ``features``: the last feature map,
    float32 ``(n, h, w, c)``. ``evidence``: float32 ``(n, h, w, classes)``, what each place of the
    feature map adds to each class before softmax (its mean over the places is the logit).
    ``other``: float32 ``(n, 4)``, what share of all eight expressions each of
    ``OTHER_EXPRESSIONS`` has; ``mask``: float32 ``(n, 1)``, how likely a mask is worn, 0…1; None
    for a network that does not tell.
    """

    probabilities: np.ndarray
    features: np.ndarray
    evidence: np.ndarray
    other: np.ndarray | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Network:
    """A network ready to answer.

    ``name``: of ``fermask.networks.NETWORKS``. ``record``: how the weights came about (protocol,
    seed, versions, accuracy, the rows and duplicate groups they saw), empty where the file
    beside them is missing.
    """

    name: str
    path: Path
    record: dict[str, Any]
    session: "InferenceSession"

    @property
    def classes(self) -> tuple[str, ...]:
        """What it tells apart: FERM's classes, or as the record says."""
        return tuple(self.record.get("classes", CLASSES))

    @property
    def not_sure_below(self) -> float:
        """Under which highest probability it is "not sure", 0…1; 0 without such a record."""
        return float(self.record.get("not_sure_below", 0.0))

    @property
    def neutral_shift(self) -> float:
        """What the prior of photographs adds to neutral's log-odds; 0 without such a record."""
        return float(self.record.get("neutral_shift", 0.0))

    @property
    def mask_unsure(self) -> tuple[float, float]:
        """Between which two values of its output ``mask`` it is unsure of a mask, 0…1."""
        low, high = self.record.get("mask_unsure", (0.5, 0.5))
        return float(low), float(high)

    @property
    def more_outputs(self) -> tuple[str, ...]:
        """Which of ``MORE_OUTPUTS`` it has."""
        has = {output.name for output in self.session.get_outputs()}
        return tuple(name for name in MORE_OUTPUTS if name in has)

    def answer(self, faces: np.ndarray) -> Answer:
        """Probabilities, feature map and evidence of faces, uint8 ``(n, 48, 48)``.

        Raises:
            ValueError: an array of another shape or type.
        """
        names = OUTPUTS + self.more_outputs
        return Answer(**dict(zip(names, self.run(names, faces), strict=True)))

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """What ``answer`` gives under this name, without room for the rest: float32 ``(n, k)``.

        A feature map is larger than its face: of many thousands they fill hundreds of megabytes.

        Raises:
            ValueError: an array of another shape or type.
        """
        (probabilities,) = self.run(OUTPUTS[:1], faces)
        return probabilities

    def run(self, outputs: tuple[str, ...], faces: np.ndarray) -> list[np.ndarray]:
        """The outputs of these names alone, a row a face; otherwise as ``answer``."""
        check_faces(faces)
        parts = []
        # An empty batch still tells the shapes of the outputs.
        for start in range(0, max(len(faces), 1), _BATCH):
            batch = network_input(faces[start : start + _BATCH])
            parts.append(self.session.run(outputs, {"face": batch}))
        return [np.concatenate(each) for each in zip(*parts, strict=True)]


def under_prior(network: Network, prior: str) -> Network:
    """The network under one of ``PRIORS``: ``ferm`` takes its shift for photographs away.

    Raises:
        ValueError: another prior.
    """
    if prior not in PRIORS:
        raise ValueError(f"Expected a prior of {', '.join(PRIORS)}, received {prior!r}.")
    if prior == "photographs":
        return network
    return replace(network, record=network.record | {"neutral_shift": 0.0})


def network_input(faces: np.ndarray) -> np.ndarray:
    """uint8 ``(n, 48, 48)`` → what every network reads: float32 ``(n, 48, 48, 1)`` in 0…1."""
    return faces[..., None].astype(np.float32) / np.float32(255)


def shift_neutral(probabilities: np.ndarray, shift: float) -> np.ndarray:
    """Probabilities after neutral's log-odds grew by ``shift``: float32 ``(n, 4)``."""
    if shift == 0:
        return probabilities
    odds = probabilities * np.exp(shift * (np.array(CLASSES) == "neutral"))
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def load_network(path: str | Path = SHIPPED, threads: int = 1) -> Network:
    """A network from an ``.onnx`` file and the ``.json`` record beside it.

    >>> import fermask, numpy as np
    >>> network = fermask.load_network()
    >>> network.name, network.probabilities(np.zeros((2, 48, 48), np.uint8)).shape
    ('m_xception', (2, 4))

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not a network of this project.
    """
    return _load(Path(path).resolve(), threads)


@cache
def _load(path: Path, threads: int) -> Network:
    import onnxruntime

    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; expected a network made by scripts.export."
        )
    check_file(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise ValueError(f"{path} cannot be read as ONNX; expected an .onnx file.") from error
    widths = {output.name: output.shape[-1] for output in session.get_outputs()}
    if not set(OUTPUTS) <= widths.keys() <= {*OUTPUTS, *MORE_OUTPUTS}:
        raise ValueError(f"{path} gives {', '.join(widths)}; expected a file of scripts.export.")
    for name, width in MORE_OUTPUTS.items():
        if widths.get(name, width) != width:
            raise ValueError(f"{path} gives {widths[name]} values of {name}; expected {width}.")
    record_path = path.with_suffix(".json")
    record = {}
    if record_path.is_file():
        record = read_json(check_file(record_path))
    classes = record.get("classes", CLASSES)
    if not are_classes(classes) or widths["probabilities"] != len(classes):
        raise ValueError(
            f"{path} tells {widths['probabilities']} classes apart; expected {len(classes)}, as "
            f"{record_path.name if record else 'in FERM'} has them."
        )
    return Network(record.get("model", path.stem), path, record, session)
