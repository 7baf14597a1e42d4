"""Answer with a network, ours or another's, a turn at a time: run as a program, never imported.

python take_turns.py STACKS.npz

STACKS.npz holds stacks of pictures by name, uint8: faces ``(n, 48, 48)``, or RGB ``(n, h, w, 3)``.
On standard input comes a line of JSON for each turn: ``job`` (of ``JOBS``), the stack's name
(``of``), how many of its first ``faces`` are answered at once, and how many ``calls`` are made. A
line goes back with the seconds that a call took (``clock``, ``processor``) and the ``megabytes``
that this process has had at most. A ``job`` of ``COUNTS`` gives a number instead.

Each environment runs this file with its own interpreter, so it knows NumPy, and the packages of
a job once that is asked for.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

Call = Callable[[], object]


def main(path: str) -> None:
    """Takes a turn for each line, until there is none."""
    stacks = dict(np.load(path))

    @cache
    def job(name: str, of: str, faces: int) -> Call:
        return JOBS[name](stacks[of][:faces])

    for line in sys.stdin:
        turn = json.loads(line)
        if turn["job"] in COUNTS:
            answer = COUNTS[turn["job"]]()
        else:
            answer = timed(job(turn["job"], turn["of"], turn["faces"]), turn["calls"])
        print(json.dumps(answer), flush=True)


def timed(call: Call, calls: int) -> dict[str, float]:
    """What a call takes, the mean of so many, and the memory until then."""
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(calls):
        call()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return {"clock": clock / calls, "processor": processor / calls, "megabytes": megabytes()}


def megabytes() -> float:
    """The most that this process has had in memory."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))[1]) / 1e3
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


# -- Ours ----------------------------------------------------------------------------------


def onnx_answer(name: str, faces: np.ndarray) -> Call:
    """Probabilities, features and evidence, from bytes to arrays."""
    from fermask.networks.inference import load_network
    from fermask.system.paths import MODELS

    network = load_network(MODELS / f"{name}.onnx")
    return lambda: network.answer(faces)


def onnx_file(name: str, faces: np.ndarray) -> Call:
    """The file's probabilities alone, of floats that are there."""
    from fermask.networks.inference import load_network
    from fermask.system.paths import MODELS

    session, inputs = load_network(MODELS / f"{name}.onnx").session, scaled(faces)
    return lambda: session.run(["probabilities"], {"face": inputs})


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


def keras_call(faces: np.ndarray) -> Call:
    """Keras' layers one by one, as ``model(faces)`` runs them."""
    network, inputs = keras_network(), scaled(faces)
    return lambda: np.asarray(network(inputs, training=False))


def keras_predict(faces: np.ndarray) -> Call:
    """Keras' compiled graph."""
    network, inputs = keras_network(), scaled(faces)
    return lambda: network.predict_on_batch(inputs)


@cache
def keras_network():
    """The weights that ship, in Keras."""
    import keras

    from fermask.system.paths import SHIPPED

    return keras.saving.load_model(SHIPPED.with_suffix(".keras"))


def scaled(faces: np.ndarray) -> np.ndarray:
    """What our networks read: float32 ``(n, 48, 48, 1)``."""
    return faces[..., None].astype(np.float32) / np.float32(255)


# -- fer's ---------------------------------------------------------------------------------

TFLITE = "data/emotion_model_quantized.tflite"


def fer_call(use_tflite: bool, faces: np.ndarray) -> Call:
    """``fer`` as its users call it; told where the faces are, so that it looks for none."""
    from fer.fer import FER

    # Its default border of 10 pixels is for faces within a picture: see ask_fer.py.
    detector = FER(use_tflite=use_tflite, offsets=(0, 0))
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


def fer_file(faces: np.ndarray) -> Call:
    """The TFLite file that ``fer`` takes by default, a face at a time as it was made for."""
    from importlib.resources import files

    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(files("fer").joinpath(TFLITE)), num_threads=1)
    interpreter.allocate_tensors()
    (into,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    inputs = np.zeros((len(faces), 1, *into["shape"][1:]), np.float32)

    def call() -> None:
        for each in inputs:
            interpreter.set_tensor(into["index"], each)
            interpreter.invoke()
            interpreter.get_tensor(out["index"])

    return call


def fer_network():
    """The network that the TFLite file was made from, in Keras."""
    from importlib.resources import files

    import keras

    path = files("fer").joinpath("data/emotion_model.hdf5")
    return keras.saving.load_model(str(path), compile=False)


def multiplications(network) -> int:
    """Multiplications of a Keras network's convolutions and dense layers, for one face."""
    total = 0
    for layer in network.layers:
        kernels = [weights for weights in layer.get_weights() if weights.ndim > 1]
        places = np.prod(layer.output.shape[1:-1], dtype=int)
        total += int(places) * sum(kernel.size for kernel in kernels)
    return total


JOBS: dict[str, Callable[[np.ndarray], Call]] = {
    "M-Xception": lambda faces: onnx_answer("m_xception", faces),
    "M-Xception's file": lambda faces: onnx_file("m_xception", faces),
    "Xception": lambda faces: onnx_answer("xception", faces),
    "Keras, called": keras_call,
    "Keras, predict_on_batch": keras_predict,
    "fer": lambda faces: fer_call(True, faces),
    "fer with Keras": lambda faces: fer_call(False, faces),
    "fer's TFLite file": fer_file,
    "M-Xception, of a crop": crop_call,
    "M-Xception, of a photograph": photograph_call,
    "fer, which looks for the face": fer_photograph,
}
COUNTS: dict[str, Callable[[], int]] = {
    "M-Xception's multiplications": lambda: multiplications(keras_network()),
    "fer's multiplications": lambda: multiplications(fer_network()),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
