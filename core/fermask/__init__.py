"""FERM: masks on faces, the FERM data set, and networks that read expressions above a mask.

Nothing heavy is imported here, and no module imports dlib, Keras or onnxruntime before it
needs them (the networks' own files in ``networks`` import Keras, and are imported by name).
"""

import os

# onnxruntime reports its use to Microsoft unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
