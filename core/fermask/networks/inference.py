"""A trained network in a file → probabilities and where in the face they come from.

Reads what ``fermask.training.export`` wrote, with onnxruntime alone: the apps need no TensorFlow.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fermask.faces.labels import CLASSES
from fermask.faces.pictures import check_faces
from fermask.system.files import read_json
from fermask.system.paths import SHIPPED

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


# The order of an exported file's outputs, and of Answer's fields.
OUTPUTS: tuple[str, ...] = ("probabilities", "features", "evidence")

# Faces that the network sees at once: of more, what lies between its layers leaves the cache, and
# a face takes up to twice as long.
_BATCH = 8


@dataclass(frozen=True)
class Answer:
    """What a network says of ``n`` faces.

    ``probabilities``: float32 ``(n, 4)`` in class order. ``features``: the last feature map,
    float32 ``(n, h, w, c)``. ``evidence``: float32 ``(n, h, w, 4)``, what each place of the
    feature map adds to each class before softmax (its mean over the places is the logit).
    """

    probabilities: np.ndarray
    features: np.ndarray
    evidence: np.ndarray


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
    def not_sure_below(self) -> float:
        """Under which highest probability it is "not sure", 0…1; 0 without such a record."""
        return float(self.record.get("not_sure_below", 0.0))

    def answer(self, faces: np.ndarray) -> Answer:
        """Probabilities, feature map and evidence of faces, uint8 ``(n, 48, 48)``.

        Raises:
            ValueError: an array of another shape or type.
        """
        return Answer(*self._run(OUTPUTS, faces))

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """What ``answer`` gives under this name, without room for the rest: float32 ``(n, 4)``.

        A feature map is larger than its face: of many thousands they fill hundreds of megabytes.

        Raises:
            ValueError: an array of another shape or type.
        """
        (probabilities,) = self._run(OUTPUTS[:1], faces)
        return probabilities

    def _run(self, outputs: tuple[str, ...], faces: np.ndarray) -> list[np.ndarray]:
        check_faces(faces)
        parts = []
        # An empty batch still tells the shapes of the outputs.
        for start in range(0, max(len(faces), 1), _BATCH):
            batch = network_input(faces[start : start + _BATCH])
            parts.append(self.session.run(outputs, {"face": batch}))
        return [np.concatenate(each) for each in zip(*parts, strict=True)]


def network_input(faces: np.ndarray) -> np.ndarray:
    """uint8 ``(n, 48, 48)`` → what every network reads: float32 ``(n, 48, 48, 1)`` in 0…1."""
    return faces[..., None].astype(np.float32) / np.float32(255)


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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise ValueError(f"{path} cannot be read as ONNX; expected an .onnx file.") from error
    outputs = [output.name for output in session.get_outputs()]
    if outputs != list(OUTPUTS):
        raise ValueError(f"{path} gives {', '.join(outputs)}; expected a file of scripts.export.")
    width = session.get_outputs()[0].shape[-1]
    if width != len(CLASSES):
        raise ValueError(f"{path} tells {width} classes apart; expected {len(CLASSES)}.")
    record_path = path.with_suffix(".json")
    record = read_json(record_path) if record_path.is_file() else {}
    return Network(record.get("model", path.stem), path, record, session)
