"""Ask ``fer`` about faces: run by the interpreter of its own environment, never imported.

python ask_fer.py FACES.npz ANSWERS.npz

FACES.npz holds stacks of faces by name, uint8 ``(n, 48, 48)``. ANSWERS.npz holds under the same
names float32 ``(n, 7)``, probabilities in the order of FER2013's own emotions, and ``about``, a
JSON text. It knows NumPy and ``fer`` alone, since the project's packages are not in there.
"""

import hashlib
import json
import platform
import sys
from importlib.resources import files

import fer
import numpy as np
from fer.fer import FER

EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
# FER2013's pictures are the face already, and mini_XCEPTION was trained on whole ones. With fer's
# default border of 10 pixels it names 72% instead of 86% of 700 bare Training faces of FERM right.
OFFSETS = (0, 0)
MODEL = "data/emotion_model_quantized.tflite"


class Listening(FER):
    """``fer`` as it is, but its probabilities are kept before it rounds them to hundredths."""

    def _classify_emotions(self, gray_faces):
        self.heard = np.asarray(super()._classify_emotions(gray_faces), dtype=np.float32)
        return self.heard


def main(faces_path: str, answers_path: str) -> None:
    """Reads the faces, asks, and writes the answers."""
    detector = Listening(offsets=OFFSETS)
    labels = detector._get_labels()
    if [labels[i] for i in range(len(labels))] != EMOTIONS:
        raise SystemExit(f"fer {fer.__version__} orders its classes otherwise: {labels}.")
    with np.load(faces_path) as stacks:
        answers = {name: answer(detector, stacks[name]) for name in stacks.files}
    about = {
        "fer": fer.__version__,
        "model": MODEL,
        "model_sha256": hashlib.sha256(files("fer").joinpath(MODEL).read_bytes()).hexdigest(),
        "offsets": OFFSETS,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
    np.savez(answers_path, about=np.array(json.dumps(about)), **answers)


def answer(detector: Listening, faces: np.ndarray) -> np.ndarray:
    """Probabilities of faces, float32 ``(n, 7)``, each face being its whole picture."""
    probabilities = np.zeros((len(faces), len(EMOTIONS)), dtype=np.float32)
    for i, face in enumerate(faces):
        height, width = face.shape
        bgr = np.repeat(face[..., None], 3, axis=2)
        detector.detect_emotions(bgr, [(0, 0, width, height)])
        probabilities[i] = detector.heard[0]
    return probabilities


if __name__ == "__main__":
    main(*sys.argv[1:])
