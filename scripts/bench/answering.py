"""Answer with a network, ours or another's: run as a program, never imported.

python answering.py STACKS.npz JOB STACK FACES CALLS

STACKS.npz holds stacks of pictures by name, uint8: faces ``(n, 48, 48)``, or RGB ``(n, h, w, 3)``.
The first FACES of one are answered at once, CALLS times after a first time. Printed is one object:
``ready`` (``time.time()`` after the first answer), ``seconds`` (of a later call, the mean) and
``megabytes`` (that this process has had at most).

Each environment runs this file with its own interpreter, so it knows NumPy, and the packages of
its job.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from scripts.bench.memory import peak_megabytes

Call = Callable[[], object]


def main(path: str, job: str, stack: str, faces: str, calls: str) -> None:
    """Answers, and prints what it took."""
    call = JOBS[job](np.load(path)[stack][: int(faces)])
    call()
    ready, started = time.time(), time.perf_counter()
    for _ in range(int(calls)):
        call()
    seconds = (time.perf_counter() - started) / int(calls)
    print(json.dumps({"ready": ready, "seconds": seconds, "megabytes": peak_megabytes()}))


def onnx_call(name: str, faces: np.ndarray) -> Call:
    """Probabilities, features and evidence, from bytes to arrays."""
    from fermask.networks.inference import load_network
    from fermask.system.paths import MODELS

    network = load_network(MODELS / f"{name}.onnx")
    return lambda: network.answer(faces)


def crop_call(crops: np.ndarray) -> Call:
    """A picture that is all face: expression, mask and evidence, from pixels to a prediction."""
    from fermask.networks.inference import load_network
    from fermask.photographs.prediction import predict_square

    network, (crop,) = load_network(), crops
    return lambda: predict_square(crop, (0, 0, min(crop.shape[:2])), network)


def photograph_call(photographs: np.ndarray) -> Call:
    """The same for a picture in which the face has to be found."""
    from fermask.networks.inference import load_network
    from fermask.photographs.prediction import predict

    network, (photograph,) = load_network(), photographs
    return lambda: predict(photograph, network)


def keras_call(at_once: bool, faces: np.ndarray) -> Call:
    """The weights that ship in Keras: its compiled graph, or layer by layer as ``model(faces)``."""
    import keras

    from fermask.networks.inference import network_input
    from fermask.system.paths import SHIPPED

    network = keras.saving.load_model(SHIPPED.with_suffix(".keras"))
    inputs = network_input(faces)
    if at_once:
        return lambda: network.predict_on_batch(inputs)
    return lambda: np.asarray(network(inputs, training=False))


def fer_call(faces: np.ndarray) -> Call:
    """``fer`` as its users call it; given the faces' places, so that it looks for none."""
    from fer.fer import FER

    # Its default border of 10 pixels is for faces within a picture: see ask_fer.py.
    detector = FER(offsets=(0, 0))
    picture = np.repeat(faces.reshape(-1, 48, 1), 3, axis=2)
    boxes = [(0, 48 * i, 48, 48) for i in range(len(faces))]
    return lambda: detector.detect_emotions(picture, boxes)


def fer_photograph(photographs: np.ndarray) -> Call:
    """``fer`` as its users call it, which looks for the face first.

    Raises:
        ValueError: it finds none, so it would name none.
    """
    from fer.fer import FER

    detector, bgr = FER(), np.ascontiguousarray(photographs[0, :, :, ::-1])
    if not detector.detect_emotions(bgr):
        raise ValueError("fer finds no face in the picture.")
    return lambda: detector.detect_emotions(bgr)


JOBS: dict[str, Callable[[np.ndarray], Call]] = {
    "M-Xception": lambda faces: onnx_call("m_xception", faces),
    "Xception": lambda faces: onnx_call("xception", faces),
    "Keras, model(face)": lambda faces: keras_call(False, faces),
    "Keras, predict_on_batch": lambda faces: keras_call(True, faces),
    "M-Xception, of a crop": crop_call,
    "M-Xception, of a photograph": photograph_call,
    "fer, which takes its TFLite file": fer_call,
    "fer, which looks for the face": fer_photograph,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
